"""Parts of statements, and the text of a statement with another expression in it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef


def replaced(statement: ast.stmt, node: ast.AST, new: ast.AST) -> ast.stmt:
    """A copy of a statement with `new` in the place of `node`."""
    # The memo is not copied, so the copy has the new node in the place of the old one.
    return copy.deepcopy(statement, {id(node): new})


def text_of(statements: Sequence[ast.stmt]) -> str:
    """The text of statements that follow each other."""
    return "\n".join(ast.unparse(ast.fix_missing_locations(s)) for s in statements)


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
