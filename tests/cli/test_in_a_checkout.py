"""Commands that need a checkout say so where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli import main


@pytest.mark.parametrize(
    "words",
    [
        ("handout", "--out", "x"),
        ("new", "part", "x"),
        ("new", "preset", "x", "--part", "theory"),
        ("gradescope",),
        ("github", "--out", "x"),
    ],
)
def test_a_wheel_refuses_what_makes_the_files_of_students(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("grader.cli.options.INSTALLED", True)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, [*words, "--lang", "en"])

    assert done.exit_code == 2
    assert "runs in a checkout" in done.output
    assert not any(tmp_path.iterdir())
