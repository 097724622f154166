"""What a source defines at its top level, read from the syntax tree. Runs nothing."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from . import sources

_TRIES = tuple(getattr(ast, name) for name in ("Try", "TryStar") if hasattr(ast, name))
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TORCH_ROOTS = ("nn.", "torch.", "pl.", "lightning.")
# A file with a syntax error has no tree; this finds the names that it was going to define.
_HEADS = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Definition:
    """A name bound at the top level."""

    stub: bool = False  # a function that still raises NotImplementedError, or does nothing
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

    @property
    def broken(self) -> bool:
        """Whether no cell of it can be parsed."""
        return bool(self.problems) and len(self.problems) == self.cells


def summarise(path: str, cells: tuple[str, ...]) -> Summary:
    """Read every cell by itself: a syntax error in one cell costs only that cell."""
    names: dict[str, Definition] = {}
    imports: set[str] = set()
    plain: list[str] = []  # functions and classes outside if and try
    guarded: list[str] = []
    problems = []
    trees = []
    for number, cell in enumerate(cells):
        tree, problem = sources.parse(cell)
        if problem is not None:
            problems.append((number, problem))
        if tree is not None:
            trees.append(tree)
    torch_names = {"Module"} | {name for tree in trees for name in _torch_imports(tree)}
    for tree in trees:
        for statement, alternative in _statements(tree.body, False):
            imports.update(_imported(statement))
            for name, definition in _bound(statement, names, torch_names):
                names[name] = definition
                if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)) and not alternative:
                    plain.append(name)
        for statement in tree.body:
            if isinstance(statement, ast.If) and _is_main_guard(statement):
                guarded += [s.name for s in statement.body if isinstance(s, _FUNCTIONS)]
                guarded += [s.name for s in statement.body if isinstance(s, ast.ClassDef)]
    full = sum(bool(cell.strip()) for cell in cells)
    if problems and len(problems) == full:
        names = {name: Definition() for cell in cells for name in _HEADS.findall(cell)}
    return Summary(
        path,
        names,
        frozenset(imports),
        tuple(name for name, count in Counter(plain).items() if count > 1),
        tuple(name for name in guarded if name not in names),
        tuple(problems),
        full,
    )


def _statements(body: list[ast.stmt], alternative: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Top-level statements, also in ``if`` and ``try``; bool: whether it is in such a body.

    Loops, ``with`` blocks and the main guard are not entered: the grader does not run them.
    """
    stack = [(statement, alternative) for statement in reversed(body)]
    while stack:
        statement, inside = stack.pop()
        blocks: list[list[ast.stmt]] = []
        if isinstance(statement, ast.If):
            if not _is_main_guard(statement):
                blocks = [statement.body, statement.orelse]
        elif isinstance(statement, _TRIES):
            handlers = [handler.body for handler in statement.handlers]
            blocks = [statement.body, *handlers, statement.orelse, statement.finalbody]
        else:
            yield statement, inside
        stack += [(s, True) for block in reversed(blocks) for s in reversed(block)]


def _is_main_guard(statement: ast.If) -> bool:
    return isinstance(statement.test, ast.Compare) and any(
        isinstance(side, ast.Name) and side.id == "__name__"
        for side in (statement.test.left, *statement.test.comparators)
    )


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
        value = statement.value
        meaning = known.get(value.id) if isinstance(value, ast.Name) else None
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            for element in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                if isinstance(element, ast.Name):
                    yield element.id, meaning or Definition()
                elif (  # RNN.forward_all = forward_all
                    isinstance(element, ast.Attribute)
                    and isinstance(element.value, ast.Name)
                    and element.value.id in known
                ):
                    stub = meaning.stub if meaning else False
                    known[element.value.id].methods[element.attr] = stub


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
    body = function.body
    if all(
        isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        for s in body
    ):
        return True
    stack: list[ast.stmt] = list(body)
    while stack:
        statement = stack.pop()
        if isinstance(statement, ast.Raise):
            raised = statement.exc
            name = raised.func if isinstance(raised, ast.Call) else raised
            if isinstance(name, ast.Name) and name.id == "NotImplementedError":
                return True
        elif isinstance(statement, _LOOPS):
            stack += statement.body
    return False
