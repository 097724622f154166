"""The score of a stored grading together with what people gave: one way for all who add it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from grader.core.model import CheckResult, Outcome, RowScore, Score, Visibility
from grader.scoring.by_people import NOBODY, ByPeople
from grader.scoring.rubric import Rubric
from grader.scoring.score import score
from kit.text import Text

from .marks import CheckMarks, Marks, RowMarks
from .store import GradingInfo, Store


def rescore(graded: GradingInfo, store: Store, rubric: Rubric, people: ByPeople = NOBODY) -> Score:
    """The score of a grading that was made with `rubric`, with the marks of people."""
    results: dict[str, CheckResult] = {}
    for run in graded.marks.runs:
        results |= store.results(run)
    return with_people(graded.marks, results, rubric, people)


def with_people(
    marks: Marks, results: Mapping[str, CheckResult], rubric: Rubric, people: ByPeople = NOBODY
) -> Score:
    """As :func:`rescore`, of results that were read already."""
    # Marks name every check that counted, while a result may be gone with its run.
    found = score(
        rubric, {c.id: results.get(c.id) or _result(c, rubric) for c in marks.checks}, people
    )
    by_machine = {row.id: row for row in marks.rows}
    rows = tuple(_linted(row, by_machine.get(row.id), rubric) for row in found.rows)
    return replace(
        found,
        earned=sum((row.earned for row in rows), Fraction(0)),
        pending=sum((row.pending for row in rows), Fraction(0)),
        rows=rows,
    )


def _linted(row: RowScore, by_machine: RowMarks | None, rubric: Rubric) -> RowScore:
    """The row with the linter's points, which the grading has counted already.

    Beside a person's decision in the linter's place they are shown, and do not count.
    """
    ruled = next(r for r in rubric.rows if r.id == row.id)
    # More than a person's share was pending where the linter gave no result.
    if row.linter is None or by_machine is None or by_machine.pending != ruled.pending:
        return row
    linter = replace(row.linter, by_machine=by_machine.earned)
    if linter.overruled is not None:
        return replace(row, linter=linter)
    return replace(
        row,
        earned=row.earned + by_machine.earned,
        pending=row.pending - linter.possible,
        linter=linter,
    )


def _result(check: CheckMarks, rubric: Rubric) -> CheckResult:
    """A check that earned points and whose result is no longer stored."""
    return CheckResult(
        check.id,
        rubric.part_of(check.id),
        Visibility.HIDDEN,
        Text(check.id, check.id),
        check.outcome,
        fraction=check.earned / check.possible if check.outcome is Outcome.PARTIAL else Fraction(0),
    )
