"""Part scratch_rnn: the solution, its known mistakes, other right ways to write it, a real run."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from handing_in import solution, starter, submission_of

from grader import ROOT
from grader.judge import _pytest
from grader.mistakes import Mistake, catalogue, mutant
from grader.model import CheckResult, Outcome, Visibility
from grader.plugin import GradingPlugin, Seats
from grader.reference import reference_seat, seat_on_source
from grader.settings import Secret
from kit.text import Text

VARIANTS = sorted((Path(__file__).resolve().parent / "variants" / "scratch_rnn").glob("*.py"))
LEARNING = "scratch_rnn.learning"
LEARNS_HERE = ("output_detached", "y_not_transposed")

Results = dict[str, CheckResult]
Outcomes = Callable[..., Results]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    """Small tensors on a shared machine: threads only get in each other's way."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def outcomes(secret_file: Path) -> Outcomes:
    """The suites in this process on a source; what is passed as `skip` is taken as passed."""

    def run(source: str, skip: tuple[str, ...] = ()) -> Results:
        found: Results = {}
        plugin = GradingPlugin(
            submission_of({"scratch_rnn.py": source}),
            Seats(lambda part, *_: seat_on_source(part, source), lambda p, _: reference_seat(p)),
            Secret.load(secret_file),
            lambda result: found.update({result.id: result}),
            {id: _passed(id) for id in skip},
        )
        _pytest(("scratch_rnn",), plugin)
        return found

    return run


def _passed(id: str) -> CheckResult:
    return CheckResult(
        id=id,
        part="scratch_rnn",
        visibility=Visibility.PUBLIC,
        title=Text("", ""),
        outcome=Outcome.PASSED,
        fraction=Fraction(1),
    )


def not_passed(results: Results) -> dict[str, str]:
    return {
        id: f"{r.outcome}: {r.message.en} {r.staff_note}"
        for id, r in results.items()
        if r.outcome != Outcome.PASSED
    }


def failed(results: Results) -> set[str]:
    """Checks that lost points of their own; blocked ones follow another's loss."""
    return {id for id, r in results.items() if r.outcome not in ("passed", "blocked")}


# ---------------------------------------------------------------- the solution and the starter


def test_the_solution_loses_nothing(outcomes: Outcomes) -> None:
    results = outcomes(solution("scratch_rnn"))
    assert not not_passed(results)
    assert len(results) == 30


def test_the_untouched_starter_attempts_nothing(outcomes: Outcomes) -> None:
    results = outcomes(starter("scratch_rnn"))
    assert {str(r.outcome) for r in results.values()} == {"not_attempted"}
