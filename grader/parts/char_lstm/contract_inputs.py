"""Random inputs of the contract of ``char_lstm``."""

from __future__ import annotations

import numpy as np

from grader.parts.contract_inputs import Arguments, Inputs
from kit import cases
from parts.char_lstm.cases import char_training_case, char_weights


def _trained(rng: np.random.Generator) -> Arguments:
    N, B, T = (int(n) for n in rng.integers(2, 5, 3))
    epochs = int(rng.integers(1, 3))
    return char_training_case(rng, N=N, B=B, T=T) | {
        "epochs": epochs,
        "clip": float(rng.choice([0.05, 1e3])),
        "stand_in": bool(rng.random() < 0.5),
    }


def _generated(rng: np.random.Generator) -> Arguments:
    characters = cases.CHARACTERS[: int(rng.integers(2, len(cases.CHARACTERS) + 1))]
    sizes = {"E": int(rng.integers(1, 5)), "H": int(rng.integers(1, 5)), "L": 1}
    return {
        "weights": char_weights(rng, V=len(characters), **sizes),
        "seed": "".join(rng.choice(list(characters), int(rng.integers(1, 5)))),
        "characters": characters,
        "length": int(rng.integers(0, 7)),
        "temp": float(rng.uniform(0.2, 3)),
        "count": 2,
        "rng_seed": int(rng.integers(2**31)),
    }


INPUTS = {"train": Inputs("record", _trained), "generate": Inputs("generate", _generated)}
