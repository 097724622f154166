"""A machine on which something differs grades nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from class_folders import numpy_rubric
from handing_in import zip_of
from preset_judge import by_rubric

from grader import ROOT
from grader.authoring import self_check
from grader.core.errors import MachineError
from grader.core.settings import Secret, Settings
from grader.export import formats
from grader.judging.judge import Judge
from grader.parts.registry import spec_of
from grader.records.store import Store
from grader.scoring import rubric as rubrics


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One store for every self-check of this module: what it graded before is not graded again."""
    path = tmp_path_factory.mktemp("kept") / "check.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(self_check, "Store", lambda _: Store(path))
        yield


@pytest.fixture(scope="module")
def checked(
    tmp_path_factory: pytest.TempPathFactory, secret_file: Path, kept: None
) -> Iterator[tuple[Judge, list[self_check.MachineCheck]]]:
    """A judge of the NumPy part, and what the self-check finds with it."""
    folder = tmp_path_factory.mktemp("check")
    settings = Settings(out_dir=folder, rubric=numpy_rubric(folder / "r.yaml"), lang="en")
    with Judge(settings, rubrics.load(settings.rubric), Secret.load(secret_file)) as judge:
        yield judge, list(self_check.run(judge))


def test_this_machine_passes(checked: tuple[Judge, list[self_check.MachineCheck]]) -> None:
    _, findings = checked

    assert [f.title.en for f in findings if not f.ok] == []
    assert len(findings) == 8


@pytest.mark.parametrize(
    ("backward", "passed"),
    [("leave_out", 1), pytest.param("zero", 3, marks=pytest.mark.slow)],
)
def test_a_rubric_need_not_count_what_sees_the_weak_mistake(
    checked: tuple[Judge, list[self_check.MachineCheck]],
    tmp_path: Path,
    backward: str,
    passed: int,
) -> None:
    """Else a lab without those checks could be graded on no machine."""
    known = rubrics.load(ROOT / "rubric.yaml").check_ids
    ids = [id for id in known if id.startswith("numpy_rnn.")]
    rest = [id for id in ids if not id.startswith("numpy_rnn.backward.")]
    uncounted = dict.fromkeys(ids, 0) if backward == "zero" else {}
    weights = uncounted | dict.fromkeys(rest, 1)
    left_out = [id for id in ids if id not in weights]
    part = {"points": 10, "scale": True, "checks": weights, "leave_out": left_out}
    row = {"id": "code", "title": {"zh": "代码", "en": "Code"}, "points": 10,
           "marked_by": "checks", "parts": {"numpy_rnn": part}}  # fmt: skip
    marks = {"version": 1, "title": row["title"], "total": 10, "rows": [row]}
    judge = by_rubric(checked[0], rubrics.parse(yaml.safe_dump(marks).encode()))

    with Store(tmp_path / "check.sqlite") as store:
        found = list(
            self_check._precise(
                lambda name, files: judge.grade(self_check._submission(judge, name, files), store),
                spec_of("numpy_rnn"),
            )
        )
    assert [f.said.en for f in found if not f.ok] == []
    assert len(found) == passed


def test_a_pass_is_remembered_for_the_same_versions_only(
    checked: tuple[Judge, list[self_check.MachineCheck]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge, findings = checked
    memory = tmp_path / "memory.json"
    monkeypatch.setattr(self_check, "run", lambda judge, told: tuple(findings))
    assert not self_check.passed(judge, memory)
    self_check.ensure(judge, memory)
    assert self_check.passed(judge, memory)

    monkeypatch.setattr(self_check, "_processor", lambda: "another")
    monkeypatch.setattr(self_check.platform, "uname", _Other)
    assert not self_check.passed(judge, memory)


class _Other:
    node = release = machine = "another"


def test_what_differs_is_said_and_not_remembered(
    checked: tuple[Judge, list[self_check.MachineCheck]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge, _ = checked
    monkeypatch.setattr(self_check, "_checks", _without_the_solution)

    with pytest.raises(MachineError, match=r"the solution earns everything: lost: .*forward"):
        self_check.ensure(judge, tmp_path / "memory.json")
    assert not self_check.passed(judge, tmp_path / "memory.json")


def _without_the_solution(judge, store, folder):  # type: ignore[no-untyped-def]
    """As if the solution failed here: the starter in its place."""
    title = self_check.Text("参考解得满分", "the solution earns everything")
    report = judge.grade(
        self_check._submission(
            judge, "s", {"numpy_rnn.py": self_check._text("starter", "numpy_rnn")}
        ),
        store,
    )
    yield self_check._earns_all(title, report)


def test_a_readable_solution_is_found_out(
    checked: tuple[Judge, list[self_check.MachineCheck]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the jail is open the attack earns, and the check says so."""
    judge, _ = checked
    solution = self_check._text("solutions", "numpy_rnn")
    real = self_check._submission

    def open_jail(judge, name, files):  # type: ignore[no-untyped-def]
        return real(judge, name, {"numpy_rnn.py": solution} if name == "read" else files)

    monkeypatch.setattr(self_check, "_submission", open_jail)
    findings = {f.title.en: f for f in self_check.run(judge)}

    assert not findings["the solution cannot be read"].ok
    assert "numpy_rnn.forward.values" in findings["the solution cannot be read"].said.en


@pytest.mark.parametrize("content", ["", "{}", "[1]", "not json", '["x"'])
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.json").write_text(content)

    assert self_check._remembered(tmp_path / "m.json") == []


@pytest.mark.slow
def test_the_first_grading_checks_the_machine_and_the_second_does_not(
    tmp_path: Path, secret_file: Path
) -> None:
    zip_of(tmp_path / "alice.zip", {"numpy_rnn.py": "x = 1\n"})
    rubric = numpy_rubric(tmp_path / "rubric.yaml")
    environment = os.environ | {
        "RNN_GRADER_SELF_CHECK": "yes",
        "RNN_GRADER_SELF_CHECK_FILE": str(tmp_path / "memory.json"),
        "RNN_GRADER_SECRET_FILE": str(secret_file),
    }
    command = [
        *(sys.executable, "-m", "grader", "grade", str(tmp_path / "alice.zip")),
        *("--out", str(tmp_path / "out"), "--rubric", str(rubric), "--lang", "en"),
    ]
    said = []
    for _ in range(2):
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        said.append("checking it first" in done.stderr)

    assert said == [True, False]
    assert len(json.loads((tmp_path / "memory.json").read_text())) == 1


def test_the_command_knows_every_format_of_export() -> None:
    from grader import cli

    assert tuple(formats.FORMATS) == cli.options.FORMATS
