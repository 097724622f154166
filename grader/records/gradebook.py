"""The class's marks as one table, read by exports, the class's page and ``diff``.

Pure records, built from the store. Fractions stay exact until they are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from grader.core.model import CheckScore, RowScore, Status
from grader.handins.records import Person
from kit.text import Text

from .present_marks import Look


@dataclass(frozen=True, slots=True)
class StudentMark:
    """One student's line. Each member of a group has a line, with the same submission."""

    person: Person
    submission_id: str  # its folder below OUT; "" where nothing was handed in
    status: Status
    possible: Fraction
    raw: Fraction | None = None  # before the late policy; None: no mark can be given
    final: Fraction | None = None  # after it; equal to `raw` without one
    pending: Fraction = Fraction(0)  # points that a person has yet to mark
    late: Text | None = None  # the late policy in words, where it took something or was waived
    late_days: int = 0  # that count, after a waiver
    submitted_at: datetime | None = None
    rows: tuple[RowScore, ...] = ()
    checks: tuple[CheckScore, ...] = ()
    notices: tuple[Text, ...] = ()
    decided: bool = False  # a person has marked all that a person marks
    pdf: bool | None = None  # whether a report was handed in; None: not known
    looks: tuple[tuple[str, Look], ...] = ()  # marks of people that somebody should look at again


@dataclass(frozen=True, slots=True)
class Gradebook:
    """All marks of a class, in the order of the roster, else by student id, then name."""

    title: Text  # the rubric's
    possible: Fraction
    row_ids: tuple[str, ...]
    marks: tuple[StudentMark, ...]
    notices: tuple[Text, ...] = ()
    rubric_sha256: str = ""
    grader_version: str = ""
