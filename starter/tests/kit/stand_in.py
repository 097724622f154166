"""A student's object that a probe turns into a model of its own, or copies.

Both must work where the constructor binds methods, as in ``self.step = partial(step, self)``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any


def become(model: Any, kind: type) -> None:
    """Give `model` the class `kind`, whose methods count before those that its constructor bound.

    Raises TypeError where the two classes are laid out differently in memory.
    """
    model.__class__ = kind
    own = getattr(model, "__dict__", {})
    for name, value in vars(kind).items():
        if isinstance(value, FunctionType):
            own.pop(name, None)  # an attribute of the object would hide the method


def copied(thing: Any) -> Any:
    """A deep copy that works on its own; None where there is none.

    A function is never copied. One that holds a part of `thing`, as ``lambda: self.step()`` holds
    ``self``, would go on to change the original.
    """
    memo: dict[int, Any] = {}
    try:
        twin = copy.deepcopy(thing, memo)
    except Exception:
        return None
    originals: list[Any] = memo.get(id(memo), [])  # deepcopy keeps them, so that no id is reused
    shared = (f for each in originals for f in _functions(each))
    return None if any(id(held) in memo for f in shared for held in _held(f)) else twin


def _functions(thing: Any) -> Iterator[FunctionType]:
    within: Iterable[Any] = ()
    if isinstance(thing, dict):
        within = thing.values()
    elif isinstance(thing, (list, tuple, set)):
        within = thing
    return (value for value in within if isinstance(value, FunctionType))


def _held(function: FunctionType) -> Iterator[Any]:
    """What a function refers to besides its globals: its closure and its defaults."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not bound yet
            continue
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
