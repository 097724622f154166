"""The marks of a class as a sheet: a line a hand-in, a column a criterion, and what it was made of.

Each line carries a token with the hand-in's id and the version of every mark that the line shows.
An import reads from it what was changed in the sheet, and what elsewhere since the export.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode

from grader.feedback.clean import clean_line
from grader.records.mark_events import WHOLE, MarkEvent
from grader.records.roster_snapshot import SnapshotEntry
from grader.scoring.points import decimal2
from grader.scoring.rubric_schema import Criterion
from kit.text import Text

from . import values
from .course import Course

HAND_IN: Final = "hand-in"
STUDENT_ID: Final = "student-id"
NAME: Final = "full-name"
MACHINE: Final = "by-machine"
COMMENT: Final = "whole-comment"
VERSIONS: Final = "as-exported"
MACHINE_COLUMNS: Final = (HAND_IN, STUDENT_ID, NAME, MACHINE)

_TITLES: Final = {
    HAND_IN: Text("作业", "Hand-in"),
    STUDENT_ID: Text("学号", "Student id"),
    NAME: Text("姓名", "Name"),
    MACHINE: Text("机器评分", "By machine"),
    COMMENT: Text("评语", "Comment"),
    VERSIONS: Text("版本（请勿修改）", "Versions (leave as they are)"),
}
# Those of the machine have a hyphen, which no id of a criterion has.
# The id in brackets says what a column is, whatever else is written in its header.
_KEY: Final = re.compile(r"\[([a-z][a-z0-9_.-]*)\]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `criterion` is None for those of the machine and for the comment."""

    key: str
    header: str
    criterion: Criterion | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One hand-in: the text of each cell, and the token."""

    cells: Mapping[str, str]
    token: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All columns and rows."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell of a file holds, and where it is."""

    text: str
    place: str  # as a spreadsheet names it: C5
    problem: Text | None = None  # why it holds nothing that can be read


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One line of a file that came back."""

    cells: Mapping[str, Cell]
    token: str | None  # None: no such line was exported


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A file that came back."""

    rows: tuple[ReadRow, ...]
    notices: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """What a line was made of."""

    hand_in: str
    versions: Mapping[str, int] = field(default_factory=dict)  # by criterion; WHOLE: the comment
    machine: str = ""


def build(course: Course, lang: str, marker: str | None = None) -> Sheet:
    """The sheet of the class, or of one marker's share in its order, with the current marks."""
    entries = sorted(course.snapshot.entries, key=_order)
    if marker is not None:
        by_id = {entry.id: entry for entry in entries}
        entries = [by_id[id] for id in course.share(marker) if id in by_id]
    people = course.present()
    columns = [Column(key, _header(key, lang)) for key in MACHINE_COLUMNS]
    for criterion in course.rubric.criteria:
        title = f"{clean_line(criterion.title.pick(lang))} [{criterion.id}]"
        chosen = tuple(values.choices(criterion, lang))
        columns.append(Column(criterion.id, f"{title} {_range(criterion)}", criterion, chosen))
    columns.append(Column(COMMENT, _header(COMMENT, lang)))
    rows = []
    for entry in entries:
        given = people.of_hand_in(entry.id)
        events = {id: standing.event for id, standing in given.standings.items()}
        cells = machine_cells(course, entry)
        for column in columns:
            if column.criterion is not None:
                cells[column.key] = cell_text(events.get(column.key), column, lang)
        cells[COMMENT] = "" if given.whole is None else given.whole.note
        # Criteria without a mark have a version too, so a mark given elsewhere meanwhile is seen.
        versions = {c.id: given.version(c.id) for c in course.rubric.criteria}
        versions[WHOLE] = given.version(WHOLE)
        rows.append(SheetRow(cells, dump_token(Token(entry.id, versions, cells[MACHINE]))))
    return Sheet(course.rubric.title.pick(lang), tuple(columns), tuple(rows))


def _range(criterion: Criterion) -> str:
    """What a cell may hold: ``10, 7, 4, 0``, or ``0–10`` without levels."""
    if criterion.levels:
        return ", ".join(values.show(level.points) for level in criterion.levels)
    return f"0–{values.show(criterion.points)}"


def machine_cells(course: Course, entry: SnapshotEntry) -> dict[str, str]:
    """The cells that nobody changes."""
    graded = course.latest.get(entry.id)
    earned = "" if graded is None else decimal2(graded.marks.earned, graded.marks.possible)
    return {
        HAND_IN: clean_line(entry.id),
        STUDENT_ID: "; ".join(clean_line(p.student_id) for p in entry.people if p.student_id),
        NAME: "; ".join(clean_line(p.name) for p in entry.people if p.name),
        MACHINE: earned,
    }


def shown(event: MarkEvent | None, criterion: Criterion) -> MarkEvent | None:
    """The event that a sheet shows; not one that was made when the criterion was worth others."""
    # Its number may not even be one of the levels that the cell offers now.
    return event if event is not None and event.worth == criterion.worth else None


def cell_text(event: MarkEvent | None, column: Column, lang: str) -> str:
    """A mark as its column shows it: the chosen entry of the list, or the number."""
    assert column.criterion is not None
    there = shown(event, column.criterion)
    if there is None or there.base is None:
        return ""
    level = column.criterion.level_at(there.base)
    return values.show(there.base) if level is None else column.choices[level]


def key_of(header: str, known: Collection[str]) -> str | None:
    """The column that a header names; None for a column of somebody's own."""
    return next((key for key in _KEY.findall(header) if key in known), None)


def dump_token(token: Token) -> str:
    """One word of ASCII that no spreadsheet takes for a number or a formula."""
    versions = {f"v.{id}": str(version) for id, version in token.versions.items()}
    return "v1?" + urlencode({"id": token.hand_in, "machine": token.machine, **versions})


def read_token(text: str) -> Token | None:
    """The token of :func:`dump_token`; None for any other text."""
    # Anybody may have written into that cell, so its size is bounded before it is parsed.
    if not text.startswith("v1?") or len(text) > 20_000:
        return None
    try:
        pairs = parse_qsl(
            text[3:], keep_blank_values=True, strict_parsing=True, max_num_fields=1000
        )
        fields = dict(pairs)
        hand_in, machine = fields.pop("id"), fields.pop("machine")
        versions = {id.removeprefix("v."): int(number) for id, number in fields.items()}
    except (ValueError, KeyError):
        return None
    return Token(hand_in, versions, machine)


def _header(key: str, lang: str) -> str:
    return f"{_TITLES[key].pick(lang)} [{key}]"


def versions_header(lang: str) -> str:
    """The header of the tokens, where they are a column."""
    return _header(VERSIONS, lang)


def _order(entry: SnapshotEntry) -> tuple[str, str]:
    ids = [person.student_id for person in entry.people]
    return (ids[0] if ids else "", entry.id)
