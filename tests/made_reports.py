"""Reports of a small rubric, made without grading: what pages and exports are tested with."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from grader.core.model import (
    CheckResult,
    Environment,
    GradeReport,
    Outcome,
    Source,
    Submission,
    Visibility,
)
from grader.scoring.rubric import parse
from grader.scoring.score import build_report
from kit.text import Text

RUBRIC = parse(
    """
version: 1
title: {zh: 实验, en: Lab}
total: 10
rows:
  - id: code
    title: {zh: 代码, en: Code}
    points: 6
    marked_by: checks
    parts:
      poems: {points: 6, checks: {poems.public: 3, poems.hidden: 2.5, poems.third: 1/2}}
  - id: report
    title: {zh: 报告, en: Report}
    points: 4
    marked_by: ta
""".encode()
)


def result(name: str, outcome: Outcome = Outcome.FAILED, **more: Any) -> CheckResult:
    hidden = name == "poems.hidden"
    values: dict[str, Any] = {
        "id": name,
        "part": "poems",
        "visibility": Visibility.HIDDEN if hidden else Visibility.PUBLIC,
        "title": Text("标题", "title"),
        "outcome": outcome,
        "message": Text("中文说明", "the English sentence"),
        "fraction": Fraction(1, 2) if outcome is Outcome.PARTIAL else Fraction(0),
    }
    return CheckResult(**values | more)


def report_of(*results: CheckResult, **more: Any) -> GradeReport:
    given = {r.id: r for r in results}
    everything = [given.get(c) or result(c, Outcome.PASSED) for c in RUBRIC.check_ids]
    everything += [r for r in results if r.advice]
    submission = Submission(
        id=more.pop("id", "alice"),
        sha256="ab" * 32,
        sources=(Source(more.pop("path", "poems.py"), ("x = 1",), "utf-8"),),
        parts={"poems": ("poems.py",)},
        refusal=more.pop("refusal", None),
    )
    return build_report(
        submission,
        everything,
        RUBRIC,
        environment=Environment("3.11", "2.4", "2.13", "cpu", "full"),
        secret_fingerprint="0123456789ab",
        grader_version="0.1.0",
        **more,
    )
