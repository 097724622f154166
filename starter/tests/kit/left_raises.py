"""Blanks that hold both the student's code and the template's ``raise``.

"Not attempted" would mislead whoever wrote that code: the ``raise`` has to be removed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .definitions import stub_raise
from .statements import FUNCTIONS
from .text import Text


class CodeLike(Protocol):
    """A file or notebook."""

    @property
    def path(self) -> str: ...

    @property
    def cells(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class StubRaise:
    """A ``raise NotImplementedError`` that every call of a function reaches."""

    name: str  # of the function, with its class
    first: int  # its lines
    last: int
    statements: int  # of the function, with the raise and without the docstring


@dataclass(frozen=True)
class LeftRaise:
    """One in a function that also holds the student's code."""

    path: str
    name: str
    first: int
    last: int

    @property
    def text(self) -> Text:
        """The function and the line, for a list."""
        return Text(f"{self.name}（第 {self.first} 行）", f"{self.name} (line {self.first})")


def left_raises(
    codes: Sequence[CodeLike], untouched: Mapping[str, Mapping[str, int]]
) -> list[LeftRaise]:
    """Those of all files. `untouched` has, by part, how many statements each blank starts with."""
    given: dict[str, int] = {}
    for blanks in untouched.values():
        for name, count in blanks.items():
            # Where two parts have the same name, an untouched copy must not be reported.
            given[name] = max(count, given.get(name, 0))
    return [
        LeftRaise(code.path, found.name, found.first, found.last)
        for code in codes
        for cell in code.cells
        for found in stub_raises(cell)
        if found.statements > given.get(found.name, found.statements)
    ]


def stub_raises(source: str) -> Iterator[StubRaise]:
    """Those of one source, in its order; none where it has no syntax tree."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, FUNCTIONS):
            yield from _of_function(node, node.name)
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, FUNCTIONS):
                    yield from _of_function(method, f"{node.name}.{method.name}")


def _of_function(
    function: ast.FunctionDef | ast.AsyncFunctionDef, name: str
) -> Iterator[StubRaise]:
    found = stub_raise(function)
    if found is not None:
        count = sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1
        # A student may delete the docstring.
        count -= ast.get_docstring(function, clean=False) is not None
        yield StubRaise(name, found.lineno, found.end_lineno or found.lineno, count)
