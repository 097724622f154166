"""Probes of part ``numpy_rnn``: the recurrent network by hand (Lab 6, part B).

Shapes: B batch, T time steps, V vocabulary, H hidden. `weights` holds ``Wxh (V, H)``,
``Whh (H, H)``, ``bh (H,)``, ``Why (H, V)`` and ``by (V,)``.
"""

from __future__ import annotations

import copy
import random
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from kit.answers import named
from kit.argument_names import sizes
from kit.binding import add_array, bind, call, find_attribute, get_array, method, set_array, takes
from kit.data import Answer, Arguments, Arrays
from kit.lab import Lab
from kit.outcomes import Failed
from kit.text import Text

CELL = ("Wxh", "Whh", "bh")
OUTPUT = ("Why", "by")
WEIGHTS = CELL + OUTPUT


# ---------------------------------------------------------------- the model


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

    ``logits`` are those of x, ``other`` those of another input.
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
    spare = _copied((model, h_T, caches)) if times > 1 else None
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


def _copied(things: Any) -> Any:
    """A deep copy, or None for what cannot be copied."""
    try:
        return copy.deepcopy(things)
    except Exception:
        return None


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


# ---------------------------------------------------------------- gradient_check


def gradient_check(
    lab: Lab,
    weights: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    eps: float,
    slopes: Arrays,
    stale: bool = False,
) -> Answer:
    """``gradient_check`` on a model without recurrence whose backward reads a table.

    `slopes` is the table: for each weight an array (B*V, *shape of the weight), which backward
    takes for the derivatives of the logits. Nothing in the call tells whether they are right;
    only the model's forward does. With `stale` gradients of an earlier batch are left in the
    model. Returns the errors that were found and the weights afterwards.
    """
    function = lab.get("gradient_check")

    def run(form: _Form) -> Answer:
        model = build(lab, weights, x)
        model.__class__ = _stand_in(type(model), slopes, form)
        zero_grad(model)
        _in_float64(model)
        for name in WEIGHTS:
            set_array(owners(model, name), name, weights[name])
            if stale:
                left = np.cos(np.arange(weights[name].size)).reshape(weights[name].shape)
                add_array(owners(model, "d" + name), "d" + name, left)
        errors = call(function, model=model, X=x.copy(), y=y.copy(), eps=eps)
        after = {name: np.array(weight(model, name)) for name in WEIGHTS}
        return {"errors": errors, "weights": after}

    try:
        return run(_Form())
    except NotImplementedError:
        raise
    except Exception:
        form = _form_of(lab, weights, x)
        if form == _Form():
            raise
    return run(form)


@dataclass
class _Form:
    """How many values a student's RNN returns; their own gradient_check unpacks that many."""

    forward_extra: int = 0  # values after logits, h_T, caches
    backward_extra: int | None = None  # values after dh0; None: dh0 alone, not in a tuple


def _form_of(lab: Lab, weights: Arrays, x: np.ndarray) -> _Form:
    """The form seen in one call; the contract's form if the student's RNN cannot be called."""
    try:
        model = build(lab, weights, x)
        h0 = np.zeros((len(x), weights["Whh"].shape[0]))
        result = call(model.forward, X_batch=x.copy(), h0=h0)
        logits, h_T, caches = result[:3]
        dlogits = np.zeros_like(np.asarray(logits))
        back = call(model.backward, dlogits=dlogits, caches=caches, h_T=h_T)
    except Exception:
        return _Form()
    return _Form(len(result) - 3, len(back) - 1 if isinstance(back, (tuple, list)) else None)


def _in_float64(model: Any) -> None:
    """Make the arrays of a model float64: differences with a small step need it."""
    for name in (*WEIGHTS, *("d" + w for w in WEIGHTS)):
        found = find_attribute(owners(model, name), name)
        if found is None:
            continue
        owner, attribute = found
        current = getattr(owner, attribute)
        if isinstance(current, np.ndarray) and current.dtype == np.float32:
            setattr(owner, attribute, current.astype(np.float64))


class _Token:
    """The cache that the stand-in's forward gives to its backward."""

    def __init__(self, like: tuple[int, ...]) -> None:
        self.like = like


def stand_in_forward(weights: Arrays, x: np.ndarray, h0: np.ndarray) -> tuple[Any, Any]:
    """Logits (B, V) and state (B, H) of a model without recurrence.

    Weights may be complex. They may have one more axis in front, for many models at once.

    c = mean over t of one-hot x; u = c Wxh + bh; h = tanh(u + sin(u) Whh + h0); z = h Why + by;
    logits = z + sin(z reversed) / 2
    """
    c = np.eye(weights["Wxh"].shape[-2])[x].mean(axis=1)  # (B, V)
    u = c @ weights["Wxh"] + weights["bh"]  # (B, H)
    h = np.tanh(u + np.sin(u) @ weights["Whh"] + h0)  # (B, H)
    z = h @ weights["Why"] + weights["by"]  # (B, V)
    return z + np.sin(z[..., ::-1]) / 2, h


def _in_order(function: Any, args: Any, kwargs: Any, contract: Arguments, which: str) -> None:
    """TypeError if one argument is not where the student's own method takes it."""
    mark = object()
    try:
        wanted = bind(partial(function, None), contract | {which: mark}, {})
        place = next((i for i, value in enumerate(wanted[0]) if value is mark), None)
        name = next((n for n, value in wanted[1].items() if value is mark), None)
    except Exception:  # a signature that cannot be read says nothing
        return
    expected = contract[which]

    def is_other(value: Any) -> bool:
        if isinstance(expected, np.ndarray):
            return not np.array_equal(value, expected)
        return value is not expected

    if place is not None and len(args) > place and is_other(args[place]):
        raise TypeError(f"{function.__name__}() got its arguments in another order")
    if name is not None and is_other(kwargs.get(name, expected)):
        raise TypeError(f"{function.__name__}() got another argument for {name}")


def _stand_in(base: Any, slopes: Arrays, form: _Form) -> Any:
    """A subclass of the student's RNN that computes :func:`stand_in_forward`."""

    class StandIn(base):  # type: ignore[misc]
        __slots__ = ()  # so that a model of the student's class can become one

        def zero_grad(self) -> None:  # a wrong one of the student's costs points elsewhere
            for name in WEIGHTS:
                gradient = "d" + name
                zeros = np.zeros_like(weight(self, name))
                set_array(owners(self, gradient), gradient, zeros)

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            given = [np.asarray(a) for a in (*args, *kwargs.values()) if a is not None]
            at = next(i for i, a in enumerate(given) if a.dtype.kind in "iu")
            x = given[at]
            _in_order(base.forward, args, kwargs, {"X_batch": x, "h0": None}, "X_batch")
            w = {name: weight(self, name) for name in WEIGHTS}
            # An array of integers is a state too: one of zeros, or no state at all.
            others = [*given[:at], *given[at + 1 :]]
            states = [a for a in others if a.ndim and a.dtype.kind in "iuf"]
            h0 = states[0] if states else np.zeros((x.shape[0], w["Whh"].shape[0]))
            logits, h = stand_in_forward(w, x, h0)
            return (logits, h, _Token(logits.shape), *[None] * form.forward_extra)

        def backward(self, *args: Any, **kwargs: Any) -> Any:
            given = [*args, *kwargs.values()]
            token = next(a for a in given if isinstance(a, _Token))
            contract = {"dlogits": 0, "caches": token, "h_T": 2}
            _in_order(base.backward, args, kwargs, contract, "caches")
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


# ---------------------------------------------------------------- clipping and sampling


def clip_by_norm(lab: Lab, grads: list[np.ndarray], max_norm: float) -> Answer:
    """``clip_by_norm`` on copies: what it returned, and the arrays afterwards."""
    arrays = [np.array(g) for g in grads]
    norm = call(lab.get("clip_by_norm"), grads=arrays, max_norm=max_norm)
    return {"norm": norm, "grads": arrays}


def sample(
    lab: Lab,
    weights: Arrays,
    seed: str,
    characters: str,
    length: int,
    temp: float,
    rng_seeds: list[int | None],
    global_seeds: list[int],
) -> Answer:
    """Texts of ``sample``, one for each of `rng_seeds`, each with a generator of its own.

    With the seed None ``sample`` is called without one.

    The global generators are seeded too, by `global_seeds`: a right ``sample`` does not use them.
    One without the parameter ``rng`` has only these; then they have the seeds of `rng_seeds`.
    """
    function = lab.get("sample")
    spare = sizes(hidden=weights["Whh"].shape[0], batch=1)  # ``hidden_size`` in an older handout
    c2i = {c: i for i, c in enumerate(characters)}
    i2c = dict(enumerate(characters))
    texts, taken = [], False
    for own, shared in zip(rng_seeds, global_seeds):
        contract = {
            "model": build(lab, weights, np.zeros((1, len(seed)))),
            "seed": seed,
            "c2i": dict(c2i),
            "i2c": dict(i2c),
            "vocab": len(characters),
            "length": length,
            "temp": temp,
        }
        if own is not None:
            contract["rng"] = np.random.default_rng(own)
        taken = own is not None and takes(function, "rng", contract)
        seeded = shared if taken or own is None else own
        random.seed(seeded)
        np.random.seed(seeded)
        texts.append(call(function, spare=spare, optional=("rng",), **contract))
    return {"texts": texts, "takes_rng": taken}


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
