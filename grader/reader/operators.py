"""The operators of mutation: what one standard edit makes of an expression or a statement.

Each operator is a function from a node to the nodes that may take its place. It knows nothing of
where the node stands, and several may give the same program; the caller leaves out doubles.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Final

Edits = Iterator[tuple[str, ast.expr]]
"""The operator, of :data:`grader.mutation.kinds.KINDS`, and the node in the place of the old."""

_ARITHMETIC: Final[dict[type[ast.operator], tuple[type[ast.operator], ...]]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult, ast.Div),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd, ast.Add),
}
_ONE_LEFT: Final = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
"""Operations of which only the left operand is a likely remainder."""

_COMMUTE: Final = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr)

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}

_SIMILAR: Final = (
    ("max", "min"), ("argmax", "argmin"), ("maximum", "minimum"), ("sum", "mean"), ("exp", "log"),
    ("zeros", "ones"), ("zeros_like", "ones_like"), ("tanh", "sigmoid"), ("any", "all"),
    ("floor", "ceil"), ("cos", "sin"), ("var", "std"), ("append", "extend"), ("abs", "sqrt"),
    ("hstack", "vstack"), ("softmax", "log_softmax"), ("train", "eval"),
)  # fmt: skip
_OTHER: Final = {one: other for pair in _SIMILAR for one, other in (pair, pair[::-1])}


def expression(node: ast.AST, modules: frozenset[str]) -> Edits:
    """What may take the place of an expression; `modules` are the names that were imported."""
    for operator in _EXPRESSIONS.get(type(node), ()):
        yield from operator(node, modules)


def statement(node: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    """What may take the place of a whole statement."""
    if isinstance(
        node, (ast.Assign, ast.AugAssign, ast.Raise, ast.Break, ast.Continue, ast.Assert)
    ):
        yield "statement", [ast.Pass()]
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
        yield "statement", [ast.Pass()]
    if isinstance(node, ast.AugAssign):
        yield from _accumulation(node)
    if isinstance(node, (ast.If, ast.While)):
        yield from _condition(node)
    if isinstance(node, (ast.For, ast.While)):
        yield "loop", [ast.Pass()]
        once = copy.copy(node)
        once.body = [*node.body, ast.Break()]
        yield "loop", [once]
    if isinstance(node, ast.For):
        backwards = copy.copy(node)
        backwards.iter = _call("reversed", _call("list", node.iter))
        yield "order", [backwards]
    if isinstance(node, ast.With):
        yield "context", node.body


def _accumulation(node: ast.AugAssign) -> Iterator[tuple[str, list[ast.stmt]]]:
    yield "accumulation", [ast.Assign([node.target], node.value, lineno=node.lineno)]
    for op in _ARITHMETIC.get(type(node.op), ())[:1]:
        yield "accumulation", [ast.AugAssign(node.target, op(), node.value)]


def _condition(node: ast.If | ast.While) -> Iterator[tuple[str, list[ast.stmt]]]:
    tests: list[ast.expr] = [ast.UnaryOp(ast.Not(), node.test)]
    if isinstance(node, ast.If):
        tests += [ast.Constant(True), ast.Constant(False)]
    for test in tests:
        changed = copy.copy(node)
        changed.test = test
        yield "condition", [changed]


# ---------------------------------------------------------------- expressions


def _binary(node: ast.BinOp, _: frozenset[str]) -> Edits:
    for op in _ARITHMETIC.get(type(node.op), ()):
        yield "arithmetic", ast.BinOp(node.left, op(), node.right)
    yield "operand", node.left
    if not isinstance(node.op, _ONE_LEFT):
        yield "operand", node.right
    if not isinstance(node.op, _COMMUTE):
        yield "operands", ast.BinOp(node.right, node.op, node.left)


def _compare(node: ast.Compare, _: frozenset[str]) -> Edits:
    for i, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            ops = [*node.ops[:i], other(), *node.ops[i + 1 :]]
            yield "comparison", ast.Compare(node.left, ops, node.comparators)


def _boolean(node: ast.BoolOp, _: frozenset[str]) -> Edits:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "logic", ast.BoolOp(other, node.values)
    for i in range(len(node.values)):
        left = [*node.values[:i], *node.values[i + 1 :]]
        yield "condition", left[0] if len(left) == 1 else ast.BoolOp(node.op, left)


def _unary(node: ast.UnaryOp, _: frozenset[str]) -> Edits:
    yield "logic" if isinstance(node.op, ast.Not) else "sign", node.operand


def _conditional(node: ast.IfExp, _: frozenset[str]) -> Edits:
    yield "condition", ast.IfExp(node.test, node.orelse, node.body)
    yield "condition", node.body
    yield "condition", node.orelse


def _constant(node: ast.Constant, _: frozenset[str]) -> Edits:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", ast.Constant(value + 1)
        # -1 as Python writes it, so that the text can be read again as the same tree.
        less = ast.Constant(abs(value - 1))
        yield "constant", less if value >= 1 else ast.UnaryOp(ast.USub(), less)
    elif isinstance(value, float):
        yield "constant", ast.Constant(2 * value if value else 1.0)
        yield "constant", ast.Constant(0.0 if value else -1.0)
    elif isinstance(value, str):
        yield "constant", ast.Constant("" if value else "?")


def _attribute(node: ast.Attribute, _: frozenset[str]) -> Edits:
    if node.attr in ("T", "mT"):
        yield "transpose", node.value


def _called(node: ast.Call, modules: frozenset[str]) -> Edits:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if (other := _OTHER.get(name)) is not None:
        changed: ast.expr = ast.Name(other)
        if isinstance(function, ast.Attribute):
            changed = ast.Attribute(function.value, other)
        yield "function", ast.Call(changed, node.args, node.keywords)
    # `x.tanh()` without its call is `x`; of `np.tanh(x)` the argument is left, and not `np`.
    if isinstance(function, ast.Attribute) and _root(function.value) not in modules:
        kind = "transpose" if name in ("t", "transpose", "permute", "swapaxes") else "call"
        yield kind, function.value
    elif node.args and not isinstance(node.args[0], ast.Starred):
        yield "order" if name == "reversed" else "call", node.args[0]
    for i, keyword in enumerate(node.keywords):
        keywords = [*node.keywords[:i], *node.keywords[i + 1 :]]
        axis = keyword.arg in ("axis", "dim")
        yield "axis" if axis else "argument", ast.Call(function, node.args, keywords)
        if axis:
            for other_axis in _axes(keyword.value):
                moved = [*node.keywords]
                moved[i] = ast.keyword(keyword.arg, other_axis)
                yield "axis", ast.Call(function, node.args, moved)
    for args in _exchanged(node.args):
        yield "exchange", ast.Call(function, args, node.keywords)
    if name == "range":
        for i, bound in enumerate(node.args[:2]):
            for off in _off_by_one(bound):
                args = [*node.args[:i], off, *node.args[i + 1 :]]
                yield "bound", ast.Call(function, args, node.keywords)
    # `range(n)` has no start that could be edited, so one is added.
    if name == "range" and len(node.args) == 1:
        yield "bound", ast.Call(function, [ast.Constant(1), *node.args], [])


def _axes(node: ast.expr) -> Iterator[ast.expr]:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return
    if isinstance(value, int):
        yield ast.Constant(0 if value else 1)


def _root(node: ast.expr) -> str:
    """The name at the start of ``a.b.c``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _sequence(node: ast.Tuple | ast.List, _: frozenset[str]) -> Edits:
    for elements in _exchanged(node.elts):
        yield "exchange", type(node)(elements, node.ctx)


def _exchanged(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """`items` with two neighbours exchanged."""
    for i in range(len(items) - 1):
        one, other = items[i], items[i + 1]
        if not isinstance(one, ast.Starred) and not isinstance(other, ast.Starred):
            yield [*items[:i], other, one, *items[i + 2 :]]


def _subscript(node: ast.Subscript, _: frozenset[str]) -> Edits:
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for i, item in enumerate(items):
        for kind, other in _index(item):
            changed = [*items[:i], other, *items[i + 1 :]]
            index = ast.Tuple(changed, ast.Load()) if len(items) > 1 else other
            yield kind, ast.Subscript(node.value, index, node.ctx)
    if len(items) == 1 and isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        # A slice with a step is most often `[::-1]`.
        yield "order" if node.slice.step is not None else "slice", node.value


def _index(node: ast.expr) -> Edits:
    if isinstance(node, ast.Slice):
        if node.lower is not None:
            yield "slice", ast.Slice(None, node.upper, node.step)
        if node.upper is not None:
            yield "slice", ast.Slice(node.lower, None, node.step)
        if node.step is not None:
            yield "order", ast.Slice(node.lower, node.upper, None)
        for bound in (node.lower, node.upper):
            for off in _off_by_one(bound) if bound is not None else ():
                low = off if bound is node.lower else node.lower
                high = off if bound is node.upper else node.upper
                yield "slice", ast.Slice(low, high, node.step)
    else:
        for off in _off_by_one(node):
            yield "index", off


def _off_by_one(node: ast.expr) -> Iterator[ast.expr]:
    """One more and one less than a number that is computed; constants have their own operator."""
    if isinstance(node, (ast.Name, ast.BinOp, ast.Call, ast.Attribute)):
        yield ast.BinOp(node, ast.Add(), ast.Constant(1))
        yield ast.BinOp(node, ast.Sub(), ast.Constant(1))


def _comprehension(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, _: frozenset[str]
) -> Edits:
    for i, generator in enumerate(node.generators):
        changes: list[tuple[str, ast.expr, list[ast.expr]]] = [
            ("order", _call("reversed", _call("list", generator.iter)), generator.ifs)
        ]
        changes += [
            ("condition", generator.iter, [*generator.ifs[:j], *generator.ifs[j + 1 :]])
            for j in range(len(generator.ifs))
        ]
        for kind, iterated, ifs in changes:
            made = ast.comprehension(generator.target, iterated, ifs, generator.is_async)
            changed = copy.copy(node)
            changed.generators = [*node.generators[:i], made, *node.generators[i + 1 :]]
            yield kind, changed


def _call(name: str, argument: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name), [argument], [])


_EXPRESSIONS: Final[dict[type[ast.AST], tuple[Callable[..., Edits], ...]]] = {
    ast.BinOp: (_binary,),
    ast.Compare: (_compare,),
    ast.BoolOp: (_boolean,),
    ast.UnaryOp: (_unary,),
    ast.IfExp: (_conditional,),
    ast.Constant: (_constant,),
    ast.Attribute: (_attribute,),
    ast.Call: (_called,),
    ast.Tuple: (_sequence,),
    ast.List: (_sequence,),
    ast.Subscript: (_subscript,),
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp), (_comprehension,)),
}
