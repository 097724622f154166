"""What a worker may do to files, on top of its mounts; and no TCP, signal or socket outwards."""

from __future__ import annotations

import errno
import os
from typing import Final

from . import kernel

_WRITE_FILE: Final = 1 << 1
_READ: Final = 1 << 2 | 1 << 3
_TRUNCATE: Final = 1 << 14
_IOCTL_DEV: Final = 1 << 15
# Execute, make devices and sockets: nobody gets these.
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


def enforce(
    version: int, readable: str, writable: tuple[str, ...], devices: tuple[str, ...]
) -> None:
    """Read below `readable`, work below `writable`, read and write `devices`; nothing else."""
    files, network, scope = handled(version)
    try:
        ruleset = kernel.landlock_ruleset(files, network, scope)
    except OSError as error:
        # Some distributions claim scopes that they did not backport.
        if error.errno not in (errno.EINVAL, errno.E2BIG) or not scope:
            raise
        ruleset = kernel.landlock_ruleset(files, network, 0)
    try:
        kernel.landlock_permit(ruleset, readable, _READ & files)
        for path in writable:
            kernel.landlock_permit(ruleset, path, (_WORK | _REFER | _TRUNCATE) & files)
        for path in devices:
            access = (1 << 2) | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
            kernel.landlock_permit(ruleset, path, access & files)
        kernel.landlock_enforce(ruleset)
    finally:
        os.close(ruleset)
