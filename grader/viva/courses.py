"""How a norm goes over the time steps, and what becomes of that where an input is scaled.

Only what is clear at a glance counts: a norm that falls or rises at every step, and a change of it
that is nothing, one factor, or at least twice as steep or as flat, and at no t the other way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique
from typing import Any, Final

import numpy as np

from grader.parts.registry import spec_of
from grader.parts.spec import NormOverTime

from .public_calls import PublicCall

Numbers = np.ndarray

STEP: Final = 1.03
"""The least quotient of two neighbouring norms where a norm falls or rises."""

STEEPER: Final = 2.0
"""How much more, or less, the norms at both ends differ where a course counts as another one."""

LEAST_STEPS: Final = 3

# Rounding in single precision stays below it (docs/numbers.md).
_EXACT: Final = 1e-5
_LEAST: Final = 1e-9
"""Norms below this share of the largest may be noise."""


@unique
class Change(Enum):
    """What becomes of a course. *Back* is from t = T to t = 1, as the gradient goes."""

    SAME = "same"
    FACTOR = "factor"
    STEEPER = "steeper"
    FLATTER = "flatter"
    TURNED = "turned"


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of a course; `factor` where it is one."""

    change: Change
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Courses:
    """The norms of two runs at t = 1..T, and how the second ones come from the first."""

    falls: bool  # back, as it is now; else it rises
    changed: Changed
    before: tuple[float, ...]
    after: tuple[float, ...]


def over_time(call: PublicCall) -> NormOverTime | None:
    """Which norm the answer to a call has at each step; None where it has none."""
    found = spec_of(call.part).over_time.get(call.probe)
    return found if found is not None and found.entry in call.answer else None


def norms_in(over: NormOverTime, value: Any) -> Numbers | None:
    """The norms in an entry, which may be anything; None where they cannot be compared."""
    try:
        found = np.asarray(over.norms(np.asarray(value, dtype=np.float64)))
    except (ValueError, TypeError, IndexError):
        return None
    if found.ndim != 1 or len(found) < LEAST_STEPS or not np.isfinite(found).all():
        return None
    return found if found.min() > _LEAST * found.max() > 0 else None


def compared(before: Numbers | None, after: Numbers | None) -> Courses | None:
    """The courses of two runs; None where it is not clear how they go or differ."""
    if before is None or after is None or before.shape != after.shape:
        return None
    falls, then = _falls(before), _falls(after)
    if falls is None or then is None:
        return None
    changed = _changed(before, after, falls is then)
    if changed is None:
        return None
    return Courses(falls, changed, tuple(before.tolist()), tuple(after.tolist()))


def _falls(norms: Numbers) -> bool | None:
    """Whether the norm falls back to t = 1, or rises; None where it does neither at every step."""
    steps = norms[1:] / norms[:-1]
    if (steps >= STEP).all():
        return True
    return False if (steps <= 1 / STEP).all() else None


def _changed(one: Numbers, other: Numbers, same_way: bool) -> Changed | None:
    quotients = other / one
    if np.abs(quotients - 1).max() <= _EXACT:
        return Changed(Change.SAME)
    if np.abs(quotients / quotients[0] - 1).max() <= _EXACT:
        # The factor is rounded, so that two inputs with the same effect give one option.
        return Changed(Change.FACTOR, float(f"{quotients[0]:.4g}"))
    if not same_way:
        return Changed(Change.TURNED)
    # How much further each norm is now from the norm at T.
    further = _from_end(other) / _from_end(one)
    if further[0] >= STEEPER and (further > 1 - _EXACT).all():
        return Changed(Change.STEEPER)
    if further[0] <= 1 / STEEPER and (further < 1 + _EXACT).all():
        return Changed(Change.FLATTER)
    return None


def _from_end(norms: Numbers) -> Numbers:
    """The quotients of each norm and that at T, at least 1 for one that falls or rises."""
    quotients = norms[-1] / norms
    found: Numbers = np.maximum(quotients, 1 / quotients)
    return found
