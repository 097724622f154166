"""autograder.zip: what is in it, and that it grades where Gradescope would unpack it."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from class_folders import numpy_rubric
from click.testing import CliRunner
from handing_in import solution, starter
from refusing import NO_NAMESPACES, run_refusing

from grader.authoring import gradescope_zip
from grader.cli import main

LATE = """
late:
  due: "2026-04-02 23:00"
  timezone: Asia/Shanghai
  deduct_per_day: 5
"""
METADATA = {
    "created_at": "2026-04-03T09:00:00.000000+08:00",
    "assignment": {"due_date": "2026-04-02T23:00:00.000000+08:00", "total_points": "100.0"},
    "users": [
        {"email": "zhang@example.edu", "id": 1, "name": "张三"},
        {"email": "li@example.edu", "id": 2, "name": "李四"},
    ],
}

RUN = """
import os
os.environ.update({{
    "AUTOGRADER_ROOT": {root!r}, "AUTOGRADER_PYTHON": {python!r}, "PYTHONPATH": "",
    "RNN_GRADER_SELF_CHECK": "no", "FEEDBACK_LANG": "en",
}})
os.execv({root!r} + "/run_autograder", ["run_autograder"])
"""


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    path = numpy_rubric(tmp_path / "rubric.yaml")
    path.write_text(path.read_text("utf-8") + LATE, "utf-8")
    return path


def built(rubric: Path, secret_file: Path, to: Path) -> zipfile.ZipFile:
    """The archive as the command makes it."""
    done = CliRunner().invoke(
        main,
        ["gradescope", "--rubric", str(rubric), "--to", str(to), "--lang", "en"],
        env={"RNN_GRADER_SECRET_FILE": str(secret_file)},
    )
    assert done.exit_code == 0, done.output
    assert "give it to no student" in done.output
    return zipfile.ZipFile(io.BytesIO(to.read_bytes()))


def test_the_scripts_are_at_the_root_and_can_run(
    rubric: Path, secret_file: Path, tmp_path: Path
) -> None:
    archive = built(rubric, secret_file, tmp_path / "autograder.zip")
    names = set(archive.namelist())

    for name in ("setup.sh", "run_autograder"):
        assert archive.getinfo(name).external_attr >> 16 & 0o111
        assert archive.read(name).startswith(b"#!")
    assert archive.getinfo(".course-secret").external_attr >> 16 & 0o777 == 0o600
    assert {"requirements.lock", "rubric.yaml", "grader/__main__.py", "grader.toml"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]
    assert gradescope_zip.parse(archive.read("rubric.yaml")).hidden_inputs == "submission"


@pytest.mark.parametrize(
    "line",
    [
        "hidden_inputs: course\n",
        "hidden_inputs: submission\n",
        "",
        "---\n",
        '# 评分标准\n---\n"hidden_inputs": course\n',
        "\ufeffhidden_inputs :  course\n",
    ],
)
def test_each_submission_gets_hidden_inputs_of_its_own(rubric: Path, line: str) -> None:
    given = (line + rubric.read_text("utf-8")).encode()
    made = gradescope_zip.own_inputs(given)

    assert made.count(b"hidden_inputs:") == 1
    before, after = gradescope_zip.parse(given), gradescope_zip.parse(made)
    assert after.hidden_inputs == "submission"
    other = {"hidden_inputs": "", "sha256": "", "lines": {}}
    assert dataclasses.replace(after, **other) == dataclasses.replace(before, **other)


def graded(tmp_path: Path, rubric: Path, secret_file: Path, files: dict[str, str]) -> Any:
    """results.json of a submission, run as root where namespaces are refused, as Docker does."""
    root = tmp_path / "autograder"
    archive = built(rubric, secret_file, tmp_path / "autograder.zip")
    archive.extractall(root / "source")
    (root / "run_autograder").write_bytes(archive.read("run_autograder"))
    (root / "run_autograder").chmod(0o755)
    for folder in ("submission", "results"):
        (root / folder).mkdir()
    (root / "submission_metadata.json").write_text(json.dumps(METADATA), "utf-8")
    for name, text in files.items():
        (root / "submission" / name).write_text(text, "utf-8")
    program = RUN.format(root=str(root), python=sys.executable)
    done = run_refusing(NO_NAMESPACES, program, timeout_s=400)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((root / "grading/submission/report.json").read_text("utf-8"))
    assert report["environment"]["isolation"].startswith("landlock")
    return json.loads((root / "results" / "results.json").read_text("utf-8"))


@pytest.mark.slow
def test_a_solution_earns_its_points_where_gradescope_unpacks_it(
    tmp_path: Path, rubric: Path, secret_file: Path
) -> None:
    files = {"numpy_rnn.py": solution("numpy_rnn")}
    results = graded(tmp_path, rubric, secret_file, files)

    scored = [test for test in results["tests"] if "score" in test]
    assert scored
    assert [t["name"] for t in scored if t["score"] != t["max_score"]] == []
    assert results["score"] >= sum(test["score"] for test in scored) > 0
    assert {test["visibility"] for test in scored} == {"visible", "after_published"}
    assert results["stdout_visibility"] == "hidden"
    assert "Late by 1 day" in results["output"]


@pytest.mark.slow
def test_an_untouched_starter_earns_nothing_there(
    tmp_path: Path, rubric: Path, secret_file: Path
) -> None:
    results = graded(tmp_path, rubric, secret_file, {"numpy_rnn.py": starter("numpy_rnn")})

    assert sum(test.get("score", 0) for test in results["tests"]) == 0
