"""Random inputs of the contract of ``scratch_rnn``."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.parts.contract_inputs import Arguments, Inputs
from parts.scratch_rnn.cases import mixer_weights, scratch_epoch_case

CHARACTERS = "aehlorw"


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
    "predict": Inputs("predict", _predicted),
    "grad_clipping": Inputs("clip", _clipped),
    "train_epoch": Inputs("epoch", _epoch, _without_times),
}
