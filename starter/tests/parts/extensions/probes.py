"""Probes of part ``extensions``, the optional tasks.

Shapes: B batch, T time steps, V vocabulary, H hidden. The student chooses the names of a network's
weights. Each weight ``Name`` has its gradient ``dName`` beside it, on the model or on one of its
cells, and is identified by its path (``Wx``, ``cell.Wx``, ``cells.0.Wx``).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from kit.answers import alone, named
from kit.argument_names import sizes
from kit.binding import call, find_attribute, method, set_array
from kit.data import Answer, Arguments, Arrays
from kit.lab import Lab
from kit.outcomes import Failed, Missing
from kit.text import Text

from .cases import KINDS, Kind

MAX_OBJECTS = 200  # attributes of a model that are searched


# ---------------------------------------------------------------- training


def adam(
    lab: Lab, params: list[np.ndarray], steps: list[list[np.ndarray]], options: Arguments
) -> Answer:
    """The arrays after each step of ``Adam``; each of `steps` holds the gradients of `params`."""
    arrays = [np.array(p) for p in params]
    optimiser = call(lab.get("Adam"), params=arrays, **options)
    step = method(optimiser, "Adam", "step")
    history, kept = [], True
    for grads in steps:
        given = [np.array(g) for g in grads]
        call(step, grads=given)
        kept = kept and all(np.array_equal(a, b) for a, b in zip(given, grads))
        history.append([np.array(p) for p in arrays])
    return {"history": history, "kept": kept}


def early_stopping(lab: Lab, losses: list[float], options: Arguments) -> Answer:
    """``EarlyStopping``: what ``update`` returns for each loss."""
    stopper = call(lab.get("EarlyStopping"), **options)
    update = method(stopper, "EarlyStopping", "update")
    return {"said": [call(update, loss=loss) for loss in losses]}


def rates(lab: Lab, name: str, cases: list[Arguments]) -> Answer:
    """``exponential_decay`` or ``cosine_decay`` for each of `cases`."""
    function = lab.get(name)
    return {"values": [alone(call(function, **case), 0) for case in cases]}


def acrostic(lab: Lab, first_characters: str, ring: str) -> Answer:
    """``acrostic``, with a next character that depends on the whole line so far."""

    def next_word(prefix: str) -> str:
        return ring[sum(ord(c) * (i + 1) for i, c in enumerate(prefix)) % len(ring)]

    function = lab.get("acrostic")
    return {"lines": call(function, first_characters=first_characters, next_word=next_word)}


# ---------------------------------------------------------------- networks


def layout(lab: Lab, kind: str, vocab: int, hidden: int) -> Answer:
    """The shape of each weight of a ``GRU`` or ``BiRNN`` that has a gradient."""
    model = _model(lab, kind, vocab, hidden)
    method(model, kind, "forward")
    method(model, kind, "backward")
    return {"shapes": {path: list(shape) for path, shape in _weights(model, kind).items()}}


def forward(
    lab: Lab, kind: str, weights: Arrays, x: np.ndarray, h0: np.ndarray, vocab: int
) -> Answer:
    """The logits and the last state."""
    model = _built(lab, kind, weights, h0, vocab)
    found = _forward(model, kind, x, h0)
    return {"logits": found["logits"], "h_T": found["h_T"]}


def forward_again(
    lab: Lab, kind: str, weights: Arrays, x: np.ndarray, h0: np.ndarray, vocab: int, other: Arrays
) -> Answer:
    """The logits of (x, h0) before and after one model has read other inputs."""
    model = _built(lab, kind, weights, h0, vocab)
    first = np.array(_forward(model, kind, x, h0)["logits"])
    _forward(model, kind, other["x"], other["h0"])
    return {"first": first, "again": _forward(model, kind, x, h0)["logits"]}


def backward(
    lab: Lab,
    kind: str,
    weights: Arrays,
    x: np.ndarray,
    h0: np.ndarray,
    vocab: int,
    dlogits: np.ndarray,
    times: int = 1,
    by_steps: bool = False,
) -> Answer:
    """dL/dh0 and the gradient of each weight, for L = sum(dlogits * logits).

    Backward is called so many `times`; the gradients add up. With `by_steps` its caches are joined
    from those of forward for one character each.
    """
    model = _built(lab, kind, weights, h0, vocab)
    run = method(model, kind, "backward")
    read = _forward_by_steps if by_steps else _forward
    found = read(model, kind, x, h0)
    for path in weights:
        owner, name = _owner(model, path)
        set_array([owner], "d" + name, np.zeros_like(getattr(owner, name)))
    kept = _copied(found["caches"])
    contract = {"dlogits": dlogits.copy(), "caches": found["caches"], "h_T": found["h_T"]}
    for turn in range(times):
        if turn:  # a backward may use up its caches, those on the model too
            again = read(model, kind, x, h0)["caches"]
            # A forward that keeps a state gives others now, which is no fault of backward.
            contract["caches"] = again if kept is None else _copied(kept)
        dh0 = alone(call(run, **contract), h0.ndim)
    grads = {}
    for path in weights:
        owner, name = _owner(model, path)
        attribute = find_attribute([owner], "d" + name)
        grads[path] = np.array(getattr(*attribute)) if attribute else None
    return {"dh0": dh0, "grads": grads}


def _copied(caches: Any) -> Any:
    """A copy of caches, which are of any form; None where there is none."""
    try:
        return copy.deepcopy(caches)
    except Exception:  # a generator, say
        return None


def perturbed(
    lab: Lab,
    kind: str,
    weights: Arrays,
    x: np.ndarray,
    h0: np.ndarray,
    vocab: int,
    name: str,
    step: float,
) -> Answer:
    """Logits (N, 2, B, V) with each of the N entries of one array moved by -step and +step.

    `name` is the path of a weight, or ``h0``.
    """
    base = (h0 if name == "h0" else weights[name]).astype(np.float64)
    rows = []
    for i in range(base.size):
        pair = []
        for sign in (-1.0, 1.0):
            other = base.copy()
            other.reshape(-1)[i] += sign * step
            # A new one each: what a forward keeps from the call before is no fault of backward.
            model = _built(lab, kind, weights, h0, vocab)
            if name != "h0":
                _put(model, name, other)
            found = _forward(model, kind, x, other if name == "h0" else h0)
            pair.append(np.array(found["logits"]))
        rows.append(pair)
    return {"logits": np.array(rows)}


def _model(lab: Lab, kind: str, vocab: int, hidden: int) -> Any:
    spare = sizes(vocab=vocab, inputs=vocab, hidden=hidden)
    return call(lab.get(kind), vocab=vocab, hidden=hidden, spare=spare)


def _built(lab: Lab, kind: str, weights: Arrays, h0: np.ndarray, vocab: int) -> Any:
    model = _model(lab, kind, vocab, h0.shape[-1])
    for path, value in weights.items():
        _put(model, path, value)
    return model


def _put(model: Any, path: str, value: np.ndarray) -> None:
    owner, name = _owner(model, path)
    set_array([owner], name, value)


def _forward(model: Any, kind: str, x: np.ndarray, h0: np.ndarray) -> dict[str, Any]:
    run = method(model, kind, "forward")
    spare = sizes(hidden=h0.shape[-1], batch=len(x), steps=x.shape[1])
    result = call(run, spare=spare, X_batch=x.copy(), h0=h0.copy())
    return named(result, f"{kind}.forward", "logits, h_T, caches")


def _forward_by_steps(model: Any, kind: str, x: np.ndarray, h0: np.ndarray) -> dict[str, Any]:
    """Forward called for one character after the other, each from the state before it.

    In a network that reads from both ends, each of the two goes on so: `x` is to read the same
    from either end.
    """
    h, found, steps = h0, {}, []
    for t in range(x.shape[1]):
        found = _forward(model, kind, x[:, t : t + 1], h)
        h = np.array(found["h_T"])
        if h.shape != h0.shape or h.dtype.kind != "f":
            break
        steps.append(found["caches"])
    caches = _joined(steps)
    if len(steps) < x.shape[1] or caches is None:
        raise Failed(
            Text(
                f"{kind}.forward 逐步产生的 caches 无法拼接",
                f"the caches that {kind}.forward makes step by step cannot be joined",
            )
        )
    return {**found, "caches": caches}


def _joined(steps: list[Any]) -> Any:
    """Caches of one step each as those of all; None where they are no lists with a step each."""
    first = steps[0] if steps else None
    if not isinstance(first, (list, tuple, dict)) or any(
        type(step) is not type(first) or len(step) != len(first) for step in steps
    ):
        return None
    if isinstance(first, dict):
        if any(step.keys() != first.keys() for step in steps):
            return None
        by_key = {key: _joined([step[key] for step in steps]) for key in first}
        return None if any(value is None for value in by_key.values()) else by_key
    if len(first) == 1:
        whole = [step[0] for step in steps]
    else:
        whole = [_joined(list(entries)) for entries in zip(*steps)]
        if any(value is None for value in whole):
            return None
    return whole if isinstance(first, list) else tuple(whole)


def _weights(model: Any, kind: str) -> dict[str, tuple[int, ...]]:
    """Path and shape of each array that has a gradient beside it."""
    held = [each for each in _arrays(model) if _has_gradient(*each[1:])]
    computed = [each for each in _computed(model, KINDS[kind]) if _has_gradient(*each[1:])]
    # What a cell holds and the model answers as well is one weight.
    new = (c for c in computed if not any(np.shares_memory(c[3], h[3]) for h in held))
    return {path: value.shape for path, _, _, value in (*held, *new)}


def _has_gradient(owner: Any, name: str, value: np.ndarray) -> bool:
    beside = None if name.startswith("__") else find_attribute([owner], "d" + name)
    return beside is not None and np.shape(getattr(*beside)) == value.shape


def _arrays(model: Any) -> Iterator[tuple[str, Any, str, np.ndarray]]:
    """Path, owner, name and value of each float array, on the model and on the objects it holds."""
    queue: list[tuple[str, Any, int]] = [("", model, 0)]
    seen: set[int] = set()
    while queue and len(seen) < MAX_OBJECTS:
        prefix, owner, depth = queue.pop(0)
        if id(owner) in seen:
            continue
        seen.add(id(owner))
        if isinstance(owner, (list, tuple)):
            members: dict[str, Any] = {str(i): item for i, item in enumerate(owner)}
        else:
            members = dict(getattr(owner, "__dict__", {}))
        for name, value in members.items():
            if isinstance(value, np.ndarray):
                if value.dtype.kind == "f" and not isinstance(owner, (list, tuple)):
                    yield prefix + name, owner, name, value
            elif depth < 3 and (isinstance(value, (list, tuple)) or hasattr(value, "__dict__")):
                queue.append((f"{prefix}{name}.", value, depth + 1))


def _computed(model: Any, kind: Kind) -> Iterator[tuple[str, Any, str, np.ndarray]]:
    """The same for the contract's names that a property or ``__getattr__`` of the model answers.

    One that makes a new array each time, as by joining others, is no place for a weight.
    """
    for name in kind.shapes(1, 1):
        if name in getattr(model, "__dict__", {}):
            continue
        try:
            value, again = getattr(model, name, None), getattr(model, name, None)
        except Exception:  # the student's own code: it costs points where it is called
            continue
        if isinstance(value, np.ndarray) and isinstance(again, np.ndarray):
            if value.dtype.kind == "f" and np.shares_memory(value, again):
                yield name, model, name, value


def _owner(model: Any, path: str) -> tuple[Any, str]:
    """The object that holds the weight at `path`, and the name of the attribute."""
    *folders, name = path.split(".")
    owner = model
    for folder in folders:
        if isinstance(owner, (list, tuple)) and folder.isdigit() and int(folder) < len(owner):
            owner = owner[int(folder)]
        else:
            owner = getattr(owner, folder, None)
    if owner is None or not hasattr(owner, name):
        raise Missing(Text(f"模型的权重 {path} 不见了", f"the weight {path} of the model is gone"))
    return owner, name
