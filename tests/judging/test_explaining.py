"""An explanation that fails costs no outcome, and ends no grading."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from handing_in import solution
from part_suites import run_suites

from grader.core.model import Outcome
from grader.judging import pytest_run
from grader.parts.checks import suite_files


def test_an_error_on_a_passed_check_leaves_all_outcomes(secret_file: Path) -> None:
    explainer = "grader.judging.plugin.Explainer.passed"
    with mock.patch(explainer, side_effect=TypeError("of no len()")) as asked:
        results = run_suites("theory", solution("theory"), secret_file, explain=True)
    assert asked.called
    assert len(results) > 10
    assert {r.outcome for r in results.values()} == {Outcome.PASSED}
    assert any("of no len()" in r.staff_note for r in results.values())


def test_without_parts_nothing_is_collected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "test_broken.py").write_text("raise RuntimeError\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    pytest_run.run_suites((), object())  # an error while collecting would end the grading


def test_nothing_beside_the_suites_is_looked_at() -> None:
    asked = set[Path]()

    class Watch:
        def pytest_collect_file(self, file_path: Path) -> None:
            asked.add(file_path)

        def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
            items.clear()

    parts = ("numpy_rnn", "poems")
    pytest_run.run_suites(parts, Watch())
    assert asked == {file for part in parts for file in suite_files(part)}
