"""The kill table: every known mistake fails the checks it names, and no other.

Graded by the real judge in confined workers. A second of training a mutant is the dear part, so
``make test`` proves learning on a stated sample and ``make test-all`` on all of them; every
other check runs on every mutant, always.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from fractions import Fraction

import pytest
from handing_in import solution, submission_of

from grader.judge import Judge
from grader.mistakes import Mistake, catalogue, mutant
from grader.model import CheckResult, Outcome, Submission

PARTS = ("numpy_rnn", "poems")
LEARNING = ("numpy_rnn.learning", "poems.learning")

NUMPY = catalogue("numpy_rnn")
PROCESS = tuple(m for m in catalogue("poems") if m.fails[0].startswith("poems.process."))

SAMPLE = {
    "state_not_carried",
    "one_step_back",
    "two_steps_back",
    "no_tanh_derivative",
    "dwhh_with_h_t",
    "whh_not_transposed",
    "cell_zero_grad_forgotten",
    "h0_ignored",  # this one and the next two still learn, rightly
    "bias_mean",
    "stops_before_first_step",
}
"""Mistakes whose learning is tried in ``make test``: those that were calibrated, and others."""


def by_sample() -> list[pytest.param]:
    """All mistakes of the network; those out of the sample are slow."""
    return [
        pytest.param(m, id=m.id, marks=() if m.id in SAMPLE else pytest.mark.slow) for m in NUMPY
    ]


def graded(judge: Judge, submission: Submission, ids: Iterable[str]) -> dict[str, CheckResult]:
    """How the checks `ids` end in the judge's workers; the others count as decided before."""
    wanted, results = set(ids), {}
    done = {
        check.id: CheckResult(
            check.id,
            check.part,
            check.visibility,
            check.title,
            Outcome.PASSED,
            fraction=Fraction(1),
        )
        for check in judge.checks
        if check.id not in wanted
    }
    judge._run(submission, done, lambda result: results.update({result.id: result}))
    assert set(results) == wanted
    return results


def checks_of(judge: Judge, prefix: str) -> set[str]:
    """The checks that are worth points, but for the proofs of learning."""
    found = {c.id for c in judge.checks if c.id.startswith(prefix) and not c.advice}
    return found - set(LEARNING)


def assert_killed(mistake: Mistake, results: dict[str, CheckResult]) -> None:
    """The named checks fail; no other does, but for what cannot run without them."""
    said = {id: f"{r.outcome}: {r.message.en} {r.staff_note}" for id, r in results.items()}
    wrong = {id for id, r in results.items() if r.outcome in (Outcome.FAILED, Outcome.PARTIAL)}
    passed = {id for id, r in results.items() if r.outcome == Outcome.PASSED}
    blocked = {id for id, r in results.items() if r.outcome == Outcome.BLOCKED}
    assert not set(results) - wrong - passed - blocked, said
    assert not set(mistake.fails) & passed, f"not seen by {set(mistake.fails) & passed}"
    surplus = wrong - set(mistake.fails) - set(mistake.may_fail)
    assert not surplus, {id: said[id] for id in surplus}
    assert wrong, f"{mistake.id} escapes"


# ---------------------------------------------------------------- the catalogue


@pytest.mark.parametrize(
    "mistake", [m for p in PARTS for m in catalogue(p)], ids=lambda m: f"{m.part}.{m.id}"
)
def test_a_mistake_edits_one_place_and_leaves_a_program(mistake: Mistake) -> None:
    made = mutant(mistake)
    assert made != solution(mistake.part)
    ast.parse(made)


def test_there_are_enough_mistakes() -> None:
    assert len(NUMPY) >= 40
    assert len(PROCESS) >= 9


@pytest.mark.parametrize("part", PARTS)
def test_mistakes_name_checks_that_exist(judge: Judge, part: str) -> None:
    known = {check.id for check in judge.checks if check.part == part and not check.advice}
    named = {id for m in catalogue(part) for id in (*m.fails, *m.may_fail)}
    assert not named - known


def test_every_check_kills_a_mistake(judge: Judge) -> None:
    wanted = checks_of(judge, "numpy_rnn.") | {LEARNING[0]} | checks_of(judge, "poems.process.")
    assert wanted == {id for mistake in (*NUMPY, *PROCESS) for id in mistake.fails}


def test_no_two_mistakes_are_the_same_program() -> None:
    for part in PARTS:
        sources = [mutant(m) for m in catalogue(part)]
        assert len(set(sources)) == len(sources)


@pytest.mark.parametrize("part", PARTS)
def test_hints_are_in_both_languages(part: str) -> None:
    for mistake in catalogue(part):
        assert any("一" <= c <= "鿿" for c in mistake.hint.zh), mistake.id
        assert not any("一" <= c <= "鿿" for c in mistake.hint.en), mistake.id


# ---------------------------------------------------------------- the kill table


@pytest.mark.parametrize("part", PARTS)
def test_the_solution_loses_nothing(judge: Judge, part: str) -> None:
    ids = {check.id for check in judge.checks if check.part == part}
    results = graded(judge, submission_of({f"{part}.py": solution(part)}), ids)
    assert {id: r.message.en for id, r in results.items() if r.outcome != Outcome.PASSED} == {}


@pytest.mark.parametrize("mistake", NUMPY, ids=lambda m: m.id)
def test_a_mistake_of_the_network_is_caught_where_it_is(judge: Judge, mistake: Mistake) -> None:
    """All checks but learning; a mistake that only learning sees is left to the next test."""
    submission = submission_of({"numpy_rnn.py": mutant(mistake)})
    results = graded(judge, submission, checks_of(judge, "numpy_rnn."))
    if set(mistake.fails) <= set(LEARNING):
        assert all(r.outcome == Outcome.PASSED for r in results.values())
    else:
        assert_killed(mistake, results)


@pytest.mark.parametrize("mistake", by_sample())
def test_a_mistake_breaks_learning_where_it_says_so(judge: Judge, mistake: Mistake) -> None:
    submission = submission_of({"numpy_rnn.py": mutant(mistake)})
    (result,) = graded(judge, submission, LEARNING[:1]).values()
    if LEARNING[0] not in mistake.may_fail:
        assert (result.outcome == Outcome.FAILED) == (LEARNING[0] in mistake.fails)


@pytest.mark.parametrize("mistake", PROCESS, ids=lambda m: m.id)
def test_a_mistake_of_process_poems_is_caught_where_it_is(judge: Judge, mistake: Mistake) -> None:
    submission = submission_of({"poems.py": mutant(mistake)})
    assert_killed(mistake, graded(judge, submission, checks_of(judge, "poems.process.")))
