"""Inputs for the probes of ``theory``, drawn from a generator. Every axis has another size."""

from __future__ import annotations

import numpy as np

from kit.cases import Case, single

DRAWS = 1000
"""The number of random truncations in a check.

With 400 a length that is drawn uniformly passed with a chance of 9 %; now it is below 1e-8.
"""


def theory_case(rng: np.random.Generator, T: int = 6, H: int = 4, E: int = 5, K: int = 7) -> Case:
    """Weights, a sequence and its targets, one of which repeats.

    U has a spectral norm above 1, so that distant terms matter. E is larger than H, so that the
    derivatives by x determine those by z.
    """
    U = rng.normal(0, 1, (H, H))
    weights = {
        "U": single(1.3 * U / np.linalg.norm(U, 2)),
        "W": single(rng.normal(0, 0.7 / np.sqrt(E), (H, E))),
        "b": single(rng.normal(0, 0.3, H)),
        "V": single(rng.normal(0, 1.5 / np.sqrt(H), (K, H))),
    }
    targets = rng.integers(0, K, T)
    targets[-1] = targets[0]
    return {"weights": weights, "x": single(rng.normal(0, 1, (T, E))), "targets": targets}


def long_case(rng: np.random.Generator, T: int = 25) -> Case:
    """As :func:`theory_case`, with deltas that last: U turns states and hardly shrinks them."""
    case = theory_case(rng, T=T)
    H = len(case["weights"]["b"])
    turn = np.linalg.qr(rng.normal(0, 1, (H, H)))[0]
    small = {"U": single(1.02 * turn), "W": single(0.1 * case["weights"]["W"])}
    case["weights"] |= small | {"b": single(0.02 * rng.normal(0, 1, H))}
    return case


def delta_case(rng: np.random.Generator, T: int = 6, H: int = 4, E: int = 5) -> Case:
    """Made-up deltas (zero for k > t), states h_1..h_T and inputs for the double sums."""
    deltas = rng.normal(0, 1, (T, T, H))
    deltas[np.triu_indices(T, 1)] = 0
    return {
        "deltas": single(deltas[None]),
        "h": single(rng.uniform(-1, 1, (T, H))),
        "x": single(rng.normal(0, 1, (T, E))),
    }


def places(rng: np.random.Generator, H: int) -> list[tuple[int, int]]:
    """Places (i, j) of U, off the diagonal and on it."""
    i = int(rng.integers(H))
    j = int((i + 1 + rng.integers(H - 1)) % H)
    return [(i, j), (j, i), (i, i)]
