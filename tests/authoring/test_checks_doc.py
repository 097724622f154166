"""``docs/checks.md`` says what the suites, the rubric and the catalogue say."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import ROOT
from grader.authoring import checks_doc
from grader.parts import checks


def test_the_list_of_checks_is_not_stale() -> None:
    assert not checks_doc.stale(), "run: python -m grader.authoring.checks_doc"


def test_every_check_that_is_worth_points_kills_a_mistake() -> None:
    assert checks_doc.without_kills() == []


def test_every_check_is_listed_with_both_sentences_and_its_points() -> None:
    text = checks_doc.render()
    for check in checks.checks_of(checks.part_names()):
        assert check.title.zh in text
        assert check.title.en.replace("|", "\\|") in text
        assert f"`{check.id.partition('.')[2]}`" in text or f"`{check.id}`" in text
    row = next(line for line in text.split("\n") if line.startswith("| `forward.hidden` (hidden)"))
    assert "`state_not_carried`" in text
    assert "| 0.75 |" in row


def test_a_stale_list_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks_doc, "PATH", tmp_path / "checks.md")
    assert checks_doc.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().err
    assert checks_doc.main([]) == 0
    assert checks_doc.main(["--check"]) == 0


def test_a_check_without_a_mistake_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = checks_doc.mistakes_of
    monkeypatch.setattr(checks_doc, "mistakes_of", lambda p: () if p == "poems" else known(p))
    assert checks_doc.main(["--check"]) == 1
    assert "poems.batches kills no known mistake" in capsys.readouterr().err
    assert (ROOT / "docs" / "checks.md").exists()
