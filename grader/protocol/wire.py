"""Send and receive frames of plain data over a socket whose other end may be hostile.

A deadline holds for the whole frame, memory grows with what arrives, and what is not a frame is
a WireError: nothing that a worker sends can raise anything else in the judge. The frames
themselves are `codec`'s. Runs on both sides of the boundary.
"""

from __future__ import annotations

import math
import select
import socket
import time
from collections.abc import Iterable
from typing import Any, Final, Protocol

from .codec import MAX_FRAME, MAX_HEADER, PREFIX, WireError, decode, encode

__all__ = [
    "MAX_FRAME",
    "Closed",
    "DeadlineExpired",
    "Side",
    "WireError",
    "decode",
    "encode",
    "receive",
    "send",
    "wait_for",
]

_AT_ONCE: Final = 1 << 20
_IOV: Final = 512  # slices in one sendmsg; the kernel takes 1024


class Closed(WireError):
    """The peer hung up."""


class DeadlineExpired(Exception):
    """The whole frame did not pass in time. The connection can no longer be used."""


class Side(Protocol):
    """Something else to read while waiting for a frame: a worker's output.

    A worker that prints more than a pipe holds blocks until somebody reads, so a judge that only
    waited for its answer would never get it.
    """

    def fileno(self) -> int:
        """The descriptor to read from, or -1 when it has ended."""

    def __call__(self) -> None:
        """Take what is there, without blocking."""


def send(sock: socket.socket, value: Any, deadline: float | None, side: Side | None = None) -> None:
    """Send `value`; all of it by `deadline` (``time.monotonic()``) or DeadlineExpired.

    WireError if it cannot travel, Closed if the peer hung up.

    `side` is served meanwhile: a worker that is blocked on its output does not read.
    """
    pieces = [memoryview(piece) for piece in encode(value)]
    first = 0
    while first < len(pieces):
        try:
            # The call never blocks, since `_wait` alone knows the deadline. It raises no signal:
            # where the peer has hung up, this process reports it and goes on.
            sent = sock.sendmsg(
                pieces[first : first + _IOV], (), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
            )
        except (BlockingIOError, InterruptedError):
            _wait(sock, select.POLLOUT, deadline, side)
            continue
        except (BrokenPipeError, ConnectionError) as error:
            raise Closed(f"the peer hung up: {error}") from None
        # A peer that is always ready never sends us into `_wait`, which looks at the clock too.
        _check(deadline)
        while first < len(pieces) and sent >= len(pieces[first]):
            sent -= len(pieces[first])
            first += 1
        if sent:
            pieces[first] = pieces[first][sent:]


def receive(sock: socket.socket, deadline: float | None, side: Side | None = None) -> Any:
    """The next value; all of it by `deadline` or DeadlineExpired. WireError if it is no frame.

    Memory grows with what has arrived, never with what the peer claims will arrive.
    """
    header_size, body_size = PREFIX.unpack(_exactly(sock, PREFIX.size, deadline, side, True))
    if header_size > MAX_HEADER or header_size + body_size > MAX_FRAME:
        raise WireError(
            f"the peer announces {header_size} + {body_size} bytes; "
            f"limits {MAX_HEADER} of header, {MAX_FRAME} in all"
        )
    header = _exactly(sock, header_size, deadline, side)
    return decode(header, _exactly(sock, body_size, deadline, side))


def _exactly(
    sock: socket.socket,
    size: int,
    deadline: float | None,
    side: Side | None,
    between_frames: bool = False,
) -> bytearray:
    # Memory for all that was announced would let twelve bytes of a hostile peer take 64 MB.
    data = bytearray(min(size, _AT_ONCE))
    filled = 0
    while filled < size:
        if filled == len(data):
            # The buffer doubles, so the copies together cost no more than the frame is long.
            data.extend(bytes(min(len(data), size - filled)))
        try:
            # Both views end with the block, because a bytearray with an open view cannot grow.
            with memoryview(data) as whole, whole[filled:] as rest:
                got = sock.recv_into(rest, 0, socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            _wait(sock, select.POLLIN, deadline, side)
            continue
        except ConnectionError as error:
            raise Closed(f"the peer hung up: {error}") from None
        if got == 0:
            where = "" if between_frames and not filled else " in the middle of a frame"
            raise Closed(f"the peer hung up{where}")
        _check(deadline)
        filled += got
    return data


def _check(deadline: float | None) -> None:
    if deadline is not None and time.monotonic() >= deadline:
        raise DeadlineExpired


def _wait(sock: socket.socket, event: int, deadline: float | None, side: Side | None) -> None:
    """Wait until `sock` is ready; serve `side` whenever it has something."""
    wait_for([(sock.fileno(), event)], deadline, [side] if side else ())


def wait_for(
    wanted: Iterable[tuple[int, int]], deadline: float | None, sides: Iterable[Side] = ()
) -> None:
    """Wait until a (descriptor, event) pair is ready, serving `sides`; else DeadlineExpired."""
    wanted = list(wanted)
    sides = list(sides)
    while True:
        poll = select.poll()
        for fd, event in wanted:
            poll.register(fd, event)
        # Each round asks again: a side that has ended meanwhile has no descriptor any more.
        by_fd = {side.fileno(): side for side in sides if side.fileno() >= 0}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise DeadlineExpired
        # The wait is rounded up, because one of zero milliseconds would spin until the deadline.
        ready = {fd for fd, _ in poll.poll(None if left is None else math.ceil(left * 1000))}
        for fd in ready & by_fd.keys():
            by_fd[fd]()
        if any(fd in ready for fd, _ in wanted):
            return
