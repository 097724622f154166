"""``grader new``, and the tutorial that goes on from there, in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader import ROOT
from grader.authoring import new_part
from grader.core.errors import UsageError
from grader.scoring import rubric
from kit.contracts import BY_ID

TUTORIALS = [ROOT / "docs" / f"tutorial-part{suffix}.md" for suffix in ("", ".zh")]
_FILE = re.compile(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    found = _COMMANDS.findall(_FILE.sub("", page.read_text("utf-8")))
    return [line for block in found for line in block.splitlines()]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the project that can be changed."""
    for folder in ("grader", "starter", "solutions", "presets", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "rubric.yaml", tmp_path)
    return tmp_path


def run(tree: Path, *arguments: str, cwd: Path | None = None, codes: tuple[int, ...] = (0,)) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    env |= {"PYTHONPATH": str(tree), "FEEDBACK_LANG": "en", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd or tree,
        env=env,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode in codes, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("flag", [(), ("--torch",)], ids=["numpy", "torch"])
def test_a_new_part_works_at_once(tree: Path, flag: tuple[str, ...]) -> None:
    run(tree, "-m", "grader", "new", "part", "echo_state", *flag)

    for name in ("cut", "publish", "checks_doc", "rubric_doc"):
        run(tree, "-m", f"grader.authoring.{name}", "--check")
    run(tree, "-m", "grader.authoring.mutants", "--part", "echo_state")
    preset = ["--rubric", "presets/echo_state.yaml", "--json", "--unsafe"]
    graded = run(tree, "-m", "grader", "grade", "solutions/echo_state.py", *preset)
    assert json.loads(graded)["score"]["earned"] == "80.00"
    empty = run(tree, "-m", "grader", "grade", "starter/echo_state.py", *preset)
    assert {check["outcome"] for check in json.loads(empty)["checks"]} == {"not_attempted"}
    local = run(tree, "-m", "pytest", "tests/parts/echo_state", cwd=tree / "starter", codes=(1,))
    assert "Next: " in local or "echo_state" in local


@pytest.mark.slow
def test_the_tutorial_can_be_followed_to_the_end(tree: Path) -> None:
    first, *rest = commands(TUTORIALS[0])
    run(tree, "-m", *shlex.split(first))
    for path, text in _FILE.findall(TUTORIALS[0].read_text("utf-8")):
        (tree / path).write_text(text, "utf-8")
    said = {}
    for command in rest:
        words = shlex.split(command)
        words = words[1:] if words[0] == "python" else ["-m", *words]
        said[command] = run(tree, *words)

    assert "80.00 / 100" in next(out for command, out in said.items() if "grader grade" in command)
    assert (tree / "handout" / "gru_cell.py").is_file()
    assert (tree / "handout.zip").is_file()


def test_both_languages_have_the_same_files_and_commands() -> None:
    english, chinese = (page.read_text("utf-8") for page in TUTORIALS)
    assert _FILE.findall(english) == _FILE.findall(chinese)
    assert commands(TUTORIALS[0]) == commands(TUTORIALS[1])


@pytest.mark.parametrize("name", ["poems", "numpy", "json", "class", "Upper", "a b", "../x", "kit"])
def test_a_name_that_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        new_part.files(name, torch=False)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    made = new_part.files("echo_state", torch=False)
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "echo_state.yaml").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="exists, so nothing was written"):
        new_part.write(tmp_path, made)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["echo_state.yaml"]


@pytest.mark.parametrize("parts", [["theory"], ["poems", "theory", "numpy_rnn"]])
def test_a_new_preset_is_a_rubric_of_its_parts(parts: list[str]) -> None:
    ((path, text),) = new_part.preset("mine", parts).items()
    made = rubric.parse(text.encode())

    assert path == "presets/mine.yaml"
    assert made.parts() == tuple(parts)
    assert made.total == 100
    assert set(made.parts()) <= set(BY_ID)


def test_a_preset_of_an_unknown_part_is_refused() -> None:
    with pytest.raises(UsageError, match="There is no part nothing"):
        new_part.preset("mine", ["nothing"])
