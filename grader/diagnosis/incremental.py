"""A runner on a mutant in a millisecond: of its source only what differs is compiled.

Compiling a solution takes ten times as long as running it, and hundreds of its mutants differ
from it in one function each.
"""

from __future__ import annotations
import __future__ as future_features

import ast
from functools import cache, lru_cache
from types import CodeType

from grader.parts.reference import solution_path, solution_text
from grader.parts.registry import spec_of
from kit.lab import Lab
from kit.runner import InProcessRunner, Runner


def runner_on_mutant(part: str, source: str) -> Runner:
    """A runner in this process on `source`, the solution of `part` with a few edits."""
    path = str(solution_path(part))
    space = {"__name__": f"_mutant_{part}", "__file__": path}
    for piece in pieces(part, source):
        exec(_compiled(part, piece), space)
    scratch = not spec_of(part).in_process  # no probe of the others writes files
    return InProcessRunner(part, Lab([space]), frozenset({path}), scratch=scratch)


def pieces(part: str, source: str) -> tuple[str, ...]:
    """The source as pieces of the solution around the edits, and the rest in one piece."""
    own = _pieces(part)
    first, start = 0, 0
    while first < len(own) and source.startswith(own[first], start):
        start += len(own[first])
        first += 1
    last, end = len(own), len(source)
    # Only behind `start`: a piece must not count for both ends.
    while last > first and source.endswith(own[last - 1], start, end):
        end -= len(own[last - 1])
        last -= 1
    edited = () if start == end else (source[start:end],)
    return (*own[:first], *edited, *own[last:])


@cache
def _pieces(part: str) -> tuple[str, ...]:
    """The solution by its statements, each with the blank lines and comments before the next."""
    source = solution_text(part)
    lines = source.splitlines(keepends=True)
    body = ast.parse(source).body
    # A decorated statement starts at its first decorator, and Python gives the line of its `def`.
    firsts = [min([n.lineno, *(d.lineno for d in getattr(n, "decorator_list", []))]) for n in body]
    bounds = [0, *(line - 1 for line in firsts[1:]), len(lines)]
    return tuple("".join(lines[a:b]) for a, b in zip(bounds, bounds[1:], strict=False))


@lru_cache(maxsize=4096)
def _compiled(part: str, text: str) -> CodeType:
    # The solutions begin with this import, which a piece by itself does not have.
    flags = future_features.annotations.compiler_flag
    code: CodeType = compile(text, str(solution_path(part)), "exec", flags, dont_inherit=True)
    return code
