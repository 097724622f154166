"""Inputs for the probes of ``numpy_rnn``, drawn from a generator. Every axis has another size."""

from __future__ import annotations

import numpy as np

from kit.cases import Case, markov_source, markov_text, single
from kit.data import Arrays


def rnn_weights(rng: np.random.Generator, V: int = 7, H: int = 5) -> Arrays:
    """Weights N(0, 1/H) with one saturated unit: column 0 of Whh times 4, bh[0] = 3.

    All values are exact in float32, so that a model in float32 starts from the same numbers.
    """
    scale = 1 / np.sqrt(H)
    shapes = {"Wxh": (V, H), "Whh": (H, H), "bh": (H,), "Why": (H, V), "by": (V,)}
    weights = {name: rng.normal(0, scale, shape) for name, shape in shapes.items()}
    weights["Whh"][:, 0] *= 4
    weights["bh"][0] = 3
    return {name: single(w) for name, w in weights.items()}


def rnn_case(
    rng: np.random.Generator, T: int = 6, B: int = 3, H: int = 5, V: int = 7, loud: float = 1.0
) -> Case:
    """Weights, characters x (B, T), a state h0 (B, H) that is not zero, and dL/dlogits.

    ``dlogits`` is (B, V) for the loss at the last step and ``dlogits_all`` (B, T, V) for the loss
    at every step. `loud` scales them, to expose a clip in the code. A character of x repeats.
    """
    x = rng.integers(0, V, (B, T))
    x[0, -1] = x[0, 0]
    return {
        "weights": rnn_weights(rng, V, H),
        "x": x,
        "h0": single(rng.normal(0, 0.5, (B, H))),
        "dlogits": single(loud * rng.normal(0, 1, (B, V))),
        "dlogits_all": single(loud * rng.normal(0, 1, (B, T, V))),
    }


def long_case(
    rng: np.random.Generator, T: int = 25, B: int = 2, V: int = 7, H: int = 5, growth: float = 1.02
) -> Case:
    """As :func:`rnn_case`, with gradients that last: Whh turns states and hardly shrinks them."""
    case = rnn_case(rng, T=T, B=B, V=V, H=H)
    turn = np.linalg.qr(rng.normal(0, 1, (H, H)))[0]
    small = {"Wxh": 0.1, "bh": 0.02, "Why": 1.0, "by": 1.0}
    case["weights"] = {
        "Whh": single(growth * turn),
        **{n: single(s * rng.normal(0, 1, case["weights"][n].shape)) for n, s in small.items()},
    }
    case["weights"] = {n: case["weights"][n] for n in ("Wxh", "Whh", "bh", "Why", "by")}
    case["h0"] = single(0.3 * rng.normal(0, 1, (B, H)))
    return case


def gradient_check_case(
    rng: np.random.Generator, T: int = 4, B: int = 3, V: int = 7, H: int = 5
) -> Case:
    """A model for ``gradient_check``, inputs x (B, T) and targets y (B,).

    One character does not occur in x, as in any real batch: its gradients are exactly zero.
    """
    while True:
        x = rng.integers(0, V, (B, T))
        if len(np.unique(x)) == V - 1:
            break
    shapes = {"Wxh": (V, H), "Whh": (H, H), "bh": (H,), "Why": (H, V), "by": (V,)}
    weights = {n: rng.normal(0, 1 / np.sqrt(H), s) for n, s in shapes.items()}
    return {"weights": weights, "x": x, "y": rng.integers(0, V, B)}


def sampling_weights(rng: np.random.Generator) -> Arrays:
    """A model whose next-character distributions differ clearly from one another."""
    weights = rnn_weights(rng)
    weights["Why"] = single(weights["Why"] * 3)
    return weights


def rnn_learning_case(rng: np.random.Generator) -> Case:
    """A training run for the NumPy RNN, and the true probabilities to score it.

    V = 5, T = 8, H = 32, B = 48, 900 steps. The source looks two characters back: with one
    that looks three back, right code stays on a plateau for one seed in ten. The held-out contexts
    are drawn uniformly, as ``kit.cases.markov_source`` asks.
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
