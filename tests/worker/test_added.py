"""Sources beside the solution: each use has a limit, and one that exceeds it has no answer."""

from __future__ import annotations

import signal
import time

import pytest

from grader.worker.added import AddedSources, LimitReached
from kit.outcomes import Missing

ENDLESS = "def endless():\n    while True:\n        pass\n"
SWALLOWS = "def endless():\n    while True:\n        try:\n            pass\n        except Exception:\n            pass\n"  # noqa: E501


def test_sources_are_numbered_from_one_and_know_nothing_of_each_other() -> None:
    added = AddedSources("numpy_rnn")
    assert added.add(("def one():\n    return 1\n",), 1.0) == 1
    assert added.add(("def one():\n    return 2\n", "def two():\n    return one()\n"), 1.0) == 2
    assert added.lab(1).get("one")() == 1
    assert added.lab(2).get("two")() == 2
    with pytest.raises(Missing):
        added.lab(1).get("two")


def test_annotations_are_those_of_the_solutions() -> None:
    added = AddedSources("numpy_rnn")
    number = added.add(("def one(x: Unknown) -> Unknown:\n    return 1\n",), 1.0)
    assert added.lab(number).get("one")(0) == 1


@pytest.mark.parametrize("source", ["1 / 0\n", "raise SystemError\n", "while True:\n    pass\n"])
def test_a_source_that_raises_or_never_ends_defines_nothing(source: str) -> None:
    added = AddedSources("numpy_rnn")
    number = added.add(("def one():\n    return 1\n", source), 0.05)
    with pytest.raises(Missing):
        added.lab(number).get("one")


@pytest.mark.parametrize("source", [ENDLESS, SWALLOWS])
def test_a_call_that_does_not_end_is_ended(source: str) -> None:
    added = AddedSources("numpy_rnn")
    number = added.add((source,), 0.05)
    start = time.process_time()
    with pytest.raises(LimitReached), added.limited(number):
        added.lab(number).get("endless")()
    assert time.process_time() - start < 1
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    with added.limited(number):  # and the next use has its own time
        assert sum(range(1000)) == 499500
