"""The same submission gets the same report, whatever surrounds it; hidden inputs stay hidden."""

from __future__ import annotations

import ast
import functools
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handing_in import grade_files, solution, write_pages

from grader import ROOT
from grader.core.settings import Settings
from grader.diagnosis import catalogue, mutant
from grader.judging.judge import Judge
from grader.judging.plugin import GradingPlugin

PROGRAM = Path(__file__).resolve().parents[1] / "grade_once.py"
"""What surrounds a grading: variables of the environment, and words for the program."""


def started(folder: Path, secret: Path, *words: str, **env: str) -> subprocess.Popen[str]:
    """A grading of the wrong submission, in a process of its own."""
    folder.mkdir()
    paths = f"{ROOT}:{ROOT}/starter/tests:{ROOT}/tests"
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder), str(secret), *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": paths, "LANG": "C.UTF-8"} | env,
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )


def report_in(process: subprocess.Popen[str], folder: Path) -> dict[str, Any]:
    """The report, without the seconds that it took."""
    _, errors = process.communicate(timeout=240)
    assert (process.returncode, errors) == (0, "")
    report: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    return _timeless(report)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k != "seconds"}
    return [_timeless(v) for v in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, secret_file: Path) -> dict[str, Any]:
    """The report of a grading in the usual surroundings."""
    folder = tmp_path_factory.mktemp("usual") / "out"
    return report_in(started(folder, secret_file), folder)


@pytest.mark.slow
def test_the_wrong_submission_is_wrong_and_explained(usual: dict[str, Any]) -> None:
    outcomes = {check["id"]: check["outcome"] for check in usual["checks"]}
    assert outcomes["numpy_rnn.backward.values"] == "failed"
    assert outcomes["numpy_rnn.forward.hidden"] == "passed"
    assert any(check["diagnosis"] for check in usual["checks"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "env"),
    [
        ((), {}),
        (("one-core",), {}),
        (("reversed",), {}),
        (("after",), {}),
        ((), {"PYTHONHASHSEED": "4242"}),
        ((), {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"}),
        ((), {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "TZ": "Asia/Shanghai"}),
    ],
    ids=["twice", "one core", "reversed", "after another", "hash seed", "locale", "threads"],
)
def test_surroundings_do_not_change_a_report(
    usual: dict[str, Any],
    tmp_path: Path,
    secret_file: Path,
    words: tuple[str, ...],
    env: Mapping[str, str],
) -> None:
    folder = tmp_path / "out"
    assert report_in(started(folder, secret_file, *words, **env), folder) == usual


@pytest.mark.slow
def test_a_grading_beside_it_does_not_change_a_report(
    usual: dict[str, Any], tmp_path: Path, secret_file: Path
) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    both = [started(folder, secret_file) for folder in folders]
    assert [report_in(p, f) for p, f in zip(both, folders, strict=True)] == [usual, usual]


# ------------------------------------------------------------------------- what stays hidden

PARTS = ("numpy_rnn", "char_lstm", "poems")
TELLS = """
def _telling(function):
    import functools
    @functools.wraps(function)
    def told(*args, **kwargs):
        raise ValueError("I was given " + repr((args, kwargs)))
    return told
"""
TELLING = {
    "numpy_rnn": ("clip_by_norm", "sample", "gradient_check"),
    "char_lstm": ("generate", "train"),
    "poems": ("process_poems", "generate_batch", "to_word", "gen_poem"),
}


def telling(part: str) -> str:
    """A solution whose functions say in an exception what they were given."""
    lines = [f"{name} = _telling({name})" for name in TELLING[part]]
    return solution(part) + TELLS + "\n".join(lines) + "\n"


def mistaken(part: str) -> str:
    """A solution with a mistake of the catalogue, which numbers of hidden checks tell of."""
    return mutant(catalogue(part)[0])


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [telling, mistaken], ids=lambda f: f.__name__)
def test_students_see_no_hidden_input_no_path_and_no_line_of_the_judge(
    judge: Judge, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any
) -> None:
    hidden, public = Sent(), Sent()
    original = GradingPlugin.record

    def record(self: GradingPlugin, ended: Any) -> None:
        if self._witness is not None:
            for call in self._witness.calls:
                (hidden if ended.hidden else public).take(call.arguments)
        original(self, ended)

    monkeypatch.setattr(GradingPlugin, "record", record)
    files = {f"{part}.py": spoil(part) for part in PARTS}
    report = grade_files(judge, tmp_path, files)
    assert sum(check.result.outcome == "failed" for check in report.score.checks) >= 3
    write_pages(judge, report, tmp_path)
    pages = [(tmp_path / name).read_text("utf-8") for name in ("feedback.html", "results.json")]

    literals = hidden.literals - public.literals - Sent.in_source(files.values())
    assert len(literals) > 1000
    theirs = judge_lines() - own_lines(files.values())
    for page in pages:
        shown = {f"{float(n):.8f}" for n in re.findall(r"\d+\.\d{8,}", page)}
        assert not shown & literals
        assert not [text for text in literals if not text[0].isdigit() and text in page]
        for path in (ROOT, sys.prefix, settings.out_dir, settings.secret_file, tmp_path):
            assert str(path) not in page
        assert not re.search(
            r"site-packages|grader/parts|kit/|tests/parts|solutions/|Traceback", page
        )
        assert not [line for line in theirs if line in page]
    if spoil is telling:  # what is scanned for would be found: the page of the staff has it
        staff = html.unescape((tmp_path / "staff.html").read_text("utf-8"))
        assert {f"{float(n):.8f}" for n in re.findall(r"\d+\.\d{8,}", staff)} & literals


class Sent:
    """Numbers and texts that checks sent to a submission, as they would be printed."""

    def __init__(self) -> None:
        self.literals: set[str] = set()

    def take(self, arguments: Any) -> None:
        """Note every number with enough digits to be known by, and every longer text."""
        for leaf in leaves(arguments):
            if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f":
                values = np.abs(leaf.ravel()[:200].astype(float))
                self.literals |= {f"{v:.8f}" for v in values if v % 0.001 > 1e-6}
            elif isinstance(leaf, float) and abs(leaf) % 0.001 > 1e-6:
                self.literals.add(f"{abs(leaf):.8f}")
            elif isinstance(leaf, bytes):
                self.take(leaf.decode("utf-8", "replace").split())
            elif isinstance(leaf, str) and len(leaf) >= 5 and not leaf.isascii():
                self.literals.add(leaf)

    @staticmethod
    def in_source(sources: Any) -> set[str]:
        """Numbers that the student wrote."""
        found = (n for source in sources for n in re.findall(r"\d+\.\d+", source))
        return {f"{float(number):.8f}" for number in found}


def leaves(value: Any) -> Iterator[Any]:
    """What lies in nested dicts and sequences."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


@functools.cache
def judge_lines() -> frozenset[str]:
    """Lines of code of the judge's side, long enough to be known by; no docstrings."""
    files = [*(ROOT / "grader").rglob("*.py"), *(ROOT / "solutions").glob("*.py"),
             *(ROOT / "starter" / "tests").rglob("*.py")]  # fmt: skip
    return frozenset(line for file in files for line in code_lines(file.read_text("utf-8")))


def own_lines(sources: Any) -> set[str]:
    """The student's lines."""
    return {line for source in sources for line in code_lines(source)}


def code_lines(source: str) -> Iterator[str]:
    """Statements of one line, as they stand there."""
    # As bytes, by which ast counts columns. ast.get_source_segment splits the source each time.
    lines = source.encode().splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Assign, ast.Return, ast.Assert, ast.AugAssign)):
            text = lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
            if node.lineno == node.end_lineno and len(text) >= 25:
                yield text
