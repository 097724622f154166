"""Canvas: the gradebook as it was exported, with one assignment's column filled.

Canvas identifies a student by ``ID`` and an assignment by the number at the end of its header; an
unknown header or row becomes a new assignment or user.
"""

from __future__ import annotations

import re
from typing import Final

from kit.text import Text

from .cells import Sheet, load
from .fill import ReadTemplate, fill
from .job import Candidate, ExportJob, check_id, check_maximum, choose, find, lacking, plain_name
from .matching import PlatformRow
from .report import ExportReport

# Without the number an upload would create a new assignment of the same title.
_ASSIGNMENT: Final = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)\s*", re.S)
_OWN: Final = re.compile(r"(current|final)( (score|points|grade))?", re.IGNORECASE)
"""Titles like those of the columns that Canvas computes, which an upload cannot change."""
_COMPUTED: Final = Text(
    "这一列的名称与 Canvas 自己计算的列（Final Score 等）相同，上传时可能被忽略：上传后请核对，"
    "或给作业改名。",
    "The column is named like those that Canvas computes (Final Score and others) and may be "
    "ignored in an upload: look whether the marks arrived, or rename the assignment.",
)
_SPECIAL: Final = {
    "EX": Text("该生已免做（EX）", "the student is excused (EX)"),
    "N/A": Text("作业未布置给该生（N/A）", "the assignment is not the student's (N/A)"),
}


def write(job: ExportJob) -> ExportReport:
    """The filled gradebook."""
    sheet = load(job.source)
    headers = sheet.values(0)
    ids = find(headers, frozenset({"id"}))
    # Canvas refuses a file that lacks one of the two.
    if ids < 0 or find(headers, frozenset({"section"})) < 0:
        raise lacking(Text("ID 和 Section 列", "columns ID and Section"), headers)
    above = [row for row in range(1, len(sheet.rows)) if _is_above(sheet, row, ids)]
    column = choose(_assignments(sheet, headers, above), job.column).index
    title = _ASSIGNMENT.fullmatch(headers[column])
    notices = (_COMPUTED,) if title and _OWN.fullmatch(title["title"].strip()) else ()
    for row in above:
        check_maximum(sheet.value(row, column), job.gradebook.possible)
    rows = tuple(
        PlatformRow(
            row,
            platform_id=check_id(sheet.value(row, ids)),
            student_id=_cell(sheet, row, headers, "sis user id"),
            login=_cell(sheet, row, headers, "sis login id"),
            name=_name(sheet, row, headers),
        )
        for row in range(1, len(sheet.rows))
        if row not in above and any(sheet.values(row))
    )
    # A number there would undo what a person has decided on the platform.
    special = {
        row.index: _SPECIAL[value]
        for row in rows
        if (value := sheet.value(row.index, column).strip().upper()) in _SPECIAL
    }
    return fill(job, "canvas", ReadTemplate(sheet, rows, column, special, notices=notices))


def _is_above(sheet: Sheet, row: int, ids: int) -> bool:
    """Whether a row describes the columns: Points Possible, Manual Posting."""
    first = sheet.value(row, 0)
    # A second row may hold "Manual Posting"; every row of a student has an id.
    blank_id = not sheet.value(row, ids).strip()
    return blank_id and (row == 1 or first.strip().casefold() == "points possible" or row == 2)


def _assignments(sheet: Sheet, headers: list[str], above: list[int]) -> list[Candidate]:
    found = []
    for index, header in enumerate(headers):
        parts = _ASSIGNMENT.fullmatch(header)
        # Canvas computes these columns and ignores what an upload has in them.
        if parts and not any("read only" in sheet.value(row, index).casefold() for row in above):
            found.append(Candidate(index, header, (parts["title"].strip(), parts["id"])))
    return found


def _cell(sheet: Sheet, row: int, headers: list[str], header: str) -> str:
    return check_id(sheet.value(row, find(headers, frozenset({header}))))


def _name(sheet: Sheet, row: int, headers: list[str]) -> str:
    family = find(headers, frozenset({"lastname"}))
    given = find(headers, frozenset({"firstname"}))
    # A course may have names in two columns in place of "Family, Given" in one.
    if family >= 0 and given >= 0:
        return plain_name(f"{sheet.value(row, family)}, {sheet.value(row, given)}")
    return plain_name(sheet.value(row, 0))
