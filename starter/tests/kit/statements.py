"""What the top-level statements of a source do, read from the syntax tree. Runs nothing.

Every walk is a loop and not a recursion: a source can be made to nest more deeply than Python may
recurse.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .sources import show
from .text import Text

TRIES = tuple(getattr(ast, name) for name in ("Try", "TryStar") if hasattr(ast, name))
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)

_DYNAMIC = frozenset(("exec", "eval", "globals", "locals", "vars", "__import__"))
"""Functions by which a statement can bind names that do not occur in it."""

_SETTERS = frozenset(("setattr", "delattr"))

_HARMLESS = frozenset(
    ("print", "len", "range", "str", "repr", "int", "float", "bool", "isinstance", "issubclass")
    + ("type", "id", "hash", "abs", "round", "format", "input", "hasattr", "getattr", "callable")
    + ("dir", "help", "enumerate", "zip", "sorted", "reversed", "sum", "min", "max", "any", "all")
    + ("iter", "ord", "chr", "list", "tuple", "set", "dict", "frozenset", "display")
)
"""Functions of Python that change nothing that they are given."""

_LONGEST_CHAIN = 50

_BANNER = re.compile(r"#.*(?:[-=*#─═]{3}|%%|\bpart\b|\btask\b|部分|任务)", re.IGNORECASE)
"""A comment that begins a new section of a file."""


@dataclass(frozen=True, order=True)
class Spot:
    """Where a top-level statement begins; `cell` from 1, as messages count."""

    path: str
    cell: int
    line: int
    column: int

    @property
    def place(self) -> Text:
        """The place in words, the file without its folders."""
        return place(self.path, self.cell, self.line)


def file_or_cell(path: str, cell: int) -> Text:
    """A file without its folders; of a notebook also the code cell."""
    name = show(path.rsplit("/", 1)[-1])
    if path.lower().endswith(".ipynb"):
        return Text(f"{name} 第 {cell} 个单元格", f"{name}, cell {cell}")
    return Text(name, name)


def place(path: str, cell: int, line: int | str) -> Text:
    """A line of a file, or of a cell of a notebook, in words."""
    where = file_or_cell(path, cell)
    return Text(f"{where.zh} 第 {line} 行".replace("格 第", "格第"), f"{where.en}, line {line}")


@dataclass(frozen=True)
class Statement:
    """One top-level statement; of a function or class also what a call of it does."""

    spot: Spot
    script: bool  # neither definition nor assignment: not executed when a part is first loaded
    defines: bool  # a function or a class
    imports: bool
    opens: bool  # something before it says that a new section begins
    binds: frozenset[str]  # names that it sets or deletes at the top level
    sets: frozenset[str]  # of a definition: names that its functions set by ``global``
    uses: frozenset[str]  # names of the top level that it reads
    changes: frozenset[str]  # names whose attributes or items it sets or deletes
    methods: frozenset[str]  # names of which it calls a method
    direct: str  # the name of which it calls a method and does nothing else
    calls: frozenset[str]  # functions that it calls by a plain name
    passes: frozenset[str]  # names that it hands to a call
    flows: tuple[tuple[frozenset[str], frozenset[str]], ...]  # names bound <- names they come from
    words: frozenset[str]  # its attributes and parameters
    dynamic: bool  # it may bind names that do not occur in it


def is_main_guard(statement: ast.If) -> bool:
    """Whether it is ``if __name__ == "__main__"``, or compares the name otherwise."""
    return isinstance(statement.test, ast.Compare) and any(
        isinstance(side, ast.Name) and side.id == "__name__"
        for side in (statement.test.left, *statement.test.comparators)
    )


def is_script(statement: ast.stmt, first: bool) -> bool:
    """Whether a statement is left out when a part is first loaded. `first`: of its block."""
    if isinstance(statement, LOOPS):
        return True
    if not isinstance(statement, ast.Expr):
        return False
    call = statement.value
    if first and isinstance(call, ast.Constant):
        return False  # a docstring
    return not (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("set_default_dtype", "set_default_tensor_type")
    )


def read_statements(path: str, cell: int, text: str, tree: ast.Module) -> Iterator[Statement]:
    """The statements of one cell, those in ``if`` among them, and the scripts in each ``try``."""
    lines = text.split("\n")
    end, imported = 0, True
    for statement, script, outermost in _leaves(tree.body):
        begins = outermost and (
            end == 0
            or (isinstance(statement, IMPORTS) and not imported)
            or _is_text(statement)
            or any(_BANNER.match(line) for line in lines[end : statement.lineno - 1])
        )
        spot = Spot(path, cell, statement.lineno, statement.col_offset)
        yield _read(statement, spot, script, begins)
        if outermost:
            end, imported = statement.end_lineno or statement.lineno, isinstance(statement, IMPORTS)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _leaves(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, bool, bool]]:
    """Statement, whether it is a script, and whether it is in no ``try``."""
    stack = [(s, i == 0, False) for i, s in reversed(list(enumerate(body)))]
    while stack:
        statement, first, tried = stack.pop()
        blocks: list[list[ast.stmt]] = []
        if isinstance(statement, ast.If):
            blocks = [[] if is_main_guard(statement) else statement.body, statement.orelse]
        elif isinstance(statement, TRIES):
            handlers = [handler.body for handler in statement.handlers]
            blocks = [statement.body, *handlers, statement.orelse, statement.finalbody]
            if not tried:
                yield statement, False, True
            tried = True
        elif is_script(statement, first and not tried):
            yield statement, True, not tried
        elif not tried:
            yield statement, False, True
        for block in reversed(blocks):
            stack += [(s, i == 0, tried) for i, s in reversed(list(enumerate(block)))]


# ---------------------------------------------------------------- one statement


@dataclass
class _Scope:
    """The names of a function or of a class's body."""

    names: set[str]
    declared: set[str]  # by ``global``
    outer: _Scope | None
    of_class: bool = False

    def holds(self, name: str) -> bool:
        """Whether `name` is not one of the top level here."""
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.declared:
                return False
            if name in scope.names:
                return True
            scope = scope.outer
        return False


@dataclass
class _Facts:
    binds: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    passes: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    flows: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)
    dynamic: bool = False


def _read(statement: ast.stmt, spot: Spot, script: bool, opens: bool) -> Statement:
    facts = _Facts()
    stack: list[tuple[ast.AST, _Scope | None]] = [(statement, None)]
    while stack:
        node, scope = stack.pop()
        _note(node, scope, facts)
        if isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            stack += _entered(node, scope)
        else:
            stack += [(child, scope) for child in _children(node)]
    call = statement.value if isinstance(statement, ast.Expr) else None
    direct = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    # What a script defines inside is not kept apart from what it does itself.
    binds = facts.binds | facts.sets if script else facts.binds
    return Statement(
        spot=spot,
        script=script,
        defines=isinstance(statement, DEFINITIONS),
        imports=isinstance(statement, IMPORTS),
        opens=opens,
        binds=frozenset(binds),
        sets=frozenset(facts.sets),
        uses=frozenset(facts.uses),
        changes=frozenset(facts.changes),
        methods=frozenset(facts.methods),
        direct=_root(call) if call is not None and direct else "",
        calls=frozenset(facts.calls),
        passes=frozenset(facts.passes),
        flows=tuple(facts.flows),
        words=frozenset(facts.words),
        dynamic=facts.dynamic,
    )


def _entered(node: ast.AST, scope: _Scope | None) -> list[tuple[ast.AST, _Scope | None]]:
    """The children of a function or class, each with the scope in which it is evaluated."""
    inside = _scope_of(node, scope)
    body = node.body if isinstance(node.body, list) else [node.body]  # type: ignore[attr-defined]
    inner = {id(part) for part in body}
    return [(child, inside if id(child) in inner else scope) for child in _children(node)]


def _scope_of(node: ast.AST, outer: _Scope | None) -> _Scope:
    names: set[str] = set()
    declared: set[str] = set()
    of_class = isinstance(node, ast.ClassDef)
    if not of_class:
        arguments = node.args  # type: ignore[attr-defined]
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
        names.update(argument.arg for argument in every)
    stack: list[ast.AST] = list(node.body) if isinstance(node.body, list) else [node.body]  # type: ignore[attr-defined]
    while stack:
        inner = stack.pop()
        if isinstance(inner, ast.Global):
            declared.update(inner.names)
        if isinstance(inner, _BINDERS):
            names.update(_bound_by(inner))
        if not isinstance(inner, (*DEFINITIONS, ast.Lambda)):
            stack += _children(inner)
    # The functions of a class do not see the names of its body.
    while outer is not None and outer.of_class:
        outer = outer.outer
    return _Scope(names - declared, declared, outer, of_class)


_NO_NODES = frozenset(("ctx", "op", "ops", "id", "attr"))
"""Fields that hold no node but operators and contexts."""


def _children(node: ast.AST) -> list[ast.AST]:
    """As ``ast.iter_child_nodes``, without operators and contexts: half of all nodes are those."""
    found: list[ast.AST] = []
    for name in node._fields:
        if name in _NO_NODES:
            continue
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


_BINDERS = (
    *(ast.Name, *DEFINITIONS, *IMPORTS),
    *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping),
)
"""The nodes of which :func:`_bound_by` may name something."""


def _bound_by(node: ast.AST) -> Iterator[str]:
    """The names that one node binds, without its children."""
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, DEFINITIONS):
        yield node.name
    elif isinstance(node, IMPORTS):
        yield from ((a.asname or a.name).partition(".")[0] for a in node.names)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        if node.name:
            yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _note(node: ast.AST, scope: _Scope | None, facts: _Facts) -> None:
    def top(name: str) -> bool:
        return bool(name) and (scope is None or not scope.holds(name))

    for name in _bound_by(node) if isinstance(node, _BINDERS) else ():
        if scope is None:
            facts.binds.add(name)
        elif top(name):
            facts.sets.add(name)
    if isinstance(node, ast.ImportFrom):
        facts.uses.update(alias.name for alias in node.names)  # under its name in the other file
    if isinstance(node, ast.Name):
        if top(node.id) and not isinstance(node.ctx, ast.Store):
            facts.uses.add(node.id)
    elif isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            facts.words.add(node.attr)
        if not isinstance(node.ctx, ast.Load) and top(root := _root(node)):
            facts.changes.add(root)
    elif isinstance(node, ast.arg):
        facts.words.add(node.arg)
    elif isinstance(node, ast.Call):
        _note_call(node, top, facts)
    elif isinstance(node, ast.AugAssign):
        if isinstance(node.target, ast.Name) and top(node.target.id):
            facts.uses.add(node.target.id)
    if scope is None and (flow := _flow(node)):
        facts.flows.append(flow)


def _note_call(node: ast.Call, top, facts: _Facts) -> None:  # type: ignore[no-untyped-def]
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name:
        if top(name):
            facts.calls.add(name)
            facts.dynamic |= name in _DYNAMIC
        if name in _SETTERS and arguments and top(root := _root(arguments[0])):
            facts.changes.add(root)
    elif isinstance(node.func, ast.Attribute) and top(root := _root(node.func)):
        facts.methods.add(root)
    if name not in _HARMLESS:
        facts.passes.update(n for argument in arguments for n in _handed(argument) if top(n))


def _root(node: ast.AST) -> str:
    """The name at the beginning of ``name.a[b].c()``; empty for any other expression."""
    # In steps, because a chain of thousands of calls would be followed from each of them.
    for _ in range(_LONGEST_CHAIN):
        if not isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
            break
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _handed(node: ast.AST) -> Iterator[str]:
    """The names of what an argument is: itself, or the items of a list or dict."""
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            stack += node.elts
        elif isinstance(node, ast.Dict):
            stack += [value for value in node.values if value is not None]
        elif not isinstance(node, ast.Call) and (name := _root(node)):
            yield name


def _flow(node: ast.AST) -> tuple[frozenset[str], frozenset[str]] | None:
    """Which names a loop, ``with`` or assignment binds, and the names of what they are bound to."""
    if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        target, value = node.target, node.iter
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        target, value = node.optional_vars, node.context_expr
    elif isinstance(node, ast.NamedExpr):
        target, value = node.target, node.value
    elif isinstance(node, ast.Assign):
        names = {name for t in node.targets for n in ast.walk(t) for name in _bound_by(n)}
        return (frozenset(names), _sources(node.value)) if names else None
    else:
        return None
    names = {name for n in ast.walk(target) for name in _bound_by(n)}
    return (frozenset(names), _sources(value)) if names else None


def _sources(value: ast.expr) -> frozenset[str]:
    """The names in `value` of what is handed on: not of the functions that make something new."""
    made = {id(n.func) for n in ast.walk(value) if isinstance(n, ast.Call)}
    return frozenset(n.id for n in ast.walk(value) if isinstance(n, ast.Name) and id(n) not in made)
