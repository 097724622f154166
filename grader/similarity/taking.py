"""Which lines of a hand-in are a student's own work on one part. Runs in a confined worker.

A part is what its located files define under the names of its blanks, and what those definitions
use; the starter's lines are taken away. Code of another part in the same file does not count.
"""

from __future__ import annotations

import ast
import bisect
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.protocol.messages import File
from grader.reader.filled import filled_in
from grader.reader.functions import functions_in
from grader.reader.own_lines import own_lines
from kit import sources

from . import engine
from .messages import MAX_CHARACTERS, MAX_LINES, MAX_PRINTS, CodeRead, PartAsked

_BLANKS = re.compile(r" ?@ ?")
_LINE = 1_000
"""Characters of one line that are compared."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that counts, and its place; numbers are from 1, that of the file from 0."""

    file: int
    cell: int
    number: int
    text: str


def read(asked: PartAsked, files: Mapping[str, File], given: frozenset[str]) -> CodeRead:
    """The fingerprints of one part."""
    lines: list[Line] = []
    left, more = MAX_CHARACTERS, False
    for line in lines_of(asked, files, given):
        left -= len(line.text) + 1
        if more := len(lines) == MAX_LINES or left < 0:
            break
        lines.append(line)
    # The engine's lexer takes `a@b` for a decorator. One blank each, for a product in a docstring.
    texts = [_BLANKS.sub(" @ ", line.text) + "\n" for line in lines]
    found = engine.prints("".join(texts), MAX_PRINTS)
    starts = [0, *itertools.accumulate(map(len, texts))]

    def at(place: int) -> int:
        return min(bisect.bisect_right(starts, place), len(lines)) - 1

    return CodeRead(
        asked.part,
        tuple(line.file for line in lines),
        tuple(line.cell for line in lines),
        tuple(line.number for line in lines),
        found.hashes,
        found.starts,
        tuple(at(place) for place in found.begins),
        tuple(at(place) for place in found.ends),
        found.size,
        more or len(found.hashes) == MAX_PRINTS,
    )


def lines_of(asked: PartAsked, files: Mapping[str, File], given: frozenset[str]) -> Iterator[Line]:
    """The lines of the part, file by file and cell by cell."""
    blanks = frozenset(asked.blanks)
    for number, path in enumerate(asked.paths):
        cells = files[path].cells
        lines = [
            Line(number, cell, at, text[:_LINE])
            for cell, source in enumerate(cells, start=1)
            # One cell that is no Python must not take the others with it.
            if len(cells) == 1 or sources.parse(source)[0] is not None
            for at, text in enumerate(source.split("\n"), start=1)
        ]
        kept = _kept([line.text for line in lines], blanks, frozenset(asked.others), given)
        yield from (line for at, line in enumerate(lines, start=1) if at in kept)


def _kept(
    lines: Sequence[str], blanks: frozenset[str], others: frozenset[str], given: frozenset[str]
) -> frozenset[int]:
    text = "\n".join(lines)
    own = own_lines(text, given).statements
    tree, _ = sources.parse(text)
    if tree is None:
        return frozenset()
    functions = _functions(tree)
    # All own lines of a file without any blank count: it is a helper.
    here = blanks & functions.keys()
    kept = own & filled_in(tree, text, [here], own) if here else own
    # Another part's function is compared with its own part, and would count twice.
    for name in others & functions.keys():
        kept -= frozenset(functions[name])
    # The lexer would take all that follows for text if the end of a string were left out.
    for first, last in _long_texts(tree):
        inside = frozenset(range(first, last + 1))
        kept = kept | inside if first in kept else kept - inside
    return kept


def _functions(tree: ast.Module) -> dict[str, range]:
    """The functions of a file, and their lines."""
    try:
        return {
            name: range(node.lineno, (node.end_lineno or node.lineno) + 1)
            for name, node in functions_in(tree)
        }
    except RecursionError:
        return {}


def _long_texts(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """First and last line of each string over several lines."""
    # A loop and no recursion, so that no depth of nesting ends the worker.
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
        # Most nodes are on one line, and so is all in them; decorators come before their node.
        if first is not None and first == last and not getattr(node, "decorator_list", ()):
            continue
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and first is not None:
            yield first, last or first
        waiting += ast.iter_child_nodes(node)
