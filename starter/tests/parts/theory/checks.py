"""Checks of part ``theory``, on what its probes answer.

A function that builds on other blanks is right if it agrees with the reference, or with the
student's own blanks, or with stand-ins in their place: so a wrong ``forward`` costs only
``forward``, whatever its answers look like.

Shapes: T time steps, H hidden, E input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kit import compare, kept_arrays
from kit.by_itself import either
from kit.cases import Case
from kit.compare import array, close, field, is_close
from kit.data import Answer, Arguments, Arrays
from kit.outcomes import Failed, Verdict
from kit.runner import Runner
from kit.text import Text

from . import probes_made_up as made_up
from .cases import delta_case, theory_case

GRADIENTS = ("dU", "dW", "db")

_BY_ITSELF = {"by_itself": True}

IDLE = 0.01
"""Smaller terms are no evidence; those of the drawn cases are of the order of 1."""


def forward_agrees(lab: Runner, case: Case, expected: Answer, *, reveal: bool = False) -> None:
    """States and probabilities equal the reference's."""
    result = lab.forward(weights=case["weights"], x=case["x"])
    for name in ("h", "y"):
        close(name, field(result, name), expected[name], reveal=reveal)


def immediate_agrees(
    lab: Runner,
    h_prev: np.ndarray,
    places: list[tuple[int, int]],
    expected: Any,
    *,
    reveal: bool = False,
) -> None:
    """The vectors of equation (6.31) equal the reference's."""
    found = field(lab.immediate(h_prev=h_prev, places=places), "vectors")
    if not isinstance(found, list) or len(found) != len(places):
        raise Failed(
            Text(
                "immediate_dz_du 没有返回可用的向量：检查 return",
                "immediate_dz_du returned no usable vectors: check its return",
            )
        )
    for (i, j), got, wanted in zip(places, found, expected):
        close(f"immediate_dz_du(h_prev, {i}, {j})", got, wanted, reveal=reveal)


def delta_agrees(
    lab: Runner, case: Case, expected: Answer, given: Answer, *, reveal: bool = False
) -> None:
    """The deltas equal the reference's, or the slopes of the student's own forward.

    Or the reference's, where ``forward`` answers with the states and probabilities `given`.
    """

    def measure(by_itself: bool) -> None:
        before = _BY_ITSELF | {"given": given} if by_itself else {}
        got = field(lab.delta(**case, **before), "delta")
        try:
            close("delta", got, expected["delta"], reveal=reveal)
        except Failed:
            if by_itself or not _are_own_slopes(lab, case, got, expected["delta"]):
                raise

    either(measure)


def sums_agree(lab: Runner, case: Case, expected: Answer, *, reveal: bool = False) -> None:
    """The double sums over given deltas equal the reference's."""
    result = lab.summed(**case)
    for name in GRADIENTS:
        found = field(result, name)
        if not isinstance(found, list) or len(found) != len(case["deltas"]):
            raise Failed(
                Text(
                    "grads_from_delta 没有返回可用的梯度：检查 return",
                    "grads_from_delta returned no usable gradients: check its return",
                )
            )
        for got, wanted in zip(found, expected[name]):
            close(name, got, wanted, reveal=reveal)


def truncated_agrees(
    lab: Runner, case: Case, steps: int, expected: Answer, given: Answer, *, reveal: bool = False
) -> None:
    """Truncated gradients equal the reference's, or the student's own sums of own deltas.

    Or those of the stand-ins, which know the states `given`.
    """
    window = _window(len(case["x"]), steps)

    def measure(by_itself: bool) -> None:
        if by_itself:
            made = lab.truncated(**case, steps=steps, given=given, **_BY_ITSELF)
            return _agree_with_stand_ins(case, made, window)
        _agree(lab, case, lab.truncated(**case, steps=steps), window, expected, reveal)

    either(measure)


def keeps_all(
    lab: Runner, case: Case, expected: Answer, given: Answer, *, reveal: bool = False
) -> None:
    """With a probability of 1 nothing is cut: the full gradients, right or the student's own."""
    window = _window(len(case["x"]), len(case["x"]))
    drawn = {"keep_prob": 1.0, "own": [1], "shared": [2], "each": 1}

    def first(result: Any) -> Arrays:
        return {name: _first(name, field(result, name)) for name in GRADIENTS}

    def measure(by_itself: bool) -> None:
        if by_itself:
            made = lab.random_truncated(**case, **drawn, given=given, **_BY_ITSELF)
            return _agree_with_stand_ins(case, first(made), window)
        _agree(lab, case, first(lab.random_truncated(**case, **drawn)), window, expected, reveal)

    either(measure)


def _agree(
    lab: Runner, case: Case, result: Any, window: np.ndarray, expected: Answer, reveal: bool
) -> None:
    try:
        for name in GRADIENTS:
            close(name, field(result, name), expected[name], reveal=reveal)
    except Failed:
        own = own_terms(lab, case)
        if own is None or not own.agrees(result, window):
            raise


def arrays_are_kept(lab: Runner, rng: np.random.Generator) -> None:
    """No function changes the arrays that it is given; some function computes with them."""
    case, sums = theory_case(rng), delta_case(rng)
    given = {**case["weights"], "x": case["x"]}
    whole = {**given, "targets": case["targets"]}
    calls: list[tuple[str, Arguments]] = [
        ("forward", given),
        ("immediate_dz_du", {"h_prev": rng.uniform(0.1, 1, 4), "i": 2, "j": 1}),
        ("delta", whole),
        ("grads_from_delta", {"delta": sums["deltas"][0], "h": sums["h"], "x": sums["x"]}),
        ("truncated_grads", whole | {"steps": 3}),
        ("random_truncated_grads", whole | {"keep_prob": 0.75}),
    ]
    kept_arrays.stay(lab, calls, rng, Text("数组", "an array"))


# ---------------------------------------------------------------- with stand-ins


def states_of(reference: Runner, case: Case) -> Arrays:
    """What ``forward`` answers in the place of the student's own."""
    found = reference.forward(weights=case["weights"], x=case["x"])
    return {name: found[name] for name in ("h", "y")}


def made_up_terms(case: Case) -> Terms:
    """The terms that the stand-ins make."""
    (T, E), H = case["x"].shape, len(case["weights"]["b"])
    return Terms(made_up.terms(T, H, E), [(H, H), (H, E), (H,)])


def _agree_with_stand_ins(case: Case, result: Any, window: np.ndarray) -> None:
    gradients = {name: field(result, name) for name in GRADIENTS}
    if not made_up_terms(case).agrees(gradients, window):
        raise Failed(Text("", ""))  # the first verdict has the words


# ---------------------------------------------------------------- by the student's own blanks


def _are_own_slopes(lab: Runner, case: Case, got: Any, expected: np.ndarray) -> bool:
    """Whether delta[t, k] W is dL_t/dx_k by central differences of the student's own forward."""
    W, x = case["weights"]["W"], case["x"]
    T, E = x.shape
    try:
        deltas = array("delta", got, expected.shape)
        own = lab.forward(weights=case["weights"], x=x)
        single = any(getattr(v, "dtype", None) == np.float32 for v in (got, *own.values()))
        step, tolerance = compare.DIFFERENCES[4 if single else 8]
        losses = array("losses", field(lab.moved(**case, step=step), "losses"), (T * E, 2, T))
    except (Verdict, AttributeError):
        return False
    slopes = ((losses[:, 1] - losses[:, 0]) / (2 * step)).reshape(T, E, T)  # [k, e, t]
    slopes = slopes.transpose(2, 0, 1)  # (T, T, E)
    t, k = np.tril_indices(T, -1)
    if np.abs(slopes[t, k]).max() < IDLE * np.abs(expected @ W)[t, k].max():
        return False  # a forward without recurrence is no evidence
    return is_close(deltas @ W, slopes, tolerance)


class Terms:
    """Each term (t, k) of the three sums as one row: (T, T, G), G the size of all gradients."""

    def __init__(self, rows: np.ndarray, shapes: list[tuple[int, ...]]) -> None:
        self.rows = rows
        self.shapes = shapes

    def agrees(self, gradients: Arrays, weights: np.ndarray) -> bool:
        """Whether `gradients` are the terms weighted by `weights` (T, T)."""
        wanted = np.einsum("tk,tkg->g", weights, self.rows)
        at = 0
        for name, shape in zip(GRADIENTS, self.shapes):
            size = int(np.prod(shape))
            if not is_close(gradients.get(name), wanted[at : at + size].reshape(shape)):
                return False
            at += size
        return True


def own_terms(lab: Runner, case: Case) -> Terms | None:
    """The student's own terms; None if they are near zero or come only from the last steps."""
    try:
        terms = terms_of(lab, case)
    except Verdict:
        return None
    scale = np.abs(terms.rows).max(axis=2)
    far = scale[np.tril_indices(len(scale), -1)]
    near = scale.diagonal()
    return terms if far.max() > IDLE and near.max() > IDLE else None


def terms_of(runner: Runner, case: Case) -> Terms:
    """The terms by the runner's own ``delta``, ``forward`` and ``grads_from_delta``."""
    T, E = case["x"].shape
    H = len(case["weights"]["b"])
    deltas = array("delta", field(runner.delta(**case), "delta"), (T, T, H))
    h = array("h", field(runner.forward(weights=case["weights"], x=case["x"]), "h"), (T, H))
    alone = np.zeros((T, T, T, T, H))
    for t, k in zip(*np.tril_indices(T)):
        alone[t, k, t, k] = deltas[t, k]
    result = runner.summed(deltas=alone.reshape(T * T, T, T, H), h=h, x=case["x"])
    shapes = [(H, H), (H, E), (H,)]
    parts = [
        array(name, field(result, name), (T * T, *shape)).reshape(T, T, -1)
        for name, shape in zip(GRADIENTS, shapes)
    ]
    return Terms(np.concatenate(parts, axis=2).astype(np.float64), shapes)


def _window(T: int, steps: int) -> np.ndarray:
    t, k = np.indices((T, T))
    return ((k <= t) & (t - k < steps)).astype(float)


def _first(name: str, value: Any) -> Any:
    if not isinstance(value, (np.ndarray, list)) or 0 in np.shape(value)[:1] or np.ndim(value) == 0:
        raise Failed(
            Text(
                f"你的代码没有返回可用的 {name}：检查 return",
                f"your code returned no usable {name}: check its return",
            )
        )
    return value[0]
