"""The processes of this machine, and the channel on which they tell outcomes as checks end."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final

SPAWN: Final = get_context("spawn")
_MOST_BYTES: Final = 1 << 20


class Teller:
    """Sends each message whole or not at all, so that a process that is killed blocks no other.

    A message that is too long is left out: the answer holds it again.
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def __call__(self, message: bytes) -> None:
        with contextlib.suppress(OSError):
            self._end.send(message)


class LocalPool(ProcessPoolExecutor):
    """Processes that are set up by ``initializer(*before, teller, *after)``."""

    def __init__(
        self,
        jobs: int,
        tell: Callable[[bytes], None],
        initializer: Callable[..., None],
        before: tuple[Any, ...] = (),
        after: tuple[Any, ...] = (),
    ) -> None:
        # Datagrams: several processes write to one end, and none of them takes a lock.
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        super().__init__(
            jobs,
            mp_context=SPAWN,  # a fork of this process would share its descriptors and threads
            initializer=initializer,
            initargs=(*before, Teller(self._theirs), *after),
        )
        self._reader = threading.Thread(target=self._read, args=(tell,), daemon=True)
        self._reader.start()

    def _read(self, tell: Callable[[bytes], None]) -> None:
        while message := self._ours.recv(_MOST_BYTES):
            tell(message)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, then the channel."""
        super().shutdown(wait, cancel_futures=cancel_futures)
        if self._reader.is_alive():
            # Blocks only while the reader has yet to take what came before.
            self._theirs.send(b"")
            self._reader.join()
            self._theirs.close()
            self._ours.close()
