"""Code for a newer Python than the grader's waits for a person; what no Python parses is wrong."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from handing_in import lost, solution, zip_of
from preset_judge import by_rubric
from small_rubric import numpy_alone

from grader import ROOT, intake
from grader.core.model import CheckResult, GradeReport, Outcome, Visibility
from grader.judging.judge import Judge
from grader.judging.newer_python import newer
from grader.records.store import Store
from kit.text import Text

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="for a grader of Python 3.11")

NEW = {
    'f"{d["x"]}"': 12,
    "f\"{'\\n'.join(d)}\"": 12,
    "f'{d # why\n}'": 12,
    "def first[T](items: list[T]) -> T:\n    return items[0]": 12,
    "class Box[T]: pass": 12,
    "type Array = list": 12,
    "class Box[T = int]: pass": 13,
    "try:\n    pass\nexcept ValueError, TypeError:\n    pass": 14,
    "try:\n    pass\nexcept* ValueError, TypeError:\n    pass": 14,
    't"{x}"': 14,
    'type A = int\nx = f"{d["x"]}"\ntry:\n    pass\nexcept A, B:\n    pass': 14,
}
WRONG = [
    "def f(:\n    pass",
    'print "Python 2"',
    "try:\n    pass\nexcept ValueError, e:\n    print e",
    'x = f"{d["x"]}"\ny = (1',
    "def first[T](items: list[T] -> T:\n    return items[0]",
    "type Array = list\nfor x in 3",
    "x = 0777",
    'f"{}"',
]


def read(folder: Path, name: str, content: str):
    return intake.read(zip_of(folder / "alice.zip", {name: content}))


def notebook(*cells: str) -> str:
    made = [
        {"cell_type": "code", "source": c, "metadata": {}, "outputs": [], "execution_count": None}
        for c in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


@pytest.mark.parametrize("text", NEW)
def test_newer_syntax_is_told_with_both_versions(judge: Judge, tmp_path: Path, text: str) -> None:
    submission = read(tmp_path, "numpy_rnn.py", f"class RNN: pass\n{text}\n")
    found = newer(submission, judge.reader)
    assert set(found.parts) == {"numpy_rnn"}
    said = "\n".join(n.en for n in found.submission.notices)
    assert f"added in Python 3.{NEW[text]}; the grader runs Python 3.11" in said
    assert "syntax error" not in said
    assert found.loaded.sources[0].cells == ("",)
    assert found.submission.sources == submission.sources


@pytest.mark.parametrize("text", WRONG)
def test_what_no_version_parses_stays_a_syntax_error(
    judge: Judge, tmp_path: Path, text: str
) -> None:
    submission = read(tmp_path, "numpy_rnn.py", f"class RNN: pass\n{text}\n")
    found = newer(submission, judge.reader)
    assert (found.submission, found.parts) == (submission, {})
    assert "numpy_rnn.py, line" in "\n".join(n.en for n in submission.notices)


def test_a_helper_that_no_part_claims_concerns_every_part(judge: Judge, tmp_path: Path) -> None:
    files = {"numpy_rnn.py": "class RNN: pass\n", "tools.py": "type A = int\n"}
    found = newer(intake.read(zip_of(tmp_path / "a.zip", files)), judge.reader)
    assert set(found.parts) == {"numpy_rnn"}
    files = {"numpy_rnn.py": "class RNN: pass\n", "char_lstm.py": "type A = int\n"}
    found = newer(intake.read(zip_of(tmp_path / "b.zip", files)), judge.reader)
    assert set(found.parts) <= {"char_lstm"}


@pytest.fixture(scope="module")
def numpy_judge(judge: Judge) -> Judge:
    return by_rubric(judge, numpy_alone())


def graded(judge: Judge, folder: Path, name: str, content: str) -> GradeReport:
    with Store(folder / "store.sqlite") as store:
        return judge.grade(read(folder, name, content), store)


def test_a_whole_file_waits_and_nothing_is_lost(numpy_judge: Judge, tmp_path: Path) -> None:
    text = solution("numpy_rnn") + '\n\ndef show(d):\n    return f"{d["loss"]}"\n'
    report = graded(numpy_judge, tmp_path, "numpy_rnn.py", text)
    assert {c.result.outcome for c in report.score.checks} == {Outcome.SKIPPED}
    assert (report.score.earned, report.score.pending) == (0, 12)
    assert all("Python 3.12" in c.result.message.en for c in report.score.checks)
    assert all("Python 3.12" in c.result.message.zh for c in report.score.checks)
    assert report.evidence is not None
    assert report.evidence.tidiness is not None
    assert report.evidence.tidiness.count == 0


def test_one_cell_waits_with_what_needs_it(numpy_judge: Judge, tmp_path: Path) -> None:
    text = solution("numpy_rnn").rpartition('if __name__ == "__main__":')[0]
    free = graded(numpy_judge, tmp_path, "a.ipynb", notebook(text, "type A = int\n"))
    assert not lost(free)
    head, _, tail = text.partition("def clip_by_norm(")
    cell, _, rest = tail.partition("\n\n\n")
    needed = notebook(head, f"type A = int\ndef clip_by_norm({cell}\n", rest)
    report = graded(numpy_judge, tmp_path, "b.ipynb", needed)
    outcomes = {c.result.id: c.result.outcome for c in report.score.checks}
    assert outcomes["numpy_rnn.clip.values"] is Outcome.SKIPPED
    assert set(outcomes.values()) == {Outcome.PASSED, Outcome.SKIPPED}
    assert report.score.earned + report.score.pending == 12


def test_a_true_syntax_error_is_not_pending(numpy_judge: Judge, tmp_path: Path) -> None:
    text = solution("numpy_rnn") + '\n\ndef show(d:\n    return f"{d["loss"]}"\n'
    report = graded(numpy_judge, tmp_path, "numpy_rnn.py", text)
    assert (report.score.earned, report.score.pending) == (0, 0)


STARTER = {
    part: (ROOT / "starter" / f"{part}.py").read_text("utf-8") for part in ("numpy_rnn", "poems")
}
HARMLESS = 'def show(d):\n    return f"{d["loss"]}"\n'


def by_outcome(report: GradeReport) -> dict[str, Outcome]:
    return {c.result.id: c.result.outcome for c in report.score.checks}


def test_an_untouched_starter_with_a_newer_line_is_not_attempted(
    numpy_judge: Judge, tmp_path: Path
) -> None:
    report = graded(numpy_judge, tmp_path, "numpy_rnn.py", f"{STARTER['numpy_rnn']}\n\n{HARMLESS}")
    assert set(by_outcome(report).values()) == {Outcome.NOT_ATTEMPTED}
    assert (report.score.earned, report.score.pending) == (0, 0)
    assert any("Python 3.12" in n.en for n in report.notices)


def test_only_what_has_code_of_its_own_waits(numpy_judge: Judge, tmp_path: Path) -> None:
    head, _, tail = solution("numpy_rnn").partition("def clip_by_norm(")
    body = tail.partition("\n\n\n")[0]
    before, _, rest = STARTER["numpy_rnn"].partition("def clip_by_norm(")
    after = rest.partition("\n\n\n")[2]
    text = f"{before}def clip_by_norm({body}\n    type A = int\n\n\n{after}"
    assert head
    report = graded(numpy_judge, tmp_path, "numpy_rnn.py", text)
    outcomes = by_outcome(report)
    assert outcomes["numpy_rnn.clip.values"] is Outcome.SKIPPED
    assert {o for id, o in outcomes.items() if ".clip." not in id} == {Outcome.NOT_ATTEMPTED}
    clip = sum(c.possible for c in report.score.checks if ".clip." in c.result.id)
    assert (report.score.earned, report.score.pending) == (0, clip)


FILLED = {
    "a blank that is filled": lambda text: text.replace(
        "raise NotImplementedError", "return x  # own\n        raise NotImplementedError", 1
    ),
    "all of them": lambda text: solution("numpy_rnn"),
    "one that is put in below": lambda text: text + "\nRNN.forward = lambda self, x: x\n",
    "by a class below": lambda text: text + "\nclass Mine(RNN): pass\nRNN = Mine\n",
    "by a name that is computed": lambda text: text + "\nsetattr(make(), 'for' + 'ward', f)\n",
    "by a decorator": lambda text: text.replace(
        "    def forward(", "    @filled\n    def forward(", 1
    ),
    "from another file": lambda text: text + "\nfrom mine import *\n",
    "by a file that is imported": lambda text: text + "\nimport mine\n",
    "defined again": lambda text: text + "\ndef forward(x):\n    return x\n",
    "quoted": lambda text: f"'''\n{text}\n'''\n" + solution("numpy_rnn"),
}


@pytest.mark.parametrize("how", FILLED)
def test_what_may_be_filled_waits(judge: Judge, tmp_path: Path, how: str) -> None:
    text = FILLED[how](STARTER["numpy_rnn"]) + "\n" + HARMLESS
    files = {"numpy_rnn.py": text, "mine.py": "def anything(): return 1\n"}
    found = newer(intake.read(zip_of(tmp_path / "a.zip", files)), judge.reader)
    assert "RNN.forward" not in found.parts["numpy_rnn"].untouched


def test_a_helper_leaves_untouched_blanks_as_they_are(judge: Judge, tmp_path: Path) -> None:
    def untouched(tools: str, more: str = "") -> frozenset[str]:
        files = {"numpy_rnn.py": STARTER["numpy_rnn"] + more, "tools.py": tools}
        path = zip_of(tmp_path / "a.zip", files)
        return newer(intake.read(path), judge.reader).parts["numpy_rnn"].untouched

    assert "RNN.forward" in untouched("type A = int\n")
    assert "RNN.forward" not in untouched("type A = int\ndef forward(x): return x\n")
    assert "RNN.forward" not in untouched("type A = int\ndef f(x): return x\n", "\nimport tools\n")
    assert "RNN.forward" not in untouched("type A = int\nimport numpy_rnn as m\n")
    assert "clip_by_norm" in untouched("type A = int\ndef forward(x): return x\n")


def test_a_passed_check_of_the_starters_text_is_nobodys(judge: Judge, tmp_path: Path) -> None:
    text = f"{STARTER['numpy_rnn']}\n\n{HARMLESS}"
    found = newer(read(tmp_path, "numpy_rnn.py", text), judge.reader)
    passed = CheckResult(
        id="numpy_rnn.x", part="numpy_rnn", visibility=Visibility.PUBLIC, title=Text("", ""),
        outcome=Outcome.PASSED, message=Text("", ""), fraction=Fraction(1),
    )  # fmt: skip
    assert found.result(passed).outcome is Outcome.SKIPPED
