"""Call a student's function by the contract, whatever the names of its parameters.

A contract names its arguments; a student may rename, reorder or extend them (with defaults).
Arguments bind by the contract's names where the function has them, and by position otherwise.
Weights are found under their older spellings too: ``Why``, ``why``, ``W_hy``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import FunctionType, MethodType
from typing import Any, TypeGuard

import numpy as np

from .outcomes import Missing
from .text import Text

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def call(function: Any, /, spare: dict[str, Any] | None = None, **contract: Any) -> Any:
    """Call `function` with the contract's arguments, in the contract's order.

    `spare` holds values for older parameters (``hidden_size``); one is passed only if the function
    has a parameter of that name without a default.
    """
    args, kwargs = bind(function, contract, spare or {})
    return function(*args, **kwargs)


def bind(
    function: Any, contract: dict[str, Any], spare: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The positional and keyword arguments that :func:`call` passes."""
    try:
        parameters = _parameters(function)
    except (TypeError, ValueError):  # a callable without a readable signature
        return list(contract.values()), {}
    named = {p.name for p in parameters if p.kind not in _VARIADIC}
    takes_rest = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    by_name = {name: value for name, value in contract.items() if name in named}
    rest = [(name, value) for name, value in contract.items() if name not in named]

    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    positional_open = True
    for parameter in parameters:
        if parameter.kind in _VARIADIC:
            continue
        if parameter.name in by_name:
            value = by_name[parameter.name]
        elif rest and parameter.kind in _POSITIONAL and _takes_next(parameter, parameters, rest):
            value = rest.pop(0)[1]
        elif parameter.default is inspect.Parameter.empty and parameter.name in spare:
            value = spare[parameter.name]
        else:  # a default of the student's own; pass what follows by keyword
            positional_open = False
            continue
        if positional_open and parameter.kind in _POSITIONAL:
            args.append(value)
        else:
            kwargs[parameter.name] = value
    if rest and (takes_rest or not kwargs):
        args += [value for _, value in rest]  # too many: the call then raises TypeError
    return args, kwargs


def _parameters(function: Any) -> list[inspect.Parameter]:
    """The parameters of a callable, cached: reading them takes a fifth of a training step."""
    if isinstance(function, FunctionType):
        return _read(function, False)
    if isinstance(function, MethodType) and isinstance(function.__func__, FunctionType):
        return _read(function.__func__, True)
    return list(inspect.signature(function).parameters.values())


@lru_cache(maxsize=256)
def _read(function: FunctionType, bound: bool) -> list[inspect.Parameter]:
    whole = MethodType(function, object()) if bound else function
    return list(inspect.signature(whole).parameters.values())


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _takes_next(
    parameter: inspect.Parameter, parameters: list[inspect.Parameter], rest: list[Any]
) -> bool:
    """Whether `parameter` takes the next argument of `rest`.

    One with a default does so only if enough arguments are left for the required ones after it.
    """
    if parameter.default is inspect.Parameter.empty:
        return True
    later = parameters[parameters.index(parameter) + 1 :]
    required = [p for p in later if p.kind in _POSITIONAL and p.default is inspect.Parameter.empty]
    return len(rest) > len(required)


def takes(function: Any, name: str, position: int) -> bool:
    """Whether `function` accepts the argument `name`, by name or as its `position`-th (from 0)."""
    try:
        parameters = _parameters(function)
    except (TypeError, ValueError):
        return True
    if any(p.name == name or p.kind in _VARIADIC for p in parameters):
        return True
    return sum(p.kind in _POSITIONAL for p in parameters) > position


@contextmanager
def in_globals(function: Any, replaced: dict[str, Any]) -> Iterator[None]:
    """Within the context, replace those of the global names that the module of `function` has."""
    space = getattr(inspect.unwrap(function), "__globals__", {})
    old = {name: space[name] for name in replaced if name in space}
    space.update({name: replaced[name] for name in old})
    try:
        yield
    finally:
        space.update(old)


def spelling(name: str) -> str:
    """The form that all spellings of a weight share: ``W_hy`` and ``Why`` both give ``why``."""
    return name.replace("_", "").lower()


def find_attribute(owners: list[Any], name: str) -> tuple[Any, str] | None:
    """The first of `owners` that has `name` in some spelling, and the spelling it uses.

    An exact match wins over an older spelling, an earlier owner over a later one.
    """
    for owner in owners:
        if hasattr(owner, name):
            return owner, name
    for owner in owners:
        for candidate in dir(owner):
            if spelling(candidate) == spelling(name) and not candidate.startswith("__"):
                return owner, candidate
    return None


def get_array(owners: list[Any], name: str, holder: str) -> Any:
    """The attribute `name` of a model; :class:`Missing` if the model has it in no spelling."""
    found = find_attribute(owners, name)
    if found is None:
        raise Missing(
            Text(
                f"{holder} 没有属性 {name}；请按函数说明里约定的名字命名",
                f"{holder} has no attribute {name}; give it the name that the docstring gives",
            )
        )
    return getattr(*found)


def set_array(owners: list[Any], name: str, value: np.ndarray) -> None:
    """Give a model the weight `name`, in place where the student's array has the same shape.

    In place, so that a student's own list of parameters, kept beside the attributes, stays valid.
    If no owner has the name, the first one gets it in the contract's spelling.
    """
    found = find_attribute(owners, name)
    owner, attribute = found or (owners[0], name)
    current = getattr(owner, attribute, None)
    if _takes_values(current, value):
        current[...] = value
    else:
        setattr(owner, attribute, np.array(value))


def add_array(owners: list[Any], name: str, value: np.ndarray) -> None:
    """Add to the array `name` of a model, in place where :func:`set_array` writes in place."""
    current = get_array(owners, name, "RNN")
    if _takes_values(current, value):
        current += value
    else:
        owner, attribute = find_attribute(owners, name) or (owners[0], name)
        setattr(owner, attribute, current + value)


def _takes_values(current: Any, value: np.ndarray) -> TypeGuard[np.ndarray]:
    """Whether `value` can be written into the array `current`."""
    return (
        isinstance(current, np.ndarray)
        and current.shape == value.shape
        and current.dtype.kind == "f"
        and current.flags.writeable
    )
