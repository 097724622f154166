"""When two answers are the same although their numbers, or their orders, are not."""

from __future__ import annotations

import numpy as np
import pytest

from grader.parts.numpy_rnn.answers import same_errors, smaller_check
from grader.parts.poems.answers import same_vocabulary
from grader.parts.reference import reference_runner

ERRORS = {"Wxh": 3e-10, "Why": 0.25}


@pytest.mark.parametrize(
    ("errors", "same"),
    [
        ({"Wxh": 7e-10, "Why": 0.25}, True),  # rounding
        ({"Wxh": 3e-10, "Why": 0.25 + 1e-6}, True),
        ({"Wxh": 3e-10, "Why": 0.26}, False),
        ({"Wxh": 1e-4, "Why": 0.25}, False),
        ({"Wxh": 3e-10}, False),
        ({"Wxh": 3e-10, "Why": np.nan}, False),
        ({"Wxh": 3e-10, "Why": "0.25?"}, False),
        ({"Wxh": 3e-10, "Why": [0.25, 0.25]}, False),
        ([3e-10, 0.25], False),
        (None, False),
    ],
)
def test_small_errors_are_rounding(errors: object, same: bool) -> None:
    rest = {"weights": {"by": np.arange(3.0)}, "moved": {"by": True}}
    assert same_errors({"errors": errors, **rest}, {"errors": ERRORS, **rest}) is same


@pytest.mark.parametrize("rest", [{"moved": {"by": False}}, {"moved": {}}, {}])
def test_what_was_moved_is_compared_too(rest: dict[str, object]) -> None:
    assert not same_errors({"errors": ERRORS, **rest}, {"errors": ERRORS, "moved": {"by": True}})


def test_the_quick_question_has_right_gradients_and_wrong_ones() -> None:
    asked = {"weights": {}, "x": 0, "y": 0, "eps": 1e-6, "slopes": {}, "stale": False}
    given = asked | smaller_check(asked)
    assert given["eps"] == asked["eps"]
    errors = reference_runner("numpy_rnn").gradient_check(**given)["errors"]
    assert {name for name, error in errors.items() if error > 1e-2} == {"bh", "Why"}
    assert {name for name, error in errors.items() if error < 1e-6} == {"Wxh", "Whh", "by"}


def answer(vectors: list[list[object]]) -> dict[str, object]:
    return {
        "vectors": vectors,
        "word_int_map": {"G": 0, "E": 1, "a": 2},
        "int_word_map": {0: "G", 1: "E", 2: "a"},
    }


def test_characters_in_the_place_of_indices_are_told_from_them() -> None:
    indices, texts = answer([[0, 2, 1]]), answer([["G", "a", "E"]])
    assert same_vocabulary(texts, answer([["G", "a", "E"]]))
    assert not same_vocabulary(texts, indices)
    assert not same_vocabulary(texts, answer([["G", "E", "E"]]))
    assert same_vocabulary(indices, answer([[0, 2, 1]]))
