"""The judge's pytest plugin: it provides the suites' fixtures and makes results of outcomes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from grader.core.model import CheckResult, Outcome, Submission, Visibility
from grader.core.settings import Secret
from grader.diagnosis import (
    Call,
    Explainer,
    Explanation,
    FunctionsOf,
    Host,
    RunnerOf,
    in_process,
)
from grader.isolation.redaction import blank_of, redacted
from grader.judging import pytest_run
from grader.judging.hidden_cases import hidden_cases
from grader.judging.not_run import no_part, passed
from grader.judging.trusted import CachingRunner
from grader.judging.waiting import MAY_BE_THE_LIBRARYS, waiting, without_library
from grader.parts.checks import PUBLIC, checks_of
from grader.reader.functions import functions_of
from kit import learning
from kit.cases import Case
from kit.fixtures import Public
from kit.outcomes import Missing, Verdict
from kit.plugin import CheckPlugin, Ended
from kit.runner import Runner
from kit.text import Text

# A crash or a time-out leaves no answer that could be compared with a mutant's.
DIAGNOSED = (Outcome.FAILED, Outcome.PARTIAL)


class Witness(Runner):
    """Records the calls of one check, which its explanation compares with those of mutants."""

    def __init__(self, runner: Runner) -> None:
        self.part = runner.part
        self._runner = runner
        self.calls: list[Call] = []

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """As the runner's :meth:`~Runner.call`."""
        # Noted first: where the call ends in a verdict, the None says that no answer came.
        self.calls.append(Call(probe, arguments, None))
        try:
            answer = self._runner.call(probe, arguments)
        except Verdict as verdict:
            self.calls[-1] = Call(probe, arguments, None, verdict)
            raise
        self.calls[-1] = Call(probe, arguments, answer)
        return answer

    def forget(self) -> None:
        """As the runner's :meth:`~Runner.forget`."""
        self._runner.forget()


@dataclass(frozen=True)
class Runners:
    """How the plugin gets the runners of one submission."""

    lab: Callable[[str, bool], Runner]  # part, whether it trains -> the submission's runner
    other_hash_seed: Callable[[str], Runner]  # the submission under another hash seed
    trusted: RunnerOf = in_process  # the solution of a part, or a source made from it
    spare: Callable[[str], Runner] | None = None  # one more of the submission, for explanations
    mutants: Callable[[str], Host] | None = None  # part -> a worker that holds many mutants
    functions: FunctionsOf = functions_of  # reads a source of the submission, for explanations
    stood_in: Callable[[str], tuple[str, ...]] = lambda part: ()
    """Part -> modules that are missing, if a call used a stand-in since it was last asked."""


@dataclass(eq=False)
class GradingPlugin(CheckPlugin):
    """Runs the suites on one submission."""

    submission: Submission
    runners: Runners
    secret: Secret
    on_result: Callable[[CheckResult], None]
    done: dict[str, CheckResult] = field(default_factory=dict)
    contracts: Mapping[str, str] = field(default_factory=dict)
    judges_submission: bool = True  # False: the reference is in the place of the submission
    seen: frozenset[str] = frozenset()  # parts of which an earlier worker saw hidden inputs
    before_hidden: Callable[[], None] = lambda: None  # called before each hidden check

    def __post_init__(self) -> None:
        super().__init__({id: str(result.outcome) for id, result in self.done.items()})
        self._witness: Witness | None = None
        self._saw_hidden: set[str] = set(self.seen)
        self._explainer = Explainer(
            self.submission,
            self.runners.trusted,
            self.runners.spare,
            self.runners.mutants,
            self.runners.functions,
        )

    # ------------------------------------------------------------ fixtures

    @pytest.fixture
    def lab(self, request: pytest.FixtureRequest) -> Runner:
        """The submission's runner for the part of the check."""
        part = _part(request)
        if part not in self.submission.parts:
            # No worker is started for it: there is no file that it could load.
            raise Missing(no_part(part))
        training = _id(request).endswith(f".{learning.CHECK}")
        # A new one for each check, because an explanation is about the calls of one check.
        self._witness = Witness(self.runners.lab(part, training))
        return self._witness

    @pytest.fixture
    def other_hash_seed(self, request: pytest.FixtureRequest) -> Runner:
        """The submission in an interpreter with another hash seed."""
        return self.runners.other_hash_seed(_part(request))

    @pytest.fixture
    def reference(self, request: pytest.FixtureRequest) -> Runner:
        """The solution of the part."""
        return self.runners.trusted(_part(request), None)

    @pytest.fixture
    def predictor(self, request: pytest.FixtureRequest) -> Runner:
        """The solution, for predictions on what a submission has trained."""
        trusted = self.runners.trusted(_part(request), None)
        # Every submission asks something else, so to keep the answers would only fill the memory.
        return trusted.uncached if isinstance(trusted, CachingRunner) else trusted

    @pytest.fixture
    def public(self) -> Public:
        """Public cases with their expected values: the grader's own copy."""
        return _public()

    @pytest.fixture
    def draw(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """A generator seeded by the course's secret and the check's id."""
        return np.random.default_rng(self.secret.seed(_id(request)))

    @pytest.fixture
    def hidden_cases(self, request: pytest.FixtureRequest) -> list[Case]:
        """The cases that the hidden checks of the part share."""
        return hidden_cases(_part(request), self.secret)

    # ------------------------------------------------------------ outcomes

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out the checks that an interrupted run has decided."""
        # First, because the order by prerequisites needs the decided checks as well.
        super().pytest_collection_modifyitems(config, items)
        items[:] = [item for item in items if _item_id(item) not in self.done]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Say that a hidden check begins: here, because a setup counts as time of its check."""
        marker = item.get_closest_marker("check")
        if marker is not None and marker.kwargs["hidden"]:
            self.before_hidden()

    def record(self, ended: Ended) -> None:
        """Make the result of an ended check and pass it on at once."""
        if ended.outcome == "grader_error" and self.judges_submission:
            ended = self._reconsidered(ended)
        # Asked after every check: the calls of this one must not count for the next.
        missing = self.runners.stood_in(ended.part)
        why = without_library(missing) if missing and ended.outcome in MAY_BE_THE_LIBRARYS else None
        super().record(ended if why is None else _waiting(ended, why))
        # Taken away: the calls of this check must not explain the next one.
        witness, self._witness = self._witness, None
        explanation = Explanation()
        if witness is not None and why is None:
            try:
                if ended.outcome == "passed":
                    self._explainer.passed(ended.part, ended.id, witness.calls)
                elif ended.outcome in DIAGNOSED:
                    explanation = self._explainer.explain(ended.part, ended.id, witness.calls)
            except Exception:  # an explanation that fails must not cost the outcome it explains
                trouble = ended.trouble + traceback.format_exc()
                ended = replace(ended, trouble=trouble)
        if ended.hidden:
            self._saw_hidden.add(ended.part)
        # Public checks of a part come first. One that did not would be answered by a worker that
        # has seen hidden inputs, and could quote them.
        discreet = ended.part in self._saw_hidden
        result = _result(ended, explanation, self.submission, discreet)
        self.on_result(result if why is None else waiting(result, why))

    def _reconsidered(self, ended: Ended) -> Ended:
        """A check that raised on this submission's answer but not on the reference's is skipped.

        Only a check that raises on right answers too is broken for everybody. Otherwise one
        student's odd answer would withhold their whole mark.
        """
        found: list[CheckResult] = []
        trusted = self.runners.trusted
        reference = Runners(
            lambda part, training: trusted(part, None), lambda part: trusted(part, None), trusted
        )
        others = {info.id: passed(info) for info in checks_of((ended.part,)) if info.id != ended.id}
        plugin = GradingPlugin(
            replace(self.submission, parts={ended.part: ()}),
            reference,
            self.secret,
            found.append,
            others,
            self.contracts,
            judges_submission=False,
        )
        try:
            pytest_run.run_suites((ended.part,), plugin)
        except Exception:
            return replace(ended, trouble=ended.trouble + traceback.format_exc())
        if not found or any(result.outcome is Outcome.GRADER_ERROR for result in found):
            return ended
        return replace(ended, outcome="skipped", reason=UNDECIDED, undecided=True)


UNDECIDED = Text(
    "这项检查无法判定你的代码返回的结果，是评分器的故障，不是你的错；这项的分数暂记为待定，由助教判定",
    "the check could not decide on what your code returned, by a fault of the grader and not of "
    "your code; its points are pending, and a person decides on them",
)


def _waiting(ended: Ended, why: Text) -> Ended:
    """The check as the checks that need it see it: their points wait too."""
    return replace(ended, outcome="skipped", reason=why, undecided=not ended.advice)


def _result(
    ended: Ended, explanation: Explanation, submission: Submission, discreet: bool
) -> CheckResult:
    """The result. `discreet`: what the check would quote may be of hidden inputs, so staff see it.

    A hidden check is always discreet.
    """
    message, note = ended.text, ""
    if discreet:
        message = redacted(ended.reason, ended.outcome, ended.part, submission).closed()
        if message != ended.text:
            note = f"{ended.text.en} {ended.words}".strip()
    elif ended.words:
        message = Text(f"{message.zh}：{ended.words}", f"{message.en}: {ended.words}")
    return CheckResult(
        id=ended.id,
        part=ended.part,
        visibility=Visibility.HIDDEN if ended.hidden else Visibility.PUBLIC,
        title=ended.title,
        outcome=Outcome(ended.outcome),
        message=message,
        fraction=ended.fraction,
        diagnosis=explanation.diagnosis,
        clues=explanation.clues,
        seconds=ended.seconds,
        advice=ended.advice,
        staff_note=ended.trouble or "\n".join(filter(None, (note, explanation.staff))),
        blank=blank_of(ended.reason, ended.part, submission),
        undecided=ended.undecided,
        # As a message that quotes: where inputs may be hidden, nobody but the check sees them.
        picture=None if discreet or ended.hidden else ended.picture,
    )


# The public checks of every submission read the same file.
@lru_cache(maxsize=1)
def _public() -> Public:
    return Public.load(PUBLIC / "expected.npz")


def _id(request: pytest.FixtureRequest) -> str:
    return _item_id(request.node) or ""


def _part(request: pytest.FixtureRequest) -> str:
    return _id(request).split(".")[0]


def _item_id(item: pytest.Item) -> str | None:
    marker = item.get_closest_marker("check")
    return None if marker is None else str(marker.args[0])
