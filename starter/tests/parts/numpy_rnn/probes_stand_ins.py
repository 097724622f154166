"""Models that stand in for the student's RNN, so that what uses a model is judged by itself.

They keep the student's arrays and their names, and compute something else than the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from types import FunctionType
from typing import Any

import numpy as np

from kit.binding import add_array, bind, call, set_array
from kit.data import Arrays
from kit.lab import Lab

from .probes_model import WEIGHTS, build, owners, weight

Contract = tuple[tuple[str, Any], ...]
"""Names of arguments in the contract's order, with values of their kinds."""


@dataclass
class Form:
    """How many values a student's RNN returns; their own gradient_check unpacks that many."""

    forward_extra: int = 0  # values after logits, h_T, caches
    backward_extra: int | None = None  # values after dh0; None: dh0 alone, not in a tuple


def form_of(lab: Lab, weights: Arrays, x: np.ndarray) -> Form:
    """The form seen in one call; the contract's form if the student's RNN cannot be called."""
    try:
        model = build(lab, weights, x)
        h0 = np.zeros((len(x), weights["Whh"].shape[0]))
        result = call(model.forward, X_batch=x.copy(), h0=h0)
        logits, h_T, caches = result[:3]
        dlogits = np.zeros_like(np.asarray(logits))
        back = call(model.backward, dlogits=dlogits, caches=caches, h_T=h_T)
    except Exception:
        return Form()
    return Form(len(result) - 3, len(back) - 1 if isinstance(back, (tuple, list)) else None)


class _Token:
    """The cache that the stand-in's forward gives to its backward."""

    def __init__(self, like: tuple[int, ...]) -> None:
        self.like = like


@lru_cache(maxsize=16)
def _one_hot(size: int) -> np.ndarray:
    """One row for each character; read only, because all calls share it."""
    rows = np.eye(size)
    rows.flags.writeable = False
    return rows


def stand_in_forward(weights: Arrays, x: np.ndarray, h0: np.ndarray) -> tuple[Any, Any]:
    """Logits (B, V) and state (B, H) of a model without recurrence.

    Weights may be complex. They may have one more axis in front, for many models at once.

    c = mean over t of one-hot x; u = c Wxh + bh; h = tanh(u + sin(u) Whh + h0); z = h Why + by;
    logits = z + sin(z reversed) / 2
    """
    c = _one_hot(weights["Wxh"].shape[-2])[x].mean(axis=1)  # (B, V)
    u = c @ weights["Wxh"] + weights["bh"]  # (B, H)
    h = np.tanh(u + np.sin(u) @ weights["Whh"] + h0)  # (B, H)
    z = h @ weights["Why"] + weights["by"]  # (B, V)
    return z + np.sin(z[..., ::-1]) / 2, h


def reading_forward(weights: Arrays, x: np.ndarray, h0: np.ndarray) -> tuple[Any, Any]:
    """Logits (B, V) and state (B, H) of a model that remembers what it reads, in another way.

    h_t = sin(h_{t-1} Whh + row x_t of Wxh), from h0; logits = h_T Whh Why + by
    """
    h = h0
    for column in x.T:
        h = np.sin(h @ weights["Whh"] + weights["Wxh"][column])  # (B, H)
    return h @ weights["Whh"] @ weights["Why"] + weights["by"], h


_MARK = object()
_OF_FORWARD: Contract = (("X_batch", _MARK), ("h0", None))
_OF_BACKWARD: Contract = (("dlogits", 0), ("caches", _MARK), ("h_T", 2))
"""The arguments of a method; the mark stands for the one whose place is asked."""


def _place(function: Any, contract: Contract) -> tuple[int | None, str | None]:
    """Where a method takes the marked argument: the position, or the name; None: not so."""
    try:
        positional, by_name = bind(partial(function, None), dict(contract), {})
    except Exception:  # a signature that cannot be read says nothing
        return None, None
    place = next((i for i, value in enumerate(positional) if value is _MARK), None)
    return place, next((n for n, value in by_name.items() if value is _MARK), None)


# A gradient_check calls forward some hundred times, and reading its parameters takes longer than
# all that a stand-in computes.
_known_place = lru_cache(maxsize=64)(_place)


def _in_order(function: Any, args: Any, kwargs: Any, contract: Contract, expected: Any) -> None:
    """TypeError if `expected` is not where the student's own method takes the marked argument.

    A method that the constructor binds is not in the class: `function` is None, and any order goes.
    """
    if function is None:
        return
    plain = isinstance(function, FunctionType)  # another callable may have no hash
    place, name = (_known_place if plain else _place)(function, contract)

    def is_other(value: Any) -> bool:
        if value is expected or not isinstance(expected, np.ndarray):
            return value is not expected
        return not np.array_equal(value, expected)

    if place is not None and len(args) > place and is_other(args[place]):
        raise TypeError(f"{function.__name__}() got its arguments in another order")
    if name is not None and is_other(kwargs.get(name, expected)):
        raise TypeError(f"{function.__name__}() got another argument for {name}")


def _read(function: Any, args: Any, kwargs: Any, hidden: int) -> tuple[np.ndarray, np.ndarray]:
    """The characters x and the state (zeros where none is given) of one call of `function`."""
    given = [np.asarray(a) for a in (*args, *kwargs.values()) if a is not None]
    at = next(i for i, a in enumerate(given) if a.dtype.kind in "iu")
    x = given[at]
    _in_order(function, args, kwargs, _OF_FORWARD, x)
    # An array of integers is a state too: one of zeros, or no state at all.
    others = [*given[:at], *given[at + 1 :]]
    states = [a for a in others if a.ndim and a.dtype.kind in "iuf"]
    return x, states[0] if states else np.zeros((x.shape[0], hidden))


def _weights(model: Any) -> Arrays:
    return {name: weight(model, name) for name in WEIGHTS}


def table_model(base: Any, slopes: Arrays, form: Form, start: Arrays, moved: set[str]) -> Any:
    """A subclass of the student's RNN that computes :func:`stand_in_forward`.

    Its backward reads `slopes`. `moved` gets the names of the weights that forward has met with
    other values than those of `start`.
    """

    class StandIn(base):  # type: ignore[misc]
        __slots__ = ()  # so that a model of the student's class can become one

        def zero_grad(self) -> None:  # a wrong one of the student's costs points elsewhere
            for name in WEIGHTS:
                gradient = "d" + name
                zeros = np.zeros_like(weight(self, name))
                set_array(owners(self, gradient), gradient, zeros)

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            w = _weights(self)
            still = [n for n in WEIGHTS if n not in moved]
            moved.update(n for n in still if not np.array_equal(w[n], start[n]))
            x, h0 = _read(getattr(base, "forward", None), args, kwargs, w["Whh"].shape[0])
            logits, h = stand_in_forward(w, x, h0)
            return (logits, h, _Token(logits.shape), *[None] * form.forward_extra)

        def backward(self, *args: Any, **kwargs: Any) -> Any:
            given = [*args, *kwargs.values()]
            token = next(a for a in given if isinstance(a, _Token))
            _in_order(getattr(base, "backward", None), args, kwargs, _OF_BACKWARD, token)
            dlogits = next(a for a in given if getattr(a, "shape", None) == token.like)
            for name, slope in slopes.items():  # slope: (B*V, *shape of the weight)
                gradient = np.tensordot(np.ravel(dlogits), slope, 1)
                add_array(owners(self, "d" + name), "d" + name, gradient)
            dh0 = np.zeros((len(dlogits), len(slopes["bh"][0])))  # gradient_check does not use it
            extra = form.backward_extra
            if any(a is True for a in given):  # collect_grad_norms
                extra = max(extra or 0, 1)
            return dh0 if extra is None else (dh0, *[[0.0]] * extra)

    return StandIn


def reading_model(base: Any, form: Form) -> Any:
    """A subclass of the student's RNN that computes :func:`reading_forward`."""

    class StandIn(base):  # type: ignore[misc]
        __slots__ = ()

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            w = _weights(self)
            H = w["Whh"].shape[0]
            x, h0 = _read(getattr(base, "forward", None), args, kwargs, H)
            # A state turned on its side is no state, although it has as many numbers.
            if h0.shape[-1] != H:
                raise ValueError(f"forward() got a state of the shape {h0.shape}, not (B, H)")
            logits, h = reading_forward(w, x, h0.reshape(len(x), H))
            return (logits, h, _Token(logits.shape), *[None] * form.forward_extra)

    return StandIn
