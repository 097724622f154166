"""A worker says which functions of the submission are on the stack, and which have stayed there."""

from __future__ import annotations

import gc
import os
import signal
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from grader.protocol.environment import POSITION_SIGNAL
from grader.protocol.messages import Message, Place, Position
from grader.worker.position import MOST, PositionReporter

SOURCE = """
def forward(ask, times):
    for _ in range(times):
        ask()

def twice(ask):
    forward(ask, 1)
    forward(ask, 1)

def deep(ask, n):
    if n:
        return deep(ask, n - 1)
    ask()

def hold(ask, value):
    ask()
"""


@pytest.fixture
def own() -> dict[str, Any]:
    """The functions of a submission's file."""
    space: dict[str, Any] = {}
    exec(compile(SOURCE, "lab/rnn.py", "exec"), space)
    return space


@pytest.fixture
def sent() -> Iterator[list[Message]]:
    """What the worker sends, with the signal's old handler put back."""
    before = signal.getsignal(POSITION_SIGNAL)
    yield []
    signal.signal(POSITION_SIGNAL, before)


@pytest.fixture
def reporter(sent: list[Message]) -> PositionReporter:
    """A reporter that answers the signal."""
    made = PositionReporter(sent.append)
    made.install()
    return made


def ask() -> None:
    """As the judge does."""
    os.kill(os.getpid(), POSITION_SIGNAL)


def told(sent: list[Message]) -> list[tuple[Place, ...]]:
    """The places of each answer."""
    assert all(isinstance(message, Position) and message.call_id == "m" for message in sent)
    return [message.places for message in sent if isinstance(message, Position)]


def test_an_activation_that_stays_on_the_stack_has_lasted(
    reporter: PositionReporter, sent: list[Message], own: dict[str, Any]
) -> None:
    with reporter.during("m", {"lab/rnn.py"}):
        own["forward"](ask, 2)
    assert told(sent) == [
        (Place("rnn.py", "forward", 2, 4, lasted=False),),
        (Place("rnn.py", "forward", 2, 4, lasted=True),),
    ]


def test_a_function_that_is_called_again_has_not_lasted_and_its_caller_has(
    reporter: PositionReporter, sent: list[Message], own: dict[str, Any]
) -> None:
    with reporter.during("m", {"lab/rnn.py"}):
        own["twice"](ask)
    _, second = told(sent)
    assert [(place.name, place.lasted) for place in second] == [("twice", True), ("forward", False)]


def test_only_files_of_the_submission_are_told(
    reporter: PositionReporter, sent: list[Message], own: dict[str, Any]
) -> None:
    with reporter.during("m", {"lab/other.py"}):
        own["forward"](ask, 1)
    assert told(sent) == [()]


def test_of_a_deep_recursion_both_ends_are_told(
    reporter: PositionReporter, sent: list[Message], own: dict[str, Any]
) -> None:
    with reporter.during("m", {"lab/rnn.py"}):
        own["deep"](ask, 200)
    assert [len(places) for places in told(sent)] == [2 * MOST]


def test_nothing_is_told_between_calls_or_while_a_message_is_sent(
    reporter: PositionReporter, sent: list[Message], own: dict[str, Any]
) -> None:
    own["forward"](ask, 1)
    assert sent == []
    inner = PositionReporter(lambda message: own["forward"](ask, 1) or sent.append(message))
    inner.install()
    with inner.during("m", {"lab/rnn.py"}):
        inner.send(Position("m", ()))
    assert told(sent) == [()]


def test_what_the_students_functions_hold_is_let_go_after_the_call(
    reporter: PositionReporter, sent: list[Message], own: dict[str, Any]
) -> None:
    class Held:
        pass

    held = Held()
    gone = weakref.ref(held)
    with reporter.during("m", {"lab/rnn.py"}):
        own["hold"](ask, held)
        del held
        gc.collect()
        assert gone() is not None
    gc.collect()
    assert gone() is None
