"""Which lines count for tidiness in a file that is built on the starter: those that do the work."""

from __future__ import annotations

import ast
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

from kit import sources
from kit.definitions import is_stub

from .functions import functions_in

MANY = 20
"""A file with as many long lines of the starter, whatever else it holds, is built on it."""

LONG = 20
"""Characters. A shorter line of the starter may be anybody's."""


def is_built(text: str, given: frozenset[str]) -> bool:
    """Whether `text` holds much of the starter, whose lines are `given`."""
    lines = {line.strip() for line in text.split("\n")}
    return sum(len(line) >= LONG for line in lines & given) >= MANY


def filled(
    text: str, blanks: Sequence[frozenset[str]], statements: frozenset[int]
) -> frozenset[int] | None:
    """The lines of filled blanks and of what they use; None if `text` does not parse.

    `blanks` are the names of the blanks, a set for each file of the starter, and `statements` the
    lines with a statement of the student's own. A blank that still raises the starter's
    ``NotImplementedError`` is not filled. Helpers count where a filled blank uses them, by
    name and however indirectly: code that nothing uses is not what was asked for. All lines count
    where most blanks have other names, since then nobody knows which they are.
    """
    tree, _ = sources.parse(text)
    return None if tree is None else filled_in(tree, text, blanks, statements)


def filled_in(
    tree: ast.Module, text: str, blanks: Sequence[frozenset[str]], statements: frozenset[int]
) -> frozenset[int]:
    """As :func:`filled`, for a `text` that has been parsed."""
    # The walk recurses; what it found before it met code that is nested too deeply still counts.
    functions: dict[str, ast.stmt] = {}
    with contextlib.suppress(RecursionError):
        functions.update(functions_in(tree))
    if not any(2 * len(names & functions.keys()) >= len(names) for names in blanks):
        return frozenset(range(1, text.count("\n") + 2))
    named = _by_name(tree, functions, frozenset().union(*blanks))
    waiting = [
        functions[name]
        for name in frozenset().union(*blanks) & functions.keys()
        if not statements.isdisjoint(_lines(functions[name])) and not _is_stub(functions[name])
    ]
    found: set[int] = set()
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            found.update(_lines(node))
            waiting += [used for name in _uses(node) for used in named.get(name, ())]
    return frozenset(found)


def _is_stub(function: ast.stmt) -> bool:
    """Whether a blank still raises what the starter raises in it, whatever else it holds."""
    return isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and is_stub(function)


def _by_name(
    tree: ast.Module, functions: dict[str, ast.stmt], blanks: frozenset[str]
) -> dict[str, list[ast.stmt]]:
    """What gives each name its meaning: functions, methods, assignments, imports, own classes."""
    named: dict[str, list[ast.stmt]] = defaultdict(list)
    for name, function in functions.items():
        named[name.rpartition(".")[2]].append(function)
    # A class of the starter is not used as a whole: each method counts where it is used.
    of_the_starter = {name.partition(".")[0] for name in blanks if "." in name}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            if node.name not in of_the_starter:
                named[node.name].append(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                named[alias.asname or alias.name.partition(".")[0]].append(node)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for name in _binds(node):
                named[name].append(node)
    return named


def _binds(node: ast.stmt) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id


def _uses(node: ast.stmt) -> set[str]:
    """Names and attributes that are read: a method is known by its attribute alone."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(part.attr)
    return found


def _lines(node: ast.stmt) -> range:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return range(first, (node.end_lineno or node.lineno) + 1)
