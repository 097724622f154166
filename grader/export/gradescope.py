"""``results.json`` as Gradescope's autograder harness reads it.

Gradescope grades as often as a student submits, so a hidden check shows its outcome and the known
mistakes that fit, but not its message, which holds numbers of the hidden inputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from grader.core.model import CheckScore, GradeReport, Outcome, Status, Visibility
from grader.records.gradebook import Gradebook, StudentMark
from grader.scoring.points import decimal2
from grader.scoring.score import PENDING_OUTCOMES
from kit.text import Text

from ..feedback import RESULTS, view, words
from ..feedback.atomic import write_text
from ..feedback.clean import clean_line, clean_text
from ..feedback.view_people import CriterionView, view_criterion, view_overruling
from .job import ExportJob
from .naming import folder_name, unused
from .report import Action, ExportReport, ReportLine, given, pending_notice, who

_TELLING: Final = frozenset({Outcome.FAILED, Outcome.PARTIAL})
"""Outcomes whose message may say what a hidden check compared."""

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


def dumps(report: GradeReport, lang: str = "zh") -> str:
    """``results.json`` as text."""
    extra = {
        "status": str(report.status),
        "submission_sha256": report.submission.sha256,
        "rubric_sha256": report.rubric_sha256,
        "grader_version": report.grader_version,
    }
    data = {
        # By way of the decimals, so that a mark below the maximum never shows as the maximum.
        "score": float(decimal2(report.score.earned, report.score.possible)),
        "output": _summary(report, lang),
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
        waits = _waiting(decimal2(row.pending), lang) if row.pending else ""
        output.append(f"{words.colon(row.title).pick(lang)}{earned}{waits}")
        output += _criteria(map(view_criterion, row.criteria), lang)
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
    test: dict[str, Any] = {"name": f"{result.id} {clean_text(result.title, 300).pick(lang)}"}
    decided = check.overruled is not None
    if (
        decided or result.outcome not in PENDING_OUTCOMES
    ):  # without a score Gradescope ignores the test
        test["score"] = float(decimal2(check.earned, check.possible))
        test["max_score"] = float(decimal2(check.possible))
        test["status"] = "passed" if result.outcome is Outcome.PASSED else "failed"
    return test | {
        "output": _output(check, lang, public),
        "visibility": "visible" if public else _HIDDEN_CHECKS,
    }


def _output(check: CheckScore, lang: str, public: bool) -> str:
    result = check.result
    lines = [words.OUTCOMES[result.outcome].pick(lang)]
    if (overruled := view_overruling(check)) is not None:
        lines.append(overruled.pick(lang))
    if result.outcome is not Outcome.PASSED:
        # The message of a hidden check compares numbers that come from hidden inputs.
        shown = public or result.outcome not in _TELLING
        has_message = shown and any(result.message) and result.outcome is not Outcome.GRADER_ERROR
        message = result.message if has_message else words.EXPLANATIONS[result.outcome]
        lines.append(clean_text(message).pick(lang))
        lines += [
            f"{words.colon(words.HINT).pick(lang)}{clean_text(diagnosis.hint).pick(lang)}"
            for diagnosis in result.diagnosis
        ]
        lines += [
            f"{words.colon(words.CLUE).pick(lang)}{clean_text(c).pick(lang)}" for c in result.clues
        ]
    return "\n".join(line for line in lines if line)


def _criteria(criteria: Iterable[CriterionView], lang: str) -> Iterator[str]:
    """What a person gave in a row, with the comments."""
    for criterion in criteria:
        if criterion.earned or criterion.comments:
            level = "" if criterion.level is None else criterion.level.pick(lang)
            points = f"{criterion.earned or '–'} / {criterion.possible}"
            yield f"  {words.colon(criterion.title).pick(lang)}{points} {level}".rstrip()
            yield from (f"  - {comment.pick(lang)}" for comment in criterion.comments)


def _waiting(points: str, lang: str) -> str:
    said = f"{words.PENDING.pick(lang)} {points}"
    return Text(f"（{said}）", f" ({said})").pick(lang)


def _summary(report: GradeReport, lang: str) -> str:
    """The text above the tests: the status, the rows with what is pending, the notices."""
    shown = view.build(report, staff=False)
    lines = []
    if report.status is not Status.GRADED:
        lines.append(shown.status_text.pick(lang))
    if shown.refusal is not None:
        lines.append(shown.refusal.pick(lang))
    for row in (*shown.rows, shown.total):
        line = f"{words.colon(row.title).pick(lang)}{row.earned} / {row.possible}"
        if row.waits:
            line += _waiting(row.pending, lang)
        lines += [line, *_criteria(row.criteria, lang)]
    lines += [comment.pick(lang) for comment in shown.comments]
    lines += [f"- {notice.pick(lang)}" for notice in shown.notices]
    if shown.advice:
        lines.append(words.ADVICE.pick(lang))
        lines += [f"- {c.title.pick(lang)} {c.message.pick(lang)}" for c in shown.advice]
    return "\n".join(lines)
