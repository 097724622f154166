"""What was lost is grouped by its cause: each check once, no point twice, most points first."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.model import (
    CheckResult,
    CheckScore,
    Diagnosis,
    Outcome,
    Submission,
    Visibility,
)
from grader.feedback.causes import QUIET, causes, unread_parts
from kit.locate import Unparsed
from kit.text import Text


def scored(
    id: str,
    *mistakes: str,
    lost: Fraction | int = 1,
    outcome: Outcome = Outcome.FAILED,
    message: str = "",
    hidden: bool = False,
    part: str = "numpy_rnn",
    row: str = "code",
) -> CheckScore:
    """A check that lost `lost` of four points, with a diagnosis for each of `mistakes`."""
    result = CheckResult(
        id,
        part,
        Visibility.HIDDEN if hidden else Visibility.PUBLIC,
        Text(id, id),
        outcome,
        message=Text(message or id, message or id),
        diagnosis=tuple(Diagnosis(m, Text(m, m)) for m in mistakes),
    )
    return CheckScore(result, row, Fraction(4) - lost, Fraction(4))


def ids(checks: list[CheckScore]) -> list[list[str]]:
    """The ids of each group."""
    return [[check.result.id for check in cause.checks] for cause in causes(checks)]


def test_one_mistake_is_one_group() -> None:
    found = causes([scored("a", "m"), scored("b", "m", hidden=True), scored("c", "m", lost=2)])

    assert len(found) == 1
    assert found[0].lost == 4
    assert [d.mistake for d in found[0].diagnoses] == ["m"]


def test_the_mistake_that_explains_most_points_takes_its_checks() -> None:
    checks = [scored("a", "rare", "common"), scored("b", "common"), scored("c", "common", "rare")]
    found = causes(checks)

    assert ids(checks) == [["a", "b", "c"]]
    assert [d.mistake for d in found[0].diagnoses] == ["common"]


def test_mistakes_that_every_check_names_stay_alternatives() -> None:
    found = causes([scored("a", "m", "n"), scored("b", "n", "m")])

    assert [d.mistake for d in found[0].diagnoses] == ["m", "n"]


def test_checks_without_a_diagnosis_share_their_message() -> None:
    checks = [scored("a", message="no file"), scored("b", message="no file"), scored("c")]

    assert ids(checks) == [["a", "b"], ["c"]]


def test_most_points_come_first_and_what_waits_for_another_check_last() -> None:
    checks = [
        scored("small", lost=1),
        scored("large", lost=3),
        scored("waits", lost=4, outcome=Outcome.BLOCKED),
    ]

    assert ids(checks) == [["large"], ["small"], ["waits"]]


def test_optional_points_come_after_the_others() -> None:
    checks = [scored("extra", lost=4, row="more"), scored("main", lost=1)]
    found = [cause.shown.result.id for cause in causes(checks, {"more"})]

    assert found == ["main", "extra"]


def test_a_part_that_was_not_handed_in_is_not_shown_by_a_command() -> None:
    (cause,) = causes([scored("a", outcome=Outcome.MISSING)])

    assert cause.local is None


def test_parts_are_not_mixed() -> None:
    assert ids([scored("a", "m"), scored("b", "m", part="poems")]) == [["a"], ["b"]]


@pytest.mark.parametrize("outcome", sorted(QUIET))
def test_what_no_fault_of_written_code_explains_is_no_cause(outcome: Outcome) -> None:
    assert causes([scored("a", outcome=outcome)]) == ()


def test_a_public_check_speaks_for_its_group() -> None:
    (cause,) = causes([scored("a", "m", hidden=True), scored("b", "m")])
    (alone,) = causes([scored("a", "m", hidden=True)])

    assert (cause.shown.result.id, cause.local) == ("b", "b")
    assert (alone.shown.result.id, alone.local) == ("a", None)


def test_what_is_missing_of_a_file_that_cannot_be_read_is_one_group() -> None:
    checks = [
        scored("a", outcome=Outcome.MISSING, message="RNN is not defined: line 3"),
        scored("b", outcome=Outcome.MISSING, message="RNN is not defined", hidden=True, lost=2),
        scored("c", outcome=Outcome.MISSING, message="sample is not defined"),
        scored("d", outcome=Outcome.BLOCKED),
        scored("e", outcome=Outcome.FAILED),
        scored("f", outcome=Outcome.MISSING, part="poems"),
    ]
    why = Text("语法错误", "syntax error")
    found = causes(checks, unread={"numpy_rnn": why})

    assert [[c.result.id for c in cause.checks] for cause in found] == [
        ["a", "b", "c", "d"],
        ["e"],
        ["f"],
    ]
    assert [cause.unread for cause in found] == [why, None, None]
    assert found[0].lost == 5


def test_the_first_file_without_a_syntax_tree_says_why() -> None:
    first, second, cell = (
        Unparsed(path, 1, Text(path, path)) for path in ("a/rnn.py", "a/more.py", "b.ipynb")
    )
    parts = {"numpy_rnn": ("a/rnn.py", "a/more.py"), "poems": ("b.ipynb",), "theory": ("c.py",)}
    submission = Submission("x", "", parts=parts, unparsed=(second, first, cell))

    assert unread_parts(submission) == {"numpy_rnn": first.notice}


Drawn = tuple[list[str], int, Outcome, str]
CHECKS: st.SearchStrategy[Drawn] = st.tuples(
    st.lists(st.sampled_from("mno"), max_size=3, unique=True),
    st.integers(0, 4),
    st.sampled_from(Outcome),
    st.sampled_from(["", "x", "y"]),
)


@given(st.lists(CHECKS, max_size=12))
def test_each_lost_point_is_in_exactly_one_group(drawn: list[Drawn]) -> None:
    checks = [
        scored(f"c{i}", *mistakes, lost=lost, outcome=outcome, message=message)
        for i, (mistakes, lost, outcome, message) in enumerate(drawn)
    ]
    faults = [c for c in checks if c.result.outcome not in QUIET and c.earned < c.possible]
    grouped = [c for cause in causes(checks) for c in cause.checks]

    assert sorted(c.result.id for c in grouped) == sorted(c.result.id for c in faults)
    for cause in causes(checks):
        named = [{d.mistake for d in c.result.diagnosis} for c in cause.checks]
        assert all({d.mistake for d in cause.diagnoses} <= one for one in named)
