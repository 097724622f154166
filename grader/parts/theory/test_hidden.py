"""Hidden checks of part theory: as the public ones, on inputs drawn from the secret."""

from __future__ import annotations

import numpy as np
import pytest

from kit.cases import Case
from kit.plugin import check
from kit.runner import Runner
from parts.theory import cases, checks
from parts.theory import checks_random as drawn


@pytest.fixture
def drawn_cases(draw: np.random.Generator) -> list[Case]:
    """The usual case, a longer one, T = 2, and T = 25."""
    # Other sizes on every axis: no size of the public case can be written into the code.
    longer = cases.theory_case(draw, T=8, H=3, E=5, K=4)
    usual = cases.theory_case(draw)
    short = cases.theory_case(draw, T=2, H=4, E=6, K=3)
    return [usual, longer, short, cases.long_case(draw)]


@check("theory.forward.hidden", hidden=True)
def test_forward_hidden(lab: Runner, reference: Runner, drawn_cases: list[Case]) -> None:
    """forward 在其他输入上也正确 | forward is right on other inputs too"""
    for case in drawn_cases:
        expected = reference.forward(weights=case["weights"], x=case["x"])
        checks.forward_agrees(lab, case, expected)


@check("theory.immediate.hidden", hidden=True)
def test_immediate_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """直接偏导在其他输入上也正确 | the direct derivative is right on other inputs too"""
    for H in (4, 6):
        h_prev, places = draw.uniform(-1, 1, H), cases.places(draw, H)
        expected = reference.immediate(h_prev=h_prev, places=places)["vectors"]
        checks.immediate_agrees(lab, h_prev, places, expected)


@check("theory.delta.hidden", hidden=True)
def test_delta_hidden(lab: Runner, reference: Runner, drawn_cases: list[Case]) -> None:
    """delta 在其他输入上也正确 | delta is right on other inputs too"""
    for case in drawn_cases:
        given = checks.states_of(reference, case)
        checks.delta_agrees(lab, case, reference.delta(**case), given)


@check("theory.grads.hidden", hidden=True)
def test_grads_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """双重求和在其他输入上也正确 | the double sums are right on other inputs too"""
    for sizes in ({}, {"T": 3, "H": 6, "E": 2}):
        case = cases.delta_case(draw, **sizes)
        checks.sums_agree(lab, case, reference.summed(**case))


@check("theory.truncated.hidden", hidden=True)
def test_truncated_hidden(lab: Runner, reference: Runner, drawn_cases: list[Case]) -> None:
    """各种截断步数的梯度都正确 | the truncated gradients are right for any number of steps"""
    for case in drawn_cases:
        T, given = len(case["x"]), checks.states_of(reference, case)
        # More steps than there are must give the full gradient.
        for steps in sorted({1, 2, T - 1, T, T + 3}):
            expected = reference.truncated(**case, steps=steps)
            checks.truncated_agrees(lab, case, steps, expected, given)


@check("theory.random.unbiased", hidden=True)
def test_unbiased(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """随机截断是无偏的 | the random truncation is unbiased"""
    case = drawn.telling_case(reference, draw)
    # By the coefficient of each term, which is recovered exactly: only its coin is chance.
    drawn.is_unbiased(lab, reference, case, 0.75, int(draw.integers(2**31)))


@check("theory.random.rng", hidden=True)
def test_rng(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """只用传入的随机数生成器 | only the generator that is passed is used"""
    drawn.truncates_by_rng(lab, reference, cases.theory_case(draw, T=5))


@check("theory.arrays_kept", hidden=True)
def test_arrays_kept(lab: Runner, draw: np.random.Generator) -> None:
    """不改动传入的数组 | arrays that are passed in stay as they are"""
    checks.arrays_are_kept(lab, draw)
