"""Which cases of a long table run in ``make test``; the others are slow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


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
