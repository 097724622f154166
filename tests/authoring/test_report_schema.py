"""The published JSON Schema is what reports hold."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from handing_in import grade_files, solution, starter
from pydantic import ValidationError

from grader import ROOT
from grader.authoring import report_schema
from grader.cli import main
from grader.core.model import GradeReport, Overruling
from grader.feedback import report_json
from grader.judging.judge import Judge


def valid(text: str) -> report_schema.Report:
    return report_schema.Report.model_validate_json(text)


def test_the_published_file_is_up_to_date() -> None:
    assert not report_schema.stale()
    schema = json.loads(report_schema.PATH.read_text("utf-8"))
    assert schema["additionalProperties"] is False
    assert {"schema", "submission", "score", "checks"} <= set(schema["required"])


@pytest.mark.slow
def test_reports_are_as_the_schema_says(judge: Judge, tmp_path: Path) -> None:
    files = {
        "numpy_rnn.py": solution("numpy_rnn").replace("logits = h @ self", "logits = 2 * h @ self"),
        "poems.py": starter("poems"),
        "extensions.py": solution("extensions"),
        "report.pdf": b"%PDF-1.7\n",
    }
    report = grade_files(judge, tmp_path, files)
    valid(report_json.dumps(report))

    first = report.score.checks[0]
    decided = replace(first, overruled=Overruling(Fraction(1, 3), "why", "li", "2026-11-27"))
    third = replace(report.score, checks=(decided, *report.score.checks[1:]))
    valid(report_json.dumps(replace(report, score=replace(third, earned=Fraction(1, 3)))))


def test_what_cannot_be_opened_has_a_report_too(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    report: GradeReport = grade_path_of(judge, tmp_path)
    assert valid(report_json.dumps(report)).status == "not_gradable"


def grade_path_of(judge: Judge, folder: Path) -> GradeReport:
    from handing_in import grade_path

    return grade_path(judge, folder, folder / "broken.zip")


def test_a_key_that_the_schema_does_not_name_is_refused(judge: Judge, tmp_path: Path) -> None:
    report = json.loads(report_json.dumps(grade_files(judge, tmp_path, {"a.py": "x = 1"})))
    with pytest.raises(ValidationError):
        valid(json.dumps(report | {"more": 1}))


@pytest.mark.slow
def test_grade_prints_the_report_as_json(tmp_path: Path) -> None:
    runner = CliRunner()
    (tmp_path / "sequence.py").write_text(solution("sequence"), "utf-8")
    rubric = ROOT / "presets" / "stage2.yaml"
    words = ["grade", str(tmp_path / "sequence.py"), "--rubric", str(rubric), "--json", "--unsafe"]
    done = runner.invoke(main, [*words, "--out", str(tmp_path / "out")])

    assert done.exit_code == 0, done.stderr
    report = valid(done.stdout)
    assert done.stdout == (tmp_path / "out" / "sequence" / "report.json").read_text("utf-8")
    assert report.status == "graded"
