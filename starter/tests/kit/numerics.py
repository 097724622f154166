"""Mathematics that checks need and that reveals no solution."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")

FALSE_ALARM = 1e-9
"""The largest chance that a right sampler fails a check of its distribution."""


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis; (..., V) -> (..., V)."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: np.ndarray = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities


def cross_entropy(logits: np.ndarray, truth: np.ndarray) -> float:
    """Mean cross-entropy in nats of `logits` (N, V) against the true distributions (N, V)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return float(-(truth * log_p).sum(axis=-1).mean())


def central_differences(logits: np.ndarray, weight: np.ndarray, step: float) -> np.ndarray:
    """dL/dθ for L = sum(weight * logits), from logits (N, 2, ...) at θ - step and θ + step.

    N is the number of entries of θ.
    """
    loss = (logits.astype(np.float64) * weight).reshape(*logits.shape[:2], -1).sum(axis=-1)
    slopes: np.ndarray = (loss[:, 1] - loss[:, 0]) / (2 * step)
    return slopes


def joint_norm(arrays: Iterable[np.ndarray]) -> float:
    """Euclidean norm of all arrays together."""
    return math.sqrt(sum(float(np.sum(np.square(a, dtype=np.float64))) for a in arrays))


def log_mean_ratio(log_right: float, log_wrong: list[float]) -> float:
    """ln of the mean over wrong samplers of likelihood(wrong) / likelihood(right).

    For draws of the right sampler this mean is an e-value: by Markov's inequality it exceeds
    1 / FALSE_ALARM with a chance of at most FALSE_ALARM.
    """
    ratios = np.array(log_wrong) - log_right
    top = ratios.max()
    return float(top + np.log(np.mean(np.exp(ratios - top))))


def log_evidence(counts: np.ndarray) -> float:
    """ln of the probability of a sequence with these counts (rows, V) when nothing is known.

    Each row is predicted draw by draw from the draws before it (Dirichlet prior, 1/2 for each
    symbol). So this is the likelihood of a sampler that learns as it draws; no fixed sampler is
    better by more than about V/2 ln(draws) for each row.
    """
    prior = 0.5
    V = counts.shape[1]
    total = 0.0
    for row in counts.tolist():
        total += math.lgamma(V * prior) - math.lgamma(sum(row) + V * prior)
        total += sum(math.lgamma(n + prior) - math.lgamma(prior) for n in row)
    return total


def draws_disagree(counts: np.ndarray, p: np.ndarray) -> bool:
    """Whether independent draws with these counts (V,) contradict the probabilities p (V,).

    True on a symbol of probability zero, or where n KL(counts / n, p) exceeds what the method of
    types allows: for a right sampler this happens with a chance of at most FALSE_ALARM.
    """
    if np.any(counts[p <= 0] > 0):
        return True
    n, V = int(counts.sum()), len(counts)
    seen = counts > 0
    statistic = float(np.sum(counts[seen] * np.log(counts[seen] / (n * p[seen]))))
    types = math.lgamma(n + V) - math.lgamma(V) - math.lgamma(n + 1)  # ln C(n + V - 1, V - 1)
    return statistic > types - math.log(FALSE_ALARM)


def divergence(q: np.ndarray, p: np.ndarray) -> float:
    """KL(q, p) in nats, the evidence of one draw from q against p; infinite if p excludes it."""
    seen = q > 0
    if np.any(p[seen] <= 0):
        return math.inf
    return float(np.sum(q[seen] * np.log(q[seen] / p[seen])))


def binomial_range(n: int, p: float) -> tuple[int, int]:
    """The smallest and largest plausible number of heads in n tosses of chance p.

    Numbers outside this range have a chance of at most FALSE_ALARM together.
    """
    k = np.arange(n + 1)
    log_n = math.lgamma(n + 1)
    log_choose = np.array([log_n - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in k])
    chance = np.exp(log_choose + k * math.log(p) + (n - k) * math.log(1 - p))
    below, above = chance.cumsum(), chance[::-1].cumsum()[::-1]  # P(at most k), P(at least k)
    low = int(np.searchsorted(below, FALSE_ALARM / 2, side="right"))
    high = int(np.flatnonzero(above > FALSE_ALARM / 2)[-1])
    return low, high


def unstructured(chosen: np.ndarray) -> bool:
    """Whether choices (N, M) vary within rows and within columns: no line shares one coin."""
    rows = np.all(chosen == chosen[:, :1])  # every row is constant
    columns = np.all(chosen == chosen[:1, :])
    return not (rows or columns)


class Kept(Generic[T]):
    """The items of an iterator, each asked for once, however often they are gone through."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._known: list[T] = []

    def __iter__(self) -> Iterator[T]:
        yield from self._known
        for item in self._items:
            self._known.append(item)
            yield item
