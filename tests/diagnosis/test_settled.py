"""Every page says the same of a cause: it is settled once, where the last check has ended."""

from __future__ import annotations

from pathlib import Path

from handing_in import Files, grade_files
from wrong_causes import ROWS

from grader.core.model import CheckResult
from grader.judging.judge import Judge
from grader.records.store import Store


def _grade(judge: Judge, folder: Path, files: Files) -> tuple[list[CheckResult], list[CheckResult]]:
    """The results of the report, and those that the store has of the same checks."""
    report = grade_files(judge, folder, files)
    (path,) = folder.glob("*.sqlite")
    with Store(path) as store:
        kept = {id: r for run in report.runs for id, r in store.results(run).items()}
    shown = [c.result for c in report.score.checks]
    return shown, [kept[r.id] for r in shown]


def test_the_store_holds_what_the_students_page_shows(judge: Judge, tmp_path: Path) -> None:
    row = next(r for r in ROWS if r.name == "the sample drops its state")
    shown, kept = _grade(judge, tmp_path, {"numpy_rnn.py": row.source})
    assert any(r.outcome == "failed" for r in shown)
    assert shown == kept
