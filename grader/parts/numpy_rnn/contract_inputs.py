"""Random inputs of the contract of ``numpy_rnn``."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.parts.contract_inputs import Arguments, Inputs
from kit import cases
from parts.numpy_rnn.cases import rnn_case, rnn_weights
from parts.numpy_rnn.checks_gradient_check import RIGHT_BELOW, stand_in_slopes


def _case(rng: np.random.Generator) -> Arguments:
    T, B, H, V = (int(n) for n in rng.integers(1, 7, 4))
    return rnn_case(rng, T=T, B=B, H=H, V=V)


def _last_step(rng: np.random.Generator) -> Arguments:
    drawn = _case(rng)
    given = {name: drawn[name] for name in ("weights", "x", "h0", "dlogits")}
    return given | {"norms": bool(rng.random() < 0.5)}


def _every_step(rng: np.random.Generator) -> Arguments:
    drawn = _case(rng)
    given = {name: drawn[name] for name in ("weights", "x", "h0")}
    return given | {"dlogits": drawn["dlogits_all"], "all_steps": True}


def _checked_model(rng: np.random.Generator) -> Arguments:
    """A small stand-in; about half of its arrays have a wrong gradient."""
    V, H, B, T = 4, 3, 2, 3
    given = {
        "weights": rnn_weights(rng, V, H),
        "x": rng.integers(0, V, (B, T)),
        "y": rng.integers(0, V, B),
    }
    slopes = stand_in_slopes(given)
    for name in slopes:
        if rng.random() < 0.5:
            slopes[name] = slopes[name] * rng.choice([-1.0, 0.5, 1.3])
    return given | {"slopes": slopes, "eps": 1e-5, "stale": bool(rng.random() < 0.5)}


def _passed(given: Arguments, answer: Any) -> Any:
    """Which gradients pass, and the weights afterwards; the errors' exact size is free."""
    passed = {name: bool(error < RIGHT_BELOW) for name, error in answer["errors"].items()}
    return {"passed": passed, "weights": answer["weights"]}


def _clipped(rng: np.random.Generator) -> Arguments:
    grads = [rng.normal(0, 1, tuple(rng.integers(1, 5, 2))) for _ in range(rng.integers(1, 5))]
    norm = float(np.sqrt(sum((g**2).sum() for g in grads)))
    # At the limit too, where a comparison that treats equality otherwise would show.
    return {"grads": grads, "max_norm": norm * float(rng.choice([1.0, 0.3, 2.0]))}


def _sampled(rng: np.random.Generator) -> Arguments:
    characters = cases.CHARACTERS[: int(rng.integers(2, len(cases.CHARACTERS) + 1))]
    seed = "".join(rng.choice(list(characters), int(rng.integers(1, 5))))
    return {
        "weights": rnn_weights(rng, V=len(characters), H=int(rng.integers(1, 6))),
        "seed": seed,
        "characters": characters,
        "length": int(rng.integers(0, 7)),
        "temp": float(rng.uniform(0.2, 3)),
        "rng_seeds": rng.integers(0, 2**31, 2).tolist(),
        "global_seeds": [1, 2],
    }


INPUTS = {
    "RNN.backward": Inputs("backward", _last_step),
    "RNN.backward_all": Inputs("backward", _every_step),
    "gradient_check": Inputs("gradient_check", _checked_model, _passed),
    "clip_by_norm": Inputs("clip_by_norm", _clipped),
    "sample": Inputs("sample", _sampled),
}
