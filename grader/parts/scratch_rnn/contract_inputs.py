"""Random inputs of the contract of ``scratch_rnn``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.parts.contract_inputs import Arguments, Inputs
from kit.outcomes import Failed
from parts.scratch_rnn.cases import mixer_weights, module_case, scratch_epoch_case
from parts.scratch_rnn.checks_training import (
    at_random_counts,
    corpus_of,
    in_order_counts,
    places_of,
    read_twice,
)

CHARACTERS = "aehlorw"

Counts = Callable[[list[np.ndarray], int], set[int]]


def _read(name: str) -> Callable[[np.random.Generator], Arguments]:
    def draw(rng: np.random.Generator) -> Arguments:
        B, T = int(rng.integers(2, 5)), int(rng.integers(1, 6))
        # Long enough for one batch at least, whatever is dropped at the start.
        length = int(rng.integers((2 * B + 2) * T + B, 70))
        return {
            "name": name,
            "corpus": corpus_of(rng, length),
            "batch_size": B,
            "num_steps": T,
            "epochs": 2,
            "rng_seed": int(rng.integers(0, 2**31)),
        }

    return draw


def _read_rightly(counts: Counts) -> Callable[[Arguments, Any], Any]:
    """Which tokens are dropped at the start, and the order of pieces, are free."""

    def fixed(given: Arguments, answer: Any) -> Any:
        return [_is_right(given, batches, counts) for batches in answer["epochs"]]

    return fixed


def _is_right(given: Arguments, batches: list[Any], counts: Counts) -> bool:
    corpus = given["corpus"]
    try:
        places = places_of([(batch["X"], batch["Y"]) for batch in batches], corpus)
    except Failed:
        return False
    return len(batches) >= min(counts(places, len(corpus))) and not read_twice(places)


def _sizes(rng: np.random.Generator) -> Arguments:
    V, H, seed = int(rng.integers(2, 30)), int(rng.integers(2, 30)), int(rng.integers(0, 2**31))
    return {"vocab_size": V, "num_hiddens": H, "rng_seed": seed}


SMALL = 0.05
"""The largest deviation of weights that are small."""


def _up_to_scale(given: Arguments, answer: Any) -> Any:
    """How small the small weights are is free."""
    params = [np.asarray(p) for p in answer["params"]]
    scaled = [p / max(float(np.abs(p).max()), 1e-30) for p in params]
    small = all(float(p.std()) < SMALL for p in params)
    return {**answer, "params": scaled, "small": small}


def _zeros(rng: np.random.Generator) -> Arguments:
    return {"batch_size": int(rng.integers(1, 6)), "num_hiddens": int(rng.integers(1, 8))}


def _module_zeros(rng: np.random.Generator) -> Arguments:
    kind, sizes = str(rng.choice(["RNN", "GRU", "LSTM"])), rng.integers(1, 3, 2)
    drawn = module_case(rng, kind, int(sizes[0]), int(sizes[1]))
    given = {name: drawn[name] for name in ("weights", "kind", "layers", "directions")}
    return given | {"batch_size": int(rng.integers(1, 5))}


def _predicted(rng: np.random.Generator) -> Arguments:
    return {
        "weights": mixer_weights(rng, V=len(CHARACTERS), S=int(rng.integers(1, 6)), scale=1.0),
        "characters": CHARACTERS,
        "prefix": "".join(rng.choice(list(CHARACTERS), int(rng.integers(1, 6)))),
        "num_preds": int(rng.integers(0, 8)),
    }


def _clipped(rng: np.random.Generator) -> Arguments:
    grads = [rng.normal(0, 1, tuple(rng.integers(1, 5, 2))) for _ in range(rng.integers(1, 5))]
    norm = float(np.sqrt(sum((g**2).sum() for g in grads)))
    theta = norm * float(rng.choice([1.0, 0.3, 2.0]))
    return {"grads": grads, "theta": theta, "kind": str(rng.choice(["module", "scratch"]))}


def _epoch(rng: np.random.Generator) -> Arguments:
    N, B, T = int(rng.integers(1, 3)), int(rng.integers(2, 4)), int(rng.integers(1, 4))
    return scratch_epoch_case(rng, N=N, B=B, T=T) | {
        "use_random_iter": bool(rng.random() < 0.5),
        "kind": str(rng.choice(["scratch", "module", "pair"])),
        "updater": str(rng.choice(["function", "optimizer"])),
        "reduction": str(rng.choice(["mean", "none"])),
    }


def _without_times(given: Arguments, answer: Any) -> Any:
    kept = ("steps", "told", "calls", "begun")
    # The losses are in single precision, and so is a sum of them.
    perplexity = np.float32(answer["returned"][0])
    return {"perplexity": perplexity} | {name: answer[name] for name in kept}


INPUTS = {
    "seq_data_iter_random": Inputs(
        "batches", _read("seq_data_iter_random"), _read_rightly(at_random_counts)
    ),
    "seq_data_iter_sequential": Inputs(
        "batches", _read("seq_data_iter_sequential"), _read_rightly(in_order_counts)
    ),
    "get_params": Inputs("get_params", _sizes, _up_to_scale),
    "init_rnn_state": Inputs("init_state", _zeros),
    "RNNModel.begin_state": Inputs("module_state", _module_zeros),
    "predict": Inputs("predict", _predicted),
    "grad_clipping": Inputs("clip", _clipped),
    "train_epoch": Inputs("epoch", _epoch, _without_times),
}
