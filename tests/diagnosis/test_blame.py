"""Blame stays where the mistake is: a wrong forward costs no backward, and the other way round.

A backward that is right for a wrong forward is right in either of two senses: it gives the slopes
of that forward, or it gives the reference's gradients on right caches.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from handing_in import solution, submission_of
from quick import one_in

from grader.judging.judge import Judge

pytestmark = pytest.mark.usefixtures("unexplained")

FORWARD = ("forward.", "forward_all.", "sample.distribution", "learning")
"""What cannot be right without forward."""

NORMS = ("backward.norms",)
"""Compared with the reference alone: a forward has no slopes for what lies between its ends."""

BACKWARD = ("backward.", "backward_all.", "learning")

Edits = tuple[tuple[str, str], ...]

STEP = "h, cache = self.cell.forward(X[:, t], h)"
START = "h, caches = h0, []"
OUTPUT = "logits = h @ self.Why + self.by"
BACK = "        for cache in reversed(caches):\n"


@dataclass(frozen=True)
class Row:
    """A wrong function, with its partner written as that calls for; what may be lost."""

    name: str
    edits: Edits
    loses: tuple[str, ...]


WRONG_FORWARD = [
    Row("h0 ignored", ((START, "h, caches = 0 * h0, []"),), FORWARD),
    Row("time reversed", (("for t in range(X.shape[1]):", "for t in range(X.shape[1])[::-1]:"),),
        FORWARD),
    Row(
        "the first character read twice",
        (
            (STEP, "h, cache = self.cell.forward(X[:, max(t - 1, 0)], h)"),
        ),
        FORWARD,
    ),
    Row("output bias missing", ((OUTPUT, "logits = h @ self.Why"),), FORWARD),
    # It is not recurrent, so nothing tells what `sample` should remember.
    Row("state not carried", ((STEP, "h, cache = self.cell.forward(X[:, t], h0)"),),
        (*FORWARD, "sample.memory")),
    Row("softmax inside", ((OUTPUT, "logits = softmax(h @ self.Why + self.by)"),), FORWARD),
]  # fmt: skip

OWN_BACKWARD = [
    Row(
        "sigmoid, and the slope of the sigmoid",
        (
            ("h_t = np.tanh(x_t @ self.Wxh + h_prev @ self.Whh + self.bh)",
             "h_t = 1 / (1 + np.exp(-(x_t @ self.Wxh + h_prev @ self.Whh + self.bh)))"),
            ("dz = dh_t * (1 - h_t**2)", "dz = dh_t * h_t * (1 - h_t)"),
        ),
        (*FORWARD, *NORMS, "backward.dh0"),  # too small beside the reference's to prove anything
    ),
    Row(
        "state halved on the way, and its gradient too",
        (
            (STEP, "h, cache = self.cell.forward(X[:, t], h if t == 0 else 0.5 * h)"),
            (BACK, "        for n, cache in enumerate(reversed(caches)):\n"),
            ("            dh = self.cell.backward(dh, cache)\n        if collect",
             "            dh = self.cell.backward(dh, cache)\n"
             "            dh *= 0.5 if n < len(caches) - 1 else 1\n"
             "        if collect"),
            ("dh = self.cell.backward(dh + dlogits[:, t] @ self.Why.T, caches[t])",
             "dh = self.cell.backward(dh + dlogits[:, t] @ self.Why.T, caches[t])\n"
             "            dh = dh * (0.5 if t else 1)"),
        ),
        (*FORWARD, *NORMS, "backward.dh0"),  # halved 24 times it is too small to prove anything
    ),
    Row(
        "logits doubled, and their gradient too",
        (
            (OUTPUT, "logits = 2 * (h @ self.Why + self.by)"),
            ("self.dWhy += h_T.T @ dlogits", "dlogits = 2 * dlogits\n"
             "        self.dWhy += h_T.T @ dlogits"),
        ),
        (*FORWARD, *NORMS),
    ),
]  # fmt: skip
"""Rows whose backward is right for that forward alone: it earns by the slopes of forward."""

WRONG_BACKWARD = [
    Row("one step back only", ((BACK, "        for cache in reversed(caches[-1:]):\n"),), BACKWARD),
    Row("dWhy doubled", (("self.dWhy += h_T.T @ dlogits", "self.dWhy += 2 * h_T.T @ dlogits"),),
        BACKWARD),
    Row("no slope of tanh", (("dz = dh_t * (1 - h_t**2)", "dz = dh_t"),), BACKWARD),
    Row("norms only", (("return dh, norms[::-1]", "return dh, norms"),), BACKWARD),
]  # fmt: skip

BOTH = Row(
    "both wrong",
    ((START, "h, caches = 0 * h0, []"), ("self.dby += dlogits.sum(axis=0)  # (V,)",
                                         "self.dby += dlogits.mean(axis=0)")),
    (*FORWARD, *BACKWARD),
)  # fmt: skip


def name_of(row: Row) -> str:
    """How a test of it is called."""
    return row.name


def written(row: Row) -> str:
    """The solution with the row's edits."""
    source = solution("numpy_rnn")
    for find, replace in row.edits:
        assert source.count(find) == 1, find
        source = source.replace(find, replace)
    return source


def lost(judge: Judge, row: Row) -> set[str]:
    """The checks that lose points, without their part."""
    ids = {c.id for c in judge.checks if c.part == "numpy_rnn" and not c.advice}
    results = judge.outcomes(submission_of({"numpy_rnn.py": written(row)}), ids)
    assert set(results) == ids
    assert not any(r.outcome == "grader_error" for r in results.values())
    return {id.partition(".")[2] for id, r in results.items() if r.outcome != "passed"}


@pytest.mark.parametrize("row", one_in(12, [*WRONG_FORWARD, *OWN_BACKWARD], name_of))
def test_a_wrong_forward_costs_forward_alone(judge: Judge, row: Row) -> None:
    found = lost(judge, row)
    assert "forward.values" in found
    assert all(id.startswith(row.loses) for id in found), found
    assert not found & {"backward.values", "backward.hidden"}


@pytest.mark.parametrize("row", one_in(4, WRONG_BACKWARD, name_of))
def test_a_wrong_backward_costs_backward_alone(judge: Judge, row: Row) -> None:
    found = lost(judge, row)
    assert found
    assert all(id.startswith(row.loses) for id in found), found


def test_two_mistakes_cost_both(judge: Judge) -> None:
    found = lost(judge, BOTH)
    assert {"forward.values", "backward.values"} <= found


def test_there_are_ten_rows() -> None:
    assert len(WRONG_FORWARD) + len(WRONG_BACKWARD) >= 10


def test_a_gru_that_keeps_its_state_loses_no_point_of_backward(judge: Judge) -> None:
    source = solution("extensions")
    find = "        h, caches = h0, []\n        for x_t in one_hot(X_batch, len(self.by)).swapaxes"
    assert source.count(find) == 1
    kept = (
        "        h, caches = h0 + getattr(self, 'kept', 0), []\n"
        "        for x_t in one_hot(X_batch, len(self.by)).swapaxes"
    )
    end = "            h = (1 - z) * n + z * h\n        return"
    assert source.count(end) == 1
    wrong = source.replace(find, kept).replace(
        end, end.replace("        return", "        self.kept = 0.5 * h\n        return")
    )
    judge = judge.of_parts(("extensions",))
    ids = {f"extensions.gru.{name}" for name in ("backward", "backward_hidden")}
    results = judge.outcomes(submission_of({"extensions.py": wrong}), ids)
    assert {id: str(r.outcome) for id, r in results.items()} == dict.fromkeys(ids, "passed")
