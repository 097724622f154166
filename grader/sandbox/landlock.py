"""Landlock rulesets: which files a worker may use, and no TCP, signal or socket outwards.

Constants are those of ``linux/landlock.h``. Landlock denies only the accesses that a ruleset
handles, and a kernel refuses a ruleset that handles an access which it does not know.
"""

from __future__ import annotations

import errno
import os
from typing import Final

from . import kernel

_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ: Final = _READ_FILE | 1 << 3
_TRUNCATE: Final = 1 << 14
_IOCTL_DEV: Final = 1 << 15
_EXECUTE: Final = 1
# Not in any rule: making devices and sockets.
# Remove and make folders and files, make pipes and links.
_WORK: Final = _READ | _WRITE_FILE | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 12
_REFER: Final = 1 << 13
_ALL_TCP: Final = 0b11
_ALL_SCOPES: Final = 0b11  # abstract unix sockets, signals


def handled(version: int) -> tuple[int, int, int]:
    """The accesses that a kernel with this ABI knows: files, network, scope."""
    files = (1 << 13) - 1
    files |= _REFER if version >= 2 else 0
    files |= _TRUNCATE if version >= 3 else 0
    files |= _IOCTL_DEV if version >= 5 else 0
    return files, _ALL_TCP if version >= 4 else 0, _ALL_SCOPES if version >= 6 else 0


def make_ruleset(
    version: int,
    readable: tuple[str, ...],
    writable: tuple[str, ...] = (),
    devices: tuple[str, ...] = (),
    programs: tuple[str, ...] = (),
) -> int:
    """The descriptor of a ruleset; `enforce` applies it.

    It permits reading below `readable`, reading and writing below `writable`, reading and writing
    the files `devices`, reading and executing the files `programs`, and nothing else.
    """
    files, network, scope = handled(version)
    try:
        ruleset = kernel.landlock_ruleset(files, network, scope)
    except OSError as error:
        # Some distributions report an ABI whose scopes they did not backport (RHEL 9).
        if error.errno not in (errno.EINVAL, errno.E2BIG) or not scope:
            raise
        ruleset = kernel.landlock_ruleset(files, network, 0)
    try:
        for path in readable:
            access = _READ if os.path.isdir(path) else _READ_FILE
            kernel.landlock_permit(ruleset, path, access & files)
        for path in writable:
            kernel.landlock_permit(ruleset, path, (_WORK | _REFER | _TRUNCATE) & files)
        for path in programs:
            kernel.landlock_permit(ruleset, path, _READ_FILE | _EXECUTE)
        for path in devices:
            access = _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
            kernel.landlock_permit(ruleset, path, access & files)
    except BaseException:
        os.close(ruleset)
        raise
    return ruleset


def enforce(ruleset: int) -> None:
    """Apply a ruleset for good, and close it."""
    try:
        kernel.landlock_enforce(ruleset)
    finally:
        os.close(ruleset)
