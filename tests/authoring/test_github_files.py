"""What runs on GitHub: the public checks on a checkout, and the result that Classroom 50 reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from class_folders import clip_only, numpy_rubric
from click.testing import CliRunner
from handing_in import solution

from grader import ROOT
from grader.authoring import github_files, lab_folder
from grader.cli import main
from grader.scoring import rubric as rubrics

HOSTILE = """
print("::set-env name=X::y")
def clip_by_norm(*arguments):
    raise ValueError("@team <script> | ![x](http://x) \\x1b[31m")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("github")
    rubric = numpy_rubric(folder / "rubric.yaml")
    done = CliRunner().invoke(
        main, ["github", "--rubric", str(rubric), "--out", str(folder / "made")]
    )
    assert done.exit_code == 0, done.output
    return folder / "made"


def ran(made: Path, checkout: Path, source: str) -> tuple[dict[str, Any], str, str]:
    """The result, the summary and the log of a checkout with this file."""
    checkout.mkdir()
    (checkout / "numpy_rnn.py").write_text(source, "utf-8")
    names = {"CLASSROOM": "c", "ASSIGNMENT": "lab6", "SUBMISSION_TAG": "submit/1"}
    urls = {name: f"https://x/{name}" for name in ("COMMIT_URL", "RELEASE_URL", "REVIEW_URL")}
    summary = {"GITHUB_STEP_SUMMARY": str(checkout / "summary.md")}
    done = subprocess.run(
        [sys.executable, str(made / "classroom50" / "autograder.py")],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], **names, **urls, **summary},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((checkout / "result.json").read_text("utf-8"))
    assert {type(result[key]) for key in ("score", "max-score")} == {int}
    for key in ("score", "max-score"):
        assert result[key] == sum(test[key] for test in result["tests"])
    body = (checkout / "release-body.md").read_text("utf-8")
    assert (checkout / "summary.md").read_text("utf-8") == body
    return result, body, done.stdout


@pytest.mark.slow
def test_a_solution_passes_and_the_result_is_classroom_50s(made: Path, tmp_path: Path) -> None:
    result, summary, _ = ran(made, tmp_path / "checkout", solution("numpy_rnn"))

    assert result["schema"] == "classroom50/result/v1"
    assert (result["classroom"], result["submission"]) == ("c", "submit/1")
    assert result["commit"] == "https://x/COMMIT_URL"
    assert result["score"] == result["max-score"] > 0
    assert all(test["passed"] for test in result["tests"])
    assert "✅" in summary
    assert "❌" not in summary


def test_one_blank_earns_what_it_is_worth(made: Path, tmp_path: Path) -> None:
    result, summary, _ = ran(made, tmp_path / "checkout", clip_only())
    earned = {test["test-name"] for test in result["tests"] if test["score"]}

    assert earned == {"numpy_rnn.clip.values"}
    assert "➖" in summary


def test_what_a_student_writes_is_text_and_no_command(made: Path, tmp_path: Path) -> None:
    result, summary, log = ran(made, tmp_path / "checkout", clip_only() + HOSTILE)
    clip = next(test for test in result["tests"] if test["test-name"] == "numpy_rnn.clip.values")

    assert not clip["passed"]
    assert "@team" in clip["message"]
    for text in ("@team", "<script>", "![x]", "\x1b"):
        assert text not in summary
    stop = log.index("::stop-commands::")
    assert "::set-env" not in log[:stop]
    assert log.rstrip().endswith(log[stop:].partition("\n")[0].split("::")[2] + "::")


def test_code_that_ends_the_process_is_no_pass(made: Path, tmp_path: Path) -> None:
    source = clip_only().replace("import numpy", "import os; os._exit(0)\nimport numpy", 1)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "numpy_rnn.py").write_text(source, "utf-8")
    done = subprocess.run(
        [sys.executable, str(made / "classroom50" / "autograder.py")],
        cwd=checkout,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert not (checkout / "result.json").exists()


def test_the_workflow_runs_the_same_script_and_may_write_nothing(made: Path) -> None:
    student = made / "student" / ".github"
    workflow = yaml.safe_load((student / "workflows" / "checks.yml").read_text("utf-8"))
    steps = workflow["jobs"]["checks"]["steps"]

    assert workflow["permissions"] == {"contents": "read"}
    assert steps[-1]["run"] == "python .github/autograder.py"
    assert (student / "autograder.py").read_bytes() == (
        made / "classroom50" / "autograder.py"
    ).read_bytes()
    assert steps[-2]["run"].endswith("-r .github/requirements.txt")
    assert (student / "requirements.txt").read_text("utf-8") == "numpy\npytest\n"


@pytest.mark.slow
def test_a_part_in_torch_names_torch() -> None:
    lab = lab_folder.build(rubrics.load(ROOT / "presets" / "scratch.yaml"))
    files = github_files.build(lab)
    assert files["classroom50/requirements.txt"].decode().splitlines()[-1] == "torch"


def test_nothing_of_the_staff_is_in_it(made: Path) -> None:
    names = {path.name for path in made.rglob("*")}
    assert not names & {"test_hidden.py", "mistakes.yaml", "numpy_rnn.py"}
