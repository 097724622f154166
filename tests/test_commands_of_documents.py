"""Every command in a block of the documents is parsed, and run where that is cheap.

What is only parsed stands in ``ONLY_PARSED`` with the reason. A line that is neither run nor listed
there fails, and so does a line of a block that no program known here would take: text that is no
command belongs into a block that says what it is (```` ```text ````).
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
import tomllib
from class_folders import a_class, clip_only, numpy_rubric
from handing_in import zip_of
from test_documents import DOCUMENTS

from grader import ROOT
from grader.cli import main
from grader.core.settings import ENV_PREFIX, Settings

SHELL = {"", "sh", "console", "bash"}

ONLY_PARSED = {
    r"make \S+ .*\[": "a form: its brackets are the optional words",
    r"make grade .*TORCH=": "installs torch",
    r"make grade-all .*\.zip ": "names what a platform gave; tests/handins reads each layout",
    r"grader export .*--template": "needs a platform's file; tests/export fills one of each",
    r"grader finish .*--template": "needs a platform's file; test_rehearsal.py fills one of each",
    r"make check": "tests/authoring/test_self_check.py runs the self-check",
    r"make grade-all .*RUBRIC=": "grades with torch; the same command runs without RUBRIC",
    r"(make|grader) desk": "serves until it is stopped; tests/desk starts it",
    r"(make|grader) gradescope": "tests/authoring/test_gradescope_zip.py builds and grades",
    r"grader (new|handout)|python -m grader|grader grade solutions/": (
        "tests/authoring/test_new_part.py follows the tutorial"
    ),
    r"grader grade .*--to /grade": "writes to a folder at the root",
    r"grader similarity": "needs an extra; tests/similarity runs it",
    r"docker ": "there is no daemon",
    r"(openssl|chmod|export|dask) |grader batch .*--cluster": "tests/cluster starts a cluster so",
    r"pip install": "installs from the network",
    r"python (numpy_rnn|char_lstm|poems|scratch_rnn)\.py": "trains for minutes",
}
"""Which commands are not run here, and why."""

CLASS = {
    "make grade SUBMISSION=alice.zip": "results/alice/feedback.html",
    "grader grade alice.zip --json > alice.json": "results/alice/report.json",
    "grader grade hand-in/ --results submitty --to validation_results.json": (
        "validation_results.json"
    ),
    "grader grade hand-in.zip --results autolab --to -": "results/hand-in/report.json",
    "grader grade hand-in/ --results gradescope --metadata submission_metadata.json "
    "--to results.json": "results.json",
    "make grade-all SUBMISSIONS=submissions/ ROSTER=class.csv": "results/gradebook.csv",
    "grader diff": "results/gradebook.csv",
    "grader export --format csv": "results/marks.csv",
    "grader export --format xlsx": "results/marks.xlsx",
    "grader export --format jsonl": "results/marks.jsonl",
    "grader export --format gradescope": "results/gradebook.csv",
    "grader export --format junit": "results/marks-junit.xml",
    "grader export --format pages --to students/": "students/mail.csv",
    'grader mark 2023001 report.figures=3 --comment "the axes have no names"': (
        "results/marks.sqlite"
    ),
    'grader mark 2023001 report.figures=3 --comment "坐标轴没有名称"': "results/marks.sqlite",
    "grader marks export marks.xlsx": "marks.xlsx",
    "grader marks import marks.xlsx": "marks.xlsx",
    "grader marks split --markers li,wang": "results/marks-li.sqlite",
    "grader marks merge marks-li.sqlite marks-wang.sqlite": "results/marks.sqlite",
    "grader finish": "results/gradebook.csv",
}
"""In this order, in a folder with a class: command -> what lies there afterwards."""

COURSE = {
    "grader viva alice.zip": "results/viva/students",
    "grader viva submissions --out results": "results/viva/staff",
    "grader handout --rubric presets/scratch.yaml --out handout": "handout.zip",
    "grader github --rubric presets/scratch.yaml --out github": "github/student",
    "grader shard 1/2 submissions --out share1": "share1",
    "grader shard 2/2 submissions --out share2": "share2",
    "grader gather share1 share2 --out results": "results/gradebook.csv",
}
"""The same of what needs no results: another such folder will do."""

UNFINISHED = {"grader finish": 2, "grader export --format gradescope": 2}
"""Exit codes beside 0: marks of people are missing in that class."""

STARTER = {
    "pytest": 1,
    "pytest tests/parts/numpy_rnn": 1,
    "pytest tests/parts/numpy_rnn -k values": 1,
    "pytest -k numpy_rnn.backward.values": 1,
    "python pack.py alice": 0,
}
"""In the untouched starter: command -> its exit code."""


def blocks(path: Path) -> Iterator[str]:
    """The lines of the blocks of commands of a document."""
    text = path.read_text("utf-8")
    for language, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.M | re.S):
        if language in SHELL:
            yield from (line.strip() for line in block.splitlines() if line.strip())


def forms(line: str) -> list[str]:
    """A line as commands: without comment and folder; `a|b` is two of them."""
    command = re.sub(r"\s+# .*", "", line).replace(".venv/bin/grader", "grader")
    found = re.search(r"\S+\|\S+", command)
    if found is None:
        return [command]
    return [command.replace(found[0], one) for one in found[0].split("|")]


COMMANDS = {
    command: path.relative_to(ROOT)
    for path in DOCUMENTS
    for line in blocks(path)
    for command in forms(line)
}


def parse_grader(words: list[str]) -> None:
    """As click does before a command is called; UsageError where it does not fit."""
    group: click.Command = main
    while isinstance(group, click.Group):
        name, *words = words
        assert name in group.commands, f"no command {name}"
        group = group.commands[name]
    group.make_context(group.name, words, **main.context_settings)


def parse_make(words: list[str]) -> None:
    """The target and its variables exist, and the recipe calls the grader as it can be called."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for variable in (word.partition("=")[0] for word in words if "=" in word):
        assert f"$({variable})" in makefile, f"no variable {variable}"
    made = subprocess.run(
        ["make", "-n", "-f", str(ROOT / "Makefile"), "PYTHON=grader-python", *words],
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    recipe = made.stdout.replace("\\\n", " ").splitlines()
    calls = [line for line in recipe if line.startswith("grader-python -m grader ")]
    assert calls or "gradescope" not in words
    for call in calls:
        parse_grader(shlex.split(call)[3:])


def parse_program(words: list[str]) -> None:
    """The file or module exists, and its text has the options."""
    if words[0] == "-m":
        spec = find_spec(words[1])
        assert spec is not None, f"no module {words[1]}"
        assert spec.origin is not None
        path, rest = Path(spec.origin), words[2:]
    else:
        path, rest = ROOT / "starter" / words[0], words[1:]
    text = path.read_text("utf-8")
    assert [word for word in rest if word.startswith("--") and f'"{word}"' not in text] == []


def parse_pytest(words: list[str]) -> None:
    for word in words:
        if "/" in word:
            assert (ROOT / "starter" / word).is_dir(), word


def parse_docker(words: list[str]) -> None:
    """What stands behind the image is the grader's; a build is of the checkout."""
    if words[0] == "build":
        assert (ROOT / "Dockerfile").is_file()
        return
    parse_grader(words[words.index("rnn-lab-grader") + 1 :])


def parse_pip(words: list[str]) -> None:
    assert words[0] == "install"
    if found := re.fullmatch(r"\.\[(\w+)\]", words[1]):  # an extra of this project
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert found[1] in project["optional-dependencies"]
        return
    assert all(find_spec(name) for name in words[1:]), "not a package that the lab uses"


def parse_dask(words: list[str]) -> None:
    if find_spec("distributed") is None:
        pytest.skip("needs the extra `cluster`")
    command = importlib.import_module(f"distributed.cli.dask_{words[0]}").main
    command.make_context(words[0], words[1:])


def parse_export(words: list[str]) -> None:
    """A variable of this project is one of its settings."""
    for name, sign, _ in (word.partition("=") for word in words):
        assert name.startswith(("DASK_DISTRIBUTED__", ENV_PREFIX))
        assert sign
        own = name.removeprefix(ENV_PREFIX).lower()
        assert name.startswith("DASK") or own in Settings.__dataclass_fields__


def parse_anything(words: list[str]) -> None:
    """A program of the system, which may be absent here."""
    assert words


PARSERS = {
    "dask": parse_dask,
    "export": parse_export,
    "openssl": parse_anything,
    "chmod": parse_anything,
    "grader": parse_grader,
    "make": parse_make,
    "python": parse_program,
    "pytest": parse_pytest,
    "docker": parse_docker,
    "pip": parse_pip,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_a_document_is_one(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The files that a document names need not exist here.
    monkeypatch.setattr(click.Path, "convert", lambda self, value, param, ctx: value)
    # A form is tried with all of its optional words.
    words = shlex.split(re.sub(r"(?<= )\[([^]]*)\]", r"\1", command).partition(" > ")[0])
    assert words[0] in PARSERS, f"{COMMANDS[command]}: no program that is known here: {command}"
    PARSERS[words[0]](words[1:])


def test_every_command_is_run_or_says_why_not() -> None:
    run = {*CLASS, *COURSE, *STARTER}
    left = [c for c in COMMANDS if c not in run and not any(re.match(p, c) for p in ONLY_PARSED)]
    assert left == []
    assert run <= set(COMMANDS)
    unused = [p for p in ONLY_PARSED if not any(re.match(p, c) for c in COMMANDS)]
    assert unused == []
    assert len(COMMANDS) > 60


def execute(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one command of a document in `folder`, by this checkout and this Python."""
    program = {"grader": f"{sys.executable} -m grader", "python": sys.executable}
    program |= {"pytest": f"{sys.executable} -m pytest"}
    program["make"] = f"make -f {ROOT / 'Makefile'} PYTHON={sys.executable}"
    name, _, rest = command.partition(" ")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "RNN_GRADER"))}
    env |= {"FEEDBACK_LANG": "en", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    if name in ("grader", "make"):
        env |= {
            "RNN_GRADER_OUT_DIR": str(folder / "results"),
            "RNN_GRADER_RUBRIC": str(folder / "small.yaml"),
            "RNN_GRADER_SECRET_FILE": str(folder / "secret"),
            "RNN_GRADER_SELF_CHECK": "false",
            "RNN_GRADER_UNSAFE": "true",
        }
    return subprocess.run(
        f"{program[name]} {rest}",
        shell=True,
        cwd=folder,
        env=env,
        input="y\n",
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A folder in which an instructor works: one hand-in, a class, its roster."""
    a_class(tmp_path / "submissions", 3)
    files = {"numpy_rnn.py": clip_only(comment="alice")}
    for name in ("alice.zip", "hand-in.zip"):
        zip_of(tmp_path / name, files)
    (tmp_path / "hand-in").mkdir()
    (tmp_path / "hand-in" / "numpy_rnn.py").write_text(files["numpy_rnn.py"], "utf-8")
    roster = "student id,name\n2023000,赵安\n2023001,钱安\n2023002,孙安\n"
    (tmp_path / "class.csv").write_text(roster, "utf-8")
    user = {"id": 1, "email": "a@example.edu", "name": "A"}
    metadata = {"id": 1, "created_at": "2026-11-01T08:00:00.000000-08:00", "users": [user]}
    (tmp_path / "submission_metadata.json").write_text(json.dumps(metadata), "utf-8")
    numpy_rubric(tmp_path / "small.yaml")
    shutil.copytree(ROOT / "presets", tmp_path / "presets")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("commands", [CLASS, COURSE], ids=["class", "course"])
def test_the_commands_of_staff_run_in_their_order(lab: Path, commands: dict[str, str]) -> None:
    for command, made in commands.items():
        if command.startswith("grader gather"):
            shutil.rmtree(lab / "results")  # the shares are of machines that have none
        if command.startswith("grader marks merge"):
            for name in ("li", "wang"):  # as the markers send them back
                shutil.copy(lab / "results" / f"marks-{name}.sqlite", lab)

        done = execute(command, lab)

        said = f"{command}\n{done.stdout}{done.stderr}"
        assert done.returncode in (0, UNFINISHED.get(command, 0)), said
        assert "Traceback" not in said
        assert (lab / made).exists(), said


@pytest.mark.slow
def test_the_commands_of_students_run_in_the_starter(tmp_path: Path) -> None:
    folder = tmp_path / "starter"
    shutil.copytree(ROOT / "starter", folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for command, code in STARTER.items():
        done = execute(command, folder)

        said = f"{command}\n{done.stdout}{done.stderr}"
        assert done.returncode == code, said
        assert "INTERNALERROR" not in said
    assert (folder / "alice.zip").is_file()
