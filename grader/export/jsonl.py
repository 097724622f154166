"""The gradebook as JSON lines: one student a line, points exact, for programs."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, Final

from grader.records.gradebook import StudentMark
from grader.scoring.points import decimal2
from kit.text import Text

from ..feedback.atomic import write_text
from ..feedback.clean import clean_line, clean_text
from ..feedback.view_people import decisions
from .job import ExportJob
from .report import ExportReport, given, listed

SCHEMA: Final = 1
"""Version of a line. Points are decimals of two places beside the exact fraction."""


def write(job: ExportJob) -> ExportReport:
    """Every student, also those without a mark: ``mark`` is null for them."""
    texts, lines = [], []
    for mark in job.gradebook.marks:
        value = given(mark, job.allow_pending)
        data = _student(mark, None if isinstance(value, Text) else value)
        data["rubric_sha256"] = job.gradebook.rubric_sha256
        data["grader_version"] = job.gradebook.grader_version
        texts.append(json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n")
        lines.append(listed(mark, value))
    write_text(job.out, "".join(texts))
    return job.report(lines)


def _student(mark: StudentMark, value: str | None) -> dict[str, Any]:
    person = mark.person
    return {
        "schema": SCHEMA,
        "student_id": clean_line(person.student_id),
        "name": clean_line(person.name),
        "platform_ids": {k: clean_line(v) for k, v in sorted(person.platform_ids.items())},
        "submission_id": mark.submission_id,
        # The field keeps the name that programs have read from the first version on.
        "standing": str(mark.status),
        "mark": value,
        "raw": _points(mark.raw, mark.possible),
        "final": _points(mark.final, mark.possible),
        "pending": _points(mark.pending),
        "possible": _points(mark.possible),
        "late": None if mark.late is None else clean_text(mark.late)._asdict(),
        "submitted_at": None if mark.submitted_at is None else mark.submitted_at.isoformat(),
        "rows": [
            {
                "id": row.id,
                "earned": _points(row.earned, row.possible),
                "possible": _points(row.possible),
                "pending": _points(row.pending),
            }
            for row in mark.rows
        ],
        "checks": [
            {
                "id": check.result.id,
                "row": check.row,
                "outcome": str(check.result.outcome),
                "earned": _points(check.earned, check.possible),
                "possible": _points(check.possible),
                "diagnosis": [d.mistake for d in check.result.diagnosis],
            }
            for check in mark.checks
        ],
        "decisions": [said._asdict() for said in decisions(mark.rows, mark.checks)],
        "notices": [clean_text(notice)._asdict() for notice in mark.notices],
    }


def _points(points: Fraction | None, maximum: Fraction | None = None) -> dict[str, str] | None:
    if points is None:
        return None
    # The decimal for people; the fraction for sums, which would add up the roundings.
    return {"decimal": decimal2(points, maximum), "fraction": str(points)}
