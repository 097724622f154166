"""Probes of what is built around the network: ``gradient_check``, ``clip_by_norm``, ``sample``."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from kit.argument_names import sizes
from kit.binding import add_array, call, find_attribute, set_array, takes
from kit.data import Answer, Arrays
from kit.lab import Lab
from kit.stand_in import become

from .probes_model import WEIGHTS, build, owners, weight, zero_grad
from .probes_stand_ins import Form, form_of, reading_model, table_model

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
    model. Returns the errors that were found, the weights afterwards, and which of them the model
    has met with another value.
    """
    function = lab.get("gradient_check")

    def run(form: Form) -> Answer:
        model = build(lab, weights, x)
        moved: set[str] = set()
        become(model, table_model(type(model), slopes, form, weights, moved))
        zero_grad(model)
        _in_float64(model)
        for name in WEIGHTS:
            set_array(owners(model, name), name, weights[name])
            if stale:
                left = np.cos(np.arange(weights[name].size)).reshape(weights[name].shape)
                add_array(owners(model, "d" + name), "d" + name, left)
        errors = call(function, model=model, X=x.copy(), y=y.copy(), eps=eps)
        after = {name: np.array(weight(model, name)) for name in WEIGHTS}
        return {"errors": errors, "weights": after, "moved": {n: n in moved for n in WEIGHTS}}

    return _in_either_form(lab, weights, x, run)


def _in_either_form(
    lab: Lab, weights: Arrays, x: np.ndarray, run: Callable[[Form], Answer]
) -> Answer:
    """`run` with the contract's form or, where that raises, with the student's."""
    try:
        return run(Form())
    except NotImplementedError:
        raise
    except Exception:
        form = form_of(lab, weights, x)
        if form == Form():
            raise
    return run(form)


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
    stand_in: bool = False,
) -> Answer:
    """Texts of ``sample``, one for each of `rng_seeds`, each with a generator of its own.

    With the seed None ``sample`` is called without one.

    The global generators are seeded too, by `global_seeds`: a right ``sample`` does not use them.
    One without the parameter ``rng`` has only these; then they have the seeds of `rng_seeds`.
    With `stand_in` the model computes :func:`.probes_stand_ins.reading_forward`.
    """
    function = lab.get("sample")
    spare = sizes(hidden=weights["Whh"].shape[0], batch=1)  # ``hidden_size`` in an older handout
    c2i = {c: i for i, c in enumerate(characters)}
    i2c = dict(enumerate(characters))
    read = np.array([[c2i[c] for c in seed]])

    def run(form: Form) -> Answer:
        texts, taken = [], False
        for own, shared in zip(rng_seeds, global_seeds):
            model = build(lab, weights, read)
            if stand_in:
                become(model, reading_model(type(model), form))
            contract = {
                "model": model,
                "seed": seed,
                "c2i": dict(c2i),
                "i2c": dict(i2c),
                "vocab": len(characters),
                "length": length,
                "temp": temp,
            }
            if own is not None:
                contract["rng"] = np.random.default_rng(own)
            taken = own is not None and takes(function, "rng", contract, spare)
            seeded = shared if taken or own is None else own
            random.seed(seeded)
            np.random.seed(seeded)
            texts.append(call(function, spare=spare, optional=("rng",), **contract))
        return {"texts": texts, "takes_rng": taken}

    return _in_either_form(lab, weights, read, run) if stand_in else run(Form())
