"""Hand-ins that hold the starter's file of a part beside the work that was done in other files."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection

from handing_in import solution, starter


def units(part: str) -> list[str]:
    """What can be filled in by itself: functions, and methods of classes, constructors too."""
    text = starter(part).split("\n")
    spans = _spans(text).items()
    return [
        name for name, (a, b) in spans if "raise NotImplementedError" in "".join(text[a - 1 : b])
    ]


def filled(part: str, names: Collection[str]) -> str:
    """The starter's file with some of its blanks as in the solution."""
    lines, right = starter(part).split("\n"), solution(part).split("\n")
    theirs, ours = _spans(right), _spans(lines)
    for name, (first, last) in sorted(ours.items(), key=lambda item: -item[1][0]):
        if name in names:
            start, end = theirs[name]
            lines[first - 1 : last] = right[start - 1 : end]
    return "\n".join(lines)


def _spans(lines: list[str]) -> dict[str, tuple[int, int]]:
    """First and last line of each function and method."""
    found = {}
    for node in ast.parse("\n".join(lines)).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for function in inner:
            if isinstance(function, ast.FunctionDef):
                decorators = [d.lineno for d in function.decorator_list]
                first = min([function.lineno, *decorators])
                found[prefix + function.name] = (first, function.end_lineno or first)
    return found


def notebook(text: str) -> str:
    """A notebook with a cell for each statement at the top level."""
    lines = text.split("\n")
    starts = [node.lineno - 1 for node in ast.parse(text).body][1:]
    bounds = [0, *starts, len(lines)]
    sources = ["\n".join(lines[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)]
    cells = [{"cell_type": "code", "source": s, "outputs": [], "metadata": {}} for s in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def hand_ins(part: str) -> dict[str, dict[str, str]]:
    """Each hand-in that holds all the work, and the starter's file as it was or half filled in."""
    file, blank, right = f"{part}.py", starter(part), solution(part)
    owners = list(dict.fromkeys(name.partition(".")[0] for name in units(part)))
    first = [n for n in units(part) if n.partition(".")[0] in owners[: len(owners) // 2]]
    second = [n for n in units(part) if n not in first]
    return {
        "beside": {file: blank, "work.py": right},
        "folder": {f"starter/{file}": blank, "work/mine.py": right},
        "same_name_deeper": {file: blank, f"a/own/{file}": right},
        "other_name": {f"{part}_template.py": blank, "work/mine.py": right},
        "notebook": {file: blank, "work.ipynb": notebook(right)},
        "in_a_notebook": {f"{part}.ipynb": notebook(blank), "z/work.py": right},
        "half_of_each": {file: filled(part, first), "work.py": filled(part, second)},
        "other_half_of_each": {file: filled(part, second), "work.py": filled(part, first)},
        "half_of_two": {
            file: blank,
            "one.py": filled(part, first),
            "two.py": filled(part, second),
        },
        "partly": {file: filled(part, units(part)[::2]), "work.py": right},
        "all_but_one": {file: filled(part, units(part)[1:]), "work.py": right},
        "last_missing": {file: filled(part, units(part)[:-1]), "work/mine.py": right},
    }
