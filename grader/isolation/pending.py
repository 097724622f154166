"""A call that a worker has been asked to answer: its reply, and where it is until then."""

from __future__ import annotations

from typing import Any, Final

from grader.isolation.meter import Meter
from grader.protocol.messages import (
    Place,
    Position,
    Reply,
    StandInUsed,
    call_id_of,
    decode_of_call,
)
from grader.sandbox import Worker

LEAST_FRAME_S: Final = 0.5
"""How long the rest of a frame may take at least, once its first byte is there."""

POSITION_S: Final = 0.2
"""How much of its time a worker may use before it says where it is. Python code takes milliseconds;
code that stays in one call of a C function does not answer."""

# Shorter waits would be spent on reading the clocks, which takes ten system calls.
_LEAST_WAIT_S: Final = 0.005


class PendingCall:
    """One call on its way. Its methods raise as those of the session do."""

    def __init__(self, worker: Worker, call_id: str) -> None:
        self._worker = worker
        self._call_id = call_id
        self._reply: Reply | None = None
        self._position: Position | None = None
        self.meter = Meter(worker)
        """What the call has used."""
        self.stood_in = False
        """Whether the worker has said that the code uses a stand-in for a missing library."""
        self._used_s = 0.0

    def reply(self, until_s: float) -> Reply | None:
        """The reply; None if the call has used `until_s` of its time without one."""
        while self._reply is None and self._next(until_s):
            pass
        return self._reply

    def where(self) -> tuple[Place, ...] | None:
        """The functions of the submission that are being executed; None if the worker is mute."""
        # An answer to an earlier question must not be taken for one to this question.
        self._position = None
        self._worker.ask_position()
        until_s = self.meter.used_s() + POSITION_S
        while self._reply is None and self._position is None:
            if not self._next(until_s):
                return None
        # With a reply there is nothing left to ask.
        return self._position.places if self._position is not None else ()

    def _next(self, until_s: float) -> bool:
        """Take one more frame; False if none came before the call had used `until_s`."""
        while (left_s := until_s - self._used_s) > 0:
            came = self._worker.has_message(max(left_s, _LEAST_WAIT_S))
            if came:
                self._take(self._worker.receive(max(left_s, LEAST_FRAME_S)))
            if self._reply is None:  # most calls end here, and need no clock to be read
                self._used_s = self.meter.used_s()
            if came:
                return True
        return False

    def _take(self, frame: Any) -> None:
        # What does not bear the call's id answers another call or none, and is ignored.
        if call_id_of(frame) != self._call_id:
            return
        message = decode_of_call(frame)
        if isinstance(message, Position):
            self._position = message
        elif isinstance(message, StandInUsed):
            self.stood_in = True
        # The first reply counts: the student's code may send others behind it.
        elif self._reply is None:
            self._reply = message
