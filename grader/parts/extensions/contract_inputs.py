"""Random inputs of the contract of ``extensions``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader.parts.contract_inputs import Arguments, Inputs
from kit.cases import Case
from parts.extensions.cases import adam_case, network_case


def _adam(rng: np.random.Generator) -> Arguments:
    lr, steps = float(10 ** rng.uniform(-4, 0)), int(rng.integers(1, 6))
    return adam_case(rng, steps, lr=lr, betas=(float(rng.uniform(0, 1)), float(rng.uniform(0, 1))))


def _cosine(rng: np.random.Generator) -> Arguments:
    total = int(rng.integers(2, 40))
    warmup = int(rng.integers(0, total))
    case = {
        "lr0": float(rng.uniform(0.01, 1)),
        "step": int(rng.integers(0, total + 1)),
        "total": total,
        "warmup": warmup,
    }
    return {"name": "cosine_decay", "cases": [case]}


def _network(kind: str, *, back: bool = False) -> Callable[[np.random.Generator], Arguments]:
    def draw(rng: np.random.Generator) -> Arguments:
        T, B, H, V = (int(n) for n in rng.integers(1, 6, 4))
        V += 1
        case: Case = network_case(rng, _shapes(kind, H, V), 1 if kind == "GRU" else 2, T, B, H, V)
        if not back:
            del case["dlogits"]
        return {"kind": kind, **case}

    return draw


def _shapes(kind: str, H: int, V: int) -> dict[str, tuple[int, ...]]:
    if kind == "GRU":
        gates = {"Wx": (V, 3 * H), "Wh": (H, 3 * H), "bx": (3 * H,), "bh": (3 * H,)}
        return {**gates, "Why": (H, V), "by": (V,)}
    sides: dict[str, tuple[int, ...]] = {f"Wx{side}": (V, H) for side in "fb"}
    sides |= {f"Wh{side}": (H, H) for side in "fb"} | {f"bh{side}": (H,) for side in "fb"}
    return {**sides, "Why": (2 * H, V), "by": (V,)}


INPUTS = {
    "Adam.step": Inputs("adam", _adam),
    "cosine_decay": Inputs("rates", _cosine),
    "GRU.forward": Inputs("forward", _network("GRU")),
    "BiRNN.forward": Inputs("forward", _network("BiRNN")),
    "BiRNN.backward": Inputs("backward", _network("BiRNN", back=True)),
}
