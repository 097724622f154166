"""The pytest plugin of checks: marker, prerequisites, outcomes. Students and the grader use it.

A check is a test marked by :func:`check`. It ends in exactly one outcome: by returning
(``passed``), by raising a :class:`kit.outcomes.Verdict`, or by anything else (``grader_error``).
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from .contracts import BY_ID
from .outcomes import Missing, NotAttempted, Partial, Skipped, Verdict
from .run import Raised
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
    text: Text = Text("", "")
    words: str = ""  # of the student's exception
    fraction: Fraction = Fraction(0)
    trouble: str = ""  # traceback of a faulty check
    seconds: float = 0.0
    printed: str = ""  # by the student's code, where pytest captures it


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
        if marker is None:
            return None
        now = _how(call)
        how = item.stash.setdefault(_HOW, {"outcome": "passed", "fraction": Fraction(1)})
        if now and how["outcome"] != "grader_error":
            how |= _optional(now, marker.args[0])
        how["seconds"] = how.get("seconds", 0.0) + (call.duration if call.when != "teardown" else 0)
        ended = call.when == "call" or bool(now and call.when == "setup")
        well = how["outcome"] == "passed" if ended else not now
        report = pytest.TestReport(
            item.nodeid,
            item.location,
            dict.fromkeys(item.keywords, 1),
            "passed" if well else "failed",
            None if well else how["text"].en,
            call.when,
            sections=[(f"Captured {what} {when}", said) for when, what, said in _captured(item)],
            duration=call.duration,
            user_properties=item.user_properties,
        )
        if ended:
            report.check_outcome = how["outcome"]
        if call.when == "teardown":
            del item.stash[_HOW]
            printed = "".join(said for _, _, said in _captured(item))
            self.record(Ended(**self._about(item, marker), **how, printed=printed))
        return report

    # ------------------------------------------------------------ one check

    def _about(self, item: pytest.Item, marker: pytest.Mark) -> dict[str, Any]:
        return {
            "id": marker.args[0],
            "part": marker.args[0].split(".")[0],
            "title": split_docstring(item.function.__doc__),  # type: ignore[attr-defined]
            "hidden": marker.kwargs["hidden"],
            "advice": marker.kwargs["advice"],
        }

    def _require(self, needs: tuple[str, ...]) -> None:
        """A prerequisite that is not there makes this one the same; a wrong one blocks it."""
        for need in needs:
            outcome = self.outcomes.get(need)
            if outcome is None and self.by_itself:
                continue
            if outcome in _INHERITED:
                text = self.ended[need].text if need in self.ended else Text("", "")
                raise _INHERITED[outcome](text)
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

_HOW: pytest.StashKey[dict[str, Any]] = pytest.StashKey()


def _how(call: pytest.CallInfo[None]) -> dict[str, Any]:
    """What one phase of a check says of its outcome; nothing if it went well."""
    if call.excinfo is None:
        return {}
    error = call.excinfo.value
    if isinstance(error, Verdict):
        return {
            "outcome": error.outcome,
            "text": error.text,
            "fraction": error.fraction if isinstance(error, Partial) else Fraction(0),
            "words": error.words if isinstance(error, Raised) else "",
        }
    return {
        "outcome": "grader_error",
        "fraction": Fraction(0),
        "trouble": "".join(traceback.format_exception(error)),
        "text": Text(
            "检查本身出了错，与你的代码无关；请告诉助教",
            "the check itself failed, which is not your fault; please tell the course staff",
        ),
    }


def _optional(how: dict[str, Any], id: str) -> dict[str, Any]:
    """`how`, but what is not there of an optional part is skipped."""
    if how["outcome"] != "missing" or not BY_ID[id.split(".")[0]].optional:
        return how
    text = Text("选做，没有做：", "optional and not done:")
    return how | {"outcome": "skipped", "text": text + how["text"]}


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
