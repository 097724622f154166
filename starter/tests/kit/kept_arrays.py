"""Whether functions leave the arrays and lists that they are given as they were."""

from __future__ import annotations

from collections.abc import Callable, Collection
from copy import deepcopy
from typing import Any

import numpy as np

from .binding import bind
from .compare import field
from .data import Answer, Arguments
from .lab import Lab
from .outcomes import Failed
from .runner import Runner
from .text import Text


def kept(
    lab: Lab,
    calls: list[tuple[str, Arguments]],
    seed: int,
    drawing: Collection[str],
    prepared: Callable[[Lab, Arguments], Arguments] | None = None,
    spare: Arguments | None = None,
) -> Answer:
    """The first argument that one of `calls` (function, arguments) changed, as "function: name".

    A function that is missing or that raises costs points elsewhere. ``read`` names those whose
    result is another one where their arrays have the other sign. Those in `drawing` take a
    generator, too. `prepared` gives the arguments in the form that a function takes.
    """
    read: list[str] = []
    changed = ""
    returned, error = False, None
    for name, given in calls:
        results = []
        for sign in (1, -1):
            turned = {n: sign * a if _is_real(a) else a for n, a in given.items()}
            copies = deepcopy(turned)
            try:
                function = lab.get(name)
                rng = {"rng": np.random.default_rng(seed)} if name in drawing else {}
                contract = prepared(lab, copies) if prepared else copies
                args, kwargs = bind(function, contract | rng, spare or {}, ("rng",))
                result = function(*args, **kwargs)
                for argument, value in turned.items():
                    if not changed and not _all_equal(copies[argument], value):
                        changed = f"{name}: {argument}"
                results.append(_arrays(result))
                returned = True
            except Exception as raised:
                error = error or raised
        if len(results) == 2 and not _all_equal(*results):
            read.append(name)
    if not returned and error is not None:
        raise error  # a blank says so itself
    return {"changed": changed, "read": read}


def stay(
    lab: Runner, calls: list[tuple[str, Arguments]], rng: np.random.Generator, what: Text
) -> None:
    """The check on :func:`kept`: nothing changes, and some function computes with its arrays.

    `what` names what may be changed: "an array".
    """
    result = lab.kept(calls=calls, seed=int(rng.integers(0, 2**31)))
    if not field(result, "read"):
        raise Failed(
            Text(
                "没有一个函数的结果随传入的数组而变；请先完成它们",
                "no function gives another result for other arrays; finish them first",
            )
        )
    if changed := field(result, "changed"):
        changed = str(changed)[:60]
        raise Failed(
            Text(
                f"传入的{what.zh}被改动了（{changed}）；不要原地修改参数",
                f"{what.en} that was passed in was changed ({changed}); do not write into "
                "arguments",
            )
        )


def _arrays(result: Any) -> list[np.ndarray]:
    """The numbers that a function returned, however they are nested in lists."""
    if isinstance(result, (tuple, list)):
        return [found for part in result for found in _arrays(part)]
    return [np.array(result)] if isinstance(result, np.ndarray) or np.isscalar(result) else []


def _all_equal(now: Any, before: Any) -> bool:
    """Whether what `before` holds, an argument or a result, is what it was: arrays and lists."""
    if isinstance(before, np.ndarray):
        return bool(np.array_equal(now, before))
    if isinstance(before, (list, tuple)):
        same = isinstance(now, (list, tuple)) and len(now) == len(before)
        return same and all(map(_all_equal, now, before))
    if isinstance(before, (int, str)):  # entries of lists
        return bool(now == before)
    return True


def _is_real(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"
