"""Random inputs of the contract of ``theory``."""

from __future__ import annotations

import numpy as np

from grader.parts.contract_inputs import Arguments, Inputs
from parts.theory.cases import theory_case


def _sequence(rng: np.random.Generator) -> Arguments:
    T, H, E, K = (int(n) for n in rng.integers(1, 6, 4))
    return theory_case(rng, T=T, H=H, E=E, K=K)


def _states(rng: np.random.Generator) -> Arguments:
    case = _sequence(rng)
    return {"weights": case["weights"], "x": case["x"]}


def _random(rng: np.random.Generator) -> Arguments:
    chance = {"keep_prob": float(rng.uniform(0.05, 1)), "own": [int(rng.integers(2**31))]}
    return _sequence(rng) | chance | {"shared": [0], "each": 2}


# The contract leaves the order of draws free, so all coins of one call show the same number.
_SAME_COINS = """

_random_truncated_grads = random_truncated_grads


class _SameCoins:
    def __init__(self, rng):
        self.number = rng.random()

    def random(self):
        return self.number


def random_truncated_grads(U, W, b, V, x, targets, keep_prob, rng):
    return _random_truncated_grads(U, W, b, V, x, targets, keep_prob, _SameCoins(rng))
"""

INPUTS = {
    "forward": Inputs("forward", _states),
    "delta": Inputs("delta", _sequence),
    "random_truncated_grads": Inputs("random_truncated", _random, appended=_SAME_COINS),
}
