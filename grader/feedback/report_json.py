"""``report.json``: the machine-readable report for staff, in a stable format."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from grader.core.model import (
    SCHEMA,
    CheckResult,
    CheckScore,
    CriterionScore,
    Evidence,
    GradeReport,
    LinterScore,
    Overruling,
    RowScore,
    Score,
    Submission,
)
from grader.scoring.points import decimal2
from kit.text import Text

from .clean import clean, clean_line, clean_text


def to_dict(report: GradeReport) -> dict[str, Any]:
    """The report as plain data, in a fixed order."""
    # The format has no field for a refusal, so it comes first among the notices.
    refusal = report.submission.refusal
    notices = report.notices if refusal is None else (refusal, *report.notices)
    return {
        "schema": SCHEMA,
        "submission": _submission(report.submission),
        "status": str(report.status),
        "score": _score(report.score),
        "checks": [_check(check) for check in report.score.checks],
        "advice": [_advice(result) for result in report.advice],
        "evidence": None if report.evidence is None else _evidence(report.evidence),
        "notices": [_text(notice) for notice in notices],
        "environment": {
            "python": report.environment.python,
            "numpy": report.environment.numpy,
            "torch": report.environment.torch,
            "device": report.environment.device,
            "isolation": report.environment.isolation,
        },
        "secret_fingerprint": report.secret_fingerprint,
        "rubric_sha256": report.rubric_sha256,
        "grader_version": report.grader_version,
        "seconds": round(report.seconds, 3),
    }


def dumps(report: GradeReport) -> str:
    """The content of ``report.json``."""
    # JSON has no NaN; a fault here is better than one in every reader.
    return json.dumps(to_dict(report), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _submission(submission: Submission) -> dict[str, Any]:
    # Sorted, because archives of the same files may list them in any order.
    files = [source.path for source in submission.sources] + list(submission.others)
    if submission.pdf is not None:
        files.append(submission.pdf.path)
    return {
        "id": clean_line(submission.id),
        "sha256": submission.sha256,
        "files": sorted(clean_line(path) for path in files),
        "parts": {
            part: [clean_line(path) for path in paths]
            for part, paths in sorted(submission.parts.items())
        },
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        **_points(score.earned, score.possible, score.pending),
        "rows": [_row(row) for row in score.rows],
        "comments": [_text(comment) for comment in score.comments],
    }


def _row(row: RowScore) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title._asdict(),
        **_points(row.earned, row.possible, row.pending),
        "note": None if row.note is None else row.note._asdict(),
        "criteria": [_criterion(criterion) for criterion in row.criteria],
        "linter": None if row.linter is None else _linter(row.linter),
    }


def _linter(linter: LinterScore) -> dict[str, Any]:
    earned = linter.earned
    pending = linter.possible if earned is None else Fraction(0)
    return {
        "id": linter.id,
        **_points(earned or Fraction(0), linter.possible, pending),
        "overruled": None if linter.overruled is None else _overruling(linter.overruled),
    }


def _criterion(criterion: CriterionScore) -> dict[str, Any]:
    earned = criterion.earned
    pending = criterion.possible if earned is None else Fraction(0)
    return {
        "id": criterion.id,
        "title": criterion.title._asdict(),
        **_points(earned or Fraction(0), criterion.possible, pending),
        "level": None if criterion.level is None else criterion.level._asdict(),
        "comments": [_text(comment) for comment in criterion.comments],
    }


def _check(check: CheckScore) -> dict[str, Any]:
    result = check.result
    return {
        "id": result.id,
        "part": result.part,
        "row": check.row,
        "visibility": str(result.visibility),
        "outcome": str(result.outcome),
        **_points(check.earned, check.possible),
        "title": _text(result.title),
        "message": _text(result.message),
        "diagnosis": _diagnosis(result),
        "clues": [_text(clue) for clue in result.clues],
        "overruled": None if check.overruled is None else _overruling(check.overruled),
        "seconds": round(result.seconds, 3),
    }


def _overruling(overruling: Overruling) -> dict[str, Any]:
    return {
        "fraction": str(overruling.fraction),
        "why": clean(overruling.why),
        "author": clean_line(overruling.author),
        "at": overruling.at,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    tidiness, pdf = evidence.tidiness, evidence.report
    return {
        "tidiness": None
        if tidiness is None
        else {
            "lines": tidiness.lines,
            "count": tidiness.count,
            # At most as many as were kept; `count` is the number of all.
            "findings": [
                {
                    "path": clean_line(f.path),
                    "line": f.line,
                    "code": clean_line(f.code),
                    "text": clean_line(f.text),
                }
                for f in tidiness.findings
            ],
        },
        "report": None
        if pdf is None
        else {
            "path": clean_line(pdf.path),
            "pages": pdf.pages,
            "characters": pdf.characters,
            "problem": None if pdf.problem is None else _text(pdf.problem),
        },
    }


def _advice(result: CheckResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "part": result.part,
        "visibility": str(result.visibility),
        "outcome": str(result.outcome),
        "title": _text(result.title),
        "message": _text(result.message),
        "diagnosis": _diagnosis(result),
        "clues": [_text(clue) for clue in result.clues],
        "seconds": round(result.seconds, 3),
    }


def _diagnosis(result: CheckResult) -> list[dict[str, Any]]:
    return [
        {
            "mistake": d.mistake,
            "hint": _text(d.hint),
            "places": [
                {
                    "path": clean_line(p.path),
                    "cell": p.cell,
                    "first": p.first,
                    "last": p.last,
                    # A line of the submission: any text may be in it.
                    "text": clean_line(p.text),
                }
                for p in d.places
            ],
        }
        for d in result.diagnosis
    ]


def _text(text: Text) -> dict[str, str]:
    return clean_text(text)._asdict()


def _points(
    earned: Fraction, possible: Fraction, pending: Fraction | None = None
) -> dict[str, str]:
    """Two decimals each, and the exact fraction where the decimals differ from it."""
    points = {"earned": decimal2(earned, possible), "possible": decimal2(possible)}
    exact = {"fraction": (earned, "earned"), "possible_fraction": (possible, "possible")}
    if pending is not None:
        points["pending"] = decimal2(pending, possible)
        exact["pending_fraction"] = (pending, "pending")
    for name, (value, printed) in exact.items():
        # Only where rounding lost something, so that most reports stay easy to read.
        if Fraction(points[printed]) != value:
            points[name] = str(value)
    return points
