"""The runner of the reference: trusted code on this process, no student's beside it."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from grader import ROOT
from grader.core.errors import GraderError
from grader.parts.registry import spec_of
from kit.lab import Lab
from kit.runner import InProcessRunner
from kit.text import Text


def solution_path(part: str) -> Path:
    """The file with the reference solution of `part`."""
    return ROOT / "solutions" / f"{part}.py"


@cache
def solution_text(part: str) -> str:
    """The source of the reference solution of `part`, read once a process."""
    return solution_path(part).read_text("utf-8")


@cache
def reference_runner(part: str) -> InProcessRunner:
    """The solution of `part`."""
    return runner_on_source(part, solution_text(part))


def runner_on_source(part: str, source: str) -> InProcessRunner:
    """A runner on trusted source: the solution of `part`, or something made of it."""
    path = solution_path(part)
    spec = importlib.util.spec_from_file_location(f"_reference_{part}", path)
    if spec is None:
        raise GraderError(Text(f"找不到参考解 {path.name}", f"no reference solution {path.name}"))
    module = importlib.util.module_from_spec(spec)
    # Under the solution's path, so that a traceback names its file and line.
    exec(compile(source, str(path), "exec"), vars(module))
    scratch = not spec_of(part).in_process  # no probe of the others writes files
    return InProcessRunner(part, Lab([vars(module)]), frozenset({str(path)}), scratch=scratch)
