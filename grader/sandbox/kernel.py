"""System calls that Python does not offer: namespaces, mounts, capabilities, Landlock, seccomp.

Thin: each function is one call and raises OSError. Standard library only, because the fork server
imports it before it enters its jail. Decisions about confinement are made by its callers.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from pathlib import Path
from typing import Final

from . import syscall_numbers

MACHINE: Final = platform.machine()

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_PRIVATE: Final = 1 << 18
MNT_DETACH: Final = 2

MOUNT_ATTR_RDONLY: Final = 1
MOUNT_ATTR_NOSUID: Final = 2
MOUNT_ATTR_NODEV: Final = 4

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38

_MADV_COLLAPSE: Final = 25
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_CAPABILITY_VERSION_3: Final = 0x20080522
_SECCOMP_SET_MODE_FILTER: Final = 1
_LANDLOCK_VERSION_FLAG: Final = 1
_LANDLOCK_PATH_BENEATH: Final = 1

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]
_libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_libc.umount2.argtypes = [ctypes.c_char_p, ctypes.c_int]


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result


def _syscall(name: str, *arguments: object) -> int:
    number = syscall_numbers.number(name, MACHINE)
    # -1 is no system call: ENOSYS, as for a call that the kernel does not know.
    return _checked(_libc.syscall(ctypes.c_long(number or -1), *arguments), name)


def unshare(flags: int) -> None:
    """Leave the namespaces in `flags` for new ones."""
    _checked(_libc.unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    """Enter the namespace behind `fd`."""
    _checked(_libc.setns(fd, kind), "setns")


def mount(
    source: str | None, target: str, kind: str | None = None, flags: int = 0, data: str = ""
) -> None:
    """mount(2)."""
    _checked(
        _libc.mount(
            os.fsencode(source) if source is not None else None,
            os.fsencode(target),
            kind.encode() if kind else None,
            flags,
            data.encode() or None,
        ),
        f"mount on {target}",
    )


def unmount(target: str) -> None:
    """Detach what is mounted at `target`; it is freed when its last user is gone."""
    _checked(_libc.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def restrict_mount(target: str, attributes: int, *, recursive: bool) -> None:
    """Set attributes such as read-only on a mount and, with `recursive`, on all below it."""
    attr = struct.pack("QQQQ", attributes, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    _syscall(
        "mount_setattr",
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(target),
        ctypes.c_uint(flags),
        attr,
        ctypes.c_size_t(len(attr)),
    )


def change_root(new_root: str) -> None:
    """Make `new_root`, a mount, the root of this mount namespace and let go of the old one."""
    os.chdir(new_root)
    # With "." twice the old root is stacked on the new one: no folder is needed to put it in.
    _syscall("pivot_root", b".", b".")
    unmount(".")
    os.chdir("/")


def control_process(option: int, value: int = 0) -> None:
    """prctl(2) with one argument."""
    _checked(_libc.prctl(option, value, 0, 0, 0), f"prctl {option}")


def drop_capabilities() -> None:
    """Drop every capability for good: no_new_privs and the ban on execve keep it so."""
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _syscall("capset", header, bytes(24))


def map_self(proc: int, uid: int, gid: int) -> None:
    """Map our own ids, and no others, into the user namespace just entered.

    `proc` is a descriptor of a /proc that shows this process.
    """
    # The kernel lets an ordinary user write gid_map only after setgroups is denied.
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"),
                       ("gid_map", f"{gid} {gid} 1")):  # fmt: skip
        fd = os.open(f"self/{name}", os.O_WRONLY | os.O_CLOEXEC, dir_fd=proc)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


def collapse(start: int, length: int) -> None:
    """Gather this memory of our own into huge pages."""
    _checked(_libc.madvise(start, length, _MADV_COLLAPSE), "madvise")


def close_from(first: int) -> None:
    """Close every descriptor from `first` on."""
    os.closerange(first, 1 << 20)


def landlock_version() -> int:
    """The ABI of Landlock; OSError where the kernel has none or it is switched off."""
    return _syscall(
        "landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint(_LANDLOCK_VERSION_FLAG)
    )


def landlock_ruleset(filesystem: int, network: int, scope: int) -> int:
    """A new ruleset that forbids these accesses, as a descriptor. Zeros need no new kernel."""
    attr = struct.pack("QQQ", filesystem, network, scope)
    # An older kernel refuses a struct that is longer than its own and not zero at the end.
    size = 24 if scope else 16 if network else 8
    return _syscall("landlock_create_ruleset", attr, ctypes.c_size_t(size), ctypes.c_uint(0))


def landlock_permit(ruleset: int, path: str, access: int) -> None:
    """Except what lies beneath `path` from the ruleset, for these accesses."""
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        attr = struct.pack("=Qi", access, fd)
        _syscall(
            "landlock_add_rule",
            ctypes.c_int(ruleset),
            ctypes.c_int(_LANDLOCK_PATH_BENEATH),
            attr,
            ctypes.c_uint(0),
        )
    finally:
        os.close(fd)


def landlock_enforce(ruleset: int) -> None:
    """Apply a ruleset to this thread for good."""
    _syscall("landlock_restrict_self", ctypes.c_int(ruleset), ctypes.c_uint(0))


def enforce_filter(program: bytes) -> None:
    """Apply a seccomp filter (``struct sock_filter[]``) to this thread for good."""
    buffer = ctypes.create_string_buffer(program, len(program))
    attr = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    _syscall("seccomp", ctypes.c_uint(_SECCOMP_SET_MODE_FILTER), ctypes.c_uint(0), attr)


def make_mount_point(path: str, *, directory: bool) -> None:
    """A directory, or an empty file, to mount something on, with the folders above it."""
    target = Path(path)
    if directory:
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(exist_ok=True)
