"""Inputs for the probes of ``extensions``, drawn from a generator. Every axis has another size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kit.cases import Case, single

POETIC = "山水风月花鸟春秋人天云江日夜白青"


def adam_case(rng: np.random.Generator, steps: int, **options: object) -> Case:
    """Three arrays, and their gradients for `steps` steps, of different scales, some tiny."""
    shapes = ((3, 4), (5,), (2, 3))
    scales = (1.0, 30.0, 1e-7)
    return {
        "params": [single(rng.normal(0, 1, shape)) for shape in shapes],
        "steps": [
            [single(scale * rng.normal(0.3, 1, shape)) for shape, scale in zip(shapes, scales)]
            for _ in range(steps)
        ],
        "options": options,
    }


def losses(rng: np.random.Generator, count: int) -> list[float]:
    """A loss that falls more and more slowly, with noise."""
    t = np.arange(count)
    found: list[float] = (3 * np.exp(-t / 6) + 1 + rng.normal(0, 0.08, count)).tolist()
    return found


def network_case(
    rng: np.random.Generator,
    shapes: dict[str, tuple[int, ...]],
    directions: int,
    T: int,
    B: int,
    H: int,
    V: int,
) -> Case:
    """Weights of the given shapes, x (B, T), h0, and dL/dlogits (B, V).

    x holds each character; its first row ends with the character that it begins with.
    """
    weights = {
        path: single(rng.normal(0, 0.5 if len(shape) < 2 else 1.2 / np.sqrt(H), shape))
        for path, shape in shapes.items()
    }
    x = np.resize(rng.permutation(V), (B, T))
    x[0, -1] = x[0, 0]
    state = (B, H) if directions == 1 else (2, B, H)
    return {
        "weights": weights,
        "x": x,
        "h0": single(rng.normal(0, 0.5, state)),
        "vocab": V,
        "dlogits": single(rng.normal(0, 1, (B, V))),
    }


def ring(rng: np.random.Generator, stops: int) -> str:
    """Characters from which the next one is taken; `stops` of them end a line."""
    found = list(POETIC) + ["，"] + ["。"] * stops
    return "".join(found[int(i)] for i in rng.permutation(len(found)))


# ---------------------------------------------------------------- the networks of the contract


@dataclass(frozen=True)
class Kind:
    """The properties in which the two networks differ."""

    name: str
    directions: int

    def shapes(self, V: int, H: int) -> dict[str, tuple[int, ...]]:
        """The weights that the contract names, and their shapes."""
        if self.directions == 1:
            cell = {"Wx": (V, 3 * H), "Wh": (H, 3 * H), "bx": (3 * H,), "bh": (3 * H,)}
        else:
            cell = {}
            for side in "fb":
                cell |= {"Wx" + side: (V, H), "Wh" + side: (H, H), "bh" + side: (H,)}
        return {**cell, "Why": (self.directions * H, V), "by": (V,)}


GRU = Kind("GRU", 1)
BIRNN = Kind("BiRNN", 2)

KINDS = {kind.name: kind for kind in (GRU, BIRNN)}
