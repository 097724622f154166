"""The columns of Moodle's grading worksheet, told by what they hold, in whatever language.

The order of the columns is fixed: the participant's number, what is known of the student, the
status, the grade, the maximum, and after them when the grade was last changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from grader.handins.headers import participants

from .job import number

_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_STUDENT_ID = re.compile(r"[A-Za-z]{0,3}\d{4,}")
_NO_TIME = "-"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the columns are that an export needs; -1 for one that the worksheet does not have."""

    identifier: int
    grade: int
    modified: int  # of the grade
    name: int = -1
    student_id: int = -1
    email: int = -1


def by_cells(headers: Sequence[str], rows: list[list[str]]) -> Places | None:
    """The columns; None where what they hold leaves a doubt."""
    columns = [
        [row[i].strip() if i < len(row) else "" for row in rows] for i in range(len(headers))
    ]
    if len(set(headers)) < len(headers) or not participants(rows, 0, distinct=True):
        return None
    if not all(columns[0]):
        return None
    grades = [i for i in range(1, len(columns) - 1) if _is_grade(columns[i], columns[i + 1])]
    if len(grades) != 1:
        return None
    (grade,) = grades
    times = [i for i in range(grade + 2, len(columns)) if _are_times(columns[i])]
    if not times:
        return None
    # Moodle says in brackets what was changed then, so a column of comments is not meant.
    times = [i for i in times if set(headers[i]) & set("(（")] or times
    before = range(1, grade)
    ids = [i for i in before if _are_distinct(columns[i], _STUDENT_ID)]
    emails = [i for i in before if columns[i][0] and all("@" in c for c in columns[i] if c)]
    named = 1 in before and 1 not in (*ids, *emails)
    return Places(
        0,
        grade,
        times[-1],
        1 if named else -1,
        ids[0] if len(ids) == 1 else -1,
        emails[0] if len(emails) == 1 else -1,
    )


def _is_grade(cells: list[str], maxima: list[str]) -> bool:
    """Whether a column can be that of marks: beside it stands the same maximum in every row."""
    most = number(maxima[0])
    if most is None or most <= 0 or set(maxima) != {maxima[0]}:
        return False
    given = [number(cell) for cell in cells if cell]
    return all(mark is not None and 0 <= mark <= most for mark in given)


def _are_times(cells: list[str]) -> bool:
    return all(cell == _NO_TIME or _YEAR.search(cell) for cell in cells)


def _are_distinct(cells: list[str], form: re.Pattern[str]) -> bool:
    given = [cell for cell in cells if cell]
    return bool(given) and len(set(given)) == len(given) and all(map(form.fullmatch, given))
