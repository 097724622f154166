"""The result of one hand-in in the form of a platform that runs the grader itself.

Such a platform asks for a mark each time a student submits. Points that a person gives, or that
could not be decided, are no part of it: the platform has fields of its own for them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from grader.core.errors import MachineError
from grader.core.model import CheckScore, GradeReport, Outcome, Status
from grader.scoring.points import decimal2
from grader.scoring.score import PENDING_OUTCOMES
from kit.text import Text

from ..feedback import view, words
from . import gradescope
from .student_text import check_name, check_text, summary

PRAIRIELEARN_BYTES: Final = 1_000_000
"""PrairieLearn takes a result of up to 1 MB."""

_CUTS: Final = (None, 1000, 200, 0)
"""To how many characters texts of checks are cut, in turn, until a result is small enough."""

_FAULT: Final = Text(
    "评分器故障，没有成绩：排除故障后请重新评分。没有写出结果文件。",
    "A fault of the grader: there is no mark until it is fixed. No result was written.",
)


def share(report: GradeReport) -> Fraction:
    """What was earned, as a share of what is decided; 0 where nothing is."""
    decided = report.score.possible - report.score.pending
    return report.score.earned / decided if decided else Fraction(0)


def prairielearn(report: GradeReport, lang: str) -> str:
    """``results.json`` of PrairieLearn's external grading."""
    if report.status is Status.NOT_GRADABLE:
        # PrairieLearn takes no attempt from a student whose hand-in is not gradable.
        return _pretty({"gradable": False, "format_errors": [_refusal(report, lang)]})
    text = ""
    for cut in _CUTS:
        text = _pretty(_prairielearn(report, lang, cut))
        if len(text.encode("utf-8")) <= PRAIRIELEARN_BYTES:
            break
    return text


def _prairielearn(report: GradeReport, lang: str, cut: int | None) -> dict[str, Any]:
    tests = [
        {
            "name": check_name(check, lang),
            "points": float(decimal2(check.earned, check.possible)),
            "max_points": float(decimal2(check.possible)),
            "message": words.OUTCOMES[check.result.outcome].pick(lang),
            "output": check_text(check, lang)[:cut],
        }
        for check in report.score.checks
        # Its points are pending: a zero beside the others would look like a loss.
        if _decided(check)
    ]
    return {
        "gradable": True,
        "score": float(share(report)),
        "output": summary(report, lang)[: None if cut is None else 20 * cut],
        "tests": tests,
    }


def submitty(report: GradeReport, lang: str) -> str:
    """``validation_results.json`` of a custom validator of Submitty."""
    if report.status is Status.NOT_GRADABLE:
        earned, message = Fraction(0), _refusal(report, lang)
    else:
        earned = share(report)
        lost = [
            f"{check_name(check, lang)}\n{check_text(check, lang)}"
            for check in report.score.checks
            if _decided(check) and check.earned < check.possible
        ]
        message = "\n\n".join([summary(report, lang), *lost])
    status = "success" if earned == 1 else "warning" if earned else "failure"
    data = {"score": float(earned), "message": message, "status": status}
    return _pretty({"status": "success", "data": data})


def autolab(report: GradeReport, lang: str) -> str:
    """The two lines with which an autograder of Autolab ends: what it shows, and the scores.

    The problems of the lab are named as the rubric's rows. A row with points pending is left out,
    so that a person's score for it stays as it is.
    """
    if report.status is Status.NOT_GRADABLE:
        return f"{_refusal(report, lang)}\n{_line({'scores': {}})}"
    stages: dict[str, dict[str, Any]] = {}
    for check in filter(_decided, report.score.checks):
        passed = check.result.outcome is Outcome.PASSED
        shown: dict[str, Any] = {"passed": passed}
        if not passed:
            shown["hint"] = check_text(check, lang)
        stages.setdefault(check.result.part, {})[check_name(check, lang)] = shown
    scores = {
        row.id: float(decimal2(row.earned, row.possible))
        for row in report.score.rows
        if not row.pending
    }
    shown_first = {"_presentation": "semantic", "stages": list(stages)} | stages
    return _line(shown_first) + _line({"scores": scores})


RESULTS: Final[dict[str, Callable[[GradeReport, str], str]]] = {
    "gradescope": gradescope.dumps,
    "prairielearn": prairielearn,
    "submitty": submitty,
    "autolab": autolab,
}
"""Name of a platform -> the text that it reads."""


def dumps(report: GradeReport, platform: str, lang: str, final: Fraction | None = None) -> str:
    """The result for a platform; MachineError where a fault of the grader left no mark.

    A platform takes any result for a mark, so a fault must give none. `final` is the mark after
    the late policy, for Gradescope, which tells when somebody submitted.
    """
    if report.status is Status.GRADER_ERROR:
        raise MachineError(_FAULT)
    if platform == "gradescope":
        return gradescope.dumps(report, lang, final)
    return RESULTS[platform](report, lang)


def _decided(check: CheckScore) -> bool:
    return check.overruled is not None or check.result.outcome not in PENDING_OUTCOMES


def _refusal(report: GradeReport, lang: str) -> str:
    shown = view.build(report, staff=False)
    return (shown.refusal or shown.status_text).pick(lang)


def _pretty(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _line(data: dict[str, Any]) -> str:
    # In ASCII: no character of a student's text can end the line early.
    return json.dumps(data, allow_nan=False) + "\n"
