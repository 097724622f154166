"""Inputs for probes, drawn from a generator: every axis of another size, nothing at rest.

Public cases are drawn once by ``make starter`` and stored beside their expected values; hidden
ones are drawn by the grader from the course's secret.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Case = dict[str, Any]

CHARACTERS = "aehlorw"
"""The vocabulary of sampling checks: V = 7."""


def rnn_weights(rng: np.random.Generator, V: int = 7, H: int = 5) -> dict[str, np.ndarray]:
    """Weights N(0, 1/H) with one saturated unit: column 0 of Whh times 4, bh[0] = 3.

    All values are exact in float32, so that a model in float32 starts from the same numbers.
    """
    scale = 1 / np.sqrt(H)
    shapes = {"Wxh": (V, H), "Whh": (H, H), "bh": (H,), "Why": (H, V), "by": (V,)}
    weights = {name: rng.normal(0, scale, shape) for name, shape in shapes.items()}
    weights["Whh"][:, 0] *= 4
    weights["bh"][0] = 3
    return {name: _single(w) for name, w in weights.items()}


def rnn_case(
    rng: np.random.Generator, T: int = 6, B: int = 3, H: int = 5, V: int = 7, loud: float = 1.0
) -> Case:
    """Weights, characters x (B, T), a state h0 (B, H) that is not zero, and dL/dlogits.

    ``dlogits`` is (B, V) for the loss at the last step and ``dlogits_all`` (B, T, V) for the loss
    at every step. `loud` scales them, to expose a hidden clip. x holds a repeated character.
    """
    x = rng.integers(0, V, (B, T))
    x[0, -1] = x[0, 0]
    return {
        "weights": rnn_weights(rng, V, H),
        "x": x,
        "h0": _single(rng.normal(0, 0.5, (B, H))),
        "dlogits": _single(loud * rng.normal(0, 1, (B, V))),
        "dlogits_all": _single(loud * rng.normal(0, 1, (B, T, V))),
    }


def gradient_check_case(rng: np.random.Generator, T: int = 4, B: int = 3) -> Case:
    """A model for ``gradient_check``, inputs x (B, T) and targets y (B,).

    One character does not occur in x, as in any real batch: its gradients are exactly zero.
    """
    V, H = 7, 5
    while True:
        x = rng.integers(0, V, (B, T))
        if len(np.unique(x)) == V - 1:
            break
    shapes = {"Wxh": (V, H), "Whh": (H, H), "bh": (H,), "Why": (H, V), "by": (V,)}
    weights = {n: rng.normal(0, 1 / np.sqrt(H), s) for n, s in shapes.items()}
    return {"weights": weights, "x": x, "y": rng.integers(0, V, B)}


def clip_case(rng: np.random.Generator, norm: float) -> list[np.ndarray]:
    """Three arrays of unequal size and scale whose joint norm is `norm`."""
    arrays = [rng.normal(0, s, shape) for s, shape in ((1, (3, 4)), (5, (4,)), (0.2, (2, 5)))]
    total = np.sqrt(sum(np.sum(a**2) for a in arrays))
    return [a * (norm / total) for a in arrays]


def sampling_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A model whose next-character distributions differ clearly from one another."""
    weights = rnn_weights(rng)
    weights["Why"] = _single(weights["Why"] * 3)
    return weights


def markov_source(rng: np.random.Generator, lag: int, V: int) -> np.ndarray:
    """True next-character probabilities P[a, b, next] of the source that learning is proved on.

    S is a Latin square; the next character is S[a, b] with probability 0.9, else uniform over the
    rest, where b is the last character and a the one `lag` - 1 before it. Unigram and first-order
    losses are ln V for every S: only a model that remembers gets below. V should be a prime: for 4
    or 6 there are coarser squares within S, at which right code stands still for some seeds.
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
    """`streams` independent texts (streams, length) of the source."""
    V = source.shape[0]
    cumulative = source.cumsum(axis=-1)
    text = np.empty((streams, length), dtype=np.int64)
    text[:, :lag] = rng.integers(0, V, (streams, lag))
    draws = rng.random((streams, length))
    for t in range(lag, length):
        row = cumulative[text[:, t - lag], text[:, t - 1]]  # (streams, V)
        text[:, t] = np.minimum((row < draws[:, t, None]).sum(axis=1), V - 1)
    return text


def rnn_learning_case(rng: np.random.Generator) -> Case:
    """A course of training for the NumPy RNN, and the truth it is scored against.

    V = 5, T = 8, H = 32, B = 48, 900 steps. The source looks two characters back: one that looks
    three back leaves right code on a plateau for one seed in ten. The held-out contexts are drawn
    uniformly: a text of the source would tell the source by itself, without any training.
    """
    V, H, B, T, steps, lag = 5, 32, 48, 8, 900, 2
    source = markov_source(rng, lag, V)
    train = markov_text(rng, source, lag, T + 1 + lag, steps * B)[:, lag:]
    shapes = {"Wxh": (V, H), "Whh": (H, H), "Why": (H, V)}
    weights = {name: rng.normal(0, 0.1, shape) for name, shape in shapes.items()}
    weights |= {"bh": np.zeros(H), "by": np.zeros(V)}
    contexts = rng.integers(0, V, (2000, T))
    return {
        "inputs": {
            "weights": weights,
            "x": train[:, :T].reshape(steps, B, T),
            "y": train[:, T].reshape(steps, B),
            "rates": np.minimum(1.0, 3 * (1 - np.arange(steps) / steps) + 0.02),
            "max_norm": 1.0,
        },
        "contexts": contexts,
        "truth": source[contexts[:, -lag], contexts[:, -1]],  # (2000, V)
    }


def poem_lines(rng: np.random.Generator, lines: int) -> list[str]:
    """Lines of 12 characters: some characters rare, a line twice, not in sorted order."""
    usual = "山水风月花鸟春秋人天云江日夜白青玉雨"
    rare = "饕餮麒麟貔貅魑魅"
    made = []
    for i in range(lines):
        body = "".join(rng.choice(list(usual), 10))
        made.append(body[:5] + "，" + body[5:] + "。")
        if i < len(rare):
            at = int(rng.integers(0, 5))
            made[-1] = made[-1][:at] + rare[i] + made[-1][at + 1 :]
    made.insert(2, made[-1])
    made.sort()
    made[0], made[-1] = made[-1], made[0]
    return made


def _single(values: np.ndarray) -> np.ndarray:
    """float64 values that float32 holds exactly."""
    return values.astype(np.float32).astype(np.float64)
