"""What a source defines at its top level, read from the syntax tree. Runs nothing."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from . import sources
from .statements import FUNCTIONS as _FUNCTIONS
from .statements import LOOPS as _LOOPS
from .statements import TRIES as _TRIES
from .statements import Statement, read_statements
from .statements import is_main_guard as _is_main_guard

_TORCH_ROOTS = ("nn.", "torch.", "pl.", "lightning.")
# A file with a syntax error has no tree; this finds the names that it was going to define.
_HEADS = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Definition:
    """A name bound at the top level."""

    stub: bool = False  # a function that still raises NotImplementedError, or does nothing
    value: bool = False  # no function or class, as far as can be read: such as `sample = 5`
    torch: bool = False  # a class that derives from one of torch
    methods: dict[str, bool] = field(
        default_factory=dict
    )  # of a class: name -> whether it is a stub


@dataclass(frozen=True)
class Summary:
    """What one file or notebook defines."""

    path: str
    names: dict[str, Definition] = field(default_factory=dict)
    imports: frozenset[str] = frozenset()  # the first word of each imported module
    twice: tuple[str, ...] = ()  # functions and classes defined again, not as alternatives of an if
    guarded: tuple[str, ...] = ()  # defined only below the main guard
    problems: tuple[tuple[int, sources.Problem], ...] = ()  # (cell from 0, why)
    cells: int = 1  # how many cells are not empty
    statements: tuple[Statement, ...] = ()  # what they do; none where they were not looked at
    torch_names: frozenset[str] = frozenset()  # names of torch and of what is imported from it
    heads: frozenset[str] = frozenset()  # that cells without a tree were going to define

    @property
    def broken(self) -> bool:
        """Whether no cell of it can be parsed."""
        return bool(self.problems) and len(self.problems) == self.cells


MAX_STATEMENTS = 5_000
"""Top-level statements of one file that are looked at one by one; nobody writes as many."""


def summarise(path: str, cells: tuple[str, ...], *, whole: bool = True) -> Summary:
    """Read every cell by itself: a syntax error in one cell costs only that cell.

    `whole` says whether each statement is looked at, which takes time.
    """
    names: dict[str, Definition] = {}
    imports: set[str] = set()
    plain: dict[str, int] = {}  # functions and classes outside if and try, and how often
    guarded: list[str] = []
    problems = []
    trees = []
    heads: set[str] = set()
    statements: list[Statement] = []
    for number, cell in enumerate(cells):
        tree, problem = sources.parse(cell)
        if problem is not None:
            problems.append((number, problem))
            heads.update(_HEADS.findall(cell))
        if tree is not None:
            trees.append(tree)
            if whole:
                statements += islice(read_statements(path, number + 1, cell, tree), MAX_STATEMENTS)
    torch_names = {"Module"} | {name for tree in trees for name in _torch_imports(tree)}
    for tree in trees:
        for statement, alternative in _statements(tree.body, False):
            imports.update(_imported(statement))
            for name, definition in _bound(statement, names, torch_names):
                names[name] = definition
                if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)) and not alternative:
                    plain[name] = plain.get(name, 0) + 1
        for statement in tree.body:
            if isinstance(statement, ast.If) and _is_main_guard(statement):
                guarded += [s.name for s in statement.body if isinstance(s, _FUNCTIONS)]
                guarded += [s.name for s in statement.body if isinstance(s, ast.ClassDef)]
    _set_by_scripts(statements, names)
    full = sum(bool(cell.strip()) for cell in cells)
    if problems and len(problems) == full:
        names = {name: Definition() for name in heads}
    return Summary(
        path,
        names,
        frozenset(imports),
        tuple(name for name, count in plain.items() if count > 1),
        tuple(name for name in guarded if name not in names),
        tuple(problems),
        full,
        tuple(statements) if len(statements) <= MAX_STATEMENTS else (),
        frozenset(name for tree in trees for name in _names_of_torch(tree)),
        frozenset(heads),
    )


def _statements(body: list[ast.stmt], alternative: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Top-level statements, also in ``if`` and ``try``; bool: whether it is in such a body.

    The main guard is not entered: the grader never runs it. Of loops and ``with`` blocks, which it
    runs at times, only functions and classes are listed.
    """
    stack = [(statement, alternative, False) for statement in reversed(body)]
    while stack:
        statement, inside, script = stack.pop()
        blocks: list[list[ast.stmt]] = []
        if isinstance(statement, ast.If):
            if not _is_main_guard(statement):
                blocks = [statement.body, statement.orelse]
        elif isinstance(statement, _TRIES):
            handlers = [handler.body for handler in statement.handlers]
            blocks = [statement.body, *handlers, statement.orelse, statement.finalbody]
        elif isinstance(statement, _LOOPS):
            blocks, script = [statement.body], True
        elif not script or isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
            yield statement, inside
        stack += [(s, True, script) for block in reversed(blocks) for s in reversed(block)]


def _bound(
    statement: ast.stmt, known: dict[str, Definition], torch_names: set[str]
) -> Iterator[tuple[str, Definition]]:
    """The names that a statement binds, except by import, with their definitions."""
    if isinstance(statement, _FUNCTIONS):
        yield statement.name, Definition(stub=is_stub(statement))
    elif isinstance(statement, ast.ClassDef):
        yield statement.name, _class(statement, known, torch_names)
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        if statement.value is None:
            return
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            for element, value in _assigned(target, statement.value):
                meaning = known.get(value.id) if isinstance(value, ast.Name) else None
                if isinstance(element, ast.Name):
                    yield element.id, meaning or Definition(value=_is_value(value, known))
                elif (  # RNN.forward_all = forward_all
                    isinstance(element, ast.Attribute)
                    and isinstance(element.value, ast.Name)
                    and element.value.id in known
                ):
                    stub = meaning.stub if meaning else False
                    known[element.value.id].methods[element.attr] = stub


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The targets of an assignment, each with what it is set to or taken from."""
    if not isinstance(target, (ast.Tuple, ast.List)):
        yield target, value
    elif isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
        yield from zip(target.elts, value.elts)
    else:
        yield from ((element, value) for element in target.elts)


def _is_value(node: ast.expr, known: dict[str, Definition]) -> bool:
    """Whether an expression is no function: neither another's name nor one that wraps another."""
    if isinstance(node, ast.Call):
        functions = [node.func, *node.args]
        wraps = any(isinstance(f, ast.Lambda) or _dotted(f) in known for f in functions[1:])
        return not wraps and _dotted(functions[0]).rpartition(".")[2] != "partial"
    return not isinstance(node, (ast.Lambda, ast.Name, ast.Attribute))


def _set_by_scripts(statements: list[Statement], known: dict[str, Definition]) -> None:
    """Count the functions that a script sets as attributes of a class among its methods."""
    for statement in statements:
        if statement.script:
            for name in sorted(statement.changes & known.keys()):
                for function in sorted(statement.uses & known.keys() - {name}):
                    known[name].methods.setdefault(function, known[function].stub)


def _class(node: ast.ClassDef, known: dict[str, Definition], torch_names: set[str]) -> Definition:
    methods: dict[str, bool] = {}
    torch = False
    for base in reversed(node.bases):
        name = _dotted(base)
        parent = known.get(name)
        if parent is not None:
            methods.update(parent.methods)
        torch |= (
            parent.torch
            if parent is not None
            else name in torch_names
            or name.startswith(_TORCH_ROOTS)
            or name.rpartition(".")[2].endswith("Module")
        )
    for statement, _ in _statements(node.body, False):
        if isinstance(statement, _FUNCTIONS):
            methods[statement.name] = is_stub(statement)
        elif isinstance(statement, ast.Assign):
            methods.update(
                (
                    target.id,
                    isinstance(statement.value, ast.Name)
                    and methods.get(statement.value.id, False),
                )
                for target in statement.targets
                if isinstance(target, ast.Name)
            )
    return Definition(torch=torch, methods=methods)


def _dotted(node: ast.expr) -> str:
    """``nn.Module`` as text; empty for anything but names and dots."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return ".".join(reversed([*words, node.id])) if isinstance(node, ast.Name) else ""


def _torch_imports(tree: ast.Module) -> Iterator[str]:
    """Names imported from torch: ``from torch.nn import Module as M`` gives ``M``."""
    for statement, _ in _statements(tree.body, False):
        if isinstance(statement, ast.ImportFrom) and _is_torch(statement.module or ""):
            yield from (alias.asname or alias.name for alias in statement.names)


def _names_of_torch(tree: ast.Module) -> Iterator[str]:
    """``torch``, what it is imported as, and what is imported from it."""
    for statement, _ in _statements(tree.body, False):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if _is_torch(alias.name):
                    yield alias.asname or "torch"
        elif isinstance(statement, ast.ImportFrom) and _is_torch(statement.module or ""):
            yield from (alias.asname or alias.name for alias in statement.names)


def _is_torch(module: str) -> bool:
    return module == "torch" or module.startswith("torch.")


def _imported(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom) and statement.module:
        yield statement.module.partition(".")[0]


def is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the starter's stub is still in place, or the body does nothing.

    ``raise NotImplementedError`` counts only where every call reaches it: below an ``if`` it may be
    the student's own refusal of an argument.
    """
    if all(
        isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        for s in function.body
    ):
        return True
    return stub_raise(function) is not None


def stub_raise(function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.Raise | None:
    """The ``raise NotImplementedError`` that every call reaches, if nothing returns before it.

    The template's often stays below the ``return`` of a function that is complete.
    """
    stack: list[ast.stmt] = list(reversed(function.body))
    while stack:
        statement = stack.pop()
        if isinstance(statement, ast.Raise):
            raised = statement.exc
            name = raised.func if isinstance(raised, ast.Call) else raised
            if isinstance(name, ast.Name) and name.id == "NotImplementedError":
                return None if _first_result(function) < _position(statement) else statement
        elif isinstance(statement, _LOOPS):
            stack += reversed(statement.body)
    return None


def _first_result(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[float, int]:
    """Where a function first returns or yields something; the end where it never does."""
    results = [(math.inf, 0)]
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
            results.append(_position(node))
        elif not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            stack += ast.iter_child_nodes(node)
    return min(results)


def _position(node: ast.stmt | ast.expr) -> tuple[float, int]:
    return node.lineno, node.col_offset
