"""Right code whose constructors bind the methods of the object loses nothing."""

from __future__ import annotations

import ast
import copy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from handing_in import grade_files, lost
from preset_judge import by_preset
from quick import only

from grader.judging.judge import Judge
from grader.parts.reference import solution_path
from kit.stand_in import become, copied

WAYS = {
    "closure": "self.{name} = lambda *args, **kwargs: self._own_{name}(*args, **kwargs)",
    "method": "self.{name} = self._own_{name}",
    "default": "self.{name} = lambda *args, me=self, **kwargs: me._own_{name}(*args, **kwargs)",
}
PRESETS = {"scratch_rnn": "scratch"}
CASES = [
    *((part, "closure") for part in ("numpy_rnn", "char_lstm", "poems", "extensions")),
    ("scratch_rnn", "closure"),
    ("char_lstm", "method"),
    ("numpy_rnn", "default"),
]
QUICK = {"numpy_rnn-closure", "char_lstm-method"}


def bound(source: str, way: str) -> str:
    """`source` with each method of a class that has a constructor bound in it, under its name."""
    tree = ast.parse(source)
    count = 0
    for kind in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        methods = [node for node in kind.body if isinstance(node, ast.FunctionDef)]
        start = next((m for m in methods if m.name == "__init__"), None)
        for method in methods if start is not None else ():
            if method.name.startswith("__") or method.decorator_list:
                continue
            line = ast.parse(WAYS[way].format(name=method.name)).body[0]
            assert start is not None
            start.body.insert(_first(start), line)
            method.name = f"_own_{method.name}"
            count += 1
    assert count, "nothing is bound"
    return ast.unparse(ast.fix_missing_locations(tree))


def _first(start: ast.FunctionDef) -> int:
    """Behind ``super().__init__()``, which torch wants first."""
    calls = [i for i, line in enumerate(start.body) if "super().__init__" in ast.unparse(line)]
    return calls[0] + 1 if calls else 0


@pytest.mark.parametrize(("part", "way"), only(QUICK, CASES, lambda case: "-".join(case)))
def test_methods_bound_by_a_constructor_lose_nothing(
    part: str, way: str, judge: Judge, tmp_path: Path
) -> None:
    path = solution_path(part)
    files = {f"alice/{path.name}": bound(path.read_text("utf-8"), way).encode()}
    marks = by_preset(judge, PRESETS[part]) if part in PRESETS else judge
    report = grade_files(marks, tmp_path, files)
    assert report.status == "graded"
    assert not lost(report, f"{part}.")


class Plain:
    """Without bound methods."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def step(self) -> str:
        self.steps.append(1)
        return "own"


class ByClosure(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.again = lambda: self.step()


class ByDefault(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.kept = [lambda me=self: me.step()]


class ByPartial(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.again = partial(Plain.step, self)
        self.far: Any = {"method": self.step}


@pytest.mark.parametrize("kind", [ByClosure, ByDefault])
def test_what_a_function_holds_has_no_copy(kind: type) -> None:
    assert copied((kind(), 1)) is None


def test_a_copy_works_on_its_own() -> None:
    original = ByPartial()
    (twin,) = copied((original,))
    twin.again()
    twin.far["method"]()
    assert (len(original.steps), len(twin.steps)) == (0, 2)
    assert copied({"of others": [lambda: 1, copy.copy]}) is not None


def test_a_stand_in_counts_before_what_the_constructor_bound() -> None:
    model = ByClosure()
    model.step = lambda: "bound"  # type: ignore[method-assign]

    class StandIn(ByClosure):
        def step(self) -> str:
            return "stand-in"

    become(model, StandIn)
    assert (model.step(), model.again()) == ("stand-in", "stand-in")
