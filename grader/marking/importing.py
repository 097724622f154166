"""What a sheet that came back changes: three states of every mark are compared.

What the sheet does not change against its export is ignored. What only the sheet changed is taken;
what changed on both sides is a conflict, which a person settles. A cell that cannot be right is
refused by its place, and then nothing of the sheet is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeVar

from grader.feedback.clean import clean_line
from grader.records.database import now
from grader.records.mark_events import WHOLE, Conflict, MarkEvent
from grader.records.present_marks import PresentMarks
from grader.records.roster_snapshot import SnapshotEntry
from grader.scoring.rubric_schema import Criterion
from kit.text import Text

from . import values
from .course import Course
from .sheet import (
    COMMENT,
    HAND_IN,
    MACHINE,
    MACHINE_COLUMNS,
    NAME,
    STUDENT_ID,
    Cell,
    ReadRow,
    ReadSheet,
    Token,
    machine_cells,
    read_token,
    shown,
)

NOTHING: Final = "–"
_Value = TypeVar("_Value", Fraction | None, str)


@dataclass(frozen=True, slots=True)
class Change:
    """One mark or comment that the sheet changed, as texts: before, and in the sheet."""

    entry: SnapshotEntry
    criterion: str
    before: str
    after: str
    event: MarkEvent  # as it would be recorded
    conflict: bool = False  # it was changed elsewhere as well: `before` is the mark there now


@dataclass(frozen=True, slots=True)
class Refusal:
    """A cell that cannot be taken, and why."""

    place: str
    why: Text


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do."""

    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notices: tuple[Text, ...] = ()

    @property
    def taken(self) -> tuple[Change, ...]:
        """What only the sheet changed."""
        return tuple(change for change in self.changes if not change.conflict)

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """What was changed on both sides."""
        return tuple(change for change in self.changes if change.conflict)


def plan(course: Course, sheet: ReadSheet, author: str, why: str = "") -> ImportPlan:
    """Compare `sheet` with its export and with the current marks; records nothing."""
    comparison = _Comparison(course, author, why)
    seen: dict[str, str] = {}
    for row in sheet.rows:
        comparison.row(row, seen)
    return ImportPlan(tuple(comparison.changes), tuple(comparison.refusals), sheet.notices)


def apply(course: Course, made: ImportPlan, source: str, lang: str) -> Path:
    """Record what `made` takes, and its conflicts as open ones; the copy of what was before."""
    # Events are never removed, so only this copy can undo a wrong sheet.
    copy = course.marks.back_up()
    conflicts = [
        Conflict(
            hand_in=change.event.hand_in,
            criterion=change.event.criterion,
            # This is the mark with which the sheet disagrees.
            version=change.event.version - 1,
            theirs=change.event,
            source=source,
            at=now(),
        )
        for change in made.conflicts
    ]
    marks = [change.event for change in made.taken]
    course.record(lang, marks=marks, conflicts=conflicts)
    return copy


class _Comparison:
    """One import, line by line."""

    def __init__(self, course: Course, author: str, why: str) -> None:
        self._course = course
        self._author = author
        self._why = why
        self._people: PresentMarks = course.present()
        self._entries = {entry.id: entry for entry in course.snapshot.entries}
        # Versions count from 1 without gaps, so the mark of version n is entry n - 1.
        self._history: dict[tuple[str, str], list[MarkEvent]] = {}
        for event in course.marks.marks():
            self._history.setdefault((event.hand_in, event.criterion), []).append(event)
        self._open = {(c.hand_in, c.criterion) for c in course.marks.conflicts()}
        self.changes: list[Change] = []
        self.refusals: list[Refusal] = []

    def row(self, row: ReadRow, seen: dict[str, str]) -> None:
        """Compare one line; `seen` are the hand-ins of the lines before, with their places."""
        place = row.cells[HAND_IN].place
        token = None if row.token is None else read_token(row.token)
        entry = None if token is None else self._entries.get(token.hand_in)
        if token is None or entry is None:
            # Without its token nothing says what the line showed, and so what was changed.
            self._refuse(
                place,
                Text(
                    "这一行不是导出的，或作业、版本被改过；请重新导出再填",
                    "this line was not exported, or its hand-in or versions were changed: export "
                    "again and fill that in",
                ),
            )
            return
        if entry.id in seen:
            self._refuse(
                place,
                Text(f"与 {seen[entry.id]} 是同一份作业", f"the same hand-in as {seen[entry.id]}"),
            )
            return
        seen[entry.id] = place
        self._machine(row, entry, token)
        # A column that is missing changes nothing, while an empty cell takes the mark back.
        for criterion in self._course.rubric.criteria:
            if (cell := row.cells.get(criterion.id)) is not None:
                self._criterion(cell, entry, criterion, token)
        if (cell := row.cells.get(COMMENT)) is not None:
            self._comment(cell, entry, token)

    def _refuse(self, place: str, why: Text) -> None:
        self.refusals.append(Refusal(place, why))

    def _machine(self, row: ReadRow, entry: SnapshotEntry, token: Token) -> None:
        expected = machine_cells(self._course, entry) | {MACHINE: token.machine}
        for key in MACHINE_COLUMNS:
            cell = row.cells.get(key)
            # A column that was deleted changes nothing.
            if cell is None or _same(
                cell.text, expected[key], lenient=key in (HAND_IN, STUDENT_ID)
            ):
                continue
            if key == MACHINE and _as_number(cell.text) == _as_number(token.machine):
                continue
            if key == NAME and not cell.text.strip():
                continue
            got = clean_line(cell.text) or NOTHING
            was = expected[key] or NOTHING
            self._refuse(
                cell.place,
                Text(
                    f"这一列不能改：现在是 {got}，应为 {was}",
                    f"this column is not for changes: it holds {got}, expected {was}",
                ),
            )

    def _criterion(
        self, cell: Cell, entry: SnapshotEntry, criterion: Criterion, token: Token
    ) -> None:
        if cell.problem is not None:
            self._refuse(cell.place, cell.problem)
            return
        value = values.points(cell.text, criterion)
        if isinstance(value, Text):
            self._refuse(cell.place, value)
            return
        self._compare(
            cell.place,
            entry,
            criterion.id,
            token,
            value,
            lambda event: None if (e := shown(event, criterion)) is None else e.base,
            lambda event, seen: self._course.mark(
                entry.id,
                criterion.id,
                value,
                seen=seen,
                author=self._author,
                # The sheet has no column for a note or reusable comments, so both stay.
                note="" if event is None else event.note,
                uses=() if event is None else event.uses,
                why=self._why,
                settles=False,
            ),
        )

    def _comment(self, cell: Cell, entry: SnapshotEntry, token: Token) -> None:
        text = values.comment(cell.text)
        if (problem := cell.problem or values.too_long(text)) is not None:
            self._refuse(cell.place, problem)
            return
        self._compare(
            cell.place,
            entry,
            WHOLE,
            token,
            text,
            lambda event: "" if event is None else event.note,
            lambda event, seen: self._course.mark(
                entry.id,
                WHOLE,
                None,
                seen=seen,
                author=self._author,
                note=text,
                uses=() if event is None else event.uses,
                why=self._why,
                settles=False,
            ),
        )

    def _compare(
        self,
        place: str,
        entry: SnapshotEntry,
        criterion: str,
        token: Token,
        value: _Value,
        held: Callable[[MarkEvent | None], _Value],
        event: Callable[[MarkEvent | None, int], MarkEvent],
    ) -> None:
        history = self._history.get((entry.id, criterion), [])
        exported = token.versions.get(criterion, 0)
        # A sheet cannot have seen a version that does not exist here.
        if not 0 <= exported <= len(history):
            self._refuse(
                place,
                Text(
                    "这份表格不是从这个结果文件夹导出的",
                    "this sheet was not exported from this results folder",
                ),
            )
            return
        base = history[exported - 1] if exported else None
        present = history[-1] if history else None
        # Where both sides came to the same mark, there is nothing to settle.
        if value == held(base) or value == held(present):
            return
        self.changes.append(
            Change(
                entry,
                criterion,
                _text(held(present)),
                _text(value),
                event(present, len(history)),
                # A sheet does not show that two people disagree, so it cannot settle that.
                conflict=exported != len(history) or (entry.id, criterion) in self._open,
            )
        )


def lines(made: ImportPlan, lang: str) -> Iterator[str]:
    """The plan as text: conflicts and refusals last, since they ask for something.

    Where a cell is refused nothing is imported, so only the refusals are listed.
    """
    for change in () if made.refusals else made.taken:
        yield f"{_who(change, lang)}: {change.before or NOTHING} -> {change.after or NOTHING}"
    for notice in made.notices:
        yield f"- {notice.pick(lang)}"
    for change in () if made.refusals else made.conflicts:
        said = Text(
            f"冲突：导出后他人改为 {change.before or NOTHING}，表格中是 "
            f"{change.after or NOTHING}；两者都不计入，请用 grader mark 定下",
            f"conflict: somebody has made it {change.before or NOTHING} since the export, the "
            f"sheet says {change.after or NOTHING}; neither counts until it is settled by "
            "grader mark",
        )
        yield f"! {_who(change, lang)}: {said.pick(lang)}"
    for refusal in made.refusals:
        yield f"! {refusal.place}: {refusal.why.pick(lang)}"


def _who(change: Change, lang: str) -> str:
    people = ", ".join(f"{p.student_id} {p.name}".strip() for p in change.entry.people)
    what = change.criterion or Text("评语", "comment").pick(lang)
    return f"{clean_line(people or change.entry.id)}  {what}"


def _text(value: Fraction | None | str) -> str:
    if isinstance(value, str):
        return clean_line(value, 120)
    return values.show(value)


def _same(found: str, expected: str, *, lenient: bool) -> bool:
    """Whether a machine's cell is as it was; `lenient`: or what a spreadsheet makes of a number."""
    if " ".join(found.split()) == " ".join(expected.split()):
        return True
    if not lenient or not expected.isdecimal():
        return False
    # 0023001 comes back as 23001, and a long id as 2.02301E+11: the token says whose line it is.
    number = _as_number(found)
    return number is not None and math.isclose(number, float(expected), rel_tol=1e-5)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
