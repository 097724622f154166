"""Scripts that give a definition its meaning are executed where a check fails, in a second run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from handing_in import lost, solution, zip_of
from preset_judge import by_rubric
from quick import only
from small_rubric import numpy_alone

from grader import intake
from grader.core.model import GradeReport
from grader.judging.judge import Judge
from grader.records.store import Store

METHODS = ("forward", "backward", "forward_all", "backward_all")
ALL = f"({', '.join(METHODS)})"

TRAINING = """
def train_it():
    net = RNN(5, 4)
    while True:
        net.zero_grad()
history = train_it()
for epoch in range(10**12):
    history.zero_grad()
net = RNN(5, 4)
while True:
    net.zero_grad()
with open("weights.npz") as file:
    weights = file.read()
print(weights)
raise SystemExit(1)
"""

RIGHT = {
    "for": f"for f in {ALL}:\n    setattr(RNN, f.__name__, f)\n",
    "while": f"todo = list({ALL})\nwhile todo:\n    f = todo.pop()\n"
    "    setattr(RNN, f.__name__, f)\n",
    "with": "with np.errstate(all='ignore'):\n"
    + "".join(f"    RNN.{name} = {name}\n" for name in METHODS),
    "try": f"try:\n    for f in {ALL}:\n        setattr(RNN, f.__name__, f)\n"
    "except TypeError:\n    raise\n",
    "if": f"if hasattr(np, 'tanh'):\n    [setattr(RNN, f.__name__, f) for f in {ALL}]\n",
    "bare setattr": "".join(f"setattr(RNN, {name!r}, {name})\n" for name in METHODS),
    "a call with arguments": "def attach(cls, *functions):\n    for f in functions:\n"
    f"        setattr(cls, f.__name__, f)\nattach(RNN, *{ALL})\n",
    "a call without": f"def inner():\n    for f in {ALL}:\n        setattr(RNN, f.__name__, f)\n"
    "def outer():\n    inner()\nouter()\n",
    "another name": f"for cls in (RNN,):\n    for f in {ALL}:\n"
    "        setattr(cls, f.__name__, f)\n",
    "exec": "exec('RNN.forward, RNN.backward = forward, backward')\n"
    "exec('RNN.forward_all, RNN.backward_all = forward_all, backward_all')\n",
    "a registry": "class Registry(dict):\n    def add(self, f):\n        self[f.__name__] = f\n"
    "    def install(self, cls):\n        for name, f in self.items():\n"
    "            setattr(cls, name, f)\nregistry = Registry()\n"
    + "".join(f"registry.add({name})\n" for name in METHODS)
    + "registry.install(RNN)\n",
    "after training": f"{TRAINING}for f in {ALL}:\n    setattr(RNN, f.__name__, f)\n",
}


def unbound() -> str:
    """The solution with the methods of its network as functions beside the class."""
    text = solution("numpy_rnn")
    lines = text.split("\n")
    tree = ast.parse(text)
    network = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "RNN")
    functions: list[str] = []
    for method in network.body:
        if isinstance(method, ast.FunctionDef) and method.name in METHODS:
            first, last = method.lineno - 1, method.end_lineno or 0
            functions += [line.removeprefix("    ") for line in lines[first:last]] + [""]
            lines[first:last] = [""] * (last - first)
    end = network.end_lineno or 0
    return "\n".join([*lines[:end], "", *functions, "#", *lines[end:]])


HEAD, _, REST = unbound().partition("\n#\n")


@pytest.fixture(scope="module")
def numpy_judge(judge: Judge) -> Judge:
    return by_rubric(judge, numpy_alone())


@pytest.fixture
def grade(numpy_judge: Judge, tmp_path: Path):
    """Grade one file, twice: from the workers, then from the store alone."""

    def grade(text: str) -> GradeReport:
        submission = intake.read(zip_of(tmp_path / "alice.zip", {"numpy_rnn.py": text}))
        with Store(tmp_path / "store.sqlite") as store:
            report = numpy_judge.grade(submission, store)
            stored = numpy_judge.grade(submission, store)
        assert (stored.score, stored.notices) == (report.score, report.notices)
        return report

    return grade


def said(report: GradeReport) -> str:
    return "\n".join(notice.en for notice in report.notices)


@pytest.mark.parametrize("kind", only(("for",), RIGHT))
def test_a_script_that_makes_the_definitions_costs_nothing(grade, kind: str) -> None:
    report = grade(f"{HEAD}\n\n{RIGHT[kind]}\n{REST}")
    assert not lost(report, "numpy_rnn.")
    assert "That earns more, so it counts" in said(report)


@pytest.mark.usefixtures("unexplained")
def test_a_script_that_harms_costs_nothing_either(grade) -> None:
    """The first run counts where it earns as much, and a wrong check keeps its own sentence."""
    wrong = solution("numpy_rnn").replace("np.tanh(x_t @", "np.sin(x_t @", 1)
    harmful = "for name in ('forward', 'backward'):\n    setattr(RNN, name, None)\n"
    main = 'if __name__ == "__main__":'
    alone = grade(wrong)
    head, guard, rest = wrong.rpartition(main)
    report = grade(head + harmful + guard + rest)
    assert report.score.earned == alone.score.earned > 0
    assert "numpy_rnn.py, line" in said(report)
    assert "the run without them counts" in said(report)
    assert [c.result.message for c in report.score.checks] == [
        c.result.message for c in alone.score.checks
    ]


def test_what_passes_at_once_is_not_graded_again(grade, tmp_path: Path) -> None:
    script = "for name in ('a', 'b'):\n    setattr(RNN, name, 1 / 0)\n"
    report = grade(solution("numpy_rnn") + script)
    assert not lost(report)
    assert "statements were not: numpy_rnn.py, line" in said(report)
    with Store(tmp_path / "store.sqlite") as store:
        assert len(store.runs()) == 1


def test_the_words_of_the_second_load_are_for_staff(grade) -> None:
    """Its worker came after one that has seen hidden inputs."""
    loud = f"for f in {ALL}:\n    setattr(RNN, f.__name__, f)\nsetattr(RNN, 1 / 0, 'SPOKEN')\n"
    loud += "for x in [1]:\n    setattr(RNN, 'x', open('SPOKEN'))\n"
    wrong = HEAD.replace("    return dh, norms", "    raise KeyError('SPOKEN')")
    report = grade(f"{wrong}\n\n{loud}\n{REST}")
    results = [check.result for check in report.score.checks]
    assert "SPOKEN" not in said(report)
    assert not any("SPOKEN" in r.message.en + r.message.zh for r in results)
    assert any("second load" in r.staff_note for r in results)
    assert not any("raised FileNotFoundError" in r.message.en for r in results)


@pytest.mark.usefixtures("unexplained")
def test_no_second_run_for_what_would_only_cost_its_time_again(grade, tmp_path: Path) -> None:
    crash = solution("numpy_rnn").replace(
        "def clip_by_norm(grads, max_norm):", "def clip_by_norm(grads, max_norm):\n    os._exit(3)"
    )
    report = grade("import os\n" + crash + "for x in [1]:\n    setattr(RNN, 'x', x)\n")
    assert {check.result.outcome for check in report.score.checks} > {"crashed"}
    assert "earns no more" not in said(report)
    with Store(tmp_path / "store.sqlite") as store:
        assert len(store.runs()) == 1
