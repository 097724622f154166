"""Parts of statements, and the text of a statement with another expression in it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef


def replaced(statement: ast.stmt, node: ast.AST, new: ast.AST) -> ast.stmt:
    """A copy of a statement with `new` in the place of `node`; the rest of it is shared."""
    made = _with(statement, node, new)
    assert isinstance(made, ast.stmt)
    return made


def _with(tree: ast.AST, node: ast.AST, new: ast.AST) -> ast.AST:
    # Only what leads to the node is copied: a copy of all would take most of a search's time.
    if tree is node:
        return new
    for field, value in ast.iter_fields(tree):
        if isinstance(value, ast.AST):
            made: object = _with(value, node, new)
        elif isinstance(value, list):
            made = [_with(v, node, new) if isinstance(v, ast.AST) else v for v in value]
            made = value if all(a is b for a, b in zip(made, value, strict=True)) else made
        else:
            continue
        if made is not value:
            copied = copy.copy(tree)
            setattr(copied, field, made)
            return copied
    return tree


def text_of(statements: Sequence[ast.stmt]) -> str:
    """The text of statements that follow each other."""
    return "\n".join(ast.unparse(s) for s in statements)


def own_expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement, without those of the statements inside it."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.expr):
            yield node
        # A string literal of an f-string has no meaning of its own.
        if not isinstance(node, ast.JoinedStr):
            todo += [n for n in ast.iter_child_nodes(node) if not isinstance(n, ast.stmt)]
