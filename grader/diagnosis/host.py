"""Many mutants of one part in one confined worker that holds no student's code.

The judge runs no mutant that may never end, and does not import torch; a worker for each mutant
would cost a fork and a load. So one worker holds all the mutants that were asked for. No student's
code is ever in it, which is why one process may hold several sources.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.isolation.session import WorkerSession
from grader.parts.reference import solution_path, solution_text
from grader.protocol import messages, wire
from grader.protocol.messages import Answer, File, Load
from grader.sandbox import ForkServer, Limits
from kit.outcomes import Crashed, Failed, OverLimit
from kit.runner import Runner
from kit.text import Text

from .incremental import pieces

# Trusted code needs a fraction of it; a mutant that hangs explains nothing.
CALL_S = 5.0
LOAD_S = 20.0

SOURCES = 400
"""After so many sources the worker is replaced: what they leave in its memory adds up."""

_NO_ANSWER = Text("没有答复", "no answer")


class Host:
    """The mutants of `part` behind one worker of the server that `ready` gives."""

    def __init__(self, part: str, ready: Callable[[], ForkServer], cpu_s: float = CALL_S) -> None:
        self.part = part
        self._ready = ready
        self._cpu_s = cpu_s  # of one call of a mutant
        self._session: WorkerSession | None = None
        self._numbers: dict[str, int] = {}  # source -> its runner in the worker

    def runner(self, source: str) -> Runner:
        """A runner on `source`; closing it leaves the worker as it is."""
        return _HostRunner(self, source)

    def call(self, source: str, probe: str, arguments: dict[str, Any]) -> Any:
        """The probe's answer by `source`; raises a Verdict where there is none."""
        try:
            session = self._open()
            if source not in self._numbers:
                if len(self._numbers) > SOURCES:
                    self.close()
                    session = self._open()
                made = pieces(self.part, source)
                self._numbers[source] = session.add(made, self._cpu_s, LOAD_S)
            number = self._numbers[source]
            reply = session.call(probe, arguments, CALL_S, runner=number)
        except wire.WireError:
            self.close()
            raise Crashed(_NO_ANSWER) from None
        except wire.DeadlineExpired:
            self.close()
            raise OverLimit(_NO_ANSWER) from None
        if not isinstance(reply, Answer):
            if isinstance(reply, messages.Failed) and reply.outcome == "failed":
                raise Failed(reply.reason)
            raise OverLimit(_NO_ANSWER)
        return reply.value

    def close(self) -> None:
        """End the worker; the next call starts another."""
        if self._session is not None:
            self._session.close()
        self._session = None
        self._numbers = {}

    def _open(self) -> WorkerSession:
        if self._session is None:
            name, source = solution_path(self.part).name, solution_text(self.part)
            load = Load(
                part=self.part,
                files=(File(name, (source,)),),
                order=(name,),
                skip=(),
                cpu_s=LOAD_S,
                wall_s=LOAD_S,
            )
            self._session = WorkerSession(self._ready().spawn(Limits()))
            self._session.load(load)
            # The worker numbers its runners from the part that it loaded.
            self._numbers[source] = 0
        return self._session


class _HostRunner(Runner):
    def __init__(self, host: Host, source: str) -> None:
        self.part = host.part
        self._host = host
        self._source = source

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """As :meth:`Host.call`."""
        return self._host.call(self._source, probe, arguments)
