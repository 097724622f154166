"""How a norm goes over the time steps, and what becomes of that where an input is scaled.

Only what is clear at a glance counts: a norm that falls or rises at every step, and a change of it
that is nothing, one factor, or at least twice as steep or as flat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, unique
from typing import Any, Final

import numpy as np

from kit.text import Text

from .public_calls import PublicCall

Numbers = np.ndarray

STEP: Final = 1.03
"""By so much the norm differs from one step to the next, where it falls or rises."""

STEEPER: Final = 2.0
"""The norms at both ends differ by so much more, or less, where a course is called another one."""

LEAST_STEPS: Final = 3

_EXACT: Final = 1e-5
_LEAST: Final = 1e-9
"""Norms below this share of the largest may be noise."""


@dataclass(frozen=True, slots=True)
class OverTime:
    """An entry of an answer that has a norm at each time step t = 1..T."""

    entry: str
    said: Text
    made: Callable[[Numbers], Numbers]  # from the entry, in the order of t

    def norms(self, value: Any) -> Numbers | None:
        """The norms in an entry, which may be anything; None where they cannot be compared."""
        try:
            found = np.asarray(self.made(np.asarray(value, dtype=np.float64)))
        except (ValueError, TypeError, IndexError):
            return None
        if found.ndim != 1 or len(found) < LEAST_STEPS or not np.isfinite(found).all():
            return None
        return found if found.min() > _LEAST * found.max() > 0 else None


OVER_TIME: Final[Mapping[tuple[str, str], OverTime]] = {
    ("numpy_rnn", "backward"): OverTime(
        "norms",
        Text("dL/dh_t 的范数（在批量上平均）", "the norm of dL/dh_t (its mean over the batch)"),
        lambda norms: norms,
    ),
    ("theory", "delta"): OverTime(
        "delta",
        Text("dL_T/dz_t 的范数", "the norm of dL_T/dz_t"),
        lambda delta: np.linalg.norm(delta[-1], axis=-1),
    ),
}
"""By part and probe."""


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


def over_time(call: PublicCall) -> OverTime | None:
    """Which norm the answer to a call has at each step; None where it has none."""
    found = OVER_TIME.get((call.part, call.probe))
    return found if found is not None and found.entry in call.answer else None


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
        return Changed(Change.FACTOR, float(f"{quotients[0]:.4g}"))
    if not same_way:
        return Changed(Change.TURNED)
    steeper = _steepness(other) / _steepness(one)
    if steeper >= STEEPER:
        return Changed(Change.STEEPER)
    return Changed(Change.FLATTER) if steeper <= 1 / STEEPER else None


def _steepness(norms: Numbers) -> float:
    """The quotient of the norms at both ends, at least 1."""
    quotient = float(norms[-1] / norms[0])
    return max(quotient, 1 / quotient)
