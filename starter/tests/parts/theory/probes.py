"""Probes of part ``theory``: backpropagation through time by the textbook.

Shapes: T time steps, H hidden, E input, K classes. `weights` holds ``U (H, H)``, ``W (H, E)``,
``b (H,)`` and ``V (K, H)``; one sequence ``x (T, E)``, ``targets (T,)``.
"""

from __future__ import annotations

import inspect
import random
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from kit import kept_arrays
from kit.answers import alone, named
from kit.argument_names import sizes
from kit.binding import call, in_globals
from kit.data import Answer, Arguments, Arrays
from kit.lab import Lab

from . import probes_made_up as made_up

GRADIENTS = "dU, dW, db"

_BEFORE = {
    "delta": ("forward",),
    "truncated_grads": ("forward", "delta", "grads_from_delta"),
    "random_truncated_grads": ("forward", "delta", "grads_from_delta"),
}
"""Blank -> the blanks that it builds on."""


def forward(lab: Lab, weights: Arrays, x: np.ndarray) -> Answer:
    """``forward``: the states and the probabilities."""
    contract: Arguments = {**weights, "x": x}
    spare = _sizes(weights, x)
    return named(call(lab.get("forward"), spare=spare, **contract), "forward", "h, y")


def moved(lab: Lab, weights: Arrays, x: np.ndarray, targets: np.ndarray, step: float) -> Answer:
    """The loss of each step, with each entry of `x` moved by -step and +step.

    ``losses`` (T*E, 2, T) comes from the student's own ``forward``.
    """
    rows = []
    steps = np.arange(len(targets))
    for i in range(x.size):
        pair = []
        for sign in (-1.0, 1.0):
            other = x.astype(np.float64).copy()
            other.reshape(-1)[i] += sign * step
            y = np.asarray(forward(lab, weights, other)["y"], dtype=np.float64)
            pair.append(-np.log(y[steps, targets]))
        rows.append(pair)
    return {"losses": np.array(rows)}


def immediate(lab: Lab, h_prev: np.ndarray, places: list[tuple[int, int]]) -> Answer:
    """``immediate_dz_du`` for each pair (i, j) of `places`."""
    function = lab.get("immediate_dz_du")
    found = [alone(call(function, h_prev=h_prev.copy(), i=i, j=j), 1) for i, j in places]
    return {"vectors": found}


def delta(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    targets: np.ndarray,
    given: Arrays | None = None,
    by_itself: bool = False,
) -> Answer:
    """``delta``: entry [t, k] is dL_t/dz_k.

    `by_itself`: with stand-ins for what it builds on, which know the states `given`.
    """
    contract: Arguments = {**weights, "x": x, "targets": targets}
    spare, function = _sizes(weights, x), lab.get("delta")
    with _by_itself("delta", function, weights, x, targets, given if by_itself else None):
        return {"delta": alone(call(function, spare=spare, **contract), 3)}


def summed(lab: Lab, deltas: np.ndarray, h: np.ndarray, x: np.ndarray) -> Answer:
    """``grads_from_delta`` for each of `deltas` (N, T, T, H): lists of N gradients."""
    function = lab.get("grads_from_delta")
    found: dict[str, list[Any]] = {name: [] for name in GRADIENTS.split(", ")}
    for d in deltas:
        result = call(function, delta=d.copy(), h=h.copy(), x=x.copy())
        for name, value in named(result, "grads_from_delta", GRADIENTS).items():
            found[name].append(value)
    return found


def truncated(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    targets: np.ndarray,
    steps: int,
    given: Arrays | None = None,
    by_itself: bool = False,
) -> Answer:
    """``truncated_grads``: three gradients; `given` and `by_itself` as in :func:`delta`."""
    function = lab.get("truncated_grads")
    contract: Arguments = {**weights, "x": x, "targets": targets, "steps": steps}
    before = given if by_itself else None
    with _by_itself("truncated_grads", function, weights, x, targets, before):
        result = call(function, spare=_sizes(weights, x), **contract)
    return named(result, "truncated_grads", GRADIENTS)


def random_truncated(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    targets: np.ndarray,
    keep_prob: float,
    own: list[int],
    shared: list[int],
    each: int,
    given: Arrays | None = None,
    by_itself: bool = False,
) -> Answer:
    """``random_truncated_grads``: `each` draws from each generator, gradient by gradient.

    `own` seeds the generators that are passed, `shared` the global ones, which a right function
    does not use. `given` and `by_itself` are as in :func:`delta`.
    """
    function = lab.get("random_truncated_grads")
    before = given if by_itself else None
    with _by_itself("random_truncated_grads", function, weights, x, targets, before):
        return _draws(function, weights, x, targets, keep_prob, own, shared, each)


def kept(lab: Lab, calls: list[tuple[str, Arguments]], seed: int) -> Answer:
    """What one of `calls` (function, arguments) changed; see :func:`kit.kept_arrays.kept`."""
    case = dict(calls)["random_truncated_grads"]
    weights = {name: case[name] for name in ("U", "W", "b", "V")}
    spare = _sizes(weights, case["x"])
    return kept_arrays.kept(lab, calls, seed, ("random_truncated_grads",), spare=spare)


def _draws(
    function: Any,
    weights: Arrays,
    x: np.ndarray,
    targets: np.ndarray,
    keep_prob: float,
    own: list[int],
    shared: list[int],
    each: int,
) -> Answer:
    found: dict[str, list[Any]] = {name: [] for name in GRADIENTS.split(", ")}
    for seed, other in zip(own, shared):
        random.seed(other)
        np.random.seed(other)
        fixed: Arguments = {"keep_prob": keep_prob}
        fixed["rng"] = np.random.default_rng(seed)
        for _ in range(each):
            contract: Arguments = {name: weight.copy() for name, weight in weights.items()}
            contract |= {"x": x.copy(), "targets": targets.copy(), **fixed}
            result = call(function, spare=_sizes(weights, x), optional=("rng",), **contract)
            for name, value in named(result, "random_truncated_grads", GRADIENTS).items():
                found[name].append(value)
    return {name: _stacked(values) for name, values in found.items()}


def _by_itself(
    name: str,
    function: Any,
    weights: Arrays,
    x: np.ndarray,
    targets: np.ndarray,
    given: Arrays | None,
) -> AbstractContextManager[None]:
    """Within the context stand-ins take the place of the blanks that `function` builds on."""
    if given is None:
        return nullcontext()
    own = getattr(inspect.unwrap(function), "__globals__", {})
    made = made_up.stand_ins(weights, x, targets, given["h"], given["y"], _BEFORE[name], own)
    return in_globals(function, made, and_missing=True)


def _sizes(weights: Arrays, x: np.ndarray) -> dict[str, int]:
    """For functions that ask for sizes beside the contract's arguments."""
    outputs, hidden = weights["V"].shape
    return sizes(vocab=outputs, hidden=hidden, inputs=x.shape[1], steps=len(x))


def _stacked(values: list[Any]) -> Any:
    """One array of many if their shapes agree: a thousand small ones travel slowly."""
    try:
        return np.array([np.asarray(v) for v in values])
    except ValueError:
        return values
