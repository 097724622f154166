"""What a person may write in the place of a right expression, besides the standard edits.

A diagnosis asks for these where no standard edit gives a student's numbers. No suite is held to
them: there are more of them, and many are errors of another kind.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from typing import Final

from .operators import Edits

E: Final = "2.718281828459045"

_FORMULAS: Final = {
    # Without a library's name, so that they hold for arrays, tensors and numbers.
    "tanh": f"1 - 2 / (1 + {E} ** (2 * x))",
    "relu": "x * (x > 0)",
    "softmax": f"{E} ** x / ({E} ** x).sum(-1)[..., None]",
    "square": "x ** 2",
    "abs": "abs(x)",
    "exp": f"{E} ** x",
}
"""Functions that are applied where none belongs."""

_TURNED: Final = (
    # A tensor can be indexed by a list and not by a slice backwards.
    *("x.swapaxes(0, 1)", "x[::-1]", "x[:, list(range(x.shape[1]))[::-1]]", "x.flip(0)"),
)
"""An array whose axes are exchanged or turned round although they are right."""

_FLIPPED: Final = {ast.GtE: ast.Eq, ast.LtE: ast.Eq, ast.Gt: ast.NotEq, ast.Lt: ast.NotEq}

_COUNTED: Final = ("len", "range", "zip", "enumerate", "isinstance", "reversed", "append")
"""Functions whose arguments are no values on their way to a result."""

_LAYERS: Final = ("Linear", "LSTM", "GRU", "RNN")

_FEWER: Final = ("x.shape[1:]", "x.shape[:1] + (1,) * (x.ndim - 1)", "x.shape[:-1] + (1,)")
"""Shapes with one number for a whole axis."""

PARTIAL: Final = ("list(x)[1:]", "list(x)[:-1]")
"""An iterable without its first or its last item."""

_REDUCED: Final = ("sum", "mean", "max", "min")


def expression(node: ast.AST) -> Edits:
    """What may take the place of an expression, wherever it stands."""
    for operator in _EXPRESSIONS.get(type(node), ()):
        yield from operator(node)


def values(statement: ast.stmt) -> list[ast.expr]:
    """The expressions whose values a statement assigns, adds, returns or appends."""
    found: list[ast.expr] = []
    if isinstance(statement, (ast.Assign, ast.AugAssign, ast.Return)) and statement.value:
        found = [statement.value]
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr == "append":
            found = statement.value.args[:1]
        if isinstance(function, ast.Attribute) and function.attr == "backward":
            found = [function.value]
    split = [e for v in found for e in (v.elts if isinstance(v, (ast.Tuple, ast.List)) else [v])]
    return [e for e in split if not isinstance(e, (ast.Constant, ast.Starred))]


def value(node: ast.expr, sizes: list[str]) -> Edits:
    """What may take the place of such a value; `sizes` are texts of numbers that may scale it."""
    yield "applied", applied("x.cumsum(0)", node)
    for name in _FORMULAS:
        yield "applied", applied(_FORMULAS[name], node)
    yield "sign", ast.UnaryOp(ast.USub(), node)
    for text in _TURNED:
        yield "turned", applied(text, node)
    for size in sizes:
        for op in (ast.Div(), ast.Mult()):
            yield "scale", ast.BinOp(node, op, _parsed(size))


def operands(node: ast.AST) -> list[ast.expr]:
    """Values on their way to a result.

    Operands of products and quotients, products in a sum, results that are multiplied, arguments,
    and what is reduced.
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.MatMult, ast.Div)):
        found = [node.left, node.right]
    elif isinstance(node, ast.BinOp):
        found = [e for e in (node.left, node.right) if _is_product(e) or isinstance(e, ast.Call)]
    elif isinstance(node, ast.Call) and _name(node.func) not in _COUNTED:
        found = node.args[:2]
        if isinstance(node.func, ast.Attribute) and node.func.attr in _REDUCED:
            found = [node.func.value, *found]
    else:
        found = []
    return [e for e in found if not isinstance(e, (ast.Constant, ast.Starred))]


def _is_product(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)


def operand(node: ast.expr) -> Edits:
    """What may take the place of such an operand."""
    for name in ("tanh", "relu", "softmax", "square", "exp"):
        yield "applied", applied(_FORMULAS[name], node)
    yield "turned", applied(_TURNED[0], node)
    for op in ("/", "*"):
        yield "scale", applied(f"x {op} x.shape[-1] ** 0.5", node)


def applied(formula: str, node: ast.expr) -> ast.expr:
    """The formula of ``x``, whose value is computed once."""
    if isinstance(node, ast.Name) or len(re.findall(r"\bx\b", formula)) == 1:
        made: ast.expr = _Named(node).visit(_parsed(formula))
        return made
    return ast.Call(_parsed(f"lambda x: {formula}"), [node], [])


class _Named(ast.NodeTransformer):
    """Puts an expression in the place of ``x``."""

    def __init__(self, made: ast.expr) -> None:
        self._made = made

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._made if node.id == "x" else node


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


# ---------------------------------------------------------------- expressions


def _activation(node: ast.Call) -> Edits:
    """Another activation, made of the function at hand: a part may not have the other."""
    if len(node.args) != 1:
        return
    function, (x,) = node.func, node.args
    name = _name(function)
    if name == "tanh":
        half = ast.Call(function, [ast.BinOp(x, ast.Div(), ast.Constant(2))], [])
        yield "function", applied("0.5 * (1 + x)", half)
        yield "function", applied(_FORMULAS["relu"], x)
    if name == "exp":
        yield "function", ast.BinOp(ast.Constant(2), ast.Pow(), x)
    if name == "sigmoid":
        twice = ast.Call(function, [ast.BinOp(ast.Constant(2), ast.Mult(), x)], [])
        yield "function", applied("2 * x - 1", twice)


def _reduction(node: ast.Call) -> Edits:
    """The last or the first entry for a sum or a mean; the largest, or another of them."""
    name, function = _name(node.func), node.func
    if name not in _REDUCED or not isinstance(function, ast.Attribute):
        return
    for other in _REDUCED:
        if other != name:
            changed = ast.Attribute(function.value, other, ast.Load())
            yield "function", ast.Call(changed, node.args, node.keywords)
    axis = next((k.value for k in node.keywords if k.arg in ("axis", "dim")), None)
    if axis is None or len(node.keywords) > 1 or node.args:
        return
    before = {"0": "", "1": ":, ", "-1": "..., "}.get(ast.unparse(axis))
    for at in () if before is None else ("-1", "0"):
        yield "terms", applied(f"x[{before}{at}]", function.value)


def _count_from_one(node: ast.Call) -> Edits:
    if _name(node.func) == "enumerate" and len(node.args) == 1:
        yield "one", ast.Call(node.func, [*node.args, ast.Constant(1)], [])


def _reshaped(node: ast.Call) -> Edits:
    """A reshape in the place of an exchange of axes."""
    name = _name(node.func)
    if name in ("stack", "concatenate") and any(k.arg in ("axis", "dim") for k in node.keywords):
        first = ast.Call(node.func, node.args, [])
        shape = ast.Attribute(node, "shape", ast.Load())
        yield "turned", ast.Call(ast.Attribute(first, "reshape", ast.Load()), [shape], [])


def _laid_across(node: ast.Call) -> Edits:
    """The rows of a table filled column by column."""
    if _name(node.func) in ("reshape", "view") and len(node.args) == 2:
        turned = ast.Call(node.func, node.args[::-1], node.keywords)
        yield "turned", ast.Attribute(turned, "T", ast.Load())


def _without_bias(node: ast.Call) -> Edits:
    if _name(node.func) in _LAYERS and not any(k.arg == "bias" for k in node.keywords):
        bias = ast.keyword("bias", ast.Constant(False))
        yield "setting", ast.Call(node.func, node.args, [*node.keywords, bias])


def _shared(node: ast.Call) -> Edits:
    """One number that is drawn or made for all entries along an axis."""
    for i, argument in enumerate(node.args):
        if isinstance(argument, ast.Attribute) and argument.attr == "shape":
            for text in _FEWER:
                args = [*node.args[:i], applied(text, argument.value), *node.args[i + 1 :]]
                fewer = ast.Call(node.func, args, node.keywords)
                # Spread to the whole shape, which what follows may need.
                nothing = ast.BinOp(ast.Constant(0), ast.Mult(), argument.value)
                yield "shared", ast.BinOp(fewer, ast.Add(), nothing)


def _comprehension(node: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp) -> Edits:
    """Without the first item, without the last."""
    for i, generator in enumerate(node.generators):
        for text in PARTIAL:
            made = ast.comprehension(
                generator.target,
                applied(text, generator.iter),
                generator.ifs,
                generator.is_async,
            )
            changed = copy.copy(node)
            changed.generators = [*node.generators[:i], made, *node.generators[i + 1 :]]
            yield "loop", changed


def _enclosed(node: ast.Call) -> Edits:
    """A function of less than it should enclose: ``f(a + b)`` becomes ``f(a) + b``."""
    if not node.args or not isinstance(node.args[0], ast.BinOp):
        return
    inner, others = node.args[0], node.args[1:]
    left = ast.Call(node.func, [inner.left, *others], node.keywords)
    right = ast.Call(node.func, [inner.right, *others], node.keywords)
    yield "scope", ast.BinOp(left, inner.op, inner.right)
    yield "scope", ast.BinOp(inner.left, inner.op, right)


def _grouped(node: ast.BinOp) -> Edits:
    """Other parentheses: a function of more than it should enclose, or two operations regrouped."""
    for one, other, turned in ((node.left, node.right, False), (node.right, node.left, True)):
        if isinstance(one, ast.Call) and len(one.args) == 1 and not one.keywords:
            pair = (other, one.args[0]) if turned else (one.args[0], other)
            yield "scope", ast.Call(one.func, [ast.BinOp(pair[0], node.op, pair[1])], [])
    if isinstance(node.left, ast.BinOp):
        a, b, c = node.left.left, node.left.right, node.right
        yield "scope", ast.BinOp(a, node.left.op, ast.BinOp(b, node.op, c))
    if isinstance(node.right, ast.BinOp):
        a, b, c = node.left, node.right.left, node.right.right
        yield "scope", ast.BinOp(ast.BinOp(a, node.op, b), node.right.op, c)


def _complement(node: ast.BinOp) -> Edits:
    """``x`` in the place of ``1 - x``, and the other way round; one part of a quotient."""
    one = isinstance(node.left, ast.Constant) and node.left.value == 1
    if isinstance(node.op, ast.Sub) and one:
        yield "complement", node.right
    if isinstance(node.op, ast.Mult):
        for this, left in ((node.left, True), (node.right, False)):
            if isinstance(this, (ast.Name, ast.Subscript)):
                less = ast.BinOp(ast.Constant(1), ast.Sub(), this)
                pair = (less, node.right) if left else (node.left, less)
                yield "complement", ast.BinOp(pair[0], node.op, pair[1])
    if isinstance(node.op, ast.Div) and not isinstance(node.left, ast.Constant):
        yield "operand", ast.BinOp(ast.Constant(1), ast.Div(), node.right)
        if isinstance(node.right, ast.Name):
            yield "applied", ast.BinOp(node.left, node.op, applied("max(x, 1)", node.right))
    if isinstance(node.op, ast.Sub):
        yield "operand", ast.UnaryOp(ast.USub(), node.right)
        yield "operand", node.right


def _terms(node: ast.BinOp) -> Edits:
    """A sum over the first axis without its first or last term, or of terms a step apart."""
    left, right = node.left, node.right
    if not isinstance(node.op, ast.MatMult):
        return
    if not isinstance(left, ast.Attribute) or left.attr != "T":
        return
    for one, other in (("1:", "1:"), (":-1", ":-1"), ("1:", ":-1"), (":-1", "1:")):
        cut = ast.Attribute(applied(f"x[{one}]", left.value), "T", ast.Load())
        yield "terms", ast.BinOp(cut, ast.MatMult(), applied(f"x[{other}]", right))


def _other_number(node: ast.Constant) -> Edits:
    number = node.value
    if isinstance(number, float) and number:
        for other in (1 / number, 10 * number, number / 10, 1 - number):
            yield "constant", ast.Constant(other)
    # The standard edits give all that is likely in place of 0 and 1.
    elif isinstance(number, int) and not isinstance(number, bool) and number not in (0, 1):
        yield "constant", ast.Constant(0)
    elif isinstance(number, str) and 1 < len(number) < 4:
        yield "order", ast.Constant(number[::-1])


def _turns(node: ast.Attribute) -> Edits:
    """Degrees in place of radians, a half and a whole turn."""
    if node.attr == "pi":
        yield "constant", ast.Constant(180.0)
        yield "constant", ast.BinOp(node, ast.Div(), ast.Constant(2))
        yield "constant", ast.BinOp(ast.Constant(2), ast.Mult(), node)


def _exactly(node: ast.Compare) -> Edits:
    for i, op in enumerate(node.ops):
        if (other := _FLIPPED.get(type(op))) is not None:
            ops = [*node.ops[:i], other(), *node.ops[i + 1 :]]
            yield "comparison", ast.Compare(node.left, ops, node.comparators)


def _places(node: ast.Subscript) -> Edits:
    """Other ends of a slice; one index in the place of two."""
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if isinstance(node.ctx, ast.Load):
        yield from _other_axis(node, items)
    for i, item in enumerate(items):
        if isinstance(item, ast.Slice):
            for ends in _other_ends(item):
                yield "slice", _subscript(node, [*items[:i], ends, *items[i + 1 :]])
    for i, item in enumerate(items):
        if isinstance(item, (ast.Name, ast.BinOp)) and isinstance(node.ctx, ast.Load):
            for end in (ast.UnaryOp(ast.USub(), ast.Constant(1)), ast.Constant(0)):
                yield "index", _subscript(node, [*items[:i], end, *items[i + 1 :]])
    if len(items) == 2 and not any(isinstance(i, (ast.Slice, ast.Constant)) for i in items):
        for indices in ([items[0]] * 2, [items[1]] * 2, items[::-1]):
            yield "name", _subscript(node, indices)


def _other_axis(node: ast.Subscript, items: list[ast.expr]) -> Edits:
    """One index or slice of another axis; the index itself, where a table is looked up."""
    picked = [i for i in items if not _is_whole(i)]
    if len(picked) == 1:
        for before in ([], [ast.Slice()], [ast.Constant(...)]):
            yield "axis", _subscript(node, [*before, *picked])
    if len(items) == 1 and isinstance(items[0], (ast.Name, ast.Call)):
        yield "lookup", items[0]


def _is_whole(node: ast.expr) -> bool:
    whole = isinstance(node, ast.Slice) and not (node.lower or node.upper or node.step)
    return whole or (isinstance(node, ast.Constant) and node.value is ...)


def _subscript(node: ast.Subscript, items: list[ast.expr]) -> ast.Subscript:
    index = ast.Tuple(items, ast.Load()) if len(items) > 1 else items[0]
    return ast.Subscript(node.value, index, node.ctx)


def _other_ends(node: ast.Slice) -> Iterator[ast.expr]:
    lower, upper, step = node.lower, node.upper, node.step
    for bound in (lower, upper):
        # One more and one less than a computed number that is counted from the end.
        if bound is None or not _is_negative(bound) or isinstance(_turned(bound), ast.Constant):
            continue
        for op in (ast.Add(), ast.Sub()):
            off = ast.BinOp(bound, op, ast.Constant(1))
            low, high = (off, upper) if bound is lower else (lower, off)
            yield ast.Slice(low, high, step)
    # The other end of the array: the last k for the first k.
    if (lower is None) != (upper is None) and step is None:
        given = lower if upper is None else upper
        assert given is not None
        turned = _turned(given)
        yield ast.Slice(None, given) if upper is None else ast.Slice(given, None)
        yield ast.Slice(turned, None)
        yield ast.Slice(None, turned)


def _is_negative(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _turned(node: ast.expr) -> ast.expr:
    """The number with the other sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return node.operand
    return ast.UnaryOp(ast.USub(), node)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


_EXPRESSIONS: Final[dict[type[ast.AST], tuple[Callable[..., Edits], ...]]] = {
    ast.Attribute: (_turns,),
    ast.BinOp: (_complement, _grouped, _terms),
    ast.Call: (
        *(_activation, _reduction, _count_from_one, _reshaped, _enclosed),
        *(_laid_across, _without_bias, _shared),
    ),
    ast.Compare: (_exactly,),
    ast.Constant: (_other_number,),
    ast.Subscript: (_places,),
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp), (_comprehension,)),
}
