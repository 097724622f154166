"""Which cases of a long table run in ``make test`` and ``make test-all``.

Those that are not quick are slow; of the slow ones some are a sample, and ``bench/whole.py`` runs
all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

WHOLE = "RNN_TEST_WHOLE"
"""A variable of the environment: a test that tries a sample tries all."""


def sample(all_of_them: Sequence[T], some: Sequence[T]) -> Sequence[T]:
    """`some` of the cases, or all where ``bench/whole.py`` runs the tests."""
    return all_of_them if os.environ.get(WHOLE) else some


def one_in(count: int, cases: Iterable[T], id: Callable[[T], str] = str) -> list[Any]:
    """All of them as parameters; of each `count`, the first is quick."""
    return [_param(case, id(case), i % count == 0) for i, case in enumerate(cases)]


def only(names: Collection[str], cases: Iterable[T], id: Callable[[T], str] = str) -> list[Any]:
    """All of them as parameters; those named are quick."""
    every = list(cases)
    assert set(names) <= {id(case) for case in every}, "a quick case that is not there"
    return [_param(case, id(case), id(case) in names) for case in every]


def _param(case: Any, id: str, quick: bool) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, id=id, marks=() if quick else pytest.mark.slow)
