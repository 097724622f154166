"""Tell the judge, while a call is running, which functions of the submission are on the stack.

The judge asks by a signal, and only for a call that takes long. Python runs the handler between two
instructions of the main thread, so code that stays in one call of a C function does not answer.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from grader.protocol.environment import POSITION_SIGNAL
from grader.protocol.messages import Message, Place, Position

MOST: Final = 20
"""Functions reported at either end of the stack; a recursion may have thousands between."""


class PositionReporter:
    """Answers the judge's signal while a call is running."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._own_files: Collection[str] = ()
        self._call_id: str | None = None
        self._before: list[FrameType] = []
        # A handler may run while the main thread is in the middle of sending a message.
        self._channel = threading.Lock()

    def install(self) -> None:
        """Answer the signal from now on; only the main thread can do this."""
        signal.signal(POSITION_SIGNAL, self._answer)

    def send(self, message: Message) -> None:
        """Send a message that the handler must not interrupt by one of its own."""
        with self._channel:
            self._send(message)

    @contextmanager
    def during(self, call_id: str, own_files: Collection[str]) -> Iterator[None]:
        """Answer for the call `call_id`; `own_files` are the names of the submission's files."""
        self._call_id, self._own_files = call_id, own_files
        try:
            yield
        finally:
            self._call_id = None
            # The frames hold the arrays of the student's functions.
            self._before = []

    def _answer(self, number: int, frame: FrameType | None) -> None:
        del number
        call_id = self._call_id
        # Not while a frame is half sent: the judge asks again.
        if call_id is None or not self._channel.acquire(blocking=False):
            return
        try:
            self._send(Position(call_id, self._places(frame)))
        except Exception:  # the student's code must not see an error of ours
            return
        finally:
            self._channel.release()

    def _places(self, frame: FrameType | None) -> tuple[Place, ...]:
        """The submission's functions from the outermost to the innermost."""
        known = {id(before) for before in self._before}
        frames: list[FrameType] = []
        while frame is not None:
            if frame.f_code.co_filename in self._own_files:
                frames.append(frame)
            frame = frame.f_back
        if len(frames) > 2 * MOST:
            frames[MOST:-MOST] = []
        # Kept, so that no other frame gets the id of one of them.
        self._before = frames
        return tuple(_place(found, id(found) in known) for found in reversed(frames))


def _place(frame: FrameType, lasted: bool) -> Place:
    code = frame.f_code
    file = code.co_filename.replace("\\", "/").rsplit("/", 1)[-1].strip("<>")
    return Place(file, code.co_name[:100], code.co_firstlineno, frame.f_lineno or 0, lasted)
