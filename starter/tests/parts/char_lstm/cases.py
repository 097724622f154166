"""Inputs for the probes of ``char_lstm``, drawn from a generator. Every axis has another size.

Weights are float32, torch's default; they are plain arrays, since the judge never imports torch.
"""

from __future__ import annotations

import numpy as np

from kit.cases import CHARACTERS, Case, markov_source, markov_text
from kit.data import Arrays


def char_weights(
    rng: np.random.Generator, V: int = 7, E: int = 4, H: int = 5, L: int = 2, scale: float = 0.8
) -> Arrays:
    """Weights of a CharLSTM by their names in torch, N(0, scale²), some gates saturated."""
    shapes: dict[str, tuple[int, ...]] = {"embed.weight": (V, E)}
    for layer in range(L):
        shapes[f"lstm.weight_ih_l{layer}"] = (4 * H, H if layer else E)
        shapes[f"lstm.weight_hh_l{layer}"] = (4 * H, H)
        shapes[f"lstm.bias_ih_l{layer}"] = (4 * H,)
        shapes[f"lstm.bias_hh_l{layer}"] = (4 * H,)
    shapes |= {"fc.weight": (V, H), "fc.bias": (V,)}
    weights = {n: rng.normal(0, scale, s).astype(np.float32) for n, s in shapes.items()}
    for layer in range(L):
        weights[f"lstm.bias_ih_l{layer}"][H : H + 2] += 3  # two open forget gates: a long memory
    return weights


def char_case(
    rng: np.random.Generator, T: int = 6, B: int = 3, L: int = 2, state: bool = False
) -> Case:
    """Weights and characters x (B, T); with `state` also h, c (L, B, H) to start from."""
    weights = char_weights(rng, L=L)
    V, H = weights["fc.weight"].shape
    x = rng.integers(0, V, (B, T))
    x[0, -1] = x[0, 0]
    case: Case = {"weights": weights, "x": x}
    if state:
        case["state"] = {n: rng.normal(0, 0.6, (L, B, H)).astype(np.float32) for n in "hc"}
    return case


def char_far_case(rng: np.random.Generator, T: int = 26, count: int = 2) -> Case:
    """A long text that begins with characters which do not come again, and directions for them.

    The directions move the embeddings of these characters alone. All units have a long memory, and
    the other characters put little into it: full cells would hide what came first.
    """
    weights = char_weights(rng, L=1, scale=0.6)
    V, E = weights["embed.weight"].shape
    H = weights["fc.weight"].shape[1]
    for name in ("lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0"):
        weights[name] *= np.float32(0.2)
    weights["embed.weight"][2:] *= np.float32(0.1)
    weights["lstm.bias_ih_l0"][H : 2 * H] = 5
    x = rng.integers(2, V, (3, T))
    x[:, :4] = rng.integers(0, 2, (3, 4))
    directions = []
    for _ in range(count):
        found = {name: np.zeros(w.shape, np.float32) for name, w in weights.items()}
        moved = rng.normal(0, 1, (2, E))
        found["embed.weight"][:2] = moved / np.linalg.norm(moved)
        directions.append(found)
    weight = rng.normal(0, 1, (3, V))
    return {"weights": weights, "x": x, "directions": directions, "step": 1e-2,
            "loss_weight": weight}  # fmt: skip


def char_training_case(rng: np.random.Generator, N: int = 3, B: int = 4, T: int = 5) -> Case:
    """N batches x (N, B, T), y (N, B) for two epochs, and the scale of the weights at each step.

    The optimiser of the probe learns nothing: at its step k it sets every weight to scales[k]
    times the first one. So the right gradient of each step is known, whatever happened before.
    """
    weights = char_weights(rng, L=1)
    V = weights["fc.weight"].shape[0]
    y = rng.integers(0, V, (N, B))
    y[:, 1] = y[:, 0]  # targets repeat
    return {
        "weights": weights,
        "x": rng.integers(0, V, (N, B, T)),
        "y": y,
        "scales": 1 / (1 + 0.12 * np.arange(1, 2 * N + 1)),
    }


def char_sampling_weights(rng: np.random.Generator) -> Arrays:
    """A model with a long memory whose next-character distributions differ clearly."""
    weights = char_weights(rng, V=len(CHARACTERS), E=5, H=12, L=1, scale=1.0)
    weights["fc.weight"] *= 1.5
    return weights


def char_peaked_weights(rng: np.random.Generator) -> Arrays:
    """Two layers, and logits so far apart that the next character is nearly certain."""
    weights = char_weights(rng, V=len(CHARACTERS), E=5, H=12, L=2, scale=1.0)
    weights["fc.weight"] *= 1e4
    return weights


def char_remembering_weights(rng: np.random.Generator) -> Arrays:
    """As :func:`char_peaked_weights`, of one layer; half of its units forget next to nothing."""
    weights = char_weights(rng, V=len(CHARACTERS), E=5, H=12, L=1, scale=1.0)
    weights["lstm.bias_ih_l0"][12:18] += 6
    weights["fc.weight"] *= 1e4
    return weights


def char_learning_case(rng: np.random.Generator) -> Case:
    """A training run for CharLSTM, and the true probabilities to score it.

    V = 5, T = 8, H = 32, B = 48, two epochs of 120 batches; the source looks two characters back.
    The held-out contexts are drawn uniformly, as ``kit.cases.markov_source`` asks.
    """
    V, E, H, B, T, steps, lag = 5, 16, 32, 48, 8, 120, 2
    source = markov_source(rng, lag, V)
    train = markov_text(rng, source, lag, T + 1 + lag, steps * B)[:, lag:]
    weights = char_weights(rng, V, E, H, L=1)
    for name, value in weights.items():  # torch's initial values: N(0, 1), else uniform
        bound = 1 / np.sqrt(H)
        fresh = rng.uniform(-bound, bound, value.shape)
        weights[name] = (rng.normal(0, 1, value.shape) if "embed" in name else fresh).astype(
            np.float32
        )
    contexts = rng.integers(0, V, (2000, T))
    return {
        "inputs": {
            "weights": weights,
            "x": train[:, :T].reshape(steps, B, T),
            "y": train[:, T].reshape(steps, B),
            "epochs": 2,
            "rate": 2e-2,
            "clip": 5.0,
        },
        "contexts": contexts,
        "truth": source[contexts[:, -lag], contexts[:, -1]],  # (2000, V)
    }
