"""The functions of a source and their statements, as tokens that can be compared."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, islice

from grader.protocol.codec import WireError
from kit import sources

from .messages import MAX_FUNCTIONS, MAX_STATEMENTS, FunctionsRead

MOST_STATEMENTS = 200
"""Statements of one function."""

MOST_TOKENS = 150
"""Tokens of one statement."""

_TOKEN_CHARACTERS = 60
_NAME_CHARACTERS = 120

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """A statement; of a compound one its head."""

    tokens: str  # with blanks between them
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ReadFunction:
    """A function, or a method as ``Class.method``."""

    name: str
    first: int
    last: int
    statements: tuple[ReadStatement, ...]


def functions_of(text: str) -> tuple[ReadFunction, ...]:
    """The functions of a trusted source, which this process parses."""
    return unpacked(read(text))


def unpacked(read: FunctionsRead) -> tuple[ReadFunction, ...]:
    """The functions of a message; WireError where its lists do not fit together."""
    try:
        every = [
            ReadStatement(*fields)
            for fields in zip(
                read.statements, read.statement_firsts, read.statement_lasts, strict=True
            )
        ]
        heads = list(zip(read.names, read.firsts, read.lasts, read.counts, strict=True))
    except ValueError:
        raise WireError("lists of functions that differ in length") from None
    if any(count < 0 for count in read.counts) or sum(read.counts) != len(every):
        raise WireError("statements of no function")
    ends = list(accumulate(read.counts, initial=0))
    return tuple(
        ReadFunction(name, first, last, tuple(every[start : start + count]))
        for (name, first, last, count), start in zip(heads, ends, strict=False)
    )


def read(text: str) -> FunctionsRead:
    """The functions of a source; none of one that does not parse."""
    tree, _ = sources.parse(text)
    found: list[tuple[str, Function]] = []
    with contextlib.suppress(RecursionError):
        found = list(islice(functions_in(tree or ast.Module([], [])), MAX_FUNCTIONS))
    each = [list(islice(_statements(f), MOST_STATEMENTS)) for _, f in found]
    # Functions are left out as a whole, so that no function seems to be shorter than it is.
    fitting = sum(total <= MAX_STATEMENTS for total in accumulate(map(len, each)))
    found, each = found[:fitting], each[:fitting]
    flat = [statement for of_one in each for statement in of_one]
    return FunctionsRead(
        tuple(name[:_NAME_CHARACTERS] for name, _ in found),
        tuple(f.lineno for _, f in found),
        tuple(f.end_lineno or f.lineno for _, f in found),
        tuple(len(of_one) for of_one in each),
        tuple(statement.tokens for statement in flat),
        tuple(statement.first for statement in flat),
        tuple(statement.last for statement in flat),
    )


def functions_in(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Functions with their names, methods as ``Class.method``, wherever they are defined."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from functions_in(node, f"{node.name}.")
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            yield from functions_in(node, prefix)


def _statements(function: Function) -> Iterator[ReadStatement]:
    """Each statement of a function by its own tokens; of a compound one its head."""
    for node in ast.walk(function):
        if not isinstance(node, ast.stmt) or node is function:
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        body = getattr(node, "body", None)
        last = node.end_lineno or node.lineno
        # Only the head counts here, because the statements of the body have entries of their own.
        if isinstance(body, list) and body:
            last = max(node.lineno, body[0].lineno - 1)
        yield ReadStatement(_tokens(node), node.lineno, last)


def _tokens(node: ast.stmt) -> str:
    try:
        text = ast.unparse(node)
    except RecursionError:
        return ""
    if isinstance(getattr(node, "body", None), list):
        text = text.partition("\n")[0]
    # `W_hy`, `Why` and `why` are one name: the contract takes the older spellings.
    found = re.finditer(r"\w+|[^\w\s]", text.replace("_", "").lower())
    return " ".join(token.group()[:_TOKEN_CHARACTERS] for token in islice(found, MOST_TOKENS))
