"""Checks of ``random_truncated_grads``: the coins are computed from the gradients.

With few steps, the three gradients of one draw determine the weight of each term. Going back
from k = t, a right weight is a power of 1 / keep_prob until the recursion stops, and then zero.
The coins may be independent for each t, shared over t, or one length for all t.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kit.by_itself import either
from kit.cases import Case
from kit.compare import array, field
from kit.data import Arrays
from kit.numerics import binomial_range
from kit.outcomes import Failed
from kit.runner import Runner
from kit.text import Text

from .cases import DRAWS, theory_case
from .checks import GRADIENTS, Terms, made_up_terms, own_terms, states_of, terms_of

CONDITION = 1e3
"""The largest condition number of the equations for the weights.

A worse case is drawn again: 8 % of them, see docs/numbers.md.
"""

NEAR = 0.02
"""The tolerance of a weight; its error is 1e-13 times CONDITION in float64, 1e-4 in float32."""


def telling_case(reference: Runner, rng: np.random.Generator) -> Case:
    """A case of four steps whose terms are linearly independent, by a good margin."""
    while True:
        case = theory_case(rng, T=4)
        if np.linalg.cond(_equations(terms_of(reference, case))) < CONDITION:
            return case


def is_unbiased(lab: Runner, reference: Runner, case: Case, keep_prob: float, seed: int) -> None:
    """Every weight is 1 at k = t, then a power of 1 / keep_prob, then zero, by a fair coin.

    The terms are the reference's, or the student's own if those are usable, or the stand-ins'.
    """
    given = states_of(reference, case)

    def measure(by_itself: bool) -> None:
        before = given if by_itself else None
        drawn = _drawn(lab, case, keep_prob, [seed], [seed + 1], DRAWS, before)
        terms = made_up_terms(case) if by_itself else terms_of(reference, case)
        problem = _problem(terms, drawn, keep_prob)
        if problem is None:
            return
        own = None if by_itself else own_terms(lab, case)
        if own is None or _problem(own, drawn, keep_prob) is not None:
            raise Failed(problem)

    either(measure)


def truncates_by_rng(lab: Runner, reference: Runner, case: Case) -> None:
    """The gradients depend on the generator that is passed, and on no other."""
    given = states_of(reference, case)
    either(lambda by_itself: _goes_by_rng(lab, case, given if by_itself else None))


def _goes_by_rng(lab: Runner, case: Case, given: Arrays | None) -> None:
    rows = _drawn(lab, case, 0.5, [7, 7, 8, 9], [1, 2, 3, 3], 12, given).reshape(4, -1)
    if not np.allclose(rows[0], rows[1]):
        raise Failed(
            Text(
                "两个同样种子的 rng 给出了不同的梯度；请只从传入的 rng 抽样，不用全局生成器",
                "two generators with the same seed gave different gradients; draw from the rng "
                "that is passed, not from a global generator",
            )
        )
    if np.allclose(rows[1], rows[2]) and np.allclose(rows[1], rows[3]):
        raise Failed(
            Text(
                "种子不同的 rng 给出了同样的梯度；往回走多远应由传入的 rng 决定",
                "generators with different seeds gave the same gradients; how far to go back is "
                "for the rng that is passed to decide",
            )
        )


def _problem(terms: Terms, drawn: np.ndarray, keep_prob: float) -> Text | None:
    """What is wrong with the draws (N, G), G the size of all gradients; None if nothing is."""
    T = len(terms.rows)
    t, k = np.tril_indices(T)
    equations = _equations(terms)
    found, *_ = np.linalg.lstsq(equations, drawn.T, rcond=None)
    scale = max(float(np.abs(drawn).max()), 1e-8)
    if np.abs(equations @ found - drawn.T).max() > 1e-3 * scale:
        return Text(
            "返回的梯度不是各项 (t,k) 的加权和；每一项应只乘一个权重",
            "the gradients are no weighted sum of the terms (t,k); each term takes one weight",
        )
    weights = found.T  # (N, number of terms)
    if np.abs(weights[:, t == k] - 1).max() > NEAR:
        return Text(
            "k = t 的项权重应恒为 1：它不往回走，不应被丢弃或缩放",
            "the term k = t always has weight 1: nothing goes back there, so it is neither "
            "dropped nor scaled",
        )
    powers = keep_prob ** -(t - k).astype(float)
    kept = np.abs(weights - powers) <= NEAR * powers
    if not np.all(kept | (np.abs(weights) <= NEAR)):
        return Text(
            f"往回走 n 步的项，权重应是 0 或 1/{keep_prob:g}^n；每多走一步要再除以 keep_prob",
            f"a term n steps back has weight 0 or 1/{keep_prob:g}^n: divide by keep_prob at "
            "every step",
        )
    grid = np.zeros((len(kept), T, T), dtype=bool)
    grid[:, t, k] = kept
    for n in range(2, T):
        beyond = np.diagonal(grid, -n, 1, 2)  # (N, T - n): the terms n steps back
        before = np.diagonal(grid, -(n - 1), 1, 2)[:, 1:]  # one step less, for the same t
        if np.any(beyond & ~before):
            return Text(
                "递推停下之后，更早的项不应再出现：要截断的是整条递推，不是单独的某一项",
                "once the recursion has stopped no earlier term may appear: cut the recursion, "
                "not single terms",
            )
    return _coins(grid, keep_prob)


def _coins(grid: np.ndarray, keep_prob: float) -> Text | None:
    """For the last t, each step back continues as often as a coin of chance `keep_prob` allows."""
    T = grid.shape[1]
    alive = np.ones(len(grid), dtype=bool)
    for n in range(1, T):
        on = grid[:, T - 1, T - 1 - n]
        trials = int(alive.sum())
        low, high = binomial_range(trials, keep_prob)
        if not low <= int((alive & on).sum()) <= high:
            return Text(
                f"往回第 {n} 步，{trials} 次中有 {int(on.sum())} 次继续；"
                f"按概率 {keep_prob:g} 应在 {low} 到 {high} 之间",
                f"step {n} back goes on {int(on.sum())} times in {trials}, expected {low} to "
                f"{high} at a chance of {keep_prob:g}",
            )
        alive &= on
    return None


def _equations(terms: Terms) -> np.ndarray:
    """The equations (G, terms): one column for each term with k <= t."""
    return terms.rows[np.tril_indices(len(terms.rows))].T


def _drawn(
    lab: Runner,
    case: Case,
    keep_prob: float,
    own: list[int],
    shared: list[int],
    each: int,
    given: Arrays | None = None,
) -> np.ndarray:
    """The draws (N, G), G the size of all gradients; with stand-ins if states are `given`."""
    asked: dict[str, Any] = {"keep_prob": keep_prob, "own": own, "shared": shared, "each": each}
    if given is not None:
        asked |= {"given": given, "by_itself": True}
    result = lab.random_truncated(**case, **asked)
    N, H, E = len(own) * each, len(case["weights"]["b"]), case["x"].shape[1]
    parts = [
        array(name, field(result, name), (N, *shape)).reshape(N, -1)
        for name, shape in zip(GRADIENTS, ((H, H), (H, E), (H,)))
    ]
    return np.concatenate(parts, axis=1).astype(np.float64)
