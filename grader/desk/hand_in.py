"""One hand-in as its page shows it, and each criterion as the page receives it after a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.core.model import CheckResult, GradeReport, Status
from grader.feedback import view
from grader.feedback.clean import clean, clean_line, clean_text
from grader.marking import values
from grader.marking.course import Course
from grader.records import kept_report
from grader.records.mark_events import WHOLE, MarkEvent, Use
from grader.records.present_marks import LOOKS, Standing
from grader.scoring.by_people import ByPeople
from grader.scoring.points import decimal2
from grader.scoring.rubric_schema import Criterion, Row
from grader.scoring.score import marked
from kit.text import Text

from . import facts, listing, report_view, source_view
from .facts import Fact
from .present import Present
from .report_view import ReportView


@dataclass(frozen=True, slots=True)
class LinterView:
    """The linter's share of a row: how it came about, and a person's decision in its place."""

    id: str
    possible: str
    note: Text | None
    overruled: Text | None


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of the rubric; `machine` is what no person gives, empty where there is none."""

    title: Text
    possible: str
    machine: str
    criteria: tuple[Criterion, ...]
    linter: LinterView | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """What there is to read; without a report only a new grading can show it."""

    report: view.View | None
    files: tuple[source_view.FileView, ...]
    code_kept: bool
    pages: int = 0  # of the PDF
    found: ReportView | None = None  # in the PDF, by machine


def rows(course: Course, fact: Fact, report: view.View | None) -> list[RowView]:
    """The rows in the order of the rubric; `report` says what the linter found."""
    shown_rows = {} if report is None else {row.id: row for row in report.rows}
    earned = (
        {}
        if fact.graded is None
        else {row.id: (row.earned, row.pending) for row in fact.graded.marks.rows}
    )
    found = []
    for row in course.rubric.rows:
        points, pending = earned.get(row.id, (row.points, row.points))
        by_machine = row.points - row.pending
        shown = f"{decimal2(points, by_machine)} / {decimal2(by_machine)}" if by_machine else ""
        if by_machine and pending == row.points:
            shown = f"– / {decimal2(by_machine)}"
        found.append(
            RowView(
                clean_text(row.title),
                decimal2(row.points),
                shown,
                tuple(row.marked_by_people),
                _linter(row, shown_rows.get(row.id)),
            )
        )
    return found


def _linter(row: Row, shown: view.RowView | None) -> LinterView | None:
    if row.linter is None:
        return None
    note, overruled = (None, None) if shown is None else (shown.note, shown.overruled)
    return LinterView(row.linter_id, decimal2(row.linter.points), note, overruled)


def paper(course: Course, present: Present, fact: Fact, show: Callable[[str], str]) -> Paper:
    """What the machine found, with names masked by `show`."""
    report = _report(course, present, fact)
    if report is None:
        return Paper(None, (), False)
    files = source_view.files(report, show)
    pdf = None if report.evidence is None else report.evidence.report
    return Paper(
        report=view.build(report, staff=True),
        files=files,
        code_kept=bool(files) or not report.submission.sources,
        pages=0 if pdf is None else pdf.pages,
        found=report_view.build(report, show),
    )


def _report(course: Course, present: Present, fact: Fact) -> GradeReport | None:
    if fact.graded is None or fact.graded.status is Status.GRADER_ERROR:
        return None
    kept = course.store.report(fact.entry.id)
    if kept is None:
        return None
    results: dict[str, CheckResult] = {}
    for run in fact.graded.marks.runs:
        results |= course.store.results(run)
    report = kept_report.restore(kept, results, course.rubric)
    # Decisions in the machine's place belong to what is read; criteria stand beside it.
    given = present.people.of_hand_in(fact.entry.id, fact.graded.submission_sha256)
    return marked(report, course.rubric, ByPeople(overrulings=given.by_people.overrulings))


def states(course: Course, present: Present, fact: Fact, marker: str) -> dict[str, Any]:
    """Every criterion and the whole as the browser needs it, and the total."""
    given = listing.seen(course, present, fact, marker)
    criteria = {
        criterion.id: state(
            present, fact.entry.id, criterion, marker, given.standings.get(criterion.id)
        )
        for criterion in course.rubric.criteria
    }
    whole = state(present, fact.entry.id, None, marker, None)
    criteria[WHOLE] = whole | {"looks": [LOOKS[look]._asdict() for look in given.whole_looks]}
    marked_ids = [id for id, one in criteria.items() if one["counts"]]
    return {
        "criteria": criteria,
        "total": decimal2(facts.so_far(course, fact, given).earned, course.rubric.total),
        "done": len(marked_ids),
        "published": present.people.published,
    }


def state(
    present: Present,
    hand_in: str,
    criterion: Criterion | None,
    marker: str,
    standing: Standing | None,
) -> dict[str, Any]:
    """One criterion, or the whole, as plain data."""
    id = WHOLE if criterion is None else criterion.id
    place = hand_in, id
    event = present.at(place, marker)
    blind = present.is_blind(place, marker)
    disputes = (
        []
        if blind
        else [
            conflict
            for conflict in present.open_conflicts
            if (conflict.hand_in, conflict.criterion) == place
        ]
    )
    points = None if standing is None else standing.points
    return {
        "version": 0 if event is None else event.version,
        "base": "" if event is None else values.show(event.base),
        "level": None if event is None else event.level,
        "points": "" if points is None else values.show(points),
        "counts": points is not None,
        "note": "" if event is None else clean(event.note),
        "uses": []
        if event is None
        else [comment(present, use.comment, use.version) for use in event.uses],
        "author": "" if event is None else clean_line(event.author),
        "looks": [LOOKS[look]._asdict() for look in (() if standing is None else standing.looks)],
        "disputes": [
            said(present, conflict.theirs) | {"uid": conflict.uid} for conflict in disputes
        ],
    }


def comment(present: Present, id: str, version: int) -> dict[str, Any]:
    """A reusable comment in one of its versions."""
    held = present.people.comments.of(Use(id, version))
    newest = present.people.comments.find(id)
    return {
        "id": id,
        "zh": clean(held.text.zh, "zh"),
        "en": clean(held.text.en),
        "points": _signed(held.points),
        "old": newest is not None and newest.version != version,
    }


def said(present: Present, event: MarkEvent) -> dict[str, Any]:
    """A mark of somebody else, to decide on."""
    return {
        "author": clean_line(event.author),
        "base": values.show(event.base),
        "note": clean(event.note),
        "uses": [comment(present, use.comment, use.version) for use in event.uses],
        "at": event.at,
        "version": event.version,
    }


def _signed(points: Any) -> str:
    sign = "−" if points < 0 else "+"
    return f"{sign}{values.show(abs(points))}" if points else ""
