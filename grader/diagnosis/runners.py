"""Runners on trusted sources in the judge's process, where a part allows that."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import cache, lru_cache

from grader.parts.reference import reference_runner, solution_text
from grader.parts.registry import spec_of
from kit.runner import Runner

from .failed import RunnerOf
from .incremental import runner_on_mutant


def in_process(part: str, source: str | None) -> Runner:
    """A runner on trusted source in this process: the solution, or `source` made of it."""
    return reference_runner(part) if source is None else _cached(part, source)


def without_torch(part: str, source: str | None) -> Runner:
    """A runner on what the source defines without torch, which this process does not import."""
    text = solution_text(part) if source is None else source
    return _cached(part, _torchless(text))


def nearest(part: str, probes: Collection[str], runner_of: RunnerOf) -> RunnerOf:
    """`runner_of`, or runners of this process where none of the probes needs torch."""
    # It saves the trip to a worker.
    return without_torch if spec_of(part).torchless.issuperset(probes) else runner_of


@lru_cache(maxsize=2048)
def _cached(part: str, source: str) -> Runner:
    return runner_on_mutant(part, source)


@cache
def _torchless(source: str) -> str:
    """`source` without classes, decorated functions, and statements that name torch."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        names |= {a.name.split(".")[0] for a in getattr(node, "names", ())}
        names.add((getattr(node, "module", None) or "").split(".")[0])
        decorators = getattr(node, "decorator_list", [])
        if isinstance(node, ast.FunctionDef) and not decorators:
            continue  # what it names is looked up when it runs
        if isinstance(node, ast.ClassDef) or decorators or names & {"torch", "nn"}:
            first = min([node.lineno, *(d.lineno for d in decorators)])
            assert node.end_lineno is not None
            # Blanked and not deleted, so that the lines below keep their numbers.
            lines[first - 1 : node.end_lineno] = [""] * (node.end_lineno - first + 1)
    return "\n".join(lines)
