"""The student's network of part ``numpy_rnn``: made, and its arrays read and set."""

from __future__ import annotations

from typing import Any

import numpy as np

from kit.argument_names import sizes
from kit.binding import call, get_array, set_array
from kit.data import Arrays
from kit.lab import Lab

CELL = ("Wxh", "Whh", "bh")
OUTPUT = ("Why", "by")
WEIGHTS = CELL + OUTPUT


def build(lab: Lab, weights: Arrays, x: np.ndarray) -> Any:
    """The student's ``RNN(vocab, hidden)`` with the weights of the case in place of its own.

    x (B, T) is what it will read, for constructors that ask for its sizes.
    """
    vocab, hidden = weights["Wxh"].shape
    model = call(
        lab.get("RNN"),
        vocab=vocab,
        hidden=hidden,
        spare=sizes(vocab=vocab, inputs=vocab, hidden=hidden, batch=len(x), steps=x.shape[1]),
    )
    for name in WEIGHTS:
        set_array(owners(model, name), name, weights[name])
    return model


def owners(model: Any, name: str) -> list[Any]:
    """The objects that may hold `name`, in the order of search: its own of cell and model first."""
    cell = getattr(model, "cell", None)
    if cell is None:
        return [model]
    return [cell, model] if name.removeprefix("d") in CELL else [model, cell]


def weight(model: Any, name: str) -> Any:
    """The current value of the weight `name`."""
    return get_array(owners(model, name), name, "RNN")


def zero_grad(model: Any) -> None:
    """Set the gradients to zero: by the given ``zero_grad``, or here if the model has none."""
    if callable(getattr(model, "zero_grad", None)):
        model.zero_grad()
        return
    for name in WEIGHTS:
        gradient = "d" + name
        set_array(owners(model, gradient), gradient, np.zeros_like(weight(model, name)))


def gradients(model: Any) -> dict[str, Any]:
    """Copies of the five gradients."""
    found = {}
    for name in WEIGHTS:
        gradient = get_array(owners(model, "d" + name), "d" + name, "RNN")
        found["d" + name] = np.array(gradient) if isinstance(gradient, np.ndarray) else gradient
    return found
