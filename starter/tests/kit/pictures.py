"""What shows a fault better than a sentence: the numbers of a public check, for a picture of them.

A check attaches such a record to the verdict that it raises; the judge draws it on the student's
page. The student's own values are kept as they are, with None for what is not finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from .compare import shape_of
from .outcomes import Verdict

Values = tuple[float | None, ...]


@dataclass(frozen=True)
class Norms:
    """The norms of dL/dh_t for t = 1..T."""

    found: Values
    right: Values


@dataclass(frozen=True)
class Gradient:
    """The entries of one gradient."""

    name: str
    found: Values
    right: Values
    differences: Values = ()  # central differences of the student's own loss, where they are known


@dataclass(frozen=True)
class Gradients:
    """Some gradients of one loss."""

    arrays: tuple[Gradient, ...]


@dataclass(frozen=True)
class Loss:
    """The held-out loss of a trained model, in nats, and what it is measured by."""

    found: float | None
    floor: float  # the entropy rate of the source
    most: float  # of a model that has learned
    guessing: float


@dataclass(frozen=True)
class Frequencies:
    """How often each symbol was drawn, and the probabilities to draw by."""

    by: str  # temperature or top_k
    value: float  # of the temperature, or k
    counts: tuple[int, ...]
    right: Values


@dataclass(frozen=True)
class Temperatures:
    """Draws from the same logits at several temperatures."""

    draws: tuple[Frequencies, ...]


Picture = Norms | Gradients | Loss | Frequencies | Temperatures


@contextmanager
def showing(picture: Callable[[], Picture | None]) -> Iterator[None]:
    """A verdict that is raised within carries this picture; it is made only then."""
    try:
        yield
    except Verdict as verdict:
        verdict.picture = picture()
        raise


def norms(found: Any, right: np.ndarray) -> Norms | None:
    """The picture, if `found` has as many numbers as `right`."""
    own = _numbers(found, right.shape)
    return None if own is None else Norms(own, _values(right))


def gradients(
    found: Any,
    right: Mapping[str, np.ndarray],
    names: Iterable[str],
    differences: Mapping[str, np.ndarray],
) -> Gradients:
    """The gradients `names`, without those of `found` that are no numbers of the right shape."""
    arrays = []
    for name in names:
        value = found.get(name) if isinstance(found, Mapping) else None
        own = _numbers(value, right[name].shape)
        if own is not None:
            slopes = differences.get(name)
            by_difference = () if slopes is None else _values(slopes)
            arrays.append(Gradient(name, own, _values(right[name]), by_difference))
    return Gradients(tuple(arrays))


def frequencies(by: str, value: float, counts: np.ndarray, right: np.ndarray) -> Frequencies:
    """The picture of draws with these counts (V,)."""
    return Frequencies(by, float(value), tuple(counts.tolist()), _values(right))


def finite(value: float) -> float | None:
    """`value`, or None if it is not finite."""
    return float(value) if np.isfinite(value) else None


def _numbers(value: Any, shape: tuple[int, ...]) -> Values | None:
    # Compared before NumPy makes an array of it: a student chose what it holds.
    if shape_of(value, "iuf") != shape:
        return None
    try:
        return _values(np.asarray(value, dtype=np.float64))
    except (ValueError, TypeError, OverflowError):
        return None


def _values(array: np.ndarray) -> Values:
    return tuple(map(finite, np.asarray(array, dtype=np.float64).reshape(-1).tolist()))
