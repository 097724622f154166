"""Probes of part ``numpy_rnn``: the recurrent network by hand (Lab 6, part B).

Shapes: B batch, T time steps, V vocabulary, H hidden. `weights` holds ``Wxh (V, H)``,
``Whh (H, H)``, ``bh (H,)``, ``Why (H, V)`` and ``by (V,)``. ``probes_tools`` has the probes of
what is built around the network.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from kit.answers import named
from kit.argument_names import sizes
from kit.binding import add_array, call, get_array, method, set_array, takes
from kit.data import Answer, Arrays
from kit.lab import Lab
from kit.outcomes import Failed
from kit.stand_in import copied
from kit.text import Text

from .probes_model import WEIGHTS, build, gradients, owners, weight, zero_grad
from .probes_tools import clip_by_norm, gradient_check, sample

__all__ = [
    "backward",
    "clip_by_norm",
    "forward",
    "forward_again",
    "gradient_check",
    "kept",
    "learn",
    "perturbed",
    "sample",
]

# ---------------------------------------------------------------- forward and backward


def forward(
    lab: Lab, weights: Arrays, x: np.ndarray, h0: np.ndarray, all_steps: bool = False
) -> Answer:
    """``RNN.forward`` (or ``forward_all``): the logits and the last hidden state."""
    logits, h_T, _ = _forward(lab, build(lab, weights, x), x, h0, all_steps)
    return {"logits": logits, "h_T": h_T}


def forward_again(
    lab: Lab, weights: Arrays, x: np.ndarray, h0: np.ndarray, other: Arrays
) -> Answer:
    """``RNN.forward`` on (x, h0), on other inputs, and on (x, h0) again, with one model."""
    model = build(lab, weights, x)
    first = np.array(_forward(lab, model, x, h0, False)[0])
    between = np.array(_forward(lab, model, other["x"], other["h0"], False)[0])
    again = _forward(lab, model, x, h0, False)[0]
    return {"first": first, "between": between, "again": again}


def kept(lab: Lab, weights: Arrays, x: np.ndarray, h0: np.ndarray, dlogits: np.ndarray) -> Answer:
    """The arrays given to ``RNN.forward`` and ``RNN.backward``, as they are afterwards.

    ``logits`` are those of x, ``other`` those of another input; ``weights_moved`` names the weights
    that have other values.
    """
    model = build(lab, weights, x)
    other = np.array(_forward(lab, model, (x + 1) % len(weights["by"]), h0, False)[0])
    run, back = method(model, "RNN", "forward"), method(model, "RNN", "backward")
    given: dict[str, Any] = {"X_batch": x.copy(), "h0": h0.copy()}
    result = _values(call(run, **given), "RNN.forward", "logits, h_T, caches")
    later = {"dlogits": dlogits.copy(), "h_T": result[1]}
    logits, last = np.array(result[0]), np.array(result[1])
    zero_grad(model)
    with suppress(Exception):  # what backward raises costs points elsewhere
        call(back, dlogits=later["dlogits"], caches=result[2], h_T=later["h_T"])
    moved = isinstance(result[1], np.ndarray) and not np.array_equal(result[1], last)
    found = {**given, "dlogits": later["dlogits"], "h_T_moved": moved}
    # Close, not equal: a model may cast its weights to float32.
    still = {name: np.allclose(weight(model, name), weights[name], 1e-4) for name in WEIGHTS}
    found["weights_moved"] = {name: not same for name, same in still.items()}
    return {**found, "logits": logits, "other": other}


def backward(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    h0: np.ndarray,
    dlogits: np.ndarray,
    caches_from: str = "forward",
    all_steps: bool = False,
    norms: bool = False,
    times: int = 1,
) -> Answer:
    """The gradients that ``RNN.backward`` (or ``backward_all``) accumulates, and what it returns.

    `caches_from`: ``"forward"`` takes the caches of the student's forward, ``"cell"`` makes them
    step by step with the given ``cell.forward``, so that a right backward passes beside a wrong
    forward. `times`: how often backward is called without ``zero_grad`` between the calls.
    """
    model = build(lab, weights, x)

    def read() -> list[Any]:
        if caches_from == "cell":
            return [None, *_step_by_step(model, x, h0, weights["Wxh"].shape[0])]
        return _forward(lab, model, x, h0, all_steps)

    _, h_T, caches = read()
    zero_grad(model)
    # A backward may use its caches up, also those that forward keeps on the model: copied together.
    spare = copied((model, h_T, caches)) if times > 1 else None
    evidence: dict[str, Any] = {}
    for turn in range(times):
        result = _backward(lab, model, dlogits, caches, h_T, all_steps, norms)
        evidence |= result
        if turn == 0 and times > 1:
            evidence["first"] = gradients(model)
            model, h_T, caches = spare if spare is not None else (model, *read()[1:])
            for name, gradient in evidence["first"].items():
                set_array(owners(model, name), name, gradient)
    return evidence | gradients(model)


def perturbed(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    h0: np.ndarray,
    name: str,
    step: float,
    all_steps: bool = False,
) -> Answer:
    """Logits of the student's forward with each entry of one array moved by -step and +step.

    `name` is a weight or ``"h0"``, with N entries. ``logits`` has shape (N, 2, B, V), or
    (N, 2, B, T, V) with `all_steps`.
    """
    base = h0 if name == "h0" else weights[name]
    rows = []
    for i in range(base.size):
        pair = []
        for sign in (-1.0, 1.0):
            moved = base.astype(np.float64).copy()
            moved.reshape(-1)[i] += sign * step
            w = weights if name == "h0" else weights | {name: moved}
            state = moved if name == "h0" else h0
            pair.append(np.array(_forward(lab, build(lab, w, x), x, state, all_steps)[0]))
        rows.append(pair)
    return {"logits": np.array(rows)}


def _forward(lab: Lab, model: Any, x: Any, h0: Any, all_steps: bool) -> list[Any]:
    name = "forward_all" if all_steps else "forward"
    spare = sizes(
        vocab=len(weight(model, "by")), hidden=h0.shape[-1], batch=len(x), steps=x.shape[1]
    )
    result = call(method(model, "RNN", name), spare=spare, X_batch=x.copy(), h0=h0.copy())
    return _values(result, f"RNN.{name}", "logits, h_T, caches")


def _values(result: Any, what: str, names: str) -> list[Any]:
    return list(named(result, what, names).values())


def _backward(
    lab: Lab, model: Any, dlogits: Any, caches: Any, h_T: Any, all_steps: bool, norms: bool
) -> dict[str, Any]:
    name = "backward_all" if all_steps else "backward"
    function = method(model, "RNN", name)
    contract = {"dlogits": dlogits.copy(), "caches": caches, "h_T": h_T}
    if not norms:
        result = call(function, **contract)
        return {"dh0": result[0] if isinstance(result, (tuple, list)) and result else result}
    if not takes(function, "collect_grad_norms", contract | {"collect_grad_norms": True}):
        raise Failed(
            Text(
                "RNN.backward 没有参数 collect_grad_norms，无法读取各时间步的梯度范数；"
                "请保留这个参数",
                "RNN.backward takes no collect_grad_norms, so there are no gradient norms over t",
            )
        )
    result = call(function, **contract, collect_grad_norms=True)
    what = "RNN.backward(..., collect_grad_norms=True)"
    dh0, found = _values(result, what, "dh0, norms")
    return {"dh0": dh0, "norms": found}


def _step_by_step(model: Any, x: np.ndarray, h0: np.ndarray, vocab: int) -> tuple[Any, list[Any]]:
    """Caches made by the given ``cell.forward``, one step at a time."""
    h, caches = h0.copy(), []
    for t in range(x.shape[1]):
        h, cache = model.cell.forward(np.eye(vocab)[x[:, t]], h)
        caches.append(cache)
    return h, caches


# ---------------------------------------------------------------- learning


def learn(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    rates: np.ndarray,
    max_norm: float,
) -> Answer:
    """Train with the student's forward and backward; returns the weights at the end.

    x (N, B, T) and y (N, B) are N batches; batch n takes one step at the learning rate rates[n].
    The loss, the clipping and the update are ours: only forward and backward are tested.
    """
    model = build(lab, weights, x[0])
    batch, hidden = x.shape[1], weights["Whh"].shape[0]
    rows = np.arange(batch)
    for n, rate in enumerate(rates):
        logits, h_T, caches = _forward(lab, model, x[n], np.zeros((batch, hidden)), False)
        p = np.exp(logits - np.max(logits, axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)  # (B, V)
        p[rows, y[n]] -= 1
        zero_grad(model)
        _backward(lab, model, p / batch, caches, h_T, False, False)
        grads = [get_array(owners(model, "d" + name), "d" + name, "RNN") for name in WEIGHTS]
        norm = float(np.sqrt(sum(float(np.sum(np.square(g))) for g in grads)))
        scale = rate * min(1.0, max_norm / max(norm, 1e-12))
        for name, g in zip(WEIGHTS, grads):
            add_array(owners(model, name), name, -scale * g)
    return {name: np.array(weight(model, name)) for name in WEIGHTS}
