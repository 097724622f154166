"""Mathematics that checks need and that gives no solution away."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

FALSE_ALARM = 1e-9
"""The chance that a right sampler fails a check of its distribution, at most."""


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis; (..., V) -> (..., V)."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def cross_entropy(logits: np.ndarray, truth: np.ndarray) -> float:
    """Mean cross-entropy in nats of predictions (C, V) against true distributions (C, V)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return float(-(truth * log_p).sum(axis=-1).mean())


def central_differences(logits: np.ndarray, weight: np.ndarray, step: float) -> np.ndarray:
    """dL/dθ for L = sum(weight * logits), from logits (entries, 2, ...) at θ - step, θ + step."""
    loss = (logits.astype(np.float64) * weight).reshape(*logits.shape[:2], -1).sum(axis=-1)
    return (loss[:, 1] - loss[:, 0]) / (2 * step)


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
    """ln of the chance to draw a sequence with these counts (rows, V) when nothing is known.

    Each row is predicted draw by draw from the draws before it (Dirichlet prior, 1/2 for each
    symbol), so this is a likelihood like any other; no fixed sampler with these counts is
    more than about V/2 ln(draws) a row ahead of it.
    """
    prior = 0.5
    V = counts.shape[1]
    total = 0.0
    for row in counts.tolist():
        total += math.lgamma(V * prior) - math.lgamma(sum(row) + V * prior)
        total += sum(math.lgamma(n + prior) - math.lgamma(prior) for n in row)
    return total
