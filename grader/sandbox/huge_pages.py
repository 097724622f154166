"""Gather a server's memory into huge pages, because a fork copies an entry for each page.

A server with torch has 50,000 small pages: copying their entries is most of the time of a fork, and
freeing them most of the end of a worker. A worker that writes still copies small pages only. Where
the kernel cannot do it, forks take longer; nothing else changes. Standard library only.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import Final

from . import kernel

_SIZE: Final = 2 << 20
_NO_MEMORY: Final = (errno.ENOMEM, errno.EAGAIN, errno.EBUSY)
_PRIVATE_DATA: Final = "rw-p"
_HEAP: Final = "[heap]"


def gather(proc: int) -> Iterator[None]:
    """Gather one range of this process after the other, a step each, some milliseconds long.

    `proc` is a descriptor of a /proc that shows this process.
    """
    for start in _ranges(_maps(proc)):
        try:
            kernel.collapse(start, _SIZE)
        except OSError as error:
            if error.errno in _NO_MEMORY:  # no huge page is free: to look for one takes long
                return
            # Else the range is empty or of a kind that cannot be gathered; the next one may be.
        yield


def _maps(proc: int) -> str:
    fd = os.open("self/maps", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    with open(fd, encoding="utf-8", errors="replace") as file:
        return file.read()


def _ranges(maps: str) -> Iterator[int]:
    """Where each whole huge page of private memory begins that is no file's."""
    for line in maps.splitlines():
        place, rights, *_, inode, name = (*line.split(maxsplit=5), "")[:6]
        if rights != _PRIVATE_DATA or inode != "0" or name not in ("", _HEAP):
            continue
        first, end = (int(address, 16) for address in place.split("-"))
        first += -first % _SIZE
        yield from range(first, end - _SIZE + 1, _SIZE)
