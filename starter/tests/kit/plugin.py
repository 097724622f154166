"""The pytest plugin of checks: marker, prerequisites, outcomes. Students and the grader use it.

A check is a test marked by :func:`check`. It ends in exactly one outcome: by returning
(``passed``), by raising a :class:`kit.outcomes.Verdict`, or by anything else (``grader_error``).
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import pytest

from .contracts import BY_ID
from .outcomes import Missing, NotAttempted, Partial, Skipped, Undecided, Verdict
from .pictures import Picture
from .reasons import NO_TEXT, Introduced, Reason, text_of, words_of
from .text import Text, split_docstring


def check(
    id: str, *, needs: tuple[str, ...] = (), hidden: bool = False, advice: bool = False
) -> pytest.MarkDecorator:
    """Mark a test as the check `id` (``part.subject.aspect``).

    `needs` are checks that must pass first (existence and shape, never values). A `hidden` check
    is run by the grader alone. An `advice` check is worth no points by design.
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
    trouble: str = ""  # traceback of a faulty check, or what an undecided one saw
    undecided: bool = False  # skipped, and its points wait for a person
    picture: Picture | None = None  # of what it found, where it is public
    seconds: float = 0.0
    printed: str = ""  # by the student's code, where pytest captures it

    @property
    def text(self) -> Text:
        """The reason as a person reads it; without a full stop where `words` follow."""
        said = text_of(self.reason)
        return said if self.words else said.closed()

    @property
    def words(self) -> str:
        """The message of the student's exception, where there was one."""
        return words_of(self.reason)


@dataclass(frozen=True)
class CheckState:
    """The state of a check between its phases: passed, until one of them raises."""

    outcome: str = "passed"
    reason: Reason = NO_TEXT
    fraction: Fraction = Fraction(1)
    trouble: str = ""
    undecided: bool = False
    picture: Picture | None = None
    seconds: float = 0.0

    def after(self, call: pytest.CallInfo[None], *, optional: bool) -> CheckState:
        """The state after one more phase. What is missing of an `optional` part is skipped."""
        timed = self
        if call.when != "teardown":
            timed = replace(self, seconds=self.seconds + call.duration)
        # After a fault of the check, what its teardown raises says nothing about the code.
        if call.excinfo is None or self.outcome == "grader_error":
            return timed
        return timed._ended_by(call.excinfo.value, optional)

    def _ended_by(self, error: BaseException, optional: bool) -> CheckState:
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
        ended = replace(
            self, outcome=outcome, reason=reason, fraction=fraction, picture=error.picture
        )
        if isinstance(error, Undecided):
            return replace(ended, undecided=True, trouble=error.note)
        return ended


_FAULT = Text(
    "评分器故障：检查本身出错，不是你的错，不会因此扣分；请告诉助教",
    "a fault of the grader: the check itself failed, which costs you nothing; please tell the "
    "course staff",
)
_NOT_DONE = Text("选做，没有做：", "optional and not done:")


class CheckPlugin:
    """Runs checks, prerequisites first, and keeps how each ended."""

    contracts: Mapping[str, str] = {}
    """Part -> the contract by which it is judged, if that is not its first."""

    by_itself = False
    """Whether a check also runs if one of its prerequisites was not selected for this run."""

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

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """``pytest -k PART.forward.values`` selects a check by the id that pages show."""
        if marker := item.get_closest_marker("check"):
            item.extra_keyword_matches.add(marker.args[0])

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Prerequisites first; otherwise the order of the files."""
        items[:] = in_order(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """End a check before it starts if a prerequisite did not pass."""
        if marker := item.get_closest_marker("check"):
            self._require(marker.kwargs["needs"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport | None:
        """Update the state after each phase; a check has ended when it is torn down.

        The report is made here, because pytest's own formats a traceback, which takes longer than
        most checks do.
        """
        marker = item.get_closest_marker("check")
        if marker is None or call.when == "collect":
            return None
        id = marker.args[0]
        part = id.split(".")[0]
        state = item.stash.get(_STATE, CheckState())
        state = state.after(call, optional=BY_ID[part].optional)
        item.stash[_STATE] = state
        raised = call.excinfo is not None
        ended = call.when == "call" or (raised and call.when == "setup")
        well = state.outcome == "passed" if ended else not raised
        skipped = state.outcome == "skipped"
        said = text_of(state.reason).en
        extra: dict[str, Any] = {"check_outcome": state.outcome} if ended else {}
        report = pytest.TestReport(
            item.nodeid,
            item.location,
            dict.fromkeys(item.keywords, 1),
            "passed" if well else "skipped" if skipped else "failed",
            # pytest wants the place of a skip, so that -rs can group by it.
            None if well else (str(item.path), item.location[1] or 0, said) if skipped else said,
            call.when,
            sections=[(f"Captured {what} {when}", text) for when, what, text in _captured(item)],
            duration=call.duration,
            user_properties=item.user_properties,
            **extra,
        )
        if call.when == "teardown":
            del item.stash[_STATE]
            self.record(_ended(item, marker, state))
        return report

    # ------------------------------------------------------------ one check

    def _require(self, needs: tuple[str, ...]) -> None:
        """Raise the outcome that a prerequisite hands on, or that it blocks this check."""
        for need in needs:
            outcome, ended = self.outcomes.get(need), self.ended.get(need)
            if outcome is None and self.by_itself:
                continue
            if outcome in _INHERITED:
                reason = NO_TEXT if ended is None else ended.reason
                if ended is not None and ended.undecided:
                    raise Undecided(reason)
                raise _INHERITED[outcome](reason)
            if outcome not in ("passed", "partial"):
                raise Blocked(
                    Text(
                        f"未运行：它依赖的 {need} 没有通过，先改好那一项",
                        f"not run: it needs {need}, which did not pass; fix that one first",
                    )
                )


def _captured(item: pytest.Item) -> list[tuple[str, str, str]]:
    """What was printed: (phase, stream, text). Students print to see what their code does."""
    return item._report_sections


class Blocked(Verdict):
    """A prerequisite did not pass."""

    outcome = "blocked"


_INHERITED: dict[str, type[Verdict]] = {
    "not_attempted": NotAttempted,
    "missing": Missing,
    "skipped": Skipped,
    "grader_error": Skipped,  # a fault of ours must not cost the points of what follows either
}
"""The outcomes of a prerequisite after which a check is not run, and the outcome that it has then;
any other than passed blocks the check."""

_STATE: pytest.StashKey[CheckState] = pytest.StashKey()


def _ended(item: pytest.Item, marker: pytest.Mark, state: CheckState) -> Ended:
    id = marker.args[0]
    return Ended(
        id=id,
        part=id.split(".")[0],
        title=split_docstring(item.function.__doc__),  # type: ignore[attr-defined]
        hidden=marker.kwargs["hidden"],
        advice=marker.kwargs["advice"],
        outcome=state.outcome,
        reason=state.reason,
        fraction=state.fraction,
        trouble=state.trouble,
        undecided=state.undecided,
        picture=state.picture,
        seconds=state.seconds,
        printed="".join(said for _, _, said in _captured(item)),
    )


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """`items` with each prerequisite before the checks that need it, otherwise in their order."""
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
