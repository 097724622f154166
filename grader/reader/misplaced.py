"""What a person may write in the place of right statements, besides the standard edits.

Like :mod:`.confusions`, but for statements: in the wrong place, in the wrong round of a loop, once
too often.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from .confusions import PARTIAL, applied

Statements = Iterator[tuple[str, list[ast.stmt]]]
"""The operator, and what takes the place of the statements."""


def statement(node: ast.stmt) -> Statements:
    """What may take the place of one statement."""
    # A local name may have no value yet; an attribute or an entry has one that can be added to.
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Attribute, ast.Subscript)):
        yield "accumulation", [ast.AugAssign(node.targets[0], ast.Add(), node.value)]
    if _may_repeat(node):
        yield "repeated", [node, node]
    if isinstance(node, ast.Assign):
        yield from _not_kept(node)
    if isinstance(node, ast.For):
        yield from _out_of_a_block(node)
        yield from _in_one_round(node)
        for text in PARTIAL:
            partial = copy.copy(node)
            partial.iter = applied(text, node.iter)
            yield "loop", [partial]
    if isinstance(node, ast.If):
        yield from _out_of_a_block(node)


def pair(one: ast.stmt, other: ast.stmt) -> Statements:
    """What may take the place of two neighbours: exchanged, or moved into a loop.

    Or two sums that are assigned and not accumulated, as if only the last round counted.
    """
    yield "place", [other, one]
    if isinstance(one, ast.AugAssign) and isinstance(other, ast.AugAssign):
        both = [ast.Assign([n.target], n.value, lineno=n.lineno) for n in (one, other)]
        yield "accumulation", [*both]
    if isinstance(other, ast.For):
        yield "place", [_with_body(other, [one, *other.body])]
    # A `return` would end the loop in its first round, which a standard edit gives.
    if isinstance(one, ast.For) and not isinstance(other, ast.Return):
        yield "place", [_with_body(one, [*one.body, other])]


def _may_repeat(node: ast.stmt) -> bool:
    """Whether it makes a difference to do it twice."""
    if isinstance(node, ast.Assign):
        read = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
        written = {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        # `x = y` twice is `x = y`; only what reads what it writes goes on from the first time.
        return not read.isdisjoint(written)
    return isinstance(node, (ast.AugAssign, ast.Expr, ast.For)) and not _is_text(node)


def _not_kept(node: ast.Assign) -> Statements:
    """One of several results goes nowhere, so that its old value is used again."""
    (target,) = node.targets[:1]
    # `a, b = c, d` is two assignments and not one result in two parts.
    if not isinstance(target, ast.Tuple) or isinstance(node.value, ast.Tuple):
        return
    for i, name in enumerate(target.elts):
        if isinstance(name, ast.Name) and name.id != "_":
            others = [*target.elts[:i], ast.Name("_", ast.Store()), *target.elts[i + 1 :]]
            made = ast.Tuple(others, ast.Store())
            yield "kept", [ast.Assign([made], node.value, lineno=node.lineno)]


def _out_of_a_block(node: ast.For | ast.If) -> Statements:
    """A statement behind the block that it belongs to; of two assignments in one, one."""
    for i, moved in enumerate(node.body):
        left = [*node.body[:i], *node.body[i + 1 :]]
        if left:
            yield "place", [_with_body(node, left), moved]
        # Without an `else` this is a condition that is always true, which a standard edit gives.
        elif isinstance(node, ast.If) and node.orelse:
            yield "place", [_with_body(node, [ast.Pass()]), moved]
        if isinstance(node, ast.If):
            for one, others in _split(moved):
                yield "place", [_with_body(node, [*left, *others]), one]


def _split(node: ast.stmt) -> Iterator[tuple[ast.stmt, list[ast.stmt]]]:
    """Each assignment of ``a, b = c, d``, and the others."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Tuple):
        return
    (target,) = node.targets[:1]
    if not isinstance(target, ast.Tuple) or len(target.elts) != len(node.value.elts):
        return
    parts: list[ast.stmt] = [
        ast.Assign([t], v, lineno=node.lineno)
        for t, v in zip(target.elts, node.value.elts, strict=True)
    ]
    for i, part in enumerate(parts):
        yield part, [*parts[:i], *parts[i + 1 :]]


def _in_one_round(node: ast.For) -> Statements:
    """A statement of a loop over numbers runs in its first round alone, or in its last.

    Or twice in the first; or one of two terms counts in one of these rounds alone.
    """
    if not is_counted(node):
        return
    for i, step in enumerate(node.body):
        before, after = node.body[:i], node.body[i + 1 :]
        for at in (0, -1):
            once = ast.If(is_round(node, at), [step], [])
            if len(node.body) > 1:
                yield "loop", [_with_body(node, [*before, once, *after])]
        if isinstance(step, ast.Assign) and _may_repeat(step):
            again = ast.If(is_round(node, 0), [step], [])
            yield "repeated", [_with_body(node, [*before, again, step, *after])]


def is_counted(node: ast.stmt) -> bool:
    """Whether it is a loop over numbers."""
    if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
        return False
    called = node.iter.func if isinstance(node.iter, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in ("range", "reversed")


def is_round(node: ast.For, at: int) -> ast.expr:
    """Whether such a loop is in its first round (0), or in its last (-1)."""
    assert isinstance(node.target, ast.Name)
    # `reversed(...)` gives an iterator, which has no first and no last entry.
    every = ast.Call(ast.Name("list"), [node.iter], [])
    this = ast.Subscript(every, ast.Constant(at), ast.Load())
    return ast.Compare(ast.Name(node.target.id), [ast.Eq()], [this])


def _with_body(node: ast.For | ast.If, body: list[ast.stmt]) -> ast.stmt:
    changed = copy.copy(node)
    changed.body = body
    return changed


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
