"""Runners on code of our own: the solutions and what is made of them; and runners around others."""

from __future__ import annotations

import copy
import hashlib
import math
import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from grader.core.closing import Closing
from grader.core.model import Source, Submission
from grader.core.settings import Settings
from grader.diagnosis import CALL_CPU_S, Host, in_process
from grader.isolation.runner import WorkerRunner
from grader.isolation.servers import Name, Servers
from grader.parts.reference import solution_text
from grader.parts.registry import spec_of
from kit.outcomes import Crashed, Failed, Missing
from kit.runner import Runner

ROOM = 32_000_000
"""Bytes of the answers of one part that are kept, several times what the checks of a part ask for.
With less the next submission would find none of them: one part asks up to 10,000 questions."""

OVERHEAD = 500
"""Bytes for the key and the objects around an answer's arrays."""


class CachingRunner(Runner):
    """Asks a trusted runner each question once: a whole class may have the same hidden inputs."""

    def __init__(self, runner: Runner) -> None:
        self.part = runner.part
        self._runner = runner
        self._answers: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        self._held = 0

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """The runner's answer, as a copy, so that no check can change another's."""
        # The pickles are only hashed and measured. Nothing is ever read back from one.
        key = hashlib.sha256(pickle.dumps((probe, arguments))).digest()
        if key not in self._answers:
            answer = self._runner.call(probe, arguments)
            self._answers[key] = (answer, OVERHEAD + len(pickle.dumps(answer)))
            self._held += self._answers[key][1]
        self._answers.move_to_end(key)
        # The answer that is returned below stays, however large it is.
        while self._held > ROOM and len(self._answers) > 1:
            self._held -= self._answers.popitem(last=False)[1][1]
        return copy.deepcopy(self._answers[key][0])

    @property
    def uncached(self) -> Runner:
        """The runner itself, for questions that nobody asks twice."""
        return self._runner

    def close(self) -> None:
        """Close the runner."""
        self._runner.close()


class FallbackRunner(Runner):
    """Asks the first runner, and the second from the call on that the first cannot answer.

    The NumPy server has no torch. A function that needs torch after all, at the top of its file or
    inside, fails there, and that failure says nothing about the student.
    """

    def __init__(self, first: WorkerRunner, second: Callable[[], WorkerRunner]) -> None:
        self.part = first.part
        self._first = first
        self._make_second = second
        self._second: WorkerRunner | None = None

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """As :meth:`WorkerRunner.call`."""
        if self._second is None:
            try:
                return self._first.call(probe, arguments)
            except (Missing, Failed, Crashed):
                # Not after a time-out or too much memory: torch would change neither.
                self._second = self._make_second()
        return self._second.call(probe, arguments)

    def close(self) -> None:
        """End both workers."""
        self._first.close()
        if self._second is not None:
            self._second.close()


class TrustedRunners(Closing):
    """The runners of a course's own code; one for each part, opened where a check first asks."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._references: dict[str, CachingRunner] = {}
        self._hosts: dict[str, Host] = {}
        self._neighbours: dict[str, Host] = {}

    def runner(self, part: str, source: str | None) -> Runner:
        """A runner on the solution of `part`, or on a `source` made of it.

        Code that needs NumPy alone runs in this process. Code that needs torch runs in a worker of
        its own, so that this process need not import torch. No student's code is in that worker.
        """
        if source is not None:
            here = spec_of(part).in_process
            return in_process(part, source) if here else self.mistakes(part).runner(source)
        if part not in self._references:
            if spec_of(part).in_process:
                runner: Runner = in_process(part, None)
            else:
                runner = self.on_torch(part, solution_text(part))
            self._references[part] = CachingRunner(runner)
        return self._references[part]

    def mistakes(self, part: str) -> Host:
        """The worker with the known mistakes of a part that needs torch."""
        if part not in self._hosts:
            self._hosts[part] = Host(part, lambda: self._servers.ready("torch"))
        return self._hosts[part]

    def mutants(self, part: str) -> Host:
        """The worker with the mutants of a part's neighbourhood; none runs in this process."""
        if part not in self._neighbours:
            server: Name = "numpy" if spec_of(part).in_process else "torch"
            self._neighbours[part] = Host(part, lambda: self._servers.ready(server), CALL_CPU_S)
        return self._neighbours[part]

    def close(self) -> None:
        """End all of them."""
        for runner in self._references.values():
            runner.close()
        for host in (*self._hosts.values(), *self._neighbours.values()):
            host.close()

    def on_torch(self, part: str, source: str) -> WorkerRunner:
        """A worker that loads `source` with torch."""
        # All calls together have no limit, because the one runner answers for a whole class.
        server = self._servers.ready("torch")
        return WorkerRunner(part, server, trusted_source(part, source), _TRUSTED)


_TRUSTED = Settings(call_wall_s=60.0, learning_wall_s=240.0, part_wall_s=math.inf)
"""Limits for the solutions: a slow machine must not take an expected value from a check. One runner
serves every submission of a batch, so its time has no end."""


def trusted_source(part: str, source: str) -> Submission:
    """A solution, or a source made from it, in the form that a worker loads."""
    path = f"{part}.py"
    return Submission(
        id="reference",
        sha256="",
        sources=(Source(path, (source,), "utf-8"),),
        parts={part: (path,)},
    )
