"""Call a student's function by the contract, whatever the names of its parameters.

A contract names its arguments; a student may rename, reorder or extend them (with defaults).
An argument goes to the parameter of its name, else of another spelling of it, else of a name that
is known to mean it (``kit.argument_names``). What is left goes by position: to parameters without
a default, and to those with one that plausibly mean it. So a parameter of the student's own keeps
its default. Weights are found under their older spellings too: ``Why``, ``why``, ``W_hy``.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType, MethodType
from typing import Any, TypeGuard, cast

import numpy as np

from .argument_names import ELSEWHERE, OLDER
from .outcomes import Missing
from .reasons import Undefined
from .text import Text

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_EMPTY = inspect.Parameter.empty

_Values = dict[str, Any]

BY_NAME_ONLY = ("rng",)
"""Arguments that a parameter with a default takes only if its name says so.

``hidden_size=128`` is where the contract has ``rng=None`` in an older handout.
"""

USUAL: dict[str, Any] = {"device": "cpu", "dev": "cpu", "verbose": False, "debug": False}
"""Values for parameters without a default that a contract does not have."""


def call(
    function: Any,
    /,
    spare: dict[str, Any] | None = None,
    optional: Collection[str] = (),
    **contract: Any,
) -> Any:
    """Call `function` with the contract's arguments, in the contract's order.

    `spare` holds true values for parameters beside the contract's (``hidden_size``); one is passed
    to a parameter of that name without a default, or with a default of the same kind. An argument
    of the contract named in `optional` is left out if the function has no parameter for it.
    """
    args, kwargs = bind(function, contract, spare or {}, optional)
    return function(*args, **kwargs)


def bind(
    function: Any,
    contract: dict[str, Any],
    spare: dict[str, Any],
    optional: Collection[str] = (),
) -> tuple[list[Any], dict[str, Any]]:
    """The positional and keyword arguments that :func:`call` passes."""
    try:
        plan = _plan_of(function, _kinds(contract), _kinds(spare), tuple(optional))
    except (TypeError, ValueError):  # a callable without a readable signature
        return [value for name, value in contract.items() if name not in optional], {}
    values = {**USUAL, **{f"+{name}": value for name, value in spare.items()}, **contract}
    args = [s.default if isinstance(s, _Own) else values[s] for s in plan.positional]
    return args, {name: values[source] for name, source in plan.keywords}


def takes(function: Any, name: str, contract: _Values, spare: _Values | None = None) -> bool:
    """Whether `function` accepts the argument `name` of `contract`; `spare` as in :func:`call`."""
    try:
        plan = _plan_of(function, _kinds(contract), _kinds(spare or {}), (name,))
    except (TypeError, ValueError):
        return True
    return name in plan.positional or name in dict(plan.keywords).values()


# ---------------------------------------------------------------- the plan of a call


@dataclass(frozen=True, eq=False)
class _Own:
    """The default of a parameter, passed because a positional argument follows."""

    default: Any


@dataclass(frozen=True)
class _Plan:
    """Where each argument goes: names of arguments; ``+name`` is one of `spare`."""

    positional: tuple[str | _Own, ...]
    keywords: tuple[tuple[str, str], ...]  # parameter, argument


_Given = tuple[tuple[str, str], ...]
"""Names of arguments, and the kinds of their values."""


def _plan_of(function: Any, given: _Given, spare: _Given, optional: tuple[str, ...]) -> _Plan:
    """The plan for a callable, cached: reading parameters takes a fifth of a training step."""
    if isinstance(function, FunctionType):
        return _cached(function, False, given, spare, optional)
    if isinstance(function, MethodType) and isinstance(function.__func__, FunctionType):
        return _cached(function.__func__, True, given, spare, optional)
    if type(function) is type:
        # By the constructor too: a class may get another one after it was defined.
        constructor = cast(Any, function).__init__
        if isinstance(constructor, FunctionType):
            return _of_class(function, constructor, given, spare, optional)
    parameters = list(inspect.signature(function).parameters.values())
    return _plan(parameters, given, spare, optional)


@lru_cache(maxsize=512)
def _cached(
    function: FunctionType, bound: bool, given: _Given, spare: _Given, optional: tuple[str, ...]
) -> _Plan:
    function = _wrapped(function)
    whole = MethodType(function, object()) if bound else function
    parameters = list(inspect.signature(whole).parameters.values())
    return _plan(parameters, given, spare, optional)


@lru_cache(maxsize=64)
def _of_class(
    kind: type, constructor: FunctionType, given: _Given, spare: _Given, optional: tuple[str, ...]
) -> _Plan:
    return _plan(list(inspect.signature(kind).parameters.values()), given, spare, optional)


def _wrapped(function: FunctionType) -> FunctionType:
    """What a decorator without ``functools.wraps`` calls: the only function that it closes over."""
    while not hasattr(function, "__wrapped__"):
        code = function.__code__
        variadic = bool(
            code.co_flags & inspect.CO_VARARGS and code.co_flags & inspect.CO_VARKEYWORDS
        )
        own = code.co_argcount + code.co_kwonlyargcount
        cells = [_content(cell) for cell in function.__closure__ or ()]
        inner = [value for value in cells if isinstance(value, FunctionType)]
        takes_self = own == 1 and code.co_varnames[0] == "self"
        if not variadic or not (own == 0 or takes_self) or len(inner) != 1 or inner[0] is function:
            break
        function = inner[0]
    return function


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet filled
        return None


def _plan(
    parameters: Sequence[inspect.Parameter],
    given: _Given,
    spare: _Given,
    optional: tuple[str, ...],
) -> _Plan:
    named = [p for p in parameters if p.kind not in _VARIADIC]
    placed = _by_name(named, given)
    rest = [pair for pair in given if pair[0] not in placed.values()]
    extra = dict(spare)
    for i, parameter in enumerate(named):
        if parameter.name in placed:
            continue
        required = parameter.default is _EMPTY
        if parameter.name in extra and (
            required
            or (parameter.default is not None and _alike(extra[parameter.name], parameter.default))
        ):
            placed[parameter.name] = f"+{parameter.name}"
        elif required and parameter.name in USUAL:
            placed[parameter.name] = parameter.name
        elif required and rest and parameter.kind in _POSITIONAL:
            placed[parameter.name] = rest.pop(0)[0]
        elif not required and parameter.kind in _POSITIONAL and parameter.name not in dict(given):
            later = [p for p in named[i + 1 :] if p.default is _EMPTY and p.name not in placed]
            if len(rest) > len(later):
                found = next((pair for pair in rest if _plausible(parameter, *pair)), None)
                if found is not None:
                    rest.remove(found)
                    placed[parameter.name] = found[0]
    kinds = {p.kind for p in parameters}
    more = [name for name, _ in rest]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return _laid_out(named, placed, more, [])
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return _laid_out(named, placed, [], more)
    return _laid_out(named, placed, [name for name in more if name not in optional], [])


def _laid_out(
    named: list[inspect.Parameter], placed: dict[str, str], rest: list[str], by_name: list[str]
) -> _Plan:
    """Positional as far as there is no gap, or as far as must be; the others by keyword."""
    front = [p for p in named if p.kind in _POSITIONAL]
    only = [i for i, p in enumerate(front)
            if p.kind is inspect.Parameter.POSITIONAL_ONLY and p.name in placed]  # fmt: skip
    least = len(front) if rest else max(only, default=-1) + 1
    positional: list[str | _Own] = []
    for i, parameter in enumerate(front):
        if parameter.name in placed:
            positional.append(placed[parameter.name])
        elif i < least and parameter.default is not _EMPTY:
            positional.append(_Own(parameter.default))
        else:
            break
    later = [*front[len(positional) :], *(p for p in named if p.kind not in _POSITIONAL)]
    keywords = [(p.name, placed[p.name]) for p in later if p.name in placed]
    # Too many: the call then raises TypeError.
    return _Plan((*positional, *rest), (*keywords, *((name, name) for name in by_name)))


# ---------------------------------------------------------------- what a parameter means


def _by_name(named: list[inspect.Parameter], given: _Given) -> dict[str, str]:
    """Parameter -> the argument that its name means, whatever its place."""
    names = {p.name: p for p in named}
    found: dict[str, str] = {}
    for argument, kind in given:
        own = names.get(argument)
        if own is None:
            continue
        if own.default is not _EMPTY:  # ``sample(model, start, ..., seed=None)`` seeds a generator
            meant = [w for w in OLDER.get(argument, ()) if w in names and w not in dict(given)]
            if any(names[w].default is _EMPTY for w in meant):
                continue
            if kind == "text" and _kind(own.default) in ("whole", "number", "flag"):
                continue
        found[own.name] = argument
    for known in (_spelled, _older):
        free = [a for a, _ in given if a not in found.values()]
        open_ = [p.name for p in named if p.name not in found and p.name not in dict(given)]
        claims = {a: [n for n in open_ if known(a, n) and _fits(a, names[n])] for a in free}
        for argument, candidates in claims.items():
            required = [name for name in candidates if names[name].default is _EMPTY]
            candidates = required if len(required) == 1 else candidates
            rivals = [a for a in free if candidates and candidates[0] in claims[a]]
            if len(candidates) == 1 and rivals == [argument]:
                found[candidates[0]] = argument
    return found


def _spelled(argument: str, name: str) -> bool:
    return spelling(name) == spelling(argument)


def _older(argument: str, name: str) -> bool:
    words = OLDER.get(argument, ())
    if name in words or (len(name) > 2 and spelling(name) in map(spelling, words)):
        return True
    return argument == "rng" and any(w in name.lower() for w in ("rng", "generator", "随机"))


def _fits(argument: str, parameter: inspect.Parameter) -> bool:
    """Whether the default agrees with the name: ``rng_seed=0`` is no generator."""
    if argument not in BY_NAME_ONLY or parameter.default is _EMPTY:
        return True
    name = parameter.name.lower()
    seeds = "seed" in name or "种子" in name
    return not seeds and (parameter.default is None or _kind(parameter.default) == "object")


def _plausible(parameter: inspect.Parameter, argument: str, kind: str) -> bool:
    """Whether a parameter with a default, of a name that says nothing, may mean `argument`."""
    if argument in BY_NAME_ONLY or parameter.name.lower() in ELSEWHERE:
        return False
    default = parameter.default
    return default is None or _alike(kind, default)


def _alike(kind: str, default: Any) -> bool:
    """Whether a value of this kind may replace `default`."""
    own = _kind(default)
    if kind == "number":
        return own in ("number", "whole")
    if kind == "device":
        return own in ("device", "text")
    return own == kind


def _kinds(values: _Values) -> _Given:
    return tuple((name, _kind(value)) for name, value in values.items())


def _kind(value: Any) -> str:
    """What sort of value it is, as far as a default can tell."""
    if isinstance(value, (bool, np.bool_)):
        return "flag"
    if isinstance(value, (int, np.integer)):
        return "whole"
    if isinstance(value, (float, np.floating)):
        return "number"
    if isinstance(value, str):
        return "text"
    return "device" if type(value).__name__ == "device" else "object"


@contextmanager
def in_globals(
    function: Any, replaced: Mapping[str, Any], *, and_missing: bool = False
) -> Iterator[None]:
    """Within the context, replace those of the global names that the module of `function` has.

    `and_missing`: also those that it lacks.
    """
    space = getattr(inspect.unwrap(function), "__globals__", {})
    old = {name: space[name] for name in replaced if name in space}
    space.update({name: replaced[name] for name in (replaced if and_missing else old)})
    try:
        yield
    finally:
        for name in replaced.keys() - old.keys() if and_missing else ():
            space.pop(name, None)
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


def method(owner: Any, kind: str, name: str) -> Any:
    """A method of a student's object of the class `kind`; also one that the constructor binds."""
    found = getattr(owner, name, None)
    if not callable(found):
        raise Missing(Undefined(f"{kind}.{name}"))
    return found


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
