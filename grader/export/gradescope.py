"""``results.json`` as Gradescope's autograder harness reads it."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, Final

from grader.core.model import CheckScore, GradeReport, Outcome, Visibility
from grader.records.gradebook import Gradebook, StudentMark
from grader.scoring.points import decimal2
from grader.scoring.score import PENDING_OUTCOMES
from kit.text import Text

from ..feedback import RESULTS, words
from ..feedback.atomic import write_text
from ..feedback.clean import clean_line, clean_text
from ..feedback.view_people import row_overruling, view_criterion
from .job import ExportJob
from .naming import folder_name, unused
from .report import Action, ExportReport, ReportLine, given, pending_notice, who
from .student_text import check_name, check_text, criteria_lines, summary, waiting

_FORMATS: Final = {
    "output_format": "text",
    "test_output_format": "text",
    "test_name_format": "text",
    "visibility": "visible",
    # What the run itself prints is for the staff.
    "stdout_visibility": "hidden",
}

_HIDDEN_CHECKS: Final = "after_published"
"""When Gradescope shows students the hidden checks."""

_NOTHING: Final = Text(
    "没有写出任何文件，原因见上面各行；还有待评分的成绩可用 --allow-pending 写出。",
    "No file was written; the lines above say why. --allow-pending also writes marks of which "
    "points are pending.",
)


def dumps(report: GradeReport, lang: str = "zh", final: Fraction | None = None) -> str:
    """``results.json`` as text; `final` is the mark after the late policy, where one applies."""
    mark = report.score.earned if final is None else final
    extra = {
        "status": str(report.status),
        "submission_sha256": report.submission.sha256,
        "rubric_sha256": report.rubric_sha256,
        "grader_version": report.grader_version,
    }
    data = {
        # By way of the decimals, so that a mark below the maximum never shows as the maximum.
        "score": float(decimal2(mark, report.score.possible)),
        "output": summary(report, lang),
        "tests": [_test(check, lang) for check in report.score.checks],
        "extra_data": extra,
    }
    return _json(data)


def export(job: ExportJob) -> ExportReport:
    """``OUT/<student>/results.json`` for everyone with a mark, after the late policy."""
    used: set[str] = set()
    lines = []
    for mark in job.gradebook.marks:
        value = given(mark, job.allow_pending)
        if isinstance(value, Text):
            lines.append(ReportLine(Action.LEFT, who(mark), "", value))
            continue
        name = unused(folder_name(mark.person.student_id or mark.submission_id), used)
        text = _of_mark(job.gradebook, mark, value, job.lang)
        write_text(job.out / name / RESULTS, text)
        lines.append(ReportLine(Action.WRITTEN, who(mark), value, Text(name, name)))
    notices = pending_notice(job.gradebook, job.allow_pending)
    # Without a folder for any student the report would look like a success.
    if not used:
        notices = (_NOTHING,)
    return ExportReport(job.out, tuple(lines), notices)


def _of_mark(gradebook: Gradebook, mark: StudentMark, value: str, lang: str) -> str:
    output = []
    for row in mark.rows:
        earned = f"{decimal2(row.earned, row.possible)} / {decimal2(row.possible)}"
        waits = waiting(decimal2(row.pending), lang) if row.pending else ""
        output.append(f"{words.colon(row.title).pick(lang)}{earned}{waits}")
        if (overruled := row_overruling(row)) is not None:
            output.append(f"  - {overruled.pick(lang)}")
        output += criteria_lines(map(view_criterion, row.criteria), lang)
    if mark.late is not None:
        output.append(clean_text(mark.late).pick(lang))
    output += [f"- {clean_text(notice).pick(lang)}" for notice in mark.notices]
    extra = {
        "student_id": clean_line(mark.person.student_id),
        "status": str(mark.status),
        "rubric_sha256": gradebook.rubric_sha256,
        "grader_version": gradebook.grader_version,
    }
    data = {
        "score": float(value),
        "output": "\n".join(output),
        "tests": [_test(check, lang) for check in mark.checks],
        "extra_data": extra,
    }
    return _json(data)


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data | _FORMATS, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _test(check: CheckScore, lang: str) -> dict[str, Any]:
    result = check.result
    public = result.visibility is Visibility.PUBLIC
    test: dict[str, Any] = {"name": check_name(check, lang)}
    decided = check.overruled is not None
    if (
        decided or result.outcome not in PENDING_OUTCOMES
    ):  # without a score Gradescope ignores the test
        test["score"] = float(decimal2(check.earned, check.possible))
        test["max_score"] = float(decimal2(check.possible))
        test["status"] = "passed" if result.outcome is Outcome.PASSED else "failed"
    return test | {
        "output": check_text(check, lang),
        "visibility": "visible" if public else _HIDDEN_CHECKS,
    }
