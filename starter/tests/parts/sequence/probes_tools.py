"""Probes of part ``sequence`` for decoding, batching, losses and metrics.

Shapes: N sequences, B batch, T time steps, V vocabulary, H features.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from kit import kept_arrays
from kit.answers import alone, named
from kit.argument_names import sizes
from kit.binding import bind, call
from kit.data import Answer, Arguments
from kit.lab import Lab

# ---------------------------------------------------------------- decoding


def greedy(lab: Lab, logits: np.ndarray) -> Answer:
    """``greedy``: the index for each row of `logits` (N, V)."""
    function = lab.get("greedy")
    return {"indices": [alone(call(function, logits=row.copy()), 0) for row in logits]}


def probabilities(lab: Lab, kind: str, logits: np.ndarray, value: Any) -> Answer:
    """``temperature_probs`` or ``top_k_probs`` for one row (V,); `value` is temperature or k."""
    return {"probs": alone(call(lab.get(f"{kind}_probs"), logits=logits, **_knob(kind, value)), 1)}


def draw_with_temperature(
    lab: Lab, logits: np.ndarray, temperature: float, own: list[int], shared: list[int], each: int
) -> Answer:
    """Indices (len(own), each) of ``temperature_sample``: `each` draws from each generator.

    `own` seeds the generators that are passed, `shared` the global ones, which a right function
    does not use.
    """
    return _draws(lab, "temperature", logits, temperature, own, shared, each)


def draw_top_k(
    lab: Lab, logits: np.ndarray, k: int, own: list[int], shared: list[int], each: int
) -> Answer:
    """Indices of ``top_k_sample``, as :func:`draw_with_temperature`."""
    return _draws(lab, "top_k", logits, k, own, shared, each)


def _draws(
    lab: Lab,
    kind: str,
    logits: np.ndarray,
    value: Any,
    own: list[int],
    shared: list[int],
    each: int,
) -> Answer:
    function = lab.get(f"{kind}_sample")
    rows = []
    for seed, other in zip(own, shared):
        contract = {"logits": logits.copy(), **_knob(kind, value)}
        contract |= _generator(seed, other)
        args, kwargs = bind(function, contract, sizes(vocab=len(logits)), ("rng",))
        rows.append([alone(function(*args, **kwargs), 0) for _ in range(each)])
    return {"indices": rows}


def _knob(kind: str, value: Any) -> dict[str, Any]:
    return {"k" if kind == "top_k" else "temperature": value}


def _generator(own: int, shared: int) -> dict[str, Any]:
    """The argument ``rng``, for functions that take one; also seeds the global generators."""
    random.seed(shared)
    np.random.seed(shared)
    return {"rng": np.random.default_rng(own)}


# ---------------------------------------------------------------- batches


def pad(lab: Lab, sequences: list[list[int]], pad_value: int, max_len: int | None) -> Answer:
    """``pad_sequences``; `max_len` is passed only if it is not None."""
    contract: Arguments = {"sequences": sequences, "pad_value": pad_value}
    if max_len is not None:
        contract["max_len"] = max_len
    return named(call(lab.get("pad_sequences"), **contract), "pad_sequences", "padded, mask")


def cross_entropy(lab: Lab, logits: np.ndarray, targets: np.ndarray, mask: np.ndarray) -> Answer:
    """``masked_cross_entropy``: the loss and its gradient."""
    function = lab.get("masked_cross_entropy")
    spare = sizes(vocab=logits.shape[-1], batch=len(logits), steps=logits.shape[1])
    result = call(function, spare=spare, logits=logits, targets=targets, mask=mask)
    return named(result, "masked_cross_entropy", "loss, dlogits")


def buckets(lab: Lab, lengths: list[int], batch_size: int) -> Answer:
    """``bucket_by_length``: the batches, each as a list."""
    found = call(lab.get("bucket_by_length"), lengths=lengths, batch_size=batch_size)
    if not isinstance(found, (list, tuple)) and hasattr(found, "__iter__"):
        found = list(found)  # a generator of batches counts as a list of batches
    return {"batches": found}


def mix(
    lab: Lab, targets: np.ndarray, predictions: np.ndarray, ratio: float, own: int, shared: int
) -> Answer:
    """``teacher_forcing_inputs`` with a generator seeded by `own`."""
    function = lab.get("teacher_forcing_inputs")
    contract: Arguments = {"targets": targets, "predictions": predictions, "ratio": ratio}
    contract |= _generator(own, shared)
    return {"inputs": alone(call(function, optional=("rng",), **contract), 2)}


def kept(lab: Lab, calls: list[tuple[str, Arguments]], seed: int) -> Answer:
    """What one of `calls` (function, arguments) changed; see :func:`kit.kept_arrays.kept`."""
    return kept_arrays.kept(lab, calls, seed, DRAWING, _with_cache)


def _with_cache(lab: Lab, given: Arguments) -> Arguments:
    """The cache of the student's own forward in place of the arguments of that."""
    if "inputs" not in given:
        return given
    inputs = {name: value.copy() for name, value in given["inputs"].items()}
    cache = call(lab.get("lstm_step_forward"), **inputs)[2]
    return {n: a for n, a in given.items() if n != "inputs"} | {"cache": cache}


DRAWING = ("temperature_sample", "top_k_sample", "teacher_forcing_inputs", "dropout_forward")


# ---------------------------------------------------------------- metrics and layers


def metric(lab: Lab, name: str, cases: list[Arguments]) -> Answer:
    """``perplexity`` or ``bleu`` for each of `cases`, which hold its arguments by name."""
    function = lab.get(name)
    return {"values": [alone(call(function, **case), 0) for case in cases]}


def drop(lab: Lab, x: np.ndarray, p: float, training: bool, own: int, shared: int) -> Answer:
    """``dropout_forward`` with a generator seeded by `own`."""
    function = lab.get("dropout_forward")
    rng = _generator(own, shared)
    result = call(function, optional=("rng",), x=x, p=p, **rng, training=training)
    return named(result, "dropout_forward", "out, mask")


def normalise(lab: Lab, x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: Any) -> Answer:
    """``layer_norm``; `eps` is passed only if it is not None."""
    contract: Arguments = {"x": x, "gamma": gamma, "beta": beta}
    if eps is not None:
        contract["eps"] = eps
    return {"out": alone(call(lab.get("layer_norm"), **contract), x.ndim)}
