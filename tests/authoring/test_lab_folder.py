"""``grader handout``: each rubric's own folder, which leaks nothing and holds no attempt."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from handing_in import grade_path

from grader import ROOT
from grader.authoring import lab_folder, used_blanks
from grader.cli import main
from grader.core.errors import GraderError, UsageError
from grader.judging.judge import Judge
from grader.parts.checks import checks_of
from grader.scoring.rubric import load, parse
from grader.scoring.rubric_schema import Late
from kit.contracts import PARTS

RUBRICS = [ROOT / "rubric.yaml", *sorted((ROOT / "presets").glob("*.yaml"))]


@pytest.mark.slow
@pytest.mark.parametrize("path", RUBRICS, ids=lambda path: path.stem)
def test_each_rubric_has_its_folder(path: Path, judge: Judge, tmp_path: Path) -> None:
    rubric = load(path)
    lab = lab_folder.build(rubric)
    out = tmp_path / "实验 lab"
    packed = lab_folder.write(lab, out)

    code = {name[:-3] for name in lab.files if "/" not in name and name.endswith(".py")}
    assert code - {"pack", "command_line", "corpora"} == set(rubric.parts())
    for name in ("README.md", "README.zh.md"):
        text = (out / name).read_text("utf-8")
        assert "<!--" not in text
        assert all(f"{part}.py" in text for part in rubric.parts())
        assert not [part.file for part in PARTS
                    if part.file in text and part.id not in rubric.parts()]  # fmt: skip
    with zipfile.ZipFile(packed) as archive:
        assert {n: archive.read(f"{out.name}/{n}") for n in lab.files} == lab.files

    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest"],
        cwd=out,
        env=env | {"FEEDBACK_LANG": "en", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Next: " in done.stdout
    assert len(done.stdout.splitlines()) <= 40
    worth = json.loads((out / "tests" / "points.json").read_text("utf-8"))
    assert {id.split(".")[0] for id in worth["checks"]} <= set(rubric.parts())

    report = grade_path(judge.of_rubric(rubric), tmp_path, packed)
    lab_folder.refuse_attempts(report)


def test_a_leak_and_a_full_folder_are_refused(tmp_path: Path) -> None:
    rubric = load(ROOT / "presets" / "stage2.yaml")
    lab = lab_folder.build(rubric)
    secret = "    poems = [start_token + line + end_token for line in lines if line]\n"
    assert secret in (ROOT / "solutions" / "poems.py").read_text("utf-8")
    leaky = lab_folder.Lab(rubric, lab.parts, {**lab.files, "notes.md": secret.encode()})

    with pytest.raises(GraderError, match="notes.md holds a line that students must not see"):
        lab_folder.write(leaky, tmp_path / "leaky")
    assert not (tmp_path / "leaky").exists()
    assert not (tmp_path / "leaky.zip").exists()

    lab_folder.write(lab, tmp_path / "lab")
    with pytest.raises(UsageError, match="exists and is no empty folder"):
        lab_folder.write(lab, tmp_path / "lab")


def test_texts_are_named_and_put_in_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "timemachine.txt").write_text("the time machine", "utf-8")
    lab = lab_folder.build(load(ROOT / "presets" / "scratch.yaml"), tmp_path)

    assert lab.files["timemachine.txt"] == b"the time machine"
    assert b"`timemachine`: `timemachine.txt`, <https://" in lab.files["README.md"]


LATE = {"due": "2026-12-06 23:59", "timezone": "Asia/Shanghai"}


@pytest.mark.parametrize(
    ("late", "zh", "en"),
    [
        ({"deduct_per_day": "5%"}, "（不足一天按一天）扣总分的 5%", "Each day begun costs 5%."),
        (
            {"deduct_per_day": "3", "cap": "9", "grace_minutes": "10"},
            "扣 3 分。最多扣 9 分。每天宽限 10 分钟。",
            "costs 3 points. At most 9 points deducted. Minutes of grace: 10.",
        ),
        ({"multiply": "0.9"}, "成绩乘以 0.9", "Each day begun multiplies the mark by 0.9."),
        ({"multiply": ["0.9", "0.5"]}, "依次为 0.9、0.5", "by days begun: 0.9, 0.5;"),
    ],
)
def test_the_readme_says_when_the_lab_is_due(late: dict[str, Any], zh: str, en: str) -> None:
    rubric = load(ROOT / "presets" / "stage2.yaml")
    policy = Late.model_validate(LATE | late)
    lines = {
        lang: "".join(lab_folder.late_lines(dataclasses.replace(rubric, late=policy), lang))
        for lang in ("zh", "en")
    }

    assert "截止时间：2026-12-06 23:59 (Asia/Shanghai)。" in lines["zh"]
    assert "Due 2026-12-06 23:59 (Asia/Shanghai)." in lines["en"]
    assert zh in lines["zh"]
    assert en in lines["en"]
    assert not list(lab_folder.late_lines(rubric, "en"))


def test_the_readme_says_what_a_person_looks_for_and_nothing_of_other_labs() -> None:
    rubric = load(ROOT / "presets" / "scratch.yaml")
    files = lab_folder.build(rubric).files
    readme = files["README.md"].decode()

    for criterion in rubric.criteria:
        assert f"**{criterion.title.en}**" in readme
        assert all(level.description.en in readme for level in criterion.levels)
    assert "NumPy" not in readme.partition("## What the checks ask")[2].partition("\n## ")[0]
    assert "backward" not in readme.partition("## What the checks ask")[2].partition("\n## ")[0]
    # One order of the blanks everywhere: that of the file.
    source = files["scratch_rnn.py"].decode()
    blanks = lab_folder.blanks_of("scratch_rnn")
    places = [source.index(f'"{blank}: ') for blank in blanks]
    assert places == sorted(places)
    assert readme.index("`seq_data_iter_random`") < readme.index("`get_params`")
    assert not any(b"solutions/" in text for name, text in files.items() if name.endswith(".py")
                   and "/" not in name)  # fmt: skip


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_starter_lists_blanks_in_the_order_of_the_file(name: str) -> None:
    tasks = (ROOT / "starter" / name).read_text("utf-8").split("\n## ")[2]
    for part in PARTS:
        rows = [row for row in tasks.splitlines() if row.startswith(f"| `{part.file}`")]
        blanks = lab_folder.blanks_of(part.id)
        words = [word for row in rows for word in re.findall(r"`([\w.]+)`", row.split("|")[2])]
        named = [blank for blank in words if blank in blanks]
        assert named == sorted(named, key=blanks.index)


@pytest.mark.slow
def test_the_command_makes_and_checks_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the current folder, whose path has no name."""
    out = tmp_path / "handout"
    out.mkdir()
    monkeypatch.chdir(out)
    rubric = ROOT / "presets" / "stage2.yaml"
    made = CliRunner().invoke(
        main, ["handout", "--rubric", str(rubric), "--out", ".", "--lang", "en", "--unsafe"]
    )
    assert made.exit_code == 0, made.output
    assert "handed in untouched, nothing is attempted" in made.output
    assert (out / "sequence.py").is_file()
    assert out.with_name("handout.zip").is_file()


@pytest.mark.parametrize(
    ("left_out", "gone"),
    [
        (("sample",), {"sample"}),
        pytest.param(("sample", "clip"), {"sample", "clip_by_norm"}, marks=pytest.mark.slow),
        # The checks of backward, and of learning, still need forward.
        pytest.param(("forward",), set(), marks=pytest.mark.slow),
        (("learning",), set()),
    ],
)
def test_a_blank_that_no_check_needs_is_not_asked_for(
    left_out: tuple[str, ...], gone: set[str], judge: Judge
) -> None:
    infos = [c.id for c in checks_of(("numpy_rnn",)) if not c.advice]
    without = [id for id in infos if id.split(".")[1] in left_out]
    weights = {id: 1 for id in infos if id not in without}
    part = {"points": 10, "scale": True, "checks": weights, "leave_out": without}
    row = {"id": "code", "title": {"zh": "代码", "en": "Code"}, "points": 10}
    row |= {"marked_by": "checks", "parts": {"numpy_rnn": part}}
    title = {"zh": "实验", "en": "Lab"}
    rubric = parse(json.dumps({"version": 1, "title": title, "total": 10, "rows": [row]}).encode())
    blanks = lab_folder.blanks_of("numpy_rnn")
    found = used_blanks.unused(judge.of_rubric(rubric), rubric, "numpy_rnn", blanks)

    assert found == gone
    lab = lab_folder.build(rubric, unused=[("numpy_rnn", blank) for blank in found])
    readme = lab.files["README.md"].decode()
    (line,) = [row for row in readme.splitlines() if row.startswith("| `numpy_rnn.py` |")]
    assert {blank for blank in blanks if f"`{blank}`" not in line} == gone


@pytest.mark.slow
def test_a_folder_that_attempts_something_is_not_left_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = lab_folder.build

    def with_an_answer(*given: Any) -> lab_folder.Lab:
        lab = build(*given)
        text = lab.files["sequence.py"].decode()
        answered = re.sub(
            r"raise NotImplementedError\(\n.*?\n    \)", "return None", text, count=1, flags=re.S
        )
        return dataclasses.replace(lab, files={**lab.files, "sequence.py": answered.encode()})

    monkeypatch.setattr(lab_folder, "build", with_an_answer)
    out = tmp_path / "handout"
    rubric = ROOT / "presets" / "stage2.yaml"
    made = CliRunner().invoke(
        main, ["handout", "--rubric", str(rubric), "--out", str(out), "--lang", "en", "--unsafe"]
    )

    assert made.exit_code != 0
    assert "has checks that are not 'not attempted'" in " ".join(made.output.split())
    assert list(tmp_path.iterdir()) == []
