"""The flags of the queue: a hand-in is flagged where somebody should look, and only there."""

from __future__ import annotations

import pytest
from made_reports import RUBRIC, report_of, result

from grader.core.model import Outcome, Status
from grader.desk import facts
from grader.desk.facts import Flag
from grader.records.marks import Marks
from grader.records.store import GradingInfo


@pytest.mark.parametrize(
    ("outcome", "undecided", "flags"),
    [
        (Outcome.PASSED, False, set()),
        (Outcome.FAILED, False, set()),
        (Outcome.SKIPPED, False, set()),  # optional, and not done
        (Outcome.SKIPPED, True, {Flag.UNDECIDED}),
        (Outcome.TIMED_OUT, False, {Flag.CRASHED}),
    ],
)
def test_only_points_that_wait_ask_for_a_person(
    outcome: Outcome, undecided: bool, flags: set[Flag]
) -> None:
    report = report_of(result("poems.hidden", outcome, undecided=undecided))
    graded = GradingInfo(1, "alice", "k", "ab", Status.GRADED, Marks.of(report), "2026-11-28")

    assert facts._flags(graded, RUBRIC) == flags
