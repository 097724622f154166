"""The allow-list of system calls for a worker, as a classic BPF program.

Everything not listed is refused with EPERM. The worker's own process id is a constant (2, in a
process namespace of its own), so the filter can tell a signal to itself from one to another.
"""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from typing import Final

from . import numbers

_LOAD, _JEQ, _JGT, _JSET, _AND, _RET = 0x20, 0x15, 0x25, 0x45, 0x54, 0x06
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


_OWN_PID: Final = 2
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_SETLKW, F_OFD_*, F_DUPFD_CLOEXEC,
# F_GETPIPE_SZ. Not F_SETOWN and F_SETSIG: with O_ASYNC they signal any process of the same user.
_FCNTL: Final = (0, 1, 2, 3, 5, 6, 7, 36, 37, 38, 1030, 1032)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_IOCTL: Final = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_GET_NO_NEW_PRIVS, PR_SET_VMA
_PRCTL: Final = (3, 15, 16, 21, 39, 0x53564D41)
_ARCH_GET_FS, _ARCH_GET_GS = 0x1003, 0x1004
# SOL_SOCKET with SO_TYPE, SO_ERROR, SO_PROTOCOL, SO_DOMAIN; not SO_PEERPIDFD
_SOCKET_OPTIONS: Final = (3, 4, 38, 39)

_CONDITIONS: Final = {
    "kill": Only({0: (_OWN_PID,)}),
    "tgkill": Only({0: (_OWN_PID,)}),
    "tkill": Only({0: (_OWN_PID,)}),
    "prlimit64": Only({0: (0, _OWN_PID)}),
    "sched_setaffinity": Only({0: (0, _OWN_PID)}),
    "ioctl": Only({1: _IOCTL}),
    "prctl": Only({0: _PRCTL}),
    "arch_prctl": Only({0: (_ARCH_GET_FS, _ARCH_GET_GS)}),
    "getsockopt": Only({1: (1,), 2: _SOCKET_OPTIONS}),
}


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _argument(index: int) -> bytes:
    """Load the low half of an argument: all that the kernel reads of an int."""
    return _op(_LOAD, _ARGS_AT + 8 * index)


_PERMIT: Final = _op(_RET, _ALLOW)
_REFUSE: Final = _op(_RET, _ERRNO | errno.EPERM)
_NO_SUCH_CALL: Final = _op(_RET, _ERRNO | errno.ENOSYS)


def _one_of(index: int, values: tuple[int, ...]) -> bytes:
    """Refuse unless the argument is one of the values."""
    tests = [_op(_JEQ, value, len(values) - 1 - i + 1) for i, value in enumerate(values)]
    return _argument(index) + b"".join(tests) + _REFUSE


def _checks(name: str, any_ioctl: bool) -> bytes:
    """What stands between the call's number and its permission. Ends with a verdict."""
    if name == "clone3":  # its flags lie in memory, which a filter cannot read
        return _NO_SUCH_CALL
    if name == "clone":  # threads, not processes
        return (
            _argument(0)
            + _op(_JSET, _CLONE_NAMESPACES, 1, 0)
            + _op(_JSET, _CLONE_THREAD, 1, 0)
            + _REFUSE
            + _PERMIT
        )
    if name == "fcntl":
        set_flags = (
            _argument(1)
            + _op(_JEQ, _F_SETFL, 0, 4)
            + _argument(2)
            + _op(_JSET, _O_ASYNC, 0, 1)
            + _REFUSE
            + _PERMIT
        )
        return set_flags + _one_of(1, _FCNTL) + _PERMIT
    condition = _CONDITIONS.get(name)
    if condition is None or (name == "ioctl" and any_ioctl):
        return _PERMIT
    return b"".join(_one_of(i, v) for i, v in condition.arguments.items()) + _PERMIT


def program(machine: str, *, any_ioctl: bool = False) -> bytes:
    """The filter for `machine`; KeyError for one whose numbers are not known.

    A GPU's driver is all ioctl: with `any_ioctl` what a worker may open decides alone.
    """
    parts = [
        _op(_LOAD, _ARCH_AT),
        _op(_JEQ, numbers.AUDIT_ARCH[machine], 1, 0),
        _op(_RET, _KILL),  # another machine's calls have other numbers
        _op(_LOAD, _NR_AT),
        _op(_JGT, _X32_BIT - 1, 0, 1),
        _REFUSE,
        _op(_JGT, numbers.LAST_KNOWN, 0, 1),
        _NO_SUCH_CALL,
    ]
    for name in numbers.permitted():
        number = numbers.number(name, machine)
        if number is None:
            continue
        body = _checks(name, any_ioctl)
        parts += [_op(_JEQ, number, 0, len(body) // 8), body]
    return b"".join([*parts, _REFUSE])
