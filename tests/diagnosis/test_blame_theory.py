"""A wrong blank of ``theory`` costs that blank alone, whatever its answers look like."""

from __future__ import annotations

import numpy as np
import pytest
from handing_in import solution, submission_of
from quick import one_in

from grader.judging.judge import Judge
from grader.parts.reference import reference_runner
from parts.theory import cases, checks
from parts.theory import probes_made_up as made_up

pytestmark = pytest.mark.usefixtures("unexplained")

RETURN = "    return out\n    # END SOLUTION\n\n\ndef grads_from_delta"
BACK = "        for k in range(t - 1, -1, -1):\n            out[t, k]"
OUTPUT = "    return h, softmax(h @ V.T)"
SUMS = "return d.T @ h_before, d.T @ x, d.sum(axis=0)"
CUT = "d[t - k >= steps] = 0"
COIN = "weight = weight / keep_prob if rng.random() < keep_prob else 0.0"

ROWS = [
    ("forward", OUTPUT, "    return h[:-1], softmax(h[:-1] @ V.T)"),
    ("forward", OUTPUT, "    return h, softmax(h @ V)"),  # it raises
    ("forward", OUTPUT, "    return softmax(h @ V.T), h"),
    ("forward", "h_k = np.tanh(U @ h_k + W @ x_k + b)", "h_k = U @ h_k + W @ x_k + b"),
    ("delta", RETURN, RETURN.replace("return out", "return out.transpose(1, 0, 2)")),
    ("delta", RETURN, RETURN.replace("return out", "return out.sum(axis=0)")),
    ("delta", BACK, "        for k in range(t - 1, 0, -1):\n            out[t, k]"),
    ("delta", BACK, "        for k in range(T - 1, -1, -1):\n            if k >= t:\n"
     "                out[t, k] = out[t, t]\n                continue\n            out[t, k]"),
    ("grads", SUMS, "return d.T @ h_before, (d.T @ x).T, d.sum(axis=0)"),
    ("grads", SUMS, "return d.sum(axis=0), d.T @ x, d.T @ h_before"),
    ("grads", SUMS, "raise ValueError"),
    ("grads", "def grads_from_delta(", "def other_sums("),  # nothing has its name
    ("truncated", CUT, "d[(t // steps) != (k // steps)] = 0"),
    ("truncated", CUT, "d[t - k > steps] = 0"),
    ("random", COIN, "weight = weight if rng.random() < keep_prob else 0.0"),
    ("random", COIN, "weight = 1 / keep_prob if rng.random() < keep_prob else 0.0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("blank", "find", "replace"), one_in(8, ROWS, lambda row: f"{row[0]}: {row[2]}")
)
def test_a_wrong_blank_costs_itself_alone(
    judge: Judge, blank: str, find: str, replace: str
) -> None:
    source = solution("theory")
    assert source.count(find) == 1
    judge = judge.of_parts(("theory",))
    ids = {c.id for c in judge.checks if not c.advice}
    submission = submission_of({"theory.py": source.replace(find, replace)})
    results = judge.outcomes(submission, ids).values()
    lost = {r.id.split(".")[1] for r in results if r.outcome != "passed"}
    assert lost == {blank}


def test_a_blank_that_builds_on_unwritten_ones_is_tried_with_stand_ins(judge: Judge) -> None:
    source = solution("theory")
    for first in ("    h, y = forward(U, W, b, V, x)\n    T, H", "    h_before = np.vstack"):
        assert source.count(first) == 1
        stub = f'    raise NotImplementedError("x: 未写 | not written")\n{first}'
        source = source.replace(first, stub)
    judge = judge.of_parts(("theory",))
    ids = {c.id for c in judge.checks if not c.advice}
    results = judge.outcomes(submission_of({"theory.py": source}), ids).values()
    assert {r.id.split(".")[1] for r in results if r.outcome != "passed"} == {"delta", "grads"}


@pytest.mark.parametrize("seed", range(5))
def test_stand_ins_answer_only_to_the_arguments_of_the_contract(seed: int) -> None:
    case = cases.theory_case(np.random.default_rng(seed))
    reference = reference_runner("theory")
    given = checks.states_of(reference, case)
    weights, x, targets = case["weights"], case["x"], case["targets"]
    names = ("forward", "delta", "grads_from_delta")
    made = made_up.stand_ins(weights, x, targets, given["h"], given["y"], names, {})
    U, W, b, V = (weights[n] for n in "UWbV")
    assert np.any(made["forward"](U, W, b, V, x)[0])
    assert not np.any(made["forward"](U.T, W, b, V, x)[0])
    d = made["delta"](U, W, b, V, x, targets)
    assert np.any(d)
    assert not np.any(made["delta"](U, W, b, V, x, targets[::-1]))
    assert np.any(made["grads_from_delta"](d, given["h"], x)[0])
    assert not np.any(made["grads_from_delta"](d, given["h"] + 1, x)[0])


def test_the_stand_ins_make_the_made_up_terms() -> None:
    case = cases.theory_case(np.random.default_rng(1))
    given = checks.states_of(reference_runner("theory"), case)
    T = len(case["x"])
    for steps in (1, 2, T):
        asked = {"steps": steps, "given": given, "by_itself": True}
        found = reference_runner("theory").truncated(**case, **asked)
        t, k = np.indices((T, T))
        window = ((k <= t) & (t - k < steps)).astype(float)
        assert checks.made_up_terms(case).agrees(found, window)
        assert not checks.made_up_terms(case).agrees(found, window.T + window)
