"""A sampler is asked at another setting too, and a cause has to fit there as well."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.diagnosis.answers import FIRST_TEXTS, TEXTS, Call, pieces, usable
from grader.diagnosis.asked_again import AskedAgain
from grader.parts.registry import specs
from kit.outcomes import TimedOut
from kit.runner import Runner
from kit.text import Text

ASKED = {"logits": np.arange(3.0), "temperature": 0.6, "own": [1], "shared": [2], "each": 3}


class Other(Runner):
    """Answers everything, and counts."""

    part = "sequence"

    def __init__(self, hangs: bool = False) -> None:
        self.asked: list[dict[str, Any]] = []
        self._hangs = hangs

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """Its number."""
        self.asked.append(arguments)
        if self._hangs:
            raise TimedOut(Text("超时", "time"))
        return {"indices": [[len(self.asked)]]}


def test_a_question_is_put_once_at_another_temperature() -> None:
    other = Other()
    again = AskedAgain(lambda part: other)
    call = Call("draw_with_temperature", ASKED, {"indices": [[0]]})
    (first,), (second,) = (again.varied("sequence", [call]) for _ in range(2))
    assert len(other.asked) == 1
    assert first == second
    assert first.arguments["temperature"] > 1 > ASKED["temperature"]
    assert first.arguments["own"] == ASKED["own"]
    assert first.answer == {"indices": [[1]]}


def test_what_does_not_answer_says_nothing() -> None:
    call = Call("draw_with_temperature", ASKED, {"indices": [[0]]})
    assert AskedAgain(lambda part: Other(hangs=True)).varied("sequence", [call]) == []


def test_a_probe_that_draws_nothing_is_not_asked_again() -> None:
    other = Other()
    call = Call("gru", {"inputs": {}}, {"h_t": 1.0})
    assert AskedAgain(lambda part: other).varied("sequence", [call]) == []
    assert not other.asked


@pytest.mark.parametrize("value", [0.5, 2.0, 3, 5])
def test_another_setting_is_another_one(value: float) -> None:
    for spec in specs():
        for vary in spec.answers.varied.values():
            asked = dict.fromkeys(("temp", "temperature", "k"), value)
            for name, new in vary({**asked, "logits": np.arange(3.0)}).items():
                same = list(new) == [0, 1, 2] if name == "logits" else new == value
                assert not same, (spec.id, name)


def test_of_many_draws_the_first_are_compared() -> None:
    drawn = {name: np.arange(800.0).reshape(400, 2) for name in ("dU", "dW", "db")}
    call = Call("random_truncated", {"own": [3], "shared": [4], "each": 400}, drawn)
    (kept,) = usable("theory", [call])
    assert kept.arguments["each"] == TEXTS
    assert all(np.array_equal(v, drawn["dU"][:TEXTS]) for v in kept.answer.values())
    many = Call("random_truncated", {"own": [3, 4], "shared": [4, 5], "each": 400}, drawn)
    assert usable("theory", [many])[0].arguments["each"] == 400


def test_a_seed_that_stands_alone_is_left_as_it_is() -> None:
    """``own`` is a list of seeds in some probes and a single seed in others."""
    arguments = {"targets": np.zeros((2, 3)), "ratio": 0.5, "own": 7, "shared": 8}
    call = Call("teacher_forcing", arguments, {"mixture": np.zeros((2, 3))})
    assert usable("sequence", [call]) == [call]


def test_a_long_call_is_asked_in_short_too() -> None:
    other = Other()
    batches = {name: np.arange(5) for name in ("x", "y", "scales")}
    call = Call("epoch", {**batches, "kind": "scratch"}, {"steps": []})
    (short,) = AskedAgain(lambda part: other).smaller("scratch_rnn", [call, call])
    assert len(other.asked) == 1
    assert [len(short.arguments[name]) for name in batches] == [2, 2, 2]
    assert short.arguments["kind"] == "scratch"
    assert AskedAgain(lambda part: other).smaller("sequence", [call]) == []


def test_mutants_are_asked_without_the_pauses() -> None:
    answer = {"returned": [2.0, 3.0], "seconds": 1.0, "paused": 0.5}
    (call,) = usable("scratch_rnn", [Call("epoch", {"kind": "scratch"}, answer)])
    assert call.arguments == {"kind": "scratch", "pause": 0.0}
    assert call.answer == {"returned": 2.0}


def test_of_texts_with_a_generator_each_the_first_are_asked_first() -> None:
    seeds = list(range(9))
    asked = {"rng_seeds": seeds, "global_seeds": seeds[::-1], "length": 3}
    answer = {"texts": [str(n) for n in seeds], "takes_rng": True}
    first, others = pieces("numpy_rnn", Call("sample", asked, answer))
    assert first.arguments == {
        "rng_seeds": seeds[:FIRST_TEXTS],
        "global_seeds": seeds[::-1][:FIRST_TEXTS],
        "length": 3,
    }
    assert first.answer["texts"] + others.answer["texts"] == answer["texts"]
    assert others.answer["takes_rng"] is True
    few = Call("sample", {**asked, "rng_seeds": [1]}, {"texts": ["0"]})
    assert pieces("numpy_rnn", few) == [few]
