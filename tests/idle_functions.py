"""Functions that do nothing: a part in which each blank answers with constants of the right form.

The form is the solution's own: it runs on copies, and what it returns is emptied.
"""

from __future__ import annotations

from collections.abc import Sequence

from handing_in import cut_main, solution

from kit.contracts import BY_ID

EMPTIES = '''

import copy as _copy
import functools as _functools
import sys as _sys

_FILL = {fill}


def _emptied(value, keep):
    """As `value`, with the same entry everywhere; what is no data stays as it is."""
    import numpy

    torch = _sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return value * 0 + _FILL if keep else torch.full_like(value.detach(), _FILL)
    if isinstance(value, numpy.ndarray):
        return numpy.full_like(value, _FILL)
    if isinstance(value, (bool, numpy.bool_)):
        return False
    if isinstance(value, (int, numpy.integer)):
        return int(_FILL)
    if isinstance(value, (float, numpy.floating)):
        return float(_FILL)
    if isinstance(value, str):
        return "a" * len(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_emptied(item, keep) for item in value)
    if isinstance(value, dict):
        return {{key: _emptied(item, keep) for key, item in value.items()}}
    return value


def _idle(function):
    @_functools.wraps(function)
    def run(*args, **kwargs):
        try:
            args, kwargs = _copy.deepcopy((args, kwargs))
        except Exception:
            pass
        result = function(*args, **kwargs)
        if hasattr(result, "__next__"):
            result = list(result)
        return _emptied(result, {keep})

    return run

'''


def idle(part: str, names: Sequence[str], fill: str = "0", keep: bool = False) -> str:
    """The solution of `part` in which the functions `names` return nothing but `fill`.

    A tensor still has its graph if `keep`.
    """
    head, main = cut_main(solution(part))
    made = head + EMPTIES.format(fill=fill, keep=keep)
    for name in names:
        made += f"{name} = _idle({name})\n"
    return made + main


def functions(part: str) -> list[str]:
    """The blanks of `part` that are functions or methods."""
    blanks = BY_ID[part].blanks
    classes = {name.partition(".")[0] for name in blanks if "." in name}
    return [name for name in blanks if name not in classes]
