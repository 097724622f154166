"""The pytest plugin of checks: marker, prerequisites, outcomes. Students and the grader use it.

A check is a test marked by :func:`check`. It ends in exactly one outcome: by returning
(``passed``), by raising a :class:`kit.outcomes.Verdict`, or by anything else (``grader_error``).
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest

from .contracts import BY_ID
from .outcomes import Missing, NotAttempted, Partial, Skipped, Verdict
from .reasons import NO_TEXT, Introduced, Reason, text_of, words_of
from .text import Text, split_docstring


def check(
    id: str, *, needs: tuple[str, ...] = (), hidden: bool = False, advice: bool = False
) -> pytest.MarkDecorator:
    """Mark a test as the check `id` (``part.subject.aspect``).

    `needs` are checks without which this one makes no sense (existence and shape, never values);
    `hidden` ones are the grader's alone; `advice` is worth no points by design.
    """
    return pytest.mark.check(id, needs=needs, hidden=hidden, advice=advice)


@dataclass(frozen=True)
class Ended:
    """How one check ended."""

    id: str
    part: str
    title: Text
    hidden: bool
    advice: bool
    outcome: str
    reason: Reason = NO_TEXT
    fraction: Fraction = Fraction(0)
    trouble: str = ""  # traceback of a faulty check
    seconds: float = 0.0
    printed: str = ""  # by the student's code, where pytest captures it

    @property
    def text(self) -> Text:
        """The reason as a person reads it."""
        return text_of(self.reason)

    @property
    def words(self) -> str:
        """The message of the student's exception, where there was one."""
        return words_of(self.reason)


@dataclass(frozen=True)
class Progress:
    """How a check has gone up to now: well, until one of its phases says otherwise."""

    outcome: str = "passed"
    reason: Reason = NO_TEXT
    fraction: Fraction = Fraction(1)
    trouble: str = ""
    seconds: float = 0.0

    def after(self, call: pytest.CallInfo[None], *, optional: bool) -> Progress:
        """How it has gone after one more phase; `optional` parts may be left out."""
        timed = self
        if call.when != "teardown":
            timed = replace(self, seconds=self.seconds + call.duration)
        # A fault of the check is kept: what its teardown says after that is no news of the code.
        if call.excinfo is None or self.outcome == "grader_error":
            return timed
        return timed._ended_by(call.excinfo.value, optional)

    def _ended_by(self, error: BaseException, optional: bool) -> Progress:
        if not isinstance(error, Verdict):
            trouble = "".join(traceback.format_exception(error))
            return replace(
                self,
                outcome="grader_error",
                reason=_FAULT,
                fraction=Fraction(0),
                trouble=trouble,
            )
        outcome, reason = error.outcome, error.reason
        if outcome == "missing" and optional:
            outcome, reason = "skipped", Introduced(_NOT_DONE, reason)
        fraction = error.fraction if isinstance(error, Partial) else Fraction(0)
        return replace(self, outcome=outcome, reason=reason, fraction=fraction)


_FAULT = Text(
    "检查本身出了错，与你的代码无关；请告诉助教",
    "the check itself failed, which is not your fault; please tell the course staff",
)
_NOT_DONE = Text("选做，没有做：", "optional and not done:")


class CheckPlugin:
    """Runs checks in an order that serves their prerequisites and keeps how each ended."""

    contracts: Mapping[str, str] = {}
    """Part -> by which of its contracts it is judged, where it is not by the first."""

    by_itself = False
    """Whether a check runs though a prerequisite was not selected for this run."""

    def __init__(self, done: dict[str, str] | None = None) -> None:
        self.ended: dict[str, Ended] = {}
        self.outcomes: dict[str, str] = dict(done or {})

    @pytest.fixture
    def contract(self, request: pytest.FixtureRequest) -> str:
        """The contract by which the part of the check is judged."""
        part = request.node.get_closest_marker("check").args[0].split(".")[0]
        return self.contracts.get(part, BY_ID[part].contracts[0])

    def record(self, ended: Ended) -> None:
        """Called once for each check, as it ends."""
        self.ended[ended.id] = ended
        self.outcomes[ended.id] = ended.outcome

    # ------------------------------------------------------------ hooks

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the marker."""
        config.addinivalue_line("markers", "check(id, needs, hidden, advice): a check of the lab")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Prerequisites first; otherwise the order of the files."""
        items[:] = in_order(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A check whose prerequisites are not there ends before it starts."""
        if marker := item.get_closest_marker("check"):
            self._require(marker.kwargs["needs"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport | None:
        """Read the outcome off each phase; the check has ended when it is torn down.

        The report is ours: pytest's own writes a traceback, which costs more than most checks do.
        """
        marker = item.get_closest_marker("check")
        if marker is None or call.when == "collect":
            return None
        id = marker.args[0]
        part = id.split(".")[0]
        progress = item.stash.get(_PROGRESS, Progress())
        progress = progress.after(call, optional=BY_ID[part].optional)
        item.stash[_PROGRESS] = progress
        raised = call.excinfo is not None
        ended = call.when == "call" or (raised and call.when == "setup")
        well = progress.outcome == "passed" if ended else not raised
        report = pytest.TestReport(
            item.nodeid,
            item.location,
            dict.fromkeys(item.keywords, 1),
            "passed" if well else "failed",
            None if well else text_of(progress.reason).en,
            call.when,
            sections=[(f"Captured {what} {when}", said) for when, what, said in _captured(item)],
            duration=call.duration,
            user_properties=item.user_properties,
            **({"check_outcome": progress.outcome} if ended else {}),
        )
        if call.when == "teardown":
            del item.stash[_PROGRESS]
            self.record(_ended(item, marker, progress))
        return report

    # ------------------------------------------------------------ one check

    def _require(self, needs: tuple[str, ...]) -> None:
        """A prerequisite that is not there makes this one the same; a wrong one blocks it."""
        for need in needs:
            outcome = self.outcomes.get(need)
            if outcome is None and self.by_itself:
                continue
            if outcome in _INHERITED:
                reason = self.ended[need].reason if need in self.ended else NO_TEXT
                raise _INHERITED[outcome](reason)
            if outcome not in ("passed", "partial"):
                raise Blocked(Text(f"先要通过 {need}", f"{need} has to pass first"))


def _captured(item: pytest.Item) -> list[tuple[str, str, str]]:
    """What was printed: phase, stream, text. Students print to see what their code does."""
    return item._report_sections


class Blocked(Verdict):
    """A prerequisite did not pass."""

    outcome = "blocked"


_INHERITED = {"not_attempted": NotAttempted, "missing": Missing, "skipped": Skipped}
"""Outcomes of a prerequisite that are also those of what needs it; any other wrong one blocks."""

_PROGRESS: pytest.StashKey[Progress] = pytest.StashKey()


def _ended(item: pytest.Item, marker: pytest.Mark, progress: Progress) -> Ended:
    id = marker.args[0]
    return Ended(
        id=id,
        part=id.split(".")[0],
        title=split_docstring(item.function.__doc__),  # type: ignore[attr-defined]
        hidden=marker.kwargs["hidden"],
        advice=marker.kwargs["advice"],
        outcome=progress.outcome,
        reason=progress.reason,
        fraction=progress.fraction,
        trouble=progress.trouble,
        seconds=progress.seconds,
        printed="".join(said for _, _, said in _captured(item)),
    )


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """`items` with prerequisites before what needs them, otherwise as they come."""
    by_id = {}
    for item in items:
        if marker := item.get_closest_marker("check"):
            by_id[marker.args[0]] = item
    ordered: list[pytest.Item] = []
    seen: set[int] = set()

    def place(item: pytest.Item) -> None:
        if id(item) in seen:
            return
        seen.add(id(item))
        marker = item.get_closest_marker("check")
        for need in marker.kwargs["needs"] if marker else ():
            if need in by_id:
                place(by_id[need])
        ordered.append(item)

    for item in items:
        place(item)
    return ordered
