"""Points by group, as weights, without some checks: exactly as if each number were written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.errors import RubricError
from grader.parts.checks import checks_of
from grader.scoring import rubric

THEORY = [check.id for check in checks_of(("theory",)) if not check.advice]
GROUPS = sorted({id.split(".")[1] for id in THEORY})

FILE = """\
version: 1
title: {{zh: 小, en: Small}}
total: {points}
rows:
  - id: code
    title: {{zh: 代码, en: Code}}
    points: {points}
    marked_by: checks
    parts:
      theory:
        points: {points}
{rest}"""


def load(rest: str, points: str = "40") -> rubric.Rubric:
    indented = "".join(f"        {line}\n" for line in rest.splitlines())
    return rubric.parse(FILE.format(points=points, rest=indented).encode())


def groups(weights: dict[str, str]) -> str:
    return "groups: {" + ", ".join(f"{name}: {weight}" for name, weight in weights.items()) + "}"


WEIGHTS = st.fixed_dictionaries(
    {name: st.one_of(st.just("0"), st.integers(1, 9).map(str), st.just("1/3")) for name in GROUPS}
)


@given(WEIGHTS, st.sampled_from(["1", "40", "0.7", "1/3"]))
def test_scaled_groups_add_up_exactly_and_keep_their_proportions(
    weights: dict[str, str], points: str
) -> None:
    total = sum(map(Fraction, weights.values()))
    if not total:
        return
    lab = load("scale: true\n" + groups(weights), points)

    assert list(lab.check_ids) == THEORY
    assert sum(map(lab.points_of, THEORY)) == Fraction(points)
    for name, weight in weights.items():
        own = [lab.points_of(id) for id in THEORY if f"{id}.".startswith(f"theory.{name}.")]
        assert len(set(own)) == 1
        assert sum(own) == Fraction(weight) / total * Fraction(points)
    rubric.validate_checks(lab, THEORY)


def test_a_check_with_its_own_points_is_in_no_group() -> None:
    one = dict.fromkeys(GROUPS, "1")
    # A group of several: theory.forward.values, not theory.arrays_kept.
    first = next(id for id in THEORY if id.count(".") == 2)
    group = first.rpartition(".")[0]
    lab = load(f"{groups(one)}\nchecks: {{{first}: 0}}", str(len(GROUPS)))

    assert lab.points_of(first) == 0
    own = [id for id in THEORY if id.startswith(f"{group}.") and id != first]
    assert sum(map(lab.points_of, own)) == 1


def test_weights_of_single_checks_are_scaled_after_pending() -> None:
    lab = load("scale: true\npending: 10\nchecks: {theory.a: 1, theory.b: 2}", "40")
    assert [lab.points_of("theory.a"), lab.points_of("theory.b")] == [10, 20]
    assert lab.rows[0].pending == 10


def test_what_is_left_out_is_known_and_worth_nothing() -> None:
    lab = load(f"scale: true\nleave_out: [{THEORY[0]}]\n{groups(dict.fromkeys(GROUPS, '1'))}")

    assert lab.left_out == {THEORY[0]}
    assert THEORY[0] not in lab.check_ids
    rubric.validate_checks(lab, THEORY)


@pytest.mark.parametrize(
    ("rest", "line", "zh", "en"),
    [
        (
            "scale: true\nchecks: {theory.a: 0}",
            10,
            "没有可以按比例分配的分",
            "the weights add up to 0, points less pending to 40; expected both above 0",
        ),
        (
            "scale: true\npending: 40\nchecks: {theory.a: 1}",
            10,
            "points 减去 pending 是 0",
            "points less pending to 0",
        ),
        ("checks: {theory.a: 1}", 10, "或写 scale: true", "or write scale: true, which makes"),
        (
            "groups: {forwrd: 40}",
            12,
            "分组 forwrd 里没有检查",
            "the group forwrd of theory has no checks. Did you mean forward?",
        ),
        ("groups: {forward: 40}", 12, "请在 groups 里补上它们的分组", "Add their groups (such as"),
        (
            "leave_out: [poems.a]\nchecks: {theory.a: 40}",
            12,
            "不属于 theory",
            "the check poems.a is not of theory",
        ),
        (
            "leave_out: [theory.a]\nchecks: {theory.a: 40}",
            12,
            "请删去其中一处",
            "the check theory.a in leave_out is in checks already: remove one of the two",
        ),
        (
            "leave_out: [theory.a, theory.a]\nchecks: {theory.b: 40}",
            12,
            "已经写在 leave_out 里",
            "the check theory.a in leave_out is in leave_out already",
        ),
        ("scale: yes\nchecks: {theory.a: 40}", 12, "应为 true 或 false", "expected true or false"),
    ],
)
def test_a_fault_names_its_line_and_the_remedy(rest: str, line: int, zh: str, en: str) -> None:
    with pytest.raises(RubricError) as caught:
        load(rest)

    assert f"line {line}: " in caught.value.text.en
    assert en in caught.value.text.en
    assert zh in caught.value.text.zh


def test_a_group_whose_checks_are_elsewhere_is_refused() -> None:
    own = [id for id in THEORY if f"{id}.".startswith(f"theory.{GROUPS[0]}.")]
    others = dict.fromkeys(GROUPS, "1")
    with pytest.raises(RubricError, match="all its checks are in checks, leave_out"):
        load(f"scale: true\nleave_out: [{', '.join(own)}]\n{groups(others)}")


def test_what_no_suite_has_is_refused_where_it_is_left_out(tmp_path: Path) -> None:
    lab = load("leave_out: [theory.nothing]\nchecks: {theory.a: 40}")
    with pytest.raises(RubricError) as caught:
        rubric.validate_checks(lab, ["theory.a", "theory.zzzzzzzzzzzzzz"])

    assert caught.value.text.en.splitlines() == [
        "rubric.yaml, line 10: the check theory.zzzzzzzzzzzzzz has no points. Give it points below "
        "checks (0: shown, not counted), or list it below leave_out.",
        "rubric.yaml, line 12: the rubric's check theory.nothing is in no suite. Remove it from "
        "the rubric.",
    ]
