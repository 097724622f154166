"""A class for the tests of exports, and the platforms' files, all synthetic."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from grader.core.model import CheckResult, CheckScore, Outcome, RowScore, Status, Visibility
from grader.handins.records import Person
from grader.records.gradebook import Gradebook, StudentMark
from kit.text import Text

POSSIBLE = Fraction(100)


def person(student_id: str, name: str, **ids: str) -> Person:
    return Person(student_id, name, ids)


def mark(
    who: Person,
    final: Fraction | int | None = 80,
    status: Status = Status.GRADED,
    pending: int = 0,
    **more: object,
) -> StudentMark:
    value = None if final is None else Fraction(final)
    values: dict[str, object] = {
        "submission_id": who.student_id or "anon",
        "raw": value,
        "final": value,
        "pending": Fraction(pending),
    }
    return StudentMark(person=who, status=status, possible=POSSIBLE, **(values | more))  # type: ignore[arg-type]


def book(*marks: StudentMark, row_ids: tuple[str, ...] = ()) -> Gradebook:
    return Gradebook(Text("实验六", "Lab 6"), POSSIBLE, row_ids, marks)


def row(row_id: str, earned: int, possible: int, pending: int = 0) -> RowScore:
    return RowScore(
        row_id, Text("代码", "Code"), Fraction(earned), Fraction(possible), Fraction(pending)
    )


def check(outcome: Outcome, message: str = "说明", name: str = "poems.a") -> CheckScore:
    earned = Fraction(3) if outcome is Outcome.PASSED else Fraction(0)
    result = CheckResult(
        id=name,
        part="poems",
        visibility=Visibility.HIDDEN,
        title=Text("标题", "title"),
        outcome=outcome,
        message=Text(message, message),
        seconds=0.25,
    )
    return CheckScore(result, "code", earned, Fraction(3))


def saved(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "template.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path
