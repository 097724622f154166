"""The programs of the lab run beside the given files, and are graded without them."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from quick import one_in

from grader import ROOT
from grader.authoring import handout

PROGRAMS = ("char_lstm", "numpy_rnn", "poems", "scratch_rnn", "theory")


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "solutions"))
    monkeypatch.delitem(sys.modules, "command_line", raising=False)
    import command_line

    return command_line


def run(folder: Path, code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("name", ["numpy_rnn", "theory"])
def test_a_program_of_the_starter_runs_beside_the_given_files(name: str, tmp_path: Path) -> None:
    for file in (f"{name}.py", *handout.WHOLE):
        shutil.copy(ROOT / "starter" / file, tmp_path)

    done = subprocess.run(
        [sys.executable, f"{name}.py", "--hidden", "0"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert done.returncode == 2
    assert "a whole number above 0 is needed" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", one_in(4, PROGRAMS))
def test_a_file_that_is_handed_in_alone_can_be_imported(name: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "solutions" / f"{name}.py", tmp_path)

    done = run(tmp_path, f"import {name}, sys; print('command_line' in sys.modules)")

    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr


def test_only_whole_numbers_above_zero_are_taken(command_line) -> None:
    assert command_line.positive("3") == 3
    with pytest.raises(argparse.ArgumentTypeError, match="above 0"):
        command_line.positive("0")
    with pytest.raises(ValueError, match="invalid literal"):
        command_line.positive("2.5")


def test_the_curve_is_drawn(command_line, tmp_path: Path, capsys) -> None:
    pytest.importorskip("matplotlib")

    command_line.save_curve([3.0, 2.0, 1.0], tmp_path / "curve.png", window=2)

    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "loss curve" in capsys.readouterr().out
