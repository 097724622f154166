"""The kill table: every known mistake fails the checks it names, and no other.

Graded by the real judge in confined workers, with the code of ``make mutants``. A stated sample
runs in ``make test``, all of it in ``make test-all``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from handing_in import solution

from grader.authoring.mutants import Kill, judging, kill, sample, share, show, summary
from grader.core.errors import GraderError
from grader.diagnosis import Mistake, catalogue, mutant, parts
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source
from grader.parts.reference import solution_path

ALL = [mistake for part in parts() for mistake in catalogue(part)]

SAMPLE = {m.id for m in sample(ALL, len(ALL) // 80)} | {
    "state_not_carried",
    "two_steps_back",
    "whh_not_transposed",
    "h0_ignored",  # this one and the next two still learn, rightly
    "bias_mean",
    "stops_before_first_step",
}
"""Of the quick run: one in 80, and those whose learning was calibrated."""


@pytest.fixture(scope="module")
def everywhere(judge: Judge) -> Judge:
    """The judge of every part that has a catalogue, on the warm servers of the run."""
    return judge.of_parts(parts())


def by_sample() -> list[pytest.param]:
    """All mistakes; those out of the sample are slow."""
    return [
        pytest.param(m, id=f"{m.part}.{m.id}", marks=() if m.id in SAMPLE else pytest.mark.slow)
        for m in ALL
    ]


# ---------------------------------------------------------------- the catalogue


@pytest.mark.parametrize("part", parts())
def test_a_mistake_edits_one_place_and_leaves_a_program_of_its_own(part: str) -> None:
    made = [mutant(mistake) for mistake in catalogue(part)]
    assert len({*made, solution(part)}) == len(made) + 1
    for source in made:
        ast.parse(source)


def test_there_are_enough_mistakes() -> None:
    assert len(ALL) >= 150
    assert len(catalogue("numpy_rnn")) >= 40


@pytest.mark.parametrize("part", parts())
def test_mistakes_name_checks_that_exist_and_every_check_kills_one(
    everywhere: Judge, part: str
) -> None:
    known = {check.id for check in everywhere.checks if check.part == part and not check.advice}
    assert known
    assert known == {id for mistake in catalogue(part) for id in mistake.fails}
    assert known >= {id for mistake in catalogue(part) for id in mistake.may_fail}


@pytest.mark.parametrize("part", parts())
def test_hints_are_in_both_languages(part: str) -> None:
    for mistake in catalogue(part):
        assert any("一" <= c <= "鿿" for c in mistake.hint.zh), mistake.id
        assert not any("一" <= c <= "鿿" for c in mistake.hint.en), mistake.id


def test_an_edit_that_fits_no_more_names_the_line_most_like_it() -> None:
    stale = catalogue("numpy_rnn")[0].model_copy(
        update={"find": "h, caches = h1, []", "id": "stale"}
    )
    with pytest.raises(GraderError) as found:
        mutant(stale)
    lines = solution("numpy_rnn").splitlines()
    number = lines.index("        h, caches = h0, []") + 1
    assert f"line {number}:" in found.value.text.en
    assert "h, caches = h0, []" in found.value.text.en


def test_an_edit_that_fits_twice_names_both_lines() -> None:
    twice = catalogue("numpy_rnn")[0].model_copy(update={"find": "self.dWhy += ", "id": "twice"})
    lines = solution("numpy_rnn").splitlines()
    numbers = [str(n) for n, line in enumerate(lines, 1) if "self.dWhy += " in line]
    assert len(numbers) == 2
    with pytest.raises(GraderError, match=f"2 times.*(?s:.)*lines {', '.join(numbers)}"):
        mutant(twice)


# ---------------------------------------------------------------- the kill table


@pytest.mark.parametrize("part", parts())
def test_the_solution_loses_nothing(everywhere: Judge, part: str) -> None:
    source = solution_path(part).read_text("utf-8")
    ids = {check.id for check in everywhere.checks if check.part == part}
    results = everywhere.outcomes(trusted_source(part, source), ids)
    assert set(results) == ids
    assert {id: r.message.en for id, r in results.items() if r.outcome != "passed"} == {}
    assert not any(r.diagnosis or r.clues for r in results.values())


@pytest.mark.parametrize("mistake", by_sample())
def test_a_mistake_fails_the_checks_it_names_and_no_other(
    everywhere: Judge, mistake: Mistake
) -> None:
    row = kill(everywhere, mistake)
    assert row.exact, show(mistake, row)


# ---------------------------------------------------------------- the command


def rows() -> Iterator[tuple[Mistake, Kill]]:
    """A kill, a miss, and a check that was lost without being named."""
    mistake = catalogue("numpy_rnn")[0]
    row = Kill("a", ("x",), (), (), {"x": ("a", "b")}, {}, 0.5)
    yield mistake, row
    yield mistake, Kill("b", (), (), ("x",), {"y": ("a",)}, {}, 0.5)
    yield mistake, Kill("c", ("x",), ("z",), (), {}, {"z": "failed: because"}, 0.5)


def test_the_table_says_what_was_missed_and_what_was_not_expected() -> None:
    good, missed, surplus = (show(mistake, row) for mistake, row in rows())
    assert " ok " in good
    assert "missed: x" in missed
    assert "unexpected: z" in surplus
    assert "because" in surplus


def test_the_summary_gives_the_share_and_the_siblings() -> None:
    text = summary(list(rows()), 3.0)
    assert "mistakes   3" in text
    assert "exactly    1" in text
    assert "diagnosed  1 of 2" in text
    assert ": b\n" in text  # a sibling of the first
    assert share(row for _, row in rows()) == 0.5
    assert share([]) == 1.0


def test_a_judge_of_its_own_grades_a_mistake() -> None:
    """As each process of ``make mutants`` does."""
    mistake = next(m for m in catalogue("numpy_rnn") if m.id == "bias_mean")
    with judging(("numpy_rnn",)) as judge:
        row = kill(judge, mistake, skip={"numpy_rnn.learning"})
    assert row.exact
    assert row.deterministic
    assert row.diagnosed
