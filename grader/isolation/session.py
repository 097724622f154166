"""The conversation with one worker: load a part, call probes.

Nothing else waits for a worker's messages. If the worker ends, says nothing in time or lies, the
session raises the exceptions of :mod:`grader.protocol.wire`; what they mean is for the caller.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from grader.isolation.meter import Meter
from grader.isolation.pending import LEAST_FRAME_S, PendingCall
from grader.protocol.messages import (
    Added,
    AddSource,
    Call,
    Load,
    Loaded,
    Loading,
    Message,
    Reply,
    decode,
    encode,
)
from grader.protocol.wire import DeadlineExpired
from grader.sandbox import Ended, Worker

LOAD_GRACE_S: Final = 1.0
"""What a load may use beyond its limit. The worker stops at the limit by itself, but grants the
definitions that come after it a little more, because checks need them."""

SEND_S: Final = 30.0
"""A worker that never reads fills the channel, so sending has a deadline too."""


class WorkerSession:
    """One worker, from its first message to its end.

    Every method raises WireError if the worker hung up or sent something else than it was asked
    for, and DeadlineExpired if it sent nothing in time. After either, close the session.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.meter = Meter(worker)
        """What the worker has used in all."""
        self.loading: Loading | None = None
        """The statement that the worker announced last."""

    def load(self, request: Load, limit_s: float | None = None) -> Loaded:
        """Load a part within the limit of one load; with `limit_s` each statement has that limit.

        All statements together then have `limit_s`. What the worker sends meanwhile gives it no
        more time than that.
        """
        self._send(request)
        each_s = request.wall_s + LOAD_GRACE_S
        used_s = last_s = 0.0
        most_s = each_s if limit_s is None else limit_s
        while (left_s := min(most_s, last_s + each_s) - used_s) > 0:
            if not self._worker.has_message(left_s):
                used_s = self.meter.used_s()
                continue
            frame = self._worker.receive(max(left_s, LEAST_FRAME_S))
            message = decode(frame, Loading, Loaded)
            if isinstance(message, Loaded):
                return message
            self.loading = message
            used_s = last_s = self.meter.used_s()
        raise DeadlineExpired

    def begin(self, probe: str, arguments: dict[str, Any], *, runner: int = 0) -> PendingCall:
        """Ask the worker to run a probe."""
        # Each call has a new random id. A message without it is an answer to no call: a second
        # one to an earlier call, one from a thread that an earlier call left behind, one sent
        # while loading. It is ignored, so that it never counts as the answer to this call.
        call_id = secrets.token_hex(8)
        pending = PendingCall(self._worker, call_id)
        self._send(Call(call_id, probe, arguments, runner))
        return pending

    def call(
        self, probe: str, arguments: dict[str, Any], limit_s: float, *, runner: int = 0
    ) -> Reply:
        """Run a probe, which may use `limit_s` of its time."""
        reply = self.begin(probe, arguments, runner=runner).reply(limit_s)
        if reply is None:
            raise DeadlineExpired
        return reply

    def add(self, pieces: tuple[str, ...], cpu_s: float, limit_s: float) -> int:
        """Load one more trusted source beside the solution; the number of its runner.

        Each of the runner's calls is ended after `cpu_s` of the processor.
        """
        request = encode(AddSource(pieces, cpu_s))
        return decode(self._worker.exchange(request, limit_s), Added).runner

    # ------------------------------------------------------------ the process

    def cpu_s(self) -> float:
        """CPU seconds that the worker has used."""
        return self._worker.cpu_s()

    def wait_end(self, timeout_s: float) -> Ended:
        """How the process ended."""
        return self._worker.wait_end(timeout_s)

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _send(self, message: Message) -> None:
        self._worker.send(encode(message), SEND_S)
