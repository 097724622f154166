"""Whether random inputs of the contract tell a mutation from the solution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from grader.diagnosis import Host
from grader.isolation.servers import Name, Servers
from grader.mutation import Mutation
from grader.parts.contract_inputs import Arguments, Inputs, inputs_of
from grader.parts.reference import solution_text
from grader.parts.registry import spec_of

from .survivors import CALL_CPU_S

# A fixed seed tries a proof of equivalence on the same inputs in every run.
SEED = 13
CLOSE, CLOSE_IN_SINGLE = 1e-7, 1e-5
"""Share of an array's scale: sums in another order differ by rounding, and by nothing else."""


def host_of(servers: Servers, part: str) -> Host:
    """A worker with the solution of a part, to which its mutants are added."""
    server: Name = "numpy" if spec_of(part).in_process else "torch"
    return Host(part, lambda: servers.ready(server), CALL_CPU_S)


def differences(host: Host, todo: Iterable[Mutation], count: int) -> Iterator[tuple[Mutation, str]]:
    """The mutations that one of `count` inputs distinguishes from the solution, and how.

    `host` is of the mutations' part. Every mutation meets the same inputs.
    """
    wanted = list(todo)
    for function in dict.fromkeys(m.function for m in wanted):
        own = [m for m in wanted if m.function == function]
        inputs = inputs_of(host.part).get(function)
        if inputs is None:
            yield from ((m, "no inputs are declared for its function") for m in own)
            continue
        asked = _asked(host, inputs, count)
        for mutation in own:
            if said := _difference(host, mutation, inputs, asked):
                yield mutation, said


_Asked = list[tuple[Arguments, Any]]
"""Inputs, each with what the contract fixes of the solution's answer."""


def _asked(host: Host, inputs: Inputs, count: int) -> _Asked:
    rng = np.random.default_rng(SEED)
    right = solution_text(host.part) + inputs.appended
    drawn = [inputs.draw(rng) for _ in range(count)]
    return [(given, inputs.fixed(given, host.call(right, inputs.probe, given))) for given in drawn]


def _difference(host: Host, mutation: Mutation, inputs: Inputs, asked: _Asked) -> str:
    wrong = mutation.source + inputs.appended
    for number, (given, expected) in enumerate(asked):
        try:
            got = inputs.fixed(given, host.call(wrong, inputs.probe, given))
        # An exception distinguishes as a number does, since the solution has answered.
        except Exception as error:  # no answer, or one that has not the solution's form
            return f"input {number}: {type(error).__name__}"
        if not _alike(got, expected):
            return f"input {number}: {got!r} in place of {expected!r}"
    return ""


def _alike(got: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and got.keys() == expected.keys()
            and all(_alike(got[name], value) for name, value in expected.items())
        )
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(got, (list, tuple))
            and len(got) == len(expected)
            and all(map(_alike, got, expected))
        )
    if isinstance(expected, (str, bool)) or expected is None:
        return bool(got == expected)
    one, other = np.asarray(got), np.asarray(expected)
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return False
    if other.dtype.kind != "f":
        return bool(np.array_equal(one, other))
    single = np.float32 in (one.dtype, other.dtype)
    share = CLOSE_IN_SINGLE if single else CLOSE
    scale = float(np.max(np.abs(other), initial=0.0, where=np.isfinite(other)))
    return bool(np.allclose(one, other, rtol=0, atol=share * max(scale, 1e-8), equal_nan=True))
