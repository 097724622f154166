"""Which two mistakes together come nearest to a student's numbers, before any pair is tried.

What a mistake does to each entry is known by itself. Two of them add up roughly: by their
differences from the right answer, or by their factors. That ranks hundreds of pairs in a
millisecond, and puts two mistakes that touch different entries first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .answers import entry_same, numbers

FAR = 1.0
"""An entry that is off by its own scale, or has no number, is as wrong as can be."""


def ranked(
    part: str, student: list[Any], right: list[Any], mutants: Sequence[list[Any]]
) -> list[tuple[int, int]]:
    """Pairs of indices into `mutants`, the likeliest first; answers are listed call by call."""
    count = len(mutants)
    if count < 2:
        return []
    error = np.zeros((count, count))
    for i, call in enumerate(right):
        if not isinstance(call, dict) or not isinstance(student[i], dict):
            continue
        for name, expected in call.items():
            if name in student[i]:
                made = [m[i].get(name) if isinstance(m[i], dict) else None for m in mutants]
                error += _errors(part, name, student[i][name], expected, made)
    rows, columns = np.triu_indices(count, 1)
    # Stable, so that equal errors come in one order on every machine.
    order = np.argsort(error[rows, columns], kind="stable")
    return [(int(rows[k]), int(columns[k])) for k in order]


def _errors(part: str, name: str, got: Any, expected: Any, made: list[Any]) -> np.ndarray:
    """(N, N): how far each pair of mutants is from what the student got, between 0 and 1."""
    s, r = numbers(got), numbers(expected)
    found = [numbers(m) for m in made]
    if s is None or r is None or s.shape != r.shape or not r.size or not np.isfinite(s).all():
        wrong = np.array([not entry_same(part, name, m, got) for m in made])
        neither: np.ndarray = (wrong[:, None] & wrong[None, :]).astype(float)
        return neither
    scale = max(float(np.abs(r).max()), 1e-8)
    x = np.array(
        [f.reshape(-1) if f is not None and f.shape == r.shape else np.full(r.size, np.nan)
         for f in found]
    ) / scale  # (N, D)  # fmt: skip
    s, r = s.reshape(-1) / scale, r.reshape(-1) / scale
    # Answers of mutants may be infinite or NaN; `_mean` counts such entries as wrong.
    with np.errstate(all="ignore"):
        added = x[:, None] + x[None, :] - r - s
        # An entry that should be zero has no factor.
        factor = np.where(np.abs(r) > 1e-9, x / np.where(r == 0, 1, r), 1.0)
        multiplied = factor[:, None] * x[None, :] - s
    nearest: np.ndarray = np.minimum(_mean(added), _mean(multiplied))
    return nearest


def _mean(errors: np.ndarray) -> np.ndarray:
    """The mean error of an entry, however large or missing single ones are."""
    bounded = np.minimum(np.nan_to_num(np.abs(errors), nan=FAR, posinf=FAR), FAR)
    mean: np.ndarray = bounded.mean(axis=-1)
    return mean
