"""What student code tries in every tier, and a table of it made in one worker or another.

Run as a program it prints the table as JSON, for a test that runs it as another user or where the
kernel refuses something.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader import ROOT
from grader.core.tiers import Tier
from grader.sandbox import ForkServer, Limits

GUEST = "tests.sandbox_files_guest:main"
SMALL = Limits(memory_mb=128, scratch_mb=4, file_mb=2, cpu_s=20)

PRELUDE = """
import ctypes, fcntl, os, posix, signal, socket
judge, bait, root = {judge}, {bait!r}, {root!r}
file = bait + "/file"
def call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(number), *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")
def read(path):
    fd = posix.open(path, posix.O_RDONLY)
    raise SystemExit(str(posix.fstat(fd)))
"""

ATTACKS = {
    "read a solution": "read(root + '/solutions/numpy_rnn.py')",
    "read a suite": "read(root + '/grader/parts/numpy_rnn/test_hidden.py')",
    "read the rubric": "read(root + '/rubric.yaml')",
    "read another submission": "read(file)",
    "list other submissions": "posix.listdir(bait)",
    "read the users": "read('/etc/passwd')",
    "read by the virtual name": "print(open('/etc/passwd').read())",
    "read its own memory": "read('/proc/self/mem')",
    "read its own environment": "read('/proc/self/environ')",
    "read the judge's environment": "read(f'/proc/{judge}/environ')",
    "read the server's memory": "read(f'/proc/{os.getppid() or judge}/mem')",
    "list processes": "assert posix.listdir('/proc'), 'empty'",
    "list the root of another": "posix.listdir(f'/proc/{judge}/root')",
    "follow a link out": "posix.symlink('/etc/passwd', bait + '/l'); read(bait + '/l')",
    "TCP v4": "socket.socket().connect(('127.0.0.1', 9))",
    "TCP v6": "socket.socket(socket.AF_INET6)",
    "UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "Unix socket": "socket.socket(socket.AF_UNIX).connect('\\0x')",
    "pair of sockets": "socket.socketpair()",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "fork": "os.fork()",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "execute": "os.execv('/bin/true', ['true'])",
    "subprocess": "import subprocess; subprocess.run(['/bin/true'])",
    "kill its parent": "os.kill(os.getppid(), 9)",
    "kill the judge": "os.kill(judge, 9)",
    "kill the group": "os.killpg(0, 9)",
    "kill all": "os.kill(-1, 9)",
    "kill by descriptor": "signal.pidfd_send_signal(os.pidfd_open(judge), 9)",
    "kill by input": "fcntl.fcntl(3, fcntl.F_SETOWN, judge)",
    "signals of input": "fcntl.fcntl(3, fcntl.F_SETFL, os.O_ASYNC)",
    "limits of the judge": "import resource as r; r.prlimit(judge, r.RLIMIT_CPU, (1, 1))",
    "priority of the judge": "os.setpriority(os.PRIO_PROCESS, judge, 19)",
    "processors of the judge": "os.sched_setaffinity(judge, {0})",
    "append outside": "posix.open(file, posix.O_WRONLY | posix.O_APPEND)",
    "truncate outside": "posix.truncate(file, 0)",
    "truncate by opening": "posix.open(file, posix.O_RDONLY | posix.O_TRUNC)",
    "create outside": "posix.open(bait + '/new', posix.O_CREAT | posix.O_WRONLY)",
    "unnamed file outside": "posix.open(bait, posix.O_TMPFILE | posix.O_RDWR)",
    "create in shared memory": "posix.open('/dev/shm/new', posix.O_CREAT | posix.O_RDWR)",
    "write a device": "posix.open('/dev/full', posix.O_WRONLY)",
    "folder outside": "posix.mkdir(bait + '/folder')",
    "link outside": "posix.link(file, bait + '/link')",
    "rename outside": "posix.rename(file, bait + '/other')",
    "remove outside": "posix.unlink(file)",
    "mode outside": "posix.chmod(file, 0o777)",
    "times outside": "posix.utime(file)",
    "attribute outside": "posix.setxattr(file, 'user.x', b'x')",
    "owner outside": "posix.chown(file, os.getuid(), -1)",
    "mode of Python": "import sys; posix.chmod(os.__file__, 0o777)",
    "another user": "os.setuid(0)",
    "another group": "os.setgroups([0])",
    "chroot": "os.chroot('.')",
    "memory file": "os.memfd_create('x')",
    "raise a limit": "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (999, 999))",
    "outlive the server": "call(157, 1, 0)",  # PR_SET_PDEATHSIG
    "a session": "os.setsid()",
    "push into a terminal": "fcntl.ioctl(0, 0x5412, b'x')",
}
PERMITTED = {("create in shared memory", "full")}
"""There it is the worker's own, and bounded."""

_NUMBERS = {
    "ptrace": 101, "process_vm_readv": 310, "vfork": 58, "clone3": 435, "mount": 165,
    "unshare": 272, "setns": 308, "keyctl": 250, "bpf": 321, "io_uring_setup": 425,
    "userfaultfd": 323, "shmget": 29, "perf_event_open": 298, "seccomp": 317, "kcmp": 312,
    "fsopen": 430, "pidfd_getfd": 438, "open_by_handle_at": 304, "openat2": 437, "creat": 85,
    "mknod": 133, "landlock_create_ruleset": 444, "splice": 275, "tee": 276,
    "name_to_handle_at": 303,
}  # fmt: skip
if os.uname().machine == "x86_64":
    ATTACKS |= {name: f"call({number}, 0, 0, 0, 0, 0)" for name, number in _NUMBERS.items()}
else:
    del ATTACKS["outlive the server"]


@contextmanager
def bait() -> Iterator[Path]:
    """A folder with a file that modes let anybody reach, read and write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        file = folder / "file"
        file.write_text("bait", "ascii")
        file.chmod(0o666)
        os.utime(file, (1, 1))
        yield folder


def untouched(folder: Path) -> bool:
    """Whether the bait is as it was."""
    info = (folder / "file").stat()
    same = (info.st_mode & 0o777, info.st_mtime, info.st_size) == (0o666, 1, 4)
    return same and os.listdir(folder) == ["file"]


def results(server: ForkServer, folder: Path, names: Iterable[str] = ATTACKS) -> dict[str, Any]:
    """What each attack came to: the name of an exception, or what it brought back."""
    prelude = PRELUDE.format(judge=os.getpid(), bait=str(folder), root=str(ROOT))
    found: dict[str, Any] = {}
    with server.spawn() as worker:
        for name in names:
            if (name, server.tier) in PERMITTED:
                continue
            found[name] = worker.exchange(f"{prelude}\n{ATTACKS[name]}", 10.0)
    return found


def main(best: Tier, floor: Tier) -> None:
    """Print the tier, the table, and whether the bait is as it was."""
    with bait() as folder, ForkServer(
        "numpy", hash_seed=1, guest=GUEST, limits=SMALL, best=best, floor=floor
    ) as server:  # fmt: skip
        table = results(server, folder)
        said = {"tier": server.tier, "uid": os.getuid(), "table": table}
        print(json.dumps(said | {"untouched": untouched(folder)}))


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type]
