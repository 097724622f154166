"""Random inputs of a part's contract, on which a mutation said to be equivalent must show nothing.

Each part declares them as ``INPUTS`` in ``grader/parts/<part>/contract_inputs.py``, by the function
of its solution. A case of a suite is one point of a contract; these roam it, sizes included.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Arguments = dict[str, Any]


def _whole(arguments: Arguments, answer: Any) -> Any:
    return answer


@dataclass(frozen=True, slots=True)
class Inputs:
    """How to try one function."""

    probe: str
    draw: Callable[[np.random.Generator], Arguments]
    fixed: Callable[[Arguments, Any], Any] = _whole
    """What of an answer the contract fixes; what it leaves free is no difference."""
    appended: str = ""
    """Put behind the solution and the mutant alike, as to make all draws of a call the same."""


def inputs_of(part: str) -> Mapping[str, Inputs]:
    """The inputs of a part by function; a part without equivalents needs none."""
    name = f"grader.parts.{part}.contract_inputs"
    try:
        found: Mapping[str, Inputs] = importlib.import_module(name).INPUTS
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return {}
    return found
