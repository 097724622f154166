"""The conversation with one worker: load a part, call probes.

Nothing else waits for a worker's messages. If the worker ends, says nothing in time or lies, the
session raises the exceptions of :mod:`grader.protocol.wire`; what they mean is for the caller.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from grader.protocol.messages import (
    Added,
    AddSource,
    Call,
    Load,
    Loaded,
    Loading,
    Message,
    Reply,
    call_id_of,
    decode,
    decode_reply,
    encode,
)
from grader.sandbox import Ended, Worker

LOAD_GRACE_S = 4.0
"""How long after its budget a worker may still announce the next statement. The loader grants a
definition 2 s when the budget is spent; the rest is for a busy machine."""


class WorkerSession:
    """One worker, from its first message to its end.

    Every method raises WireError if the worker hung up or sent something else than it was asked
    for, and DeadlineExpired if it sent nothing in time. After either, close the session.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.loading: Loading | None = None
        """The statement that the worker announced last."""

    def load(self, request: Load, limit_s: float) -> Loaded:
        """Load a part, all of it within `limit_s`."""
        deadline = time.monotonic() + limit_s
        self._send(request)
        while True:
            # A worker announces each statement, so it is never silent for longer than one may take.
            left_s = max(deadline - time.monotonic(), 0.0)
            frame = self._worker.receive(min(request.wall_s + LOAD_GRACE_S, left_s))
            message = decode(frame, Loading, Loaded)
            if isinstance(message, Loaded):
                return message
            self.loading = message

    def call(
        self, probe: str, arguments: dict[str, Any], limit_s: float, *, runner: int = 0
    ) -> Reply:
        """Run a probe; all of it within `limit_s`."""
        # Each call has a new random id. A message without it is an answer to no call: a second
        # one to an earlier call, one from a thread that an earlier call left behind, one sent
        # while loading. It is ignored, so that it never counts as the answer to this call.
        call_id = secrets.token_hex(8)
        deadline = time.monotonic() + limit_s
        self._send(Call(call_id, probe, arguments, runner), limit_s)
        while True:
            frame = self._worker.receive(max(deadline - time.monotonic(), 0.0))
            if call_id_of(frame) == call_id:
                return decode_reply(frame)

    def add(self, source: str, limit_s: float) -> int:
        """Load one more trusted `source` beside the solution; the number of its runner."""
        return decode(self._worker.exchange(encode(AddSource(source)), limit_s), Added).runner

    # ------------------------------------------------------------ the process

    def cpu_s(self) -> float:
        """CPU seconds that the worker has used."""
        return self._worker.cpu_s()

    def waited_s(self) -> float:
        """Seconds for which the worker was ready to run but another process had the processor."""
        return self._worker.waited_s()

    def wait_end(self, timeout_s: float) -> Ended:
        """How the process ended."""
        return self._worker.wait_end(timeout_s)

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _send(self, message: Message, limit_s: float = 30.0) -> None:
        # A worker that never reads fills the channel, so sending has a deadline too.
        self._worker.send(encode(message), limit_s)
