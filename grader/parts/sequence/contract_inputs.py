"""Random inputs of the contract of ``sequence``."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.parts.contract_inputs import Arguments, Inputs
from parts.sequence import cases


def _logits(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(0, 3, shape)


def _size(rng: np.random.Generator, most: int = 8) -> int:
    return int(rng.integers(1, most + 1))


def _greedy(rng: np.random.Generator) -> Arguments:
    return {"logits": _logits(rng, 3, _size(rng))}


def _temperature_probs(rng: np.random.Generator) -> Arguments:
    value = float(rng.uniform(0.1, 5))
    return {"kind": "temperature", "logits": _logits(rng, _size(rng)), "value": value}


def _top_k_probs(rng: np.random.Generator) -> Arguments:
    V = _size(rng)
    return {"kind": "top_k", "logits": _logits(rng, V), "value": _size(rng, V)}


def _drawn(rng: np.random.Generator) -> Arguments:
    return {"own": rng.integers(0, 2**31, 3).tolist(), "shared": [1, 2, 3], "each": 4}


def _temperature_sample(rng: np.random.Generator) -> Arguments:
    given = {"logits": _logits(rng, _size(rng)), "temperature": float(rng.uniform(0.1, 5))}
    return given | _drawn(rng)


def _top_k_sample(rng: np.random.Generator) -> Arguments:
    V = _size(rng)
    return {"logits": _logits(rng, V), "k": _size(rng, V)} | _drawn(rng)


def _pad(rng: np.random.Generator) -> Arguments:
    rows = [rng.integers(0, 9, _size(rng)).tolist() for _ in range(_size(rng))]
    width = None if rng.random() < 0.5 else _size(rng, 10)
    return {"sequences": rows, "pad_value": int(rng.integers(-2, 3)), "max_len": width}


def _masked(rng: np.random.Generator) -> Arguments:
    B, T, V = _size(rng, 4), _size(rng, 5), _size(rng)
    mask = rng.random((B, T)) < 0.7
    mask[0, 0] = True
    targets = rng.integers(0, V, (B, T))
    return {"logits": _logits(rng, B, T, V), "targets": targets, "mask": mask}


def _buckets(rng: np.random.Generator) -> Arguments:
    lengths = rng.integers(1, 12, _size(rng, 40)).tolist()
    return {"lengths": lengths, "batch_size": _size(rng, 9)}


def _mixture(rng: np.random.Generator) -> Arguments:
    shape = (_size(rng), _size(rng))
    given = {name: rng.integers(0, 99, shape) for name in ("targets", "predictions")}
    ratio = float(rng.choice([0.0, 1.0, rng.random()]))
    return given | {"ratio": ratio, "own": int(rng.integers(2**31)), "shared": 1}


def _perplexity(rng: np.random.Generator) -> Arguments:
    return {"name": "perplexity", "cases": [{"log_probs": -rng.exponential(2, _size(rng))}]}


def _bleu(rng: np.random.Generator) -> Arguments:
    return {"name": "bleu", "cases": [*cases.sentences(rng, 5), *cases.brevity_cases(rng)]}


def _dropout(rng: np.random.Generator) -> Arguments:
    x = rng.normal(0, 1, tuple(rng.integers(1, 5, int(rng.integers(1, 4)))))
    given = {"x": x, "p": float(rng.uniform(0, 0.9)), "training": bool(rng.random() < 0.5)}
    return given | {"own": int(rng.integers(2**31)), "shared": 1}


def _truth_of_mask(given: Arguments, answer: Any) -> Any:
    return answer | {"mask": np.asarray(answer["mask"]).astype(bool)}


def _batches(given: Arguments, answer: Any) -> Any:
    """Their sizes, that each index is in one, and how much is padded."""
    batches = [[int(i) for i in batch] for batch in answer["batches"]]
    lengths = [[given["lengths"][i] for i in batch] for batch in batches]
    return {
        "sizes": sorted(map(len, batches)),
        "indices": sorted(i for batch in batches for i in batch),
        "padding": sum(len(row) * max(row) - sum(row) for row in lengths),
    }


def _without_idle_mask(given: Arguments, answer: Any) -> Any:
    return answer if given["training"] else {"out": answer["out"]}


INPUTS = {
    "greedy": Inputs("greedy", _greedy),
    "temperature_probs": Inputs("probabilities", _temperature_probs),
    "temperature_sample": Inputs("draw_with_temperature", _temperature_sample),
    "top_k_probs": Inputs("probabilities", _top_k_probs),
    "top_k_sample": Inputs("draw_top_k", _top_k_sample),
    "pad_sequences": Inputs("pad", _pad, _truth_of_mask),
    "masked_cross_entropy": Inputs("cross_entropy", _masked),
    "bucket_by_length": Inputs("buckets", _buckets, _batches),
    "teacher_forcing_inputs": Inputs("mix", _mixture),
    "perplexity": Inputs("metric", _perplexity),
    "bleu": Inputs("metric", _bleu),
    "dropout_forward": Inputs("drop", _dropout, _without_idle_mask),
}
