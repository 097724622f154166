"""Runners around other runners: one that caches answers, one that falls back on a second."""

from __future__ import annotations

import copy
import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from grader.isolation.runner import WorkerRunner
from kit.outcomes import Crashed, Failed, Missing
from kit.runner import Runner

ROOM = 32_000_000
"""Bytes of the answers of one part that are kept, several times what the checks of a part ask for.
With less the next submission would find none of them: ``numpy_rnn`` asks up to 10,000 questions."""

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
