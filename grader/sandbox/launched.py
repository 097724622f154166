"""The process that confines itself and becomes a program; see :mod:`grader.sandbox.launcher`.

A script of its own, run by a bare interpreter: it imports little, because it starts for every
hand-in. The judge has prepared what takes time: the Landlock ruleset and the seccomp filter.
"""

import ctypes
import os
import resource
import signal
import sys

SETUP_FAILED = 126
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    """Arguments: numbers with commas between them, then the program and its own arguments."""
    numbers = [int(word) for word in sys.argv[1].split(",")]
    judge, user, ruleset, filter_size = numbers[:4]
    memory, file_size, descriptors, cpu_s = numbers[4:8]
    capset, landlock_restrict_self, seccomp = numbers[8:]
    arguments = sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)

    def call(number: int, *values: object) -> None:
        if libc.syscall(ctypes.c_long(number), *values) < 0:
            raise OSError(ctypes.get_errno(), f"system call {number}")

    def control(option: int, value: int) -> None:
        if libc.prctl(option, *(ctypes.c_ulong(n) for n in (value, 0, 0, 0))) < 0:
            raise OSError(ctypes.get_errno(), f"prctl {option}")

    program = os.open(arguments[0], os.O_RDONLY | os.O_CLOEXEC)
    code = os.read(0, filter_size)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    # What the program itself says there nobody reads. It must be open: Rust would open it.
    os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
    control(_PR_SET_NO_NEW_PRIVS, 1)
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_FSIZE, file_size)
    _limit(resource.RLIMIT_NOFILE, descriptors)
    _limit(resource.RLIMIT_CORE, 1)
    _limit(resource.RLIMIT_CPU, cpu_s)
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    control(_PR_SET_PDEATHSIG, signal.SIGKILL)  # after setresuid, which clears it
    if os.getppid() != judge:
        os._exit(SETUP_FAILED)
    if filter_size:
        header = _CAPABILITY_VERSION_3.to_bytes(4, sys.byteorder) + bytes(4)
        call(capset, header, bytes(24))
        if ruleset >= 0:
            call(landlock_restrict_self, ctypes.c_int(ruleset), ctypes.c_uint(0))
            os.close(ruleset)
        buffer = ctypes.create_string_buffer(code, len(code))
        filter_ = (len(code) // 8).to_bytes(8, sys.byteorder)
        filter_ += ctypes.addressof(buffer).to_bytes(8, sys.byteorder)
        call(seccomp, ctypes.c_uint(1), ctypes.c_uint(0), filter_)
    # By descriptor: the program may lie below a folder that its user cannot enter.
    os.execve(program, arguments, dict(os.environ))


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


if __name__ == "__main__":
    errors = os.dup(2)  # closed where the program begins
    try:
        main()
    except BaseException as error:
        os.write(errors, f"{type(error).__name__}: {error}".encode())
    os._exit(SETUP_FAILED)
