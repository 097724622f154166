"""A class graded in this process, as one process of the pool would: helpers of the tests."""

from __future__ import annotations

from concurrent.futures import Executor, Future

import pytest
from preset_judge import by_rubric

from grader.batch import messages, work
from grader.batch.running import Crew
from grader.core.model import Environment
from grader.core.settings import Secret, Settings
from grader.handins.records import HandIn
from grader.judging.judge import Judge
from grader.records.store import GradingInfo
from grader.scoring.rubric import Rubric

HERE = Environment("3", "2", "2", "cpu", "full")


class Here(Executor):
    """An executor that does each job at once, in this process."""

    def submit(self, work, /, *args):  # type: ignore[no-untyped-def]
        future: Future = Future()
        future.set_result(work(*args))
        return future


class Quiet:
    """Watches a run and says nothing."""

    def started(self, total: int) -> None: ...

    def finished(self, hand_in: HandIn, graded: work.Graded) -> None: ...

    def unchanged(self, hand_in: HandIn, known: GradingInfo) -> None: ...

    def under_way(self, early: messages.Early) -> None: ...

    def stopping(self) -> None: ...


class Graders:
    """Makes executors of graders that share the warm servers of `judge`; closes the graders."""

    def __init__(self, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
        self._made: list[work.Grader] = []

        def warm(settings: Settings, rubric: Rubric, secret: Secret) -> Judge:
            made = by_rubric(judge, rubric, settings)
            monkeypatch.setattr(made, "close", lambda: None)  # the servers are the lender's
            return made

        monkeypatch.setattr(work, "Judge", warm)

    def crew(self, settings: Settings, rubric: Rubric, secret: Secret) -> Crew:
        """What :class:`grader.batch.running.Batch` calls for its pool."""

        def make(tell: work.Tell) -> Executor:
            work._grader = work.Grader(settings, rubric, secret, tell)
            self._made.append(work._grader)
            return Here()

        return Crew(make, lambda: 1)

    def close(self) -> None:
        """Close every grader that was made."""
        for grader in self._made:
            grader.close()
