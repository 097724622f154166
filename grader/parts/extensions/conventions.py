"""The networks of ``extensions`` by conventions other than the contract's.

Weights with the contract's names and shapes may still be stacked or used in another way: another
order of gates, z as the share of the new state, the reset before the product, the halves of the
output exchanged. Such a network is right, but none of its values is the reference's.
"""

from __future__ import annotations

from itertools import permutations, product

import numpy as np

from kit.cases import Case
from kit.data import Answer, Arguments, Arrays
from kit.runner import Runner
from parts.extensions.cases import BIRNN, GRU, Kind
from parts.extensions.checks_layouts import elsewhere, tied


def expected(reference: Runner, kind: Kind, case: Case) -> Answer:
    """The reference's values and gradients, and the logits by other conventions.

    Also those of the cases on which a wrong forward may be right, and of a BiRNN those with the
    weights of either direction in both.
    """
    found = _values(reference, kind, case)
    others = elsewhere(kind, case)
    found["elsewhere"] = {name: _values(reference, kind, other) for name, other in others.items()}
    if kind is GRU:
        return found | {"others": _gru(case)}
    both = {side: _values(reference, kind, tied(case, side)) for side in "fb"}
    return found | {"others": _birnn(reference, case), "tied": both}


def _values(reference: Runner, kind: Kind, case: Case) -> Answer:
    forward = reference.forward(kind=kind.name, **_inputs(case))
    return {**forward, **reference.backward(kind=kind.name, **case)}


def _inputs(case: Case) -> Arguments:
    return {name: value for name, value in case.items() if name != "dlogits"}


def _gru(case: Case) -> Arrays:
    found = {}
    for order, kept, after in product(permutations("rzn"), (True, False), (True, False)):
        name = "".join(order) + (" kept" if kept else " new") + (" after" if after else " before")
        found[name] = _gru_logits(case, order, kept, after)
    del found["rzn kept after"]  # the contract's
    return found


def _gru_logits(case: Case, order: tuple[str, ...], kept: bool, after: bool) -> np.ndarray:
    """Logits of a GRU: `kept`, z is the share of the old state; `after`, reset after the product.

    The order of gates is that of the stacked weights.
    """
    w, h = case["weights"], case["h0"]

    def stack(name: str) -> Arrays:
        return dict(zip(order, np.split(w[name], 3, axis=-1)))

    Wx, Wh, bx, bh = (stack(name) for name in ("Wx", "Wh", "bx", "bh"))

    def inside(gate: str, x: np.ndarray, state: np.ndarray) -> np.ndarray:
        return np.asarray(Wx[gate][x] + bx[gate] + state @ Wh[gate] + bh[gate])

    for x in case["x"].T:
        r, z = (1 / (1 + np.exp(-inside(gate, x, h))) for gate in "rz")
        reset = r * (h @ Wh["n"] + bh["n"]) if after else (r * h) @ Wh["n"] + bh["n"]
        fresh = np.tanh(Wx["n"][x] + bx["n"] + reset)
        h = z * h + (1 - z) * fresh if kept else z * fresh + (1 - z) * h
    return np.asarray(h @ w["Why"] + w["by"])


def _birnn(reference: Runner, case: Case) -> Arrays:
    """The direction that reads from the end first: in the states, in the output, or in both."""
    inputs = _inputs(case)
    turned = np.concatenate(np.split(case["weights"]["Why"], 2)[::-1])
    found = {}
    for state, output in ((True, False), (False, True), (True, True)):
        changed: Arguments = dict(inputs)
        if state:
            changed["h0"] = case["h0"][::-1].copy()
        if output:
            changed["weights"] = case["weights"] | {"Why": turned}
        name = f"state {state}, output {output}"
        found[name] = reference.forward(kind=BIRNN.name, **changed)["logits"]
    return found
