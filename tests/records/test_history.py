"""What moved between two marks of one hand-in, and how it is said."""

from __future__ import annotations

import io
from fractions import Fraction

from rich.console import Console

from grader.core.model import Outcome, Status
from grader.feedback import diff_table
from grader.records.gradebook import Gradebook
from grader.records.history import last_moves, move, moves_since
from grader.records.marks import CheckMarks, Marks, RowMarks
from grader.records.store import GradingInfo
from kit.text import Text


def info(number: int, checks: dict[str, tuple[str, str, str]], **other: object) -> GradingInfo:
    """A mark whose checks are id -> outcome, earned, possible."""
    earned = sum((Fraction(e) for _, e, _ in checks.values()), Fraction(0))
    marks = Marks(
        earned=earned,
        possible=Fraction(10),
        rows=(RowMarks("code", earned, Fraction(0)),),
        checks=tuple(
            CheckMarks(id, Outcome(outcome), Fraction(e), Fraction(possible))
            for id, (outcome, e, possible) in checks.items()
        ),
    )
    values = {
        "id": number,
        "hand_in": "alice",
        "key": str(number),
        "submission_sha256": "s",
        "status": Status.GRADED,
        "marks": marks,
        "created_at": f"2026-01-0{number}",
    }
    return GradingInfo(**values | other)  # type: ignore[arg-type]


GOOD = info(1, {"a": ("passed", "1/3", "1/3"), "b": ("passed", "1", "1")})
BAD = info(2, {"a": ("failed", "0", "1/3"), "b": ("passed", "1", "1")})


def test_the_check_that_moved_the_mark_is_named() -> None:
    found = move(GOOD, BAD)

    assert found is not None
    assert (found.earned_before, found.earned_after) == (Fraction(4, 3), Fraction(1))
    (check,) = found.checks
    assert (check.id, check.outcome_before, check.outcome_after) == ("a", "passed", "failed")
    assert found.rows == (("code", Fraction(4, 3), Fraction(1)),)
    assert not found.handed_in_again


def test_nothing_moved_is_no_move() -> None:
    assert move(GOOD, info(2, {"a": ("passed", "1/3", "1/3"), "b": ("passed", "1", "1")})) is None


def test_points_that_nobody_earned_move_nothing() -> None:
    before = info(1, {"a": ("failed", "0", "1"), "b": ("passed", "1", "1")})
    after = info(
        2, {"a": ("failed", "0", "2"), "b": ("passed", "1", "1"), "c": ("failed", "0", "1")}
    )

    assert move(before, after) is None


def test_a_new_check_and_one_that_is_gone_are_said() -> None:
    after = info(2, {"b": ("passed", "1", "1"), "c": ("passed", "1/3", "1/3")})
    found = move(GOOD, after)

    assert found is not None
    assert {check.id for check in found.checks} == {"a", "c"}
    assert found.earned_before == found.earned_after


def test_the_last_two_marks_count() -> None:
    third = info(3, {"a": ("passed", "1/3", "1/3"), "b": ("passed", "1", "1")})

    (found,) = last_moves((GOOD, BAD, third))
    assert found.earned_after - found.earned_before == Fraction(1, 3)
    assert moves_since((GOOD, BAD, third), "2026-01-02") == ()
    assert len(moves_since((GOOD, BAD), "2026-01-02")) == 1


def test_a_fault_that_was_mended_is_a_move() -> None:
    fault = info(2, {}, status=Status.GRADER_ERROR, marks=Marks(fault=Text("坏", "bad")))
    found = move(fault, GOOD)

    assert found is not None
    assert found.status_before == "grader_error"


def test_the_table_says_from_what_to_what_and_why() -> None:
    out = io.StringIO()
    book = Gradebook(Text("实验", "Lab"), Fraction(10), ("code",), ())
    diff_table.render(last_moves((GOOD, BAD)), book, Console(file=out, width=100), "en")

    assert "1.33 → 1.00" in out.getvalue()
    assert "a: passed → failed  0.33/0.33 → 0.00/0.33" in out.getvalue()
    assert "1 hand-in moved: 0 up, 1 down, 0 with the same total." in out.getvalue()
    assert not any(line.endswith(" ") for line in out.getvalue().splitlines())


def test_a_hand_in_without_a_mark_shows_none() -> None:
    """A zero would look like a mark where the gradebook has none."""
    broken = info(2, {}, status=Status.GRADER_ERROR, marks=Marks(fault=Text("坏", "bad")))
    out = io.StringIO()
    book = Gradebook(Text("实验", "Lab"), Fraction(10), ("code",), ())
    diff_table.render(last_moves((GOOD, broken)), book, Console(file=out, width=100), "en")

    assert "1.33 → –" in out.getvalue()
    assert "→ 0.00 " not in out.getvalue()


def test_a_hand_in_that_could_not_be_opened_before_is_one_line() -> None:
    broken = info(1, {}, status=Status.NOT_GRADABLE, submission_sha256="other")
    checks = {f"c{i}": ("passed", "1/4", "1/4") for i in range(9)}
    found = last_moves((broken, info(2, checks)))
    book = Gradebook(Text("实验", "Lab"), Fraction(10), ("code",), ())

    def printed(verbose: bool) -> str:
        out = io.StringIO()
        console = Console(file=out, width=100)
        diff_table.render(found, book, console, "en", verbose=verbose)
        return out.getvalue()

    assert "9 checks, +2.25 points in all; -v lists them" in printed(False)
    assert "c3" not in printed(False)
    assert "c3: new check  - → 0.25/0.25" in printed(True)
