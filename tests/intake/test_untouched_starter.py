"""A blank that one file leaves as it was never hides the work of another file."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from handing_in import cut_main, grade_files, lost, solution, starter
from part_suites import of_either_library
from preset_judge import by_preset
from quick import one_in, only, sample
from untouched_starter import filled, hand_ins, units

from grader.judging.judge import Judge
from kit.contracts import BY_ID, PARTS
from kit.definitions import summarise
from kit.homes import PassedOver, passed_over
from kit.lab import unite
from kit.left_raises import stub_raises
from kit.locate import Located, PartFiles, locate
from kit.outcomes import Failed
from kit.own_code import helpers
from kit.sources import read
from kit.student_runner import StudentRunner
from kit.time_limit import TimeLimit

PRESETS = {"theory": "lab5", "sequence": "stage2", "scratch_rnn": "scratch"}
"""The preset that marks a part which the lab's own rubric does not."""

CASES = [(part.id, name) for part in PARTS for name in hand_ins(part.id)]
QUICK = [("extensions", "beside"), ("numpy_rnn", "half_of_each")]
SOME = [*of_either_library(list(dict.fromkeys(name for _, name in CASES))), *QUICK]


class File(NamedTuple):
    path: str
    cells: tuple[str, ...]


def located(files: dict[str, str]) -> Located:
    return locate(File(path, read(path, text.encode()).cells) for path, text in files.items())


def found_in(part: str, files: dict[str, str]) -> PartFiles:
    return located(files).found[part]


def stubs_of(part: str, cells: dict[str, tuple[str, ...]]) -> tuple[PassedOver, ...]:
    return passed_over(BY_ID[part], (summarise(path, cells[path]) for path in cells))


def test_the_starter_filled_in_is_the_solution() -> None:
    for part in PARTS:
        right = {ast.unparse(node) for node in ast.parse(solution(part.id)).body}
        made = ast.parse(filled(part.id, units(part.id))).body
        assert sum(ast.unparse(node) not in right for node in made) <= 1, part.id  # the docstring


@pytest.mark.parametrize(("part", "name"), one_in(3, CASES, "-".join))
def test_every_blank_is_found_where_it_is_filled_in(part: str, name: str) -> None:
    files = found_in(part, hand_ins(part)[name])

    assert files.missing == files.stubs == files.unwritten == ()
    assert files.written == BY_ID[part].blanks


@pytest.mark.parametrize("part", one_in(3, [part.id for part in PARTS]))
def test_each_single_blank_gives_way(part: str) -> None:
    """In each file all blanks but one are filled in; the other file fills them all."""
    for blank in units(part):
        most = filled(part, [name for name in units(part) if name != blank])
        for path in (f"{part}.py", "old.py"):
            files = found_in(part, {path: most, "work.py": solution(part)})
            assert files.stubs == files.unwritten == (), blank


@pytest.mark.parametrize("part", [part.id for part in PARTS])
def test_an_untouched_file_is_the_last(part: str) -> None:
    for blank in units(part):
        one = filled(part, [blank])
        files = found_in(part, {f"{part}.py": starter(part), "z/work.py": one})
        # Only a class of which nothing but the constructor is written is no work yet.
        if not blank.endswith("__init__"):
            assert files.paths[0] == "z/work.py", blank
        assert blank not in files.unwritten


def test_a_function_alone_in_a_file_is_found_beside_the_starters_stub() -> None:
    alone = "def greedy(logits):\n    return int(logits.argmax())\n"
    files = found_in("sequence", {"sequence.py": starter("sequence"), "mine.py": alone})

    assert files.names["greedy"] == "mine.py"
    assert files.written == ("greedy",)


def test_a_stub_gives_way_to_a_name_in_an_older_spelling() -> None:
    older = "def process_poems1(file):\n    return [], {}, ()\n"
    cells = {"poems.py": (starter("poems"),), "main.py": (older,)}
    (stub,) = stubs_of("poems", cells)

    assert (stub.path, stub.name, stub.home) == ("poems.py", "process_poems", "main.py")
    spaces = {"poems.py": {"process_poems": 1}, "main.py": {"process_poems1": 2}}
    lab = unite(spaces, {}, (stub,))
    assert lab.get("process_poems", "process_poems1") == 2
    assert not lab.has("process_poems")


def test_a_stubs_own_file_calls_the_function_that_counts() -> None:
    cells = {
        "sequence.py": ("def top_k_probs(l, k):\n pass\ndef top_k_sample(l, k, rng):\n return 1",),
        "mine.py": ("def top_k_probs(l, k):\n return 2\n",),
    }
    stubs = stubs_of("sequence", cells)
    spaces = {"sequence.py": {"top_k_probs": 1, "top_k_sample": 1}, "mine.py": {"top_k_probs": 2}}

    assert unite(spaces, {}, stubs).get("top_k_probs") == 2
    assert spaces["sequence.py"]["top_k_probs"] == 2


def test_a_class_that_another_file_extends_stays_in_its_module() -> None:
    """``class RNN(base.RNN)`` calls ``base.RNN.__init__``, which must not be its own."""
    extends = (
        "import numpy_rnn as base\nclass RNN(base.RNN):\n"
        " def __init__(self, vocab, hidden):\n  base.RNN.__init__(self, vocab, hidden)\n"
        " def forward(self, x, h):\n  return 1\n def backward(self, d, c, h):\n  return 1\n"
        " def forward_all(self, x, h):\n  return 1\n def backward_all(self, d, c, h):\n  return 1\n"
    )
    cells = {"mine.py": (extends,), "numpy_rnn.py": (starter("numpy_rnn"),)}
    stubs = stubs_of("numpy_rnn", cells)
    spaces = {"mine.py": {"RNN": 2}, "numpy_rnn.py": {"RNN": 1}}

    assert unite(spaces, {}, stubs).get("RNN") == 2
    assert spaces["numpy_rnn.py"]["RNN"] == 1


def test_a_file_without_any_stub_keeps_its_place() -> None:
    """The starter's name comes first; only a blank gives way."""
    short = "class RNN:\n def forward(self, x, h):\n  return 1\n"
    files = found_in("numpy_rnn", {"numpy_rnn.py": short, "old.py": solution("numpy_rnn")})

    assert files.names["RNN"] == "numpy_rnn.py"
    assert files.passed_over == ()


def test_a_class_whose_blanks_are_filled_in_two_files_is_taken_from_one_and_said() -> None:
    methods = [name for name in units("numpy_rnn") if name.startswith("RNN.")]
    files = {
        "numpy_rnn.py": filled("numpy_rnn", methods[:2]),
        "work.py": filled("numpy_rnn", methods[2:]),
    }
    said = [text.en for text in located(files).notices]

    assert any("numpy_rnn.py still holds the stub" in text for text in said)


LEFT = {
    "below a return": "return 1\n{raise}",
    "below an if that returns": "if x:\n return 1\n{raise}",
    "below a loop that returns": "for i in x:\n if i:\n  return i\n{raise}",
    "below a with that returns": "with x:\n return 1\n{raise}",
    "below a try that returns": "try:\n return 1\nexcept KeyError:\n pass\n{raise}",
    "in a loop below its return": "while x:\n if x > 1:\n  return 1\n {raise}",
    "below a yield": "yield 1\n{raise}",
    "below a yield in an expression": "y = [(yield from x)]\n{raise}",
}
STILL = {
    "alone": "{raise}",
    "below work": "y = x + 1\n{raise}",
    "above a return": "{raise}\nreturn 1",
    "in a loop above a return": "for i in x:\n {raise}\nreturn 1",
    "below a function that returns": "def f():\n return 1\n{raise}",
    "below a class whose method returns": "class C:\n def f(self):\n  return 1\n{raise}",
    "below a lambda that yields": "f = lambda: (yield)\n{raise}",
}


@pytest.mark.parametrize("stub", [False, True])
def test_a_raise_that_a_result_stands_before_is_no_stub(stub: bool) -> None:
    for name, body in (STILL if stub else LEFT).items():
        for what in ("raise NotImplementedError", 'raise NotImplementedError("todo")'):
            lines = body.replace("{raise}", what).split("\n")
            text = "def sample(x):\n" + "".join(f" {line}\n" for line in lines)
            (definition,) = summarise("a.py", (text,)).names.values()
            assert definition.stub is stub, name
            assert len(list(stub_raises(text))) == stub, name


VALUES = ("5", '"text"', "[1]", "x + 1", "generate(model, 3)", "(1, 2)", "-1", "{}", "f'{x}'")
FUNCTIONS = (
    *("lambda *a, **k: 1", "other", "helper.sample", "partial(other, 1)", "jit(written)"),
    *("functools.partial(other)", "written", "wrapped(3)(written)"),
)


@pytest.mark.parametrize("form", ["sample = {}", "sample: object = {}", "a, sample = 1, {}"])
def test_only_what_can_be_a_function_fills_a_blank(form: str) -> None:
    for value in (*VALUES, *FUNCTIONS):
        text = f"def written():\n return 1\n{form.format(value)}\n"
        for path in ("config.py", "rnn_old.py"):
            found = found_in("numpy_rnn", {"numpy_rnn.py": starter("numpy_rnn"), path: text})
            home = path if value in FUNCTIONS else "numpy_rnn.py"
            assert found.names["sample"] == home, value
            assert bool(found.passed_over) is (value in FUNCTIONS), value


def with_left_raises(part: str) -> str:
    """The solution, with the template's ``raise`` below the last statement of each blank."""
    lines = solution(part).split("\n")
    nodes = ast.walk(ast.parse("\n".join(lines)))
    blanks = {name.rpartition(".")[2] for name in units(part)}
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name in blanks]
    for function in sorted(functions, key=lambda f: -(f.end_lineno or 0)):
        last = function.body[-1]
        assert isinstance(last, ast.Return)
        lines.insert(last.end_lineno or 0, " " * last.col_offset + "raise NotImplementedError")
    return "\n".join(lines)


OTHERS = {
    "value": {"config.py": "sample = 5\nhidden = 64\n"},
    "older": {
        "numpy_rnn_v1.py": solution("numpy_rnn").replace("return ", "return None and "),
    },
}


@pytest.mark.parametrize("other", only(("older",), OTHERS))
def test_a_raise_left_below_the_return_costs_nothing(
    other: str, judge: Judge, tmp_path: Path
) -> None:
    files = {"numpy_rnn.py": with_left_raises("numpy_rnn"), **OTHERS[other]}
    found = found_in("numpy_rnn", files)
    assert set(found.names.values()) == {"numpy_rnn.py"}
    assert found.stubs == found.unwritten == found.passed_over == ()
    report = grade_files(judge, tmp_path, files)

    assert report.status == "graded"
    assert not lost(report, "numpy_rnn.")


SET_BY = {
    "for": "for f in (backward, forward_all, backward_all):\n    setattr(RNN, f.__name__, f)\n",
    "setattr": "".join(
        f'setattr(RNN, "{name}", {name})\n' for name in ("backward", "forward_all", "backward_all")
    ),
    "assigned": "".join(
        f"RNN.{name} = {name}\n" for name in ("backward", "forward_all", "backward_all")
    ),
}


@pytest.mark.parametrize("way", only(("for",), SET_BY))
def test_methods_that_a_script_sets_count_for_the_worker_too(
    way: str, judge: Judge, tmp_path: Path
) -> None:
    """The first file has one method written and three stubs; `b.py` sets those three."""
    lines = solution("numpy_rnn").split("\n")
    ((rnn,),) = [[n for n in ast.parse("\n".join(lines)).body if getattr(n, "name", "") == "RNN"]]
    assert isinstance(rnn, ast.ClassDef)
    outside = [
        m
        for m in rnn.body
        if isinstance(m, ast.FunctionDef) and m.name in ("backward", "forward_all", "backward_all")
    ]
    assert len(outside) == 3
    moved: list[str] = []
    for method in reversed(outside):
        first, last = method.lineno - 1, method.end_lineno or 0
        moved = textwrap.dedent("\n".join(lines[first:last])).split("\n") + ["", ""] + moved
        del lines[first:last]
    body, main = cut_main("\n".join(lines))
    other = "\n".join([body, *moved, SET_BY[way], main])
    files = {"numpy_rnn.py": filled("numpy_rnn", ["RNN.forward"]), "b.py": other}
    assert located(files).found["numpy_rnn"].names["RNN"] == "b.py"
    report = grade_files(judge, tmp_path, files)

    assert report.status == "graded"
    assert not lost(report, "numpy_rnn.")


def test_a_run_at_home_finds_what_the_grader_finds(tmp_path: Path) -> None:
    path = tmp_path / "sequence.py"
    path.write_text(starter("sequence"), "utf-8")
    (tmp_path / "untouched_home_work.py").write_text(solution("sequence"), "utf-8")
    runner = StudentRunner("sequence", path, TimeLimit(), helpers(tmp_path, "sequence", path))

    assert runner.call("greedy", {"logits": np.eye(3)}) == {"indices": [0, 1, 2]}
    row = np.array([1.0, 2.0, 3.0])
    (probs,) = runner.call("probabilities", {"kind": "top_k", "logits": row, "value": 1}).values()
    assert probs.tolist() == [0, 0, 1]


def test_a_file_that_cannot_be_imported_at_home_is_said_and_not_the_stub(tmp_path: Path) -> None:
    path = tmp_path / "sequence.py"
    path.write_text(starter("sequence"), "utf-8")
    broken = solution("sequence") + "\nraise KeyError\n"
    (tmp_path / "untouched_home_broken.py").write_text(broken, "utf-8")
    runner = StudentRunner("sequence", path, TimeLimit(), helpers(tmp_path, "sequence", path))

    with pytest.raises(Failed, match="untouched_home_broken.py cannot be imported"):
        runner.call("greedy", {"logits": np.eye(3)})


@pytest.mark.parametrize(
    ("part", "name"),
    only(
        ["-".join(case) for case in QUICK],
        [case for case in CASES if case in sample(CASES, SOME)],
        "-".join,
    ),
)
def test_the_starters_file_beside_the_work_costs_nothing(
    part: str, name: str, judge: Judge, tmp_path: Path
) -> None:
    marks = by_preset(judge, PRESETS[part]) if part in PRESETS else judge
    report = grade_files(marks, tmp_path, hand_ins(part)[name])

    assert report.status == "graded"
    assert not lost(report, f"{part}.")
