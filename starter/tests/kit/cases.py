"""Inputs for probes, drawn from a generator. Every axis has another size; no state is zero.

``make starter`` draws the public cases once and stores them with their expected values; the
grader draws the hidden cases from the course's secret.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

Case = dict[str, Any]

T = TypeVar("T")

_DRAWN: OrderedDict[tuple[str, str], tuple[Any, Any]] = OrderedDict()

MOST_DRAWN = 16
"""Of what was drawn last. Where each submission has a secret of its own, none is used again."""


def drawn_once(rng: np.random.Generator, what: str, draw: Callable[[], T]) -> T:
    """What `draw` draws from `rng`; what takes long to draw is kept for the next submission.

    One secret draws the same for every submission that a process grades. `rng` is left as `draw`
    leaves it, kept or not, so that all draws behind it are the same too.
    """
    key = (what, str(rng.bit_generator.state))
    if key not in _DRAWN:
        found = draw()
        _DRAWN[key] = found, rng.bit_generator.state
    _DRAWN.move_to_end(key)
    while len(_DRAWN) > MOST_DRAWN:
        _DRAWN.popitem(last=False)
    kept: T
    kept, rng.bit_generator.state = _DRAWN[key]
    return kept


CHARACTERS = "aehlorw"
"""The vocabulary of sampling checks: V = 7."""


def single(values: np.ndarray) -> np.ndarray:
    """float64 values that float32 can hold exactly."""
    return values.astype(np.float32).astype(np.float64)


def clip_case(rng: np.random.Generator, norm: float) -> list[np.ndarray]:
    """Three arrays of unequal size and scale whose joint norm is `norm`."""
    arrays = [rng.normal(0, s, shape) for s, shape in ((1, (3, 4)), (5, (4,)), (0.2, (2, 5)))]
    total = np.sqrt(sum(np.sum(a**2) for a in arrays))
    return [a * (norm / total) for a in arrays]


def markov_source(rng: np.random.Generator, lag: int, V: int) -> np.ndarray:
    """True next-character probabilities P[a, b, next] of the source for proofs of learning.

    S is a Latin square; the next character is S[a, b] with probability 0.9, else uniform over the
    rest, where b is the last character and a the one `lag` - 1 before it. Unigram and first-order
    losses are ln V for every S: only a model that remembers gets below. V should be a prime: for 4
    or 6, S contains coarser squares, and right code stays on a plateau for some seeds.

    Held-out contexts should be drawn uniformly: a text of the source would reveal the source
    without any training.
    """
    rows, columns, symbols = (rng.permutation(V) for _ in range(3))
    square = symbols[(rows[:, None] + columns[None, :]) % V]  # (V, V)
    p = np.full((V, V, V), 0.1 / (V - 1))
    for a in range(V):
        for b in range(V):
            p[a, b, square[a, b]] = 0.9
    assert lag >= 2
    return p


def markov_text(
    rng: np.random.Generator, source: np.ndarray, lag: int, length: int, streams: int
) -> np.ndarray:
    """Independent texts (streams, length) of the source, which nobody may change."""
    # One secret draws the same source from the same state; by its digest nothing depends on that.
    shape = f"{lag} {length} {streams} {hashlib.sha256(source.tobytes()).hexdigest()}"
    return drawn_once(rng, f"text {shape}", lambda: _markov_text(rng, source, lag, length, streams))


def _markov_text(
    rng: np.random.Generator, source: np.ndarray, lag: int, length: int, streams: int
) -> np.ndarray:
    V = source.shape[0]
    cumulative = source.cumsum(axis=-1)
    text = np.empty((streams, length), dtype=np.int64)
    text[:, :lag] = rng.integers(0, V, (streams, lag))
    draws = rng.random((streams, length))
    for t in range(lag, length):
        row = cumulative[text[:, t - lag], text[:, t - 1]]  # (streams, V)
        text[:, t] = np.minimum((row < draws[:, t, None]).sum(axis=1), V - 1)
    text.flags.writeable = False
    return text
