"""What a report holds beside its outcomes, kept so that pages can be made again.

A person's marks come after the grading. The pages that show them are made from this, the stored
outcomes and the rubric, and nothing runs again. Sources are kept as intake decoded them, for the
desk, where people read them; the report's PDF is not.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from grader.core.model import (
    CheckResult,
    Environment,
    Evidence,
    GradeReport,
    Pdf,
    Source,
    Submission,
)
from grader.scoring.rubric import Rubric
from grader.scoring.score import build_report
from kit.text import Text

SCHEMA: Final = 1


def keep(report: GradeReport) -> dict[str, Any]:
    """As the store keeps it; :func:`restore` reads it back."""
    submission = report.submission
    return {
        "schema": SCHEMA,
        "submission": {
            "id": submission.id,
            "sha256": submission.sha256,
            "sources": [source.path for source in submission.sources],
            "cells": {source.path: list(source.cells) for source in submission.sources},
            "others": list(submission.others),
            "parts": {part: list(paths) for part, paths in submission.parts.items()},
            "pdf": None if submission.pdf is None else submission.pdf.path,
            "refusal": None if submission.refusal is None else list(submission.refusal),
        },
        # The submission's own notices are among them.
        "notices": [list(notice) for notice in report.notices],
        "environment": asdict(report.environment),
        "secret_fingerprint": report.secret_fingerprint,
        "grader_version": report.grader_version,
        "seconds": report.seconds,
        "evidence": None if report.evidence is None else report.evidence.to_json(),
        "runs": list(report.runs),
        "advice": [result.to_json() for result in report.advice],
    }


def restore(data: dict[str, Any], results: dict[str, CheckResult], rubric: Rubric) -> GradeReport:
    """The report of :func:`keep`, without what people gave; ValueError for another schema."""
    if data.get("schema") != SCHEMA:
        raise ValueError(f"kept report of schema {data.get('schema')!r}, expected {SCHEMA}")
    held = data["submission"]
    submission = Submission(
        id=held["id"],
        sha256=held["sha256"],
        # Absent in reports that earlier versions kept.
        sources=tuple(
            Source(path, tuple(held.get("cells", {}).get(path, ())), "utf-8")
            for path in held["sources"]
        ),
        others=tuple(held["others"]),
        parts={part: tuple(paths) for part, paths in held["parts"].items()},
        pdf=None if held["pdf"] is None else Pdf(held["pdf"], b""),
        refusal=None if held["refusal"] is None else Text(*held["refusal"]),
    )
    scored = set(rubric.check_ids)
    advice = [CheckResult.from_json(result) for result in data["advice"]]
    return build_report(
        submission,
        [*(results[id] for id in results if id in scored), *advice],
        rubric,
        environment=Environment(**data["environment"]),
        secret_fingerprint=data["secret_fingerprint"],
        grader_version=data["grader_version"],
        notices=tuple(Text(*notice) for notice in data["notices"]),
        seconds=data["seconds"],
        evidence=None if data["evidence"] is None else Evidence.from_json(data["evidence"]),
        runs=tuple(data["runs"]),
    )
