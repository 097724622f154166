"""The flags of the queue: a hand-in is flagged where somebody should look, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_reports import report_of, result

from grader import ROOT
from grader.core.model import CheckResult, Outcome, Status, Tidiness
from grader.desk import facts
from grader.desk.facts import Flag
from grader.records.marks import Marks
from grader.records.store import GradingInfo
from grader.scoring.rubric import load
from grader.scoring.score import score

LAB = load(ROOT / "rubric.yaml")


def flags(*found: CheckResult) -> set[Flag]:
    """Of a hand-in to Lab 6 that passed all checks but these."""
    results = {id: result(id, Outcome.PASSED) for id in LAB.check_ids}
    results |= {one.id: one for one in found}
    given = score(LAB, results, tidiness=Tidiness(100, 0, ()))
    marks = Marks.of(replace(report_of(), score=given))
    return facts._flags(GradingInfo(1, "a", "k", "ab", Status.GRADED, marks, "2026-11-28"), LAB)


def optional() -> list[str]:
    return [id for id in LAB.check_ids if id.startswith("extensions.")]


def test_a_hand_in_without_the_optional_part_asks_for_nobody() -> None:
    assert flags() == set()
    assert flags(*(result(id, Outcome.SKIPPED) for id in optional())) == set()


@pytest.mark.parametrize(
    ("id", "outcome", "undecided", "flag"),
    [
        ("numpy_rnn.learning", Outcome.SKIPPED, True, Flag.UNDECIDED),
        ("numpy_rnn.learning", Outcome.SKIPPED, False, Flag.UNDECIDED),
        ("numpy_rnn.learning", Outcome.TIMED_OUT, False, Flag.CRASHED),
    ],
)
def test_points_that_wait_ask_for_a_person(
    id: str, outcome: Outcome, undecided: bool, flag: Flag
) -> None:
    assert flags(result(id, outcome, undecided=undecided)) == {flag}


def test_undecided_checks_of_the_optional_part_do_too() -> None:
    waiting = [result(id, Outcome.SKIPPED, undecided=True) for id in optional()]

    assert flags(*waiting) == {Flag.UNDECIDED}
