"""Who learned: in grading the solution's forward predicts on the parameters that were trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import pytest
from handing_in import Files, results_of, solution

from grader.core.model import GradeReport
from grader.parts.reference import reference_runner
from kit import learning
from kit.outcomes import Failed, Missing, Skipped, Undecided
from kit.text import Text
from parts.numpy_rnn.cases import rnn_learning_case
from parts.numpy_rnn.checks_learning import learns

TRUTH = np.full((40, 5), 0.025) + 0.875 * np.eye(5)[np.arange(40) % 5]
GOOD, BAD = np.log(TRUTH), np.zeros((40, 5))
WHO = Text("之后", "after it")

Grade = Callable[[Files], GradeReport]


def proved(*solution: np.ndarray) -> None:
    learning.in_the_parameters(GOOD, solution, TRUTH)


def test_predictions_that_agree_are_a_proof() -> None:
    proved(GOOD + 7)  # up to softmax
    proved(GOOD + 1e-4)
    proved(BAD, GOOD)  # one way of writing it is enough


@pytest.mark.parametrize("other", [BAD, np.roll(GOOD, 1, axis=1), 3 * GOOD, np.nan * GOOD])
def test_predictions_that_differ_are_for_a_person(other: np.ndarray) -> None:
    with pytest.raises(Undecided, match="points are pending") as caught:
        proved(other)
    assert "loss 0.464" in caught.value.note or "a loss of 0.4" in caught.value.note
    assert caught.value.outcome == "skipped"


def test_what_the_solution_cannot_read_is_for_a_person() -> None:
    def unreadable() -> Iterator[np.ndarray]:
        raise Missing(Text("没有", "it has no such layer"))
        yield GOOD

    with pytest.raises(Undecided) as caught:
        learning.in_the_parameters(GOOD, unreadable(), TRUTH)
    assert "no such layer" in caught.value.note


def test_a_model_that_predicts_badly_fails_whoever_predicts() -> None:
    with pytest.raises(Failed):
        learning.learned(BAD, TRUTH, WHO)


def test_every_start_that_may_be_learned_is_tried() -> None:
    H, L = 6, 2
    h, c = np.ones((L, 1, H)), np.full((1, L, H), 2.0)
    both, one = np.stack([np.full((L, H), 3.0), np.full((L, H), 4.0)]), np.full(H, 5.0)
    state = {"h": h, "c": c, "both": both, "one": one, "w": np.ones((4 * H, H)), "n": np.array(3)}
    pairs = [(a[0, 0], b[0, 0]) for a, b in learning.start_states(state, L, H)]
    assert pairs[0] == (0, 0)
    assert {(1, 2), (2, 1), (1, 0), (0, 2), (5, 5), (3, 4)} <= set(pairs)
    many = {str(i): h for i in range(100)}
    assert len(list(learning.start_states(many, L, H))) <= 25


# ---------------------------------------------------------------- through the suites

OWN = """
_right_forward, _right_backward = RNN.forward, RNN.backward
def _forward(self, X_batch, h0):
    logits, h_T, caches = _right_forward(self, X_batch, h0)
    return 2 * logits, h_T, caches
def _backward(self, dlogits, *rest, **how):
    return _right_backward(self, 2 * dlogits, *rest, **how)
RNN.forward, RNN.backward = _forward, _backward
"""
"""A forward that differs from the contract, with its own right backward: it learns."""


def test_the_student_own_run_needs_no_solution() -> None:
    case = rnn_learning_case(np.random.default_rng(5))
    learns(reference_runner("numpy_rnn"), case)
    learns(reference_runner("numpy_rnn"), case, reference_runner("numpy_rnn"))


@pytest.mark.usefixtures("unexplained")
def test_a_forward_of_one_s_own_leaves_the_points_to_a_person(grade: Grade) -> None:
    head, guard, rest = solution("numpy_rnn").rpartition('\nif __name__ == "__main__":')
    report = grade({"a/numpy_rnn.py": head + OWN + guard + rest})
    found = results_of(report, "numpy_rnn.learning")["numpy_rnn.learning"]
    assert (found.outcome, found.undecided) == ("skipped", True)
    assert "a person decides" in found.message.en
    assert "a table in place of training" in found.staff_note
    assert "table" not in found.message.en
    row = next(row for row in report.score.rows if row.id == "code")
    scored = next(c for c in report.score.checks if c.result.id == "numpy_rnn.learning")
    assert scored.earned == Fraction(0)
    assert row.pending >= scored.possible > 0


def test_an_undecided_check_leaves_those_that_need_it_undecided() -> None:
    from kit.plugin import CheckPlugin, Ended

    plugin = CheckPlugin()
    undecided = Text("待定", "a person decides")
    for id, pending in (("a.b", True), ("a.c", False)):
        plugin.record(
            Ended(id, "a", Text("", ""), False, False, "skipped", undecided, undecided=pending)
        )
    with pytest.raises(Undecided, match="a person decides"):
        plugin._require(("a.b",))
    with pytest.raises(Skipped) as caught:
        plugin._require(("a.c",))
    assert type(caught.value) is Skipped
