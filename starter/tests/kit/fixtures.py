"""Public cases and their expected values, as ``make starter`` stored them.

``expected.npz`` holds the inputs of each case and the reference solution's answer to them. So the
public checks need neither the solution nor the same random numbers from every version of numpy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

PUBLIC_SEED = 20260901
"""The seed from which public checks draw on a student's machine."""


class Public:
    """``public("forward")`` gives the inputs of a case and the expected answer."""

    def __init__(self, flat: dict[str, np.ndarray]) -> None:
        self._flat = flat

    @classmethod
    def load(cls, path: Path) -> Public:
        """Read ``expected.npz``; pickles are refused."""
        with np.load(path, allow_pickle=False) as stored:
            return cls({name: stored[name] for name in stored.files})

    def __call__(self, case: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The inputs and the expected answer of `case`."""
        inputs = unflatten(self._flat, f"{case}/inputs/")
        expected = unflatten(self._flat, f"{case}/expected/")
        if not inputs:
            raise KeyError(f"expected.npz has no case {case!r}; run `make starter`")
        return inputs, expected


def flatten(tree: dict[str, Any], prefix: str) -> dict[str, np.ndarray]:
    """Nested dicts of arrays as one dict with ``/`` in its keys."""
    flat: dict[str, np.ndarray] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{name}/")
        else:
            flat[prefix + name] = np.asarray(value)
    return flat


def unflatten(flat: dict[str, np.ndarray], prefix: str) -> dict[str, Any]:
    """The part of :func:`flatten`'s result below `prefix`, nested again."""
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        if not key.startswith(prefix):
            continue
        *folders, name = key[len(prefix) :].split("/")
        branch = tree
        for folder in folders:
            branch = branch.setdefault(folder, {})
        branch[name] = value if value.ndim else value.item()
    return tree
