"""Reduce whatever a student returned to plain data: numbers, strings, arrays, lists, dicts.

A runner gives a check only plain data. So a check never handles an object whose ``__eq__`` or
``__array__`` the student wrote, and the same data can travel over the grader's wire.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_DEPTH = 24  # deeper lists, tuples and dicts are cut; the wire takes 32 levels
MAX_DIMENSIONS = 16  # of an array; right answers have at most five, the wire takes 32
MAX_ITEMS = 200_000  # elements of one answer; a limit, since a student's sequence may be endless


@dataclass(frozen=True)
class Opaque:
    """Replaces an object that is not plain data; holds only the name of its type."""

    type_name: str

    def __str__(self) -> str:
        return f"<{self.type_name}>"


COMMON = frozenset(
    "function method builtin_function_or_method module type generator map zip filter range set "
    "frozenset dict_keys dict_values dict_items bytes bytearray memoryview object slice ellipsis "
    "Generator RandomState Fraction Decimal deque Counter".split()
)
"""Names of types that a message may give for an :class:`Opaque` value."""

DEEP_ARRAY = re.compile(r"array of ([0-9]{1,2}) axes")
"""The name of an array of more than `MAX_DIMENSIONS`."""


def type_name(value: object) -> str:
    """The name of a value's type as a student would write it.

    A class that the student wrote is "object": its name could be made of anything, for example of
    the inputs of a hidden check.
    """
    if isinstance(value, Opaque):
        name = value.type_name
        if name in COMMON:
            return name
        if DEEP_ARRAY.fullmatch(name):
            return name
        return name.partition(" ")[0] if name.startswith(("array of ", "int (")) else "object"
    return "None" if value is None else type(value).__name__


def to_plain(value: Any) -> Any:
    """`value` as plain data: base-class arrays, numbers, strings, bytes-free lists and dicts.

    Arrays keep their dtype and are copied. Torch tensors become arrays. Anything else becomes
    :class:`Opaque`. Never calls a method that a student could have defined, except iteration
    over their own sequences.
    """
    return _plain(value, MAX_DEPTH, [MAX_ITEMS])


def _plain(value: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        return Opaque(f"{type(value).__name__} (cut: too large or too deeply nested)")
    if value is None or isinstance(value, bool):
        return value
    if type(value) in (int, float, str):
        return value
    if isinstance(value, np.generic):
        return _array(np.asarray(value))
    if isinstance(value, np.ndarray):
        if value.ndim > MAX_DIMENSIONS:
            return Opaque(f"array of {value.ndim} axes")
        return _array(np.array(value, subok=False, copy=True))
    if isinstance(value, complex):
        return np.asarray(value)
    if isinstance(value, (int, float, str)):  # a subclass: only the value is kept
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            return int.__getnewargs__(value)[0]
        return float.__getnewargs__(value)[0]
    if isinstance(value, dict):
        pairs = list(dict.items(value))
        return {_key(k): _plain(v, depth - 1, left) for k, v in pairs[: max(left[0], 0) + 1]}
    if isinstance(value, tuple):
        return tuple(_plain(v, depth - 1, left) for v in tuple.__iter__(value))
    if isinstance(value, list):
        return [_plain(v, depth - 1, left) for v in list.__iter__(value)]
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, getattr(torch, "Tensor", ())):
        return _tensor(value)
    return Opaque(type(value).__name__)


def _array(array: np.ndarray) -> Any:
    if array.dtype.kind in "biufc":
        return np.ascontiguousarray(array) if array.ndim else array
    if array.dtype.kind == "U":
        return array.tolist()
    return Opaque(f"array of {array.dtype}")


def _tensor(tensor: Any) -> Any:
    detached = tensor.detach()
    if detached.ndim > MAX_DIMENSIONS:
        return Opaque(f"array of {detached.ndim} axes")
    detached = detached.cpu()
    if str(detached.dtype) == "torch.bfloat16":  # numpy has no bfloat16
        detached = detached.float()
    return _array(np.array(detached.numpy(), copy=True))


def _key(key: Any) -> Any:
    """A dict's key as plain data."""
    if key is None or type(key) in (bool, int, float, str):
        return key
    if isinstance(key, np.generic):
        return key.item()
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, tuple):
        return tuple(_key(k) for k in tuple.__iter__(key))
    return Opaque(type(key).__name__)
