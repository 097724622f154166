"""What a worker printed: its beginning and its end, however much there was."""

from __future__ import annotations

import os
from typing import Final

_CHUNK: Final = 1 << 16
_CHUNKS_AT_ONCE: Final = 16  # so that a flood does not keep the judge from its frames


class Output:
    """A pipe that is emptied at every call; a `wire.Side`."""

    def __init__(self, fd: int, kept_bytes: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._kept = kept_bytes
        self._head = bytearray()
        self._tail = bytearray()
        self._seen = 0

    def fileno(self) -> int:
        """The pipe, or -1 when the other end is closed."""
        return self._fd

    def __call__(self) -> None:
        """Read what is there, without blocking."""
        for _ in range(_CHUNKS_AT_ONCE):
            if self._fd < 0:
                return
            try:
                chunk = os.read(self._fd, _CHUNK)
            except BlockingIOError:
                return
            if not chunk:
                self.close()
                return
            self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        self._seen += len(chunk)
        room = self._kept - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if chunk:
            self._tail += chunk
            del self._tail[: max(0, len(self._tail) - self._kept)]

    def value(self) -> bytes:
        """What was kept, with a line in between that says how many bytes were left out."""
        cut = self._seen - len(self._head) - len(self._tail)
        if not cut:
            return bytes(self._head + self._tail)
        marker = f"\n... {cut} 字节已略去 / {cut} bytes left out ...\n"
        return bytes(self._head + marker.encode() + self._tail)

    def close(self) -> None:
        """Close the pipe."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
