"""The confusions of one function: those that depend on its variables, and all others."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from grader.reader import confusions, operators

from .editing import Function, own_expressions, replaced, text_of

Edits = Iterator[tuple[str, str]]
"""The operator, and the text in the place of the statements."""


INDICES = frozenset("ijkt")
"""Variables that count, by habit."""


class Confusions:
    """What a person may write in the place of statements of `function`.

    `defaults` are the values of parameters, as ``eps`` or ``self.eps``, that are used if no other
    is given.
    """

    def __init__(self, function: Function, defaults: Mapping[str, ast.expr]) -> None:
        self._alike = _alike_names(function)
        self._defaults = defaults
        self._parameters = [a.arg for a in function.args.args if a.arg != "self"]
        # What holds a batch or a sequence, where anything does.
        firsts = [*self._parameters[:1], *_first_of_each_round(function)]
        self._sizes = [size for n in firsts for size in (f"len({n})", f"{n}.shape[1]")]

    def of(self, statements: Sequence[ast.stmt]) -> Edits:
        """What may take the place of one statement, or of two neighbours."""
        if len(statements) == 2:
            for operator, made in confusions.pair(*statements):
                yield operator, text_of(made)
            return
        (statement,) = statements
        for operator, made in confusions.statement(statement):
            yield operator, text_of(made)
        for node in own_expressions(statement):
            for operator, new in self._of_expression(node):
                yield operator, text_of([replaced(statement, node, new)])
        for node in confusions.values(statement):
            for operator, new in confusions.value(node, self._sizes):
                yield operator, text_of([replaced(statement, node, new)])
        for parent in own_expressions(statement):
            for node in confusions.operands(parent):
                for operator, new in confusions.operand(node):
                    yield operator, text_of([replaced(statement, node, new)])

    def _of_expression(self, node: ast.expr) -> operators.Edits:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            for other in self._alike.get(node.id, ()):
                yield "name", ast.Name(other)
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            default = self._defaults.get(ast.unparse(node))
            yield from [("fixed", default)] if default is not None else []
        if isinstance(node, (ast.BinOp, ast.Compare)):
            yield from self._off_by_one(node)
        yield from confusions.expression(node)

    def _off_by_one(self, node: ast.BinOp | ast.Compare) -> operators.Edits:
        """One more and one less than a parameter that is counted with."""
        operands = [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.Name)]
        for operand in operands:
            if operand.id in self._parameters:
                for op in (ast.Add(), ast.Sub()):
                    off = ast.BinOp(operand, op, ast.Constant(1))
                    yield "one", _with(node, operand, off)


def _first_of_each_round(function: Function) -> list[str]:
    """The first variable of loops over pairs, as ``x`` of ``for x, y in loader``."""
    pairs = [n.target for n in ast.walk(function) if isinstance(n, ast.For)]
    # ``for step, (x, y) in enumerate(loader)`` has the pair inside another.
    inner = [e for t in pairs if isinstance(t, ast.Tuple) for e in t.elts]
    firsts = [t.elts[0] for t in (*pairs, *inner) if isinstance(t, ast.Tuple)]
    return list(dict.fromkeys(n.id for n in firsts if isinstance(n, ast.Name)))


def _with(node: ast.expr, old: ast.expr, new: ast.expr) -> ast.expr:
    changed = replaced(ast.Expr(node), old, new)
    assert isinstance(changed, ast.Expr)
    return changed.value


def defaults_of(tree: ast.Module, function: str) -> dict[str, ast.expr]:
    """The parameters of a function, and those that its class keeps, with their default values."""
    owner, _, name = function.rpartition(".")
    found: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == owner:
            made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
            for init in made:
                found |= {f"self.{k}": v for k, v in _defaults(init).items()}
        if isinstance(node, ast.FunctionDef) and node.name == name:
            found |= _defaults(node)
    return found


def _defaults(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """The parameters with a default value that is a number or a text."""
    values = function.args.defaults
    names = [a.arg for a in function.args.args][-len(values) :] if values else []
    pairs = zip(names, values, strict=True)
    return {n: v for n, v in pairs if not (isinstance(v, ast.Constant) and v.value is None)}


def _alike_names(function: Function) -> dict[str, list[str]]:
    """Each variable of a function with those that begin alike or were unpacked beside it."""
    names = [a.arg for a in function.args.args if a.arg != "self"]
    beside: list[set[str]] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            beside.append({e.id for e in node.elts if isinstance(e, ast.Name)})
    own = [name for name in dict.fromkeys(names) if name != "_"]
    return {
        name: [
            other
            for other in own
            if other != name
            and (
                other[0].lower() == name[0].lower()
                or {name, other} <= INDICES
                or not {*other.split("_")}.isdisjoint(name.split("_"))
                or any({name, other} <= together for together in beside)
            )
        ]
        for name in own
    }
