"""The standard edits of a student's functions, as replacements of text in their source.

The source is hostile and is parsed here, in a confined worker; what comes back is places and texts.
An edit replaces a piece of one line, so that everything else stays as the student wrote it.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from grader.protocol.codec import WireError
from kit import sources

from . import operators
from .functions import Function, functions_in
from .messages import MAX_EDITS, EditsRead

MOST_OF_A_FUNCTION: Final = 400
MOST_CHARACTERS: Final = 120
"""Of the text that is replaced, and of what takes its place: a person reads both."""

ENTRY: Final = "entry"
"""The kind of the empty place before a function's first statement; its text separates that
statement from one that is put there."""

BOUND: Final = "bound to"
"""The kind of the empty place behind an assignment; its text is the variable's name."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_NAME = re.compile(r"[^\W\d]\w*")
_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)


@dataclass(frozen=True, slots=True)
class Edit:
    """`after` in the place of the characters from `start` to `end` of a cell."""

    function: str  # as the student wrote its name, methods as ``Class.method``
    kind: str  # the operator's name, or ENTRY, or BOUND
    cell: int  # from 0
    line: int  # from 1, of the cell
    start: int
    end: int
    after: str


def unpacked(read: EditsRead, cells: Sequence[str], names: frozenset[str]) -> tuple[Edit, ...]:
    """The edits of a message; WireError where they are none of these cells' and functions'."""
    fields = (read.functions, read.kinds, read.cells, read.lines, read.starts, read.ends)
    try:
        found = tuple(Edit(*each) for each in zip(*fields, read.afters, strict=True))
    except ValueError:
        raise WireError("lists of edits that differ in length") from None
    for edit in found:
        if edit.function not in names or not 0 <= edit.cell < len(cells) or edit.line < 1:
            raise WireError("an edit of what was not asked about")
        if not 0 <= edit.start <= edit.end <= len(cells[edit.cell]):
            raise WireError("an edit of a place that is not there")
        if edit.kind == BOUND and not _NAME.fullmatch(edit.after):
            raise WireError("a variable that is none")
    return found


def read(cells: Sequence[str], names: frozenset[str]) -> EditsRead:
    """The edits of a source; a cell that does not parse gives none."""
    found: list[Edit] = []
    for number, cell in enumerate(cells):
        tree, _ = sources.parse(cell)
        if tree is None:
            continue
        with contextlib.suppress(RecursionError):
            # A cell that is nested too deeply for Python's recursion gives no edits; the others do.
            text, modules = _Text(cell), _imported(tree)
            for name, function in functions_in(tree):
                if name in names and len(found) < MAX_EDITS:
                    made = _of_function(text, number, name, function, modules)
                    found += islice(made, MOST_OF_A_FUNCTION)
    del found[MAX_EDITS:]
    return EditsRead(
        tuple(edit.function for edit in found),
        tuple(edit.kind for edit in found),
        tuple(edit.cell for edit in found),
        tuple(edit.line for edit in found),
        tuple(edit.start for edit in found),
        tuple(edit.end for edit in found),
        tuple(edit.after for edit in found),
    )


class _Text:
    """A cell by its lines, as the syntax tree counts them."""

    def __init__(self, cell: str) -> None:
        self.cell = cell
        self._lines = [match.span() for match in _LINE.finditer(cell)]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int] | None:
        """The place of a node; None if it spans lines, or if the text there is another one."""
        if node.end_lineno != node.lineno or node.end_col_offset is None:
            return None
        if node.lineno > len(self._lines):
            return None
        start = self.place(node.lineno, node.col_offset)
        here = (start, self.place(node.lineno, node.end_col_offset))
        # The text there is parsed and compared: a tree's places can be wrong, as inside f-strings,
        # and an edit of another place would be another edit.
        return here if self._is(node, self.cell[slice(*here)]) else None

    def place(self, line: int, column: int) -> int:
        """The character of the cell at a place of the tree, whose columns count bytes."""
        start, end = self._lines[line - 1]
        # A source may hold lone surrogates, as the JSON of a notebook can.
        before = self.cell[start:end].encode("utf-8", "surrogatepass")[:column]
        return start + len(before.decode("utf-8", "replace"))

    def _is(self, node: ast.expr | ast.stmt, text: str) -> bool:
        mode = "eval" if isinstance(node, ast.expr) else "exec"
        try:
            tree = ast.parse(text, mode=mode)
        except (SyntaxError, ValueError):
            return False
        body = getattr(tree, "body", None)
        (there,) = body if isinstance(body, list) and len(body) == 1 else (body,)
        return isinstance(there, ast.AST) and ast.dump(there) == ast.dump(node)


def _of_function(
    text: _Text, cell: int, name: str, function: Function, modules: frozenset[str]
) -> Iterator[Edit]:
    first = function.body[0]
    start = text.place(first.lineno, first.col_offset)
    line = text.place(first.lineno, 0)
    # A simple statement may stand behind another on its line; a loop needs a line of its own.
    after = "; " if isinstance(first, _SIMPLE) else "\n" + text.cell[line:start]
    if isinstance(first, _SIMPLE) or not text.cell[line:start].strip():
        yield Edit(name, ENTRY, cell, first.lineno, start, start, after)
    # Several operators may give the same text.
    seen: set[tuple[int, int, str]] = set()
    for statement in ast.walk(function):
        if not isinstance(statement, ast.stmt) or statement is function:
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # a docstring
        for edit in _of_statement(text, cell, name, statement, modules):
            key = (edit.start, edit.end, edit.after)
            if key not in seen and len(edit.after) <= MOST_CHARACTERS:
                seen.add(key)
                yield edit


def _of_statement(
    text: _Text, cell: int, name: str, statement: ast.stmt, modules: frozenset[str]
) -> Iterator[Edit]:
    at = statement.lineno
    if isinstance(statement, _SIMPLE) and (span := text.span(statement)) is not None:
        if span[1] - span[0] <= MOST_CHARACTERS:
            for kind, made in operators.statement(statement):
                after = "; ".join(ast.unparse(ast.fix_missing_locations(s)) for s in made)
                yield Edit(name, kind, cell, at, *span, after)
        for variable in _bound(statement):
            yield Edit(name, BOUND, cell, at, span[1], span[1], variable)
    # A loop spans several lines, so it is not replaced as a whole; its iterable can be.
    if isinstance(statement, ast.For) and (span := text.span(statement.iter)) is not None:
        backwards = f"reversed(list({text.cell[slice(*span)]}))"
        yield Edit(name, "order", cell, statement.iter.lineno, *span, backwards)
    for node, whole in _expressions(statement):
        span = text.span(node)
        if span is None or span[1] - span[0] > MOST_CHARACTERS:
            continue
        for kind, new in operators.expression(node, modules):
            fixed = ast.fix_missing_locations(ast.Expr(copy.deepcopy(new)))
            after = ast.unparse(fixed)
            # The text gets brackets, because what is around it may bind more tightly.
            if not whole and not isinstance(new, _ATOMS):
                after = f"({after})"
            yield Edit(name, kind, cell, node.lineno, *span, after)


_ATOMS = (
    *(ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript),
    *(ast.List, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.Tuple),
)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The variables that a statement sets."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AugAssign):
        targets = [statement.target]
    for target in targets:
        each = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        yield from (e.id for e in each if isinstance(e, ast.Name) and e.id != "_")


def _expressions(statement: ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    """The expressions of a statement that compute, and whether one is the statement's whole value.

    Texts are left out, and the places of f-strings, which a tree does not know.
    """
    if isinstance(statement, (*_DEFINES, ast.Assert, ast.Raise)):
        return
    value = getattr(statement, "value", None)
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop(0)
        loads = not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
        text = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        if isinstance(node, ast.expr) and loads and not text:
            yield node, node is value or node is getattr(statement, "iter", None)
        if isinstance(node, ast.JoinedStr):
            continue
        todo += [n for n in ast.iter_child_nodes(node) if not isinstance(n, ast.stmt)]


_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _imported(tree: ast.Module) -> frozenset[str]:
    """The names that imports set: what follows their dot is a function."""
    return frozenset(
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    )
