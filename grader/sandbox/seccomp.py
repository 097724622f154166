"""The allow-list of system calls for a worker, as a classic BPF program.

Everything not listed is refused with EPERM. The worker's own process id is a constant of the
program (2 in a PID namespace of its own), so that a signal to itself can be distinguished from one
to another. In the tier "landlock" a worker can open files for reading only, in "seccomp" none.

Two workers must have nothing in common that one of them can change and the other one read: one of
them may have seen hidden inputs. SECURITY.md has a table of what each call could share.

A program is a list of instructions ``struct sock_filter {u16 code; u8 if_true; u8 if_false; u32
value;}``; the two jumps are relative to the next instruction, so each check below is built as a
block that ends with a verdict.
"""

from __future__ import annotations

import errno
import functools
import struct
from dataclasses import dataclass
from typing import Final

from . import syscall_numbers

_LOAD, _JEQ, _JGT, _JSET, _RET = 0x20, 0x15, 0x25, 0x45, 0x06
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERRNO: Final = 0x00050000
_NR_AT, _ARCH_AT, _ARGS_AT = 0, 4, 16

_CLONE_THREAD: Final = 0x00010000
_CLONE_NAMESPACES: Final = 0x7E020080
_O_ASYNC: Final = 0o20000
_F_SETFL: Final = 4
_X32_BIT: Final = 0x40000000


@dataclass(frozen=True)
class Only:
    """The call is permitted if each argument named here has one of the values listed."""

    arguments: dict[int, tuple[int, ...]]


# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ. Not F_SETOWN and F_SETSIG: with
# O_ASYNC they signal any process of the same user. No locks (F_GETLK, F_SETLK, F_OFD_*): workers
# can lock the files that all of them read, and see each other's locks.
_FCNTL: Final = (0, 1, 2, 3, 1030, 1032)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_IOCTL: Final = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_GET_NO_NEW_PRIVS, PR_SET_VMA
_PRCTL: Final = (3, 15, 16, 21, 39, 0x53564D41)
_ARCH_GET_FS, _ARCH_GET_GS = 0x1003, 0x1004
# SOL_SOCKET with SO_TYPE, SO_ERROR, SO_PROTOCOL, SO_DOMAIN; not SO_PEERPIDFD
_SOCKET_OPTIONS: Final = (3, 4, 38, 39)

# MADV_NORMAL, RANDOM, SEQUENTIAL, WILLNEED, DONTNEED, FREE, DONTFORK, DOFORK, HUGEPAGE, NOHUGEPAGE,
# DONTDUMP, DODUMP, WIPEONFORK, KEEPONFORK, POPULATE_READ, POPULATE_WRITE, GUARD_INSTALL,
# GUARD_REMOVE. Not COLD and PAGEOUT, which take pages of a shared file out of memory, not COLLAPSE,
# which rearranges them for all, and not MERGEABLE, which merges equal pages of processes.
_MADVISE: Final = (0, 1, 2, 3, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19, 22, 23, 102, 103)
# MEMBARRIER_CMD_QUERY, and the commands on this process alone
_MEMBARRIER: Final = (0, 8, 16, 32, 64)

_CONDITIONS: Final = {
    # Without flags. RWF_NOWAIT says whether a page of a shared file is in memory.
    "preadv2": Only({5: (0,)}),
    "pwritev2": Only({5: (0,)}),
    "madvise": Only({2: _MADVISE}),
    "membarrier": Only({0: _MEMBARRIER}),
    "getpriority": Only({0: (0,), 1: (0,)}),
    "ioctl": Only({1: _IOCTL}),
    "prctl": Only({0: _PRCTL}),
    "arch_prctl": Only({0: (_ARCH_GET_FS, _ARCH_GET_GS)}),
    "getsockopt": Only({1: (1,), 2: _SOCKET_OPTIONS}),
}
_SIGNAL_OF: Final = {"kill": 1, "tkill": 1, "tgkill": 2}
"""Calls that signal the process in their argument 0 -> the argument with the signal."""
_LAST_SIGNAL: Final = 31
"""Real-time signals are queued, and the kernel counts the queued ones of a user's processes."""

# Whoever asks about another process by its number sees whether it exists, and what it has set.
_ON_ITSELF_OR_ZERO: Final = (
    "sched_setaffinity", "sched_getaffinity", "sched_getscheduler", "sched_getparam",
    "getpgid", "getsid",
)  # fmt: skip

_LIMIT_AT: Final = {"prlimit64": 1, "setrlimit": 0}
_RLIMIT_NPROC: Final = 6
"""Without a user namespace it counts the threads of all that the user runs, other workers too: code
that lowers it and starts a thread would read the count."""

_CLOCKS: Final = ("clock_gettime", "clock_getres", "clock_nanosleep")
_LAST_CLOCK: Final = 11
_OWN_CPU_CLOCKS: Final = (-6 & 0xFFFFFFFF, -2 & 0xFFFFFFFF)
"""Of this process and of this thread; other negative numbers are clocks of other processes."""

_FUTEX_PRIVATE: Final = 0x80
_FUTEX_WAITS: Final = (0x000, 0x100, 0x009, 0x109)  # WAIT and WAIT_BITSET, by either clock
_MMAP_OF_THE_SYSTEM: Final = 0x2000 | 0x40000
"""MAP_LOCKED and MAP_HUGETLB: pages of a pool that all processes share."""

_FLAGS_OF_OPEN: Final = {"open": 1, "openat": 2}
# O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, and O_TMPFILE without O_DIRECTORY.
_OPEN_TO_WRITE: Final = 0o3 | 0o100 | 0o1000 | 0o20000000
_AT_EMPTY_PATH: Final = 0x1000


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _argument(index: int) -> bytes:
    """Load the low half of an argument: all that the kernel reads of an int."""
    return _op(_LOAD, _ARGS_AT + 8 * index)


_PERMIT: Final = _op(_RET, _ALLOW)
_REFUSE: Final = _op(_RET, _ERRNO | errno.EPERM)
_NO_SUCH_CALL: Final = _op(_RET, _ERRNO | errno.ENOSYS)
_TRY_AGAIN: Final = _op(_RET, _ERRNO | errno.EAGAIN)


def _one_of(index: int, values: tuple[int, ...]) -> bytes:
    """Refuse unless the argument is one of the values."""
    tests = [_op(_JEQ, value, len(values) - 1 - i + 1) for i, value in enumerate(values)]
    return _argument(index) + b"".join(tests) + _REFUSE


def _none_of(index: int, bits: int) -> bytes:
    """Refuse if the argument has one of the bits."""
    return _argument(index) + _op(_JSET, bits, 0, 1) + _REFUSE


def _not(index: int, value: int) -> bytes:
    """Refuse if the argument has this value."""
    return _argument(index) + _op(_JEQ, value, 0, 1) + _REFUSE


def _at_most(index: int, largest: int, *others: int) -> bytes:
    """Refuse if the argument, without a sign, is larger and none of the others."""
    permitted = [_op(_JEQ, value, len(others) - i + 1) for i, value in enumerate(others)]
    return _argument(index) + b"".join(permitted) + _op(_JGT, largest, 0, 1) + _REFUSE


def _futex() -> bytes:
    """Only what concerns the memory of this process alone.

    Without the private flag a futex belongs to the page of a file, and any process that has mapped
    the same library wakes a waiter; the kernel does too, when a thread ends (CLONE_CHILD_CLEARTID).
    So a wake is refused, and a wait answers at once that the value has changed: `pthread_join`,
    which waits in this way, then looks again until the thread has ended.
    """
    waits = [_op(_JEQ, value, len(_FUTEX_WAITS) - i) for i, value in enumerate(_FUTEX_WAITS)]
    return (
        _argument(1)
        + _op(_JSET, _FUTEX_PRIVATE, 0, 1)
        + _PERMIT
        + b"".join(waits)
        + _REFUSE
        + _TRY_AGAIN
    )


def _checks(name: str, tier: str, own_pid: int, any_ioctl: bool) -> bytes:
    """The checks of the call's arguments. Every path through the block ends with a verdict."""
    if name == "clone3":  # its flags lie in memory, which a filter cannot read
        return _NO_SUCH_CALL
    if name == "clone":  # threads, not processes
        return (
            _argument(0)
            # A flag of a namespace jumps to the refusal, CLONE_THREAD over it.
            + _op(_JSET, _CLONE_NAMESPACES, 1, 0)
            + _op(_JSET, _CLONE_THREAD, 1, 0)
            + _REFUSE
            + _PERMIT
        )
    if name == "fcntl":
        # F_SETFL is permitted without O_ASYNC, by which the kernel would send signals for us.
        set_flags = (
            _argument(1)
            + _op(_JEQ, _F_SETFL, 0, 4)
            + _argument(2)
            + _op(_JSET, _O_ASYNC, 0, 1)
            + _REFUSE
            + _PERMIT
        )
        return set_flags + _one_of(1, _FCNTL) + _PERMIT
    if name == "futex":
        return _futex()
    if name == "mmap":
        return _none_of(3, _MMAP_OF_THE_SYSTEM) + _PERMIT
    if name in _CLOCKS:
        return _at_most(0, _LAST_CLOCK, *_OWN_CPU_CLOCKS) + _PERMIT
    if name in _SIGNAL_OF:
        return _one_of(0, (own_pid,)) + _at_most(_SIGNAL_OF[name], _LAST_SIGNAL) + _PERMIT
    if name in _LIMIT_AT:
        itself = _one_of(0, (0, own_pid)) if name == "prlimit64" else b""
        threads = b"" if tier == "full" else _not(_LIMIT_AT[name], _RLIMIT_NPROC)
        return itself + threads + _PERMIT
    if name in _ON_ITSELF_OR_ZERO:
        return _one_of(0, (0, own_pid)) + _PERMIT
    if name in _FLAGS_OF_OPEN and tier != "full":
        return _none_of(_FLAGS_OF_OPEN[name], _OPEN_TO_WRITE) + _PERMIT
    if name == "newfstatat" and tier == "seccomp":  # a C library's fstat: no path, a descriptor
        return _one_of(3, (_AT_EMPTY_PATH,)) + _PERMIT
    condition = _CONDITIONS.get(name)
    if condition is None or (name == "ioctl" and any_ioctl):
        return _PERMIT
    return b"".join(_one_of(i, v) for i, v in condition.arguments.items()) + _PERMIT


_ON_ITSELF: Final = frozenset({*_SIGNAL_OF, *_LIMIT_AT, *_ON_ITSELF_OR_ZERO})
"""Calls whose checks name the worker's own process."""


@functools.cache
def _call(name: str, machine: str, tier: str, own_pid: int, any_ioctl: bool, free: bool) -> bytes:
    """What the program does about one call: jump over its checks, or end with their verdict."""
    number = syscall_numbers.number(name, machine)
    if number is None:
        return b""
    body = _PERMIT if free else _checks(name, tier, own_pid, any_ioctl)
    return _op(_JEQ, number, 0, len(body) // 8) + body


@functools.lru_cache(maxsize=16)
def program(
    machine: str,
    *,
    tier: str = "full",
    own_pid: int = 2,
    any_ioctl: bool = False,
    also: tuple[str, ...] = (),
) -> bytes:
    """The filter for `machine`; KeyError for one whose numbers are not known.

    A GPU's driver is all ioctl: with `any_ioctl` what a worker may open decides alone. `also` names
    calls that are permitted whatever their arguments, which no worker may make: a launcher starts a
    program. What was computed once is kept: a server does it before it forks workers.
    """
    parts = [
        _op(_LOAD, _ARCH_AT),
        _op(_JEQ, syscall_numbers.AUDIT_ARCH[machine], 1, 0),
        _op(_RET, _KILL),  # another machine's calls have other numbers
        _op(_LOAD, _NR_AT),
        # x86_64 has a second table of calls, x32, whose numbers have this bit.
        _op(_JGT, _X32_BIT - 1, 0, 1),
        _REFUSE,
        _op(_JGT, syscall_numbers.LAST_KNOWN, 0, 1),
        _NO_SUCH_CALL,
    ]
    for name in (*also, *syscall_numbers.permitted(tier)):
        # Workers that have process ids of their own share all but the calls that name it.
        own = own_pid if name in _ON_ITSELF else 0
        parts.append(_call(name, machine, tier, own, any_ioctl, name in also))
    return b"".join([*parts, _REFUSE])
