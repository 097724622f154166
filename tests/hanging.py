"""Right code in which some functions do not end: helpers of the tests and of ``bench/hangs.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handing_in import cut_main, solution

from grader.core.model import CheckResult
from kit.contracts import BY_ID

KINDS = {
    "endless": "while True: pass",
    "asleep": "time.sleep(3600)",
}
"""Kind of hang -> what a function does in place of its work."""

_IN_TRAINING = """

import functools as _functools
import sys
import time


def _in_training():
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "learn":
            return True
        frame = frame.f_back
    return False
"""

_HANGS = """

def _hanging(right):
    @_functools.wraps(right)
    def {method}(*args, **kwargs):
        if {when}:
            {body}
        return right(*args, **kwargs)

    return {method}


{name} = _hanging({name})
"""


def functions(part: str) -> tuple[str, ...]:
    """The functions of a part's contract; a class stands for its constructor."""
    space = _definitions(part)
    found = []
    for name in BY_ID[part].names:
        if "." in name:
            owner, _, method = name.partition(".")
            if owner in space:
                found.append(f"{owner}.{method}")
        elif name in space:
            found.append(f"{name}.__init__" if space[name] == "class" else name)
    return tuple(dict.fromkeys(found))


def _definitions(part: str) -> dict[str, str]:
    """Name -> ``class`` or ``def``, of what the solution defines at its top level."""
    heads = [line.split("(")[0].split(":")[0].split() for line in solution(part).splitlines()
             if line.startswith(("def ", "class "))]  # fmt: skip
    return {name: kind for kind, name in heads}


def hanging(part: str, names: Sequence[str], kind: str, *, in_training: bool = False) -> str:
    """The solution of `part` with functions that do not end; `in_training`: only in a probe that
    trains."""
    source, _ = cut_main(solution(part))
    when = "_in_training()" if in_training else "True"
    # One wrapper each, as they are functions of their own in a student's file.
    hangs = [
        _HANGS.format(name=name, method=name.rpartition(".")[2], when=when, body=KINDS[kind])
        for name in names
    ]
    return source + _IN_TRAINING + "".join(hangs)


def calling(part: str, names: Sequence[str], *, in_training: bool = False) -> str:
    """The solution, in which functions end the process: what is lost then calls them."""
    # An exception would not do: some probes go on after one.
    source = hanging(part, names, "endless", in_training=in_training)
    return source.replace(KINDS["endless"], "__import__('os')._exit(1)")


def lost(found: Mapping[str, CheckResult]) -> set[str]:
    """The checks that did not pass."""
    return {id for id, result in found.items() if result.outcome != "passed"}
