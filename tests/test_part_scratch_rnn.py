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
from handing_in import grade_files, lost, outcomes_of, solution, starter, submission_of
from presets import by_preset

from grader import ROOT
from grader.judge import Judge, _pytest
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


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize("mistake", catalogue("scratch_rnn"), ids=lambda m: m.id)
def test_a_mistake_loses_exactly_its_checks(mistake: Mistake, outcomes: Outcomes) -> None:
    skip = set() if mistake.id in LEARNS_HERE else {LEARNING}
    found = failed(outcomes(mutant(mistake), tuple(skip)))
    assert {*mistake.fails} - skip <= found
    assert found <= {*mistake.fails, *mistake.may_fail} - skip


def test_every_check_kills_a_mistake(outcomes: Outcomes) -> None:
    named = {id for mistake in catalogue("scratch_rnn") for id in mistake.fails}
    assert named == set(outcomes(starter("scratch_rnn")))


def test_hints_are_in_both_languages() -> None:
    for mistake in catalogue("scratch_rnn"):
        assert any("一" <= c <= "鿿" for c in mistake.hint.zh), mistake.id
        assert not any("一" <= c <= "鿿" for c in mistake.hint.en), mistake.id


# ---------------------------------------------------------------- the preset, variants


@pytest.fixture(scope="module")
def preset(judge: Judge) -> Judge:
    """The judge of the preset, on the servers of the default one."""
    return by_preset(judge, "scratch")


def test_the_preset_marks_a_whole_solution_and_an_untouched_starter(
    preset: Judge, tmp_path: Path
) -> None:
    report = grade_files(preset, tmp_path, {"scratch_rnn.py": solution("scratch_rnn")})
    assert not lost(report, "scratch_rnn.")
    assert (report.score.earned, report.score.pending, report.score.possible) == (80, 20, 100)
    report = grade_files(preset, tmp_path, {"scratch_rnn.py": starter("scratch_rnn")}, "bob")
    assert set(outcomes_of(report, "scratch_rnn.").values()) == {"not_attempted"}
    assert (report.score.earned, report.score.pending) == (0, 20)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda path: path.stem)
def test_a_right_network_written_another_way_loses_nothing(
    variant: Path, preset: Judge, tmp_path: Path
) -> None:
    report = grade_files(preset, tmp_path, {f"alice/{variant.name}": variant.read_bytes()})
    assert not lost(report, "scratch_rnn.")


def test_there_are_enough_variants() -> None:
    assert len(VARIANTS) >= 4
