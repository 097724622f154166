"""The solution is asked each question once, as long as there is room for its answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.judging import trusted
from grader.judging.trusted import CachingRunner
from kit.runner import Runner


class Counting(Runner):
    """Answers with as many numbers as it is asked for, and counts."""

    part = "numpy_rnn"

    def __init__(self) -> None:
        self.asked = 0

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        self.asked += 1
        return np.zeros(arguments["n"])


def test_a_question_is_asked_once_and_each_answer_is_a_copy() -> None:
    first = Counting()
    runner = CachingRunner(first)
    runner.call("x", {"n": 3})[:] = 7
    assert runner.call("x", {"n": 3}).tolist() == [0, 0, 0]
    assert first.asked == 1
    runner.call("x", {"n": 4})
    assert first.asked == 2


def test_the_oldest_answers_go_when_there_is_no_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trusted, "ROOM", 30_000)
    first = Counting()
    runner = CachingRunner(first)
    for n in (1000, 1001, 1002, 1003, 1000):
        runner.call("x", {"n": n})
    assert first.asked == 5
    runner.call("x", {"n": 1003})
    assert first.asked == 5
    assert runner._held <= 30_000
    runner.call("x", {"n": 10_000})  # more than there is room for: kept until the next one
    runner.call("x", {"n": 10_000})
    assert first.asked == 6
