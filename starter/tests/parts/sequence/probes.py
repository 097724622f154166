"""Probes of part ``sequence``: the gated cells. ``probes_tools`` has those of the other functions.

Shapes: B batch, T time steps, E input, H hidden. `inputs` holds the arguments of a step by the
contract's names.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from kit.answers import alone, named
from kit.argument_names import sizes
from kit.binding import call
from kit.data import Answer, Arguments, Arrays
from kit.lab import Lab

from .probes_tools import (
    buckets,
    cross_entropy,
    draw_top_k,
    draw_with_temperature,
    drop,
    greedy,
    kept,
    metric,
    mix,
    normalise,
    pad,
    probabilities,
)

__all__ = [
    "bilstm",
    "buckets",
    "cross_entropy",
    "draw_top_k",
    "draw_with_temperature",
    "drop",
    "greedy",
    "gru",
    "kept",
    "lstm",
    "lstm_backward",
    "lstm_moved",
    "lstm_restored",
    "metric",
    "mix",
    "normalise",
    "pad",
    "probabilities",
]

GRADIENTS = "dx_t, dh_prev, dc_prev, dWx, dWh, db"

MOST_RESTORED = 3
"""Entries of a cache that are put back: each of them doubles the ways to do so."""


def lstm(lab: Lab, inputs: Arguments) -> Answer:
    """``lstm_step_forward``: the two states."""
    found = _step(lab, _copies(inputs))
    return {"h_t": found["h_t"], "c_t": found["c_t"]}


def lstm_backward(lab: Lab, inputs: Arguments, dh_t: np.ndarray, dc_t: np.ndarray) -> Answer:
    """``lstm_step_backward`` on the cache of the student's own forward: the six gradients."""
    cache = _step(lab, _copies(inputs))["cache"]
    function, spare = lab.get("lstm_step_backward"), _sizes(inputs)
    result = call(function, spare=spare, dh_t=dh_t, dc_t=dc_t, cache=cache)
    return named(result, "lstm_step_backward", GRADIENTS)


def lstm_restored(lab: Lab, inputs: Arguments, dh_t: np.ndarray, dc_t: np.ndarray) -> Answer:
    """``lstm_step_backward`` where forward has overwritten an argument that its cache holds.

    In `ways` the six gradients with each choice of these entries put back to what they were. An
    entry may stand for the argument or for what was computed in its place.
    """
    function, spare = lab.get("lstm_step_backward"), _sizes(inputs)
    given = _copies(inputs)
    places = _overwritten(_step(lab, given)["cache"], inputs, given)[:MOST_RESTORED]
    ways = []
    for chosen in product((False, True), repeat=len(places)):
        given = _copies(inputs)
        cache = _step(lab, given)["cache"]
        held = cache if isinstance(cache, dict) else list(cache)
        for (key, name), restore in zip(places, chosen):
            # A copy in any case: one array may stand in several places.
            held[key] = (inputs if restore else given)[name].copy()
        made = held if isinstance(cache, (dict, list)) else tuple(held)
        result = call(function, spare=spare, dh_t=dh_t.copy(), dc_t=dc_t.copy(), cache=made)
        ways.append(named(result, "lstm_step_backward", GRADIENTS))
    return {"ways": ways if places else []}


def _overwritten(cache: Any, inputs: Arguments, given: Arguments) -> list[tuple[Any, str]]:
    """The entries of a cache that are arguments which are no longer what they were."""
    if not isinstance(cache, (tuple, list, dict)):
        return []
    entries = cache.items() if isinstance(cache, dict) else enumerate(cache)
    return [
        (key, name)
        for key, entry in entries
        for name, array in given.items()
        if entry is array and not np.array_equal(array, inputs[name])
    ]


def lstm_moved(lab: Lab, inputs: Arguments, name: str, step: float) -> Answer:
    """Both states of the student's forward with each entry of one argument at -step and +step.

    ``h_t`` and ``c_t`` have shape (N, 2, B, H), N the number of entries of the argument.
    """
    base = inputs[name]
    states: dict[str, list[Any]] = {"h_t": [], "c_t": []}
    for i in range(base.size):
        pair = []
        for sign in (-1.0, 1.0):
            moved = base.astype(np.float64).copy()
            moved.reshape(-1)[i] += sign * step
            pair.append(lstm(lab, inputs | {name: moved}))
        for state, rows in states.items():
            rows.append([np.array(found[state]) for found in pair])
    return {state: np.array(rows) for state, rows in states.items()}


def gru(lab: Lab, inputs: Arguments) -> Answer:
    """``gru_step_forward``: the state."""
    spare = _sizes(inputs)
    return {"h_t": alone(call(lab.get("gru_step_forward"), spare=spare, **inputs), 2)}


def bilstm(lab: Lab, x: np.ndarray, forward: Arrays, backward: Arrays) -> Answer:
    """``bilstm_forward``; `forward` and `backward` hold ``Wx``, ``Wh`` and ``b``."""
    result = call(
        lab.get("bilstm_forward"),
        spare=sizes(batch=len(x), steps=x.shape[1], inputs=x.shape[2], hidden=len(forward["Wh"])),
        x=x,
        forward_params=tuple(forward[name] for name in ("Wx", "Wh", "b")),
        backward_params=tuple(backward[name] for name in ("Wx", "Wh", "b")),
    )
    return {"out": alone(result, 3)}


def _sizes(inputs: Arguments) -> dict[str, int]:
    """For functions that ask for sizes beside the contract's arguments."""
    batch, width = inputs["x_t"].shape
    return sizes(batch=batch, inputs=width, hidden=len(inputs["Wh"]))


def _copies(inputs: Arguments) -> Arguments:
    return {name: value.copy() for name, value in inputs.items()}


def _step(lab: Lab, given: Arguments) -> dict[str, Any]:
    result = call(lab.get("lstm_step_forward"), spare=_sizes(given), **given)
    return named(result, "lstm_step_forward", "h_t, c_t, cache")
