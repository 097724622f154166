"""When two answers of ``gradient_check`` are the same, and a question that it answers quickly."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from parts.numpy_rnn.cases import gradient_check_case
from parts.numpy_rnn.checks_gradient_check import stand_in_slopes, wrong_factors

NOISE = 1e-6
"""An error below it is rounding, which differs between two ways to write one formula."""

TOLERANCE = 1e-4

WRONG = ("bh", "Why")
"""The arrays whose gradients are wrong in the quick question."""


def same_errors(got: Any, expected: Any) -> bool:
    """Whether two answers of the probe ``gradient_check`` report the same errors."""
    if not isinstance(got, dict) or not isinstance(expected, dict) or got.keys() != expected.keys():
        return False
    return all(_same(got[name], expected[name]) for name in expected)


def _same(got: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        if not isinstance(got, dict) or got.keys() != expected.keys():
            return False
        return all(_same(got[name], expected[name]) for name in expected)
    if isinstance(got, bool) or isinstance(expected, bool):
        return got is expected
    try:
        a, b = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError, OverflowError):
        return type(got) is type(expected) and bool(got == expected)
    if a.shape != b.shape:
        return False
    return bool(np.allclose(a, b, rtol=TOLERANCE, atol=NOISE, equal_nan=True))


def smaller_check(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a ``gradient_check`` of few weights, some of whose gradients are wrong."""
    return {name: value for name, value in _small().items() if name in asked}


@cache
def _small() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    case = gradient_check_case(rng, T=3, B=2, V=4, H=2)
    factors, slopes = wrong_factors(rng, case), stand_in_slopes(case)
    slopes |= {name: slopes[name] * factors[name] for name in WRONG}
    return {name: case[name] for name in ("weights", "x", "y")} | {"slopes": slopes}
