"""Checks of part ``sequence`` for the gated cells, on what the probes answer.

Shapes: B batch, T time steps, E input, H hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from kit import compare, pictures
from kit.cases import Case
from kit.compare import array, close, field, is_close
from kit.data import Answer, Arrays
from kit.numerics import Kept, central_differences
from kit.outcomes import Failed, Verdict
from kit.runner import Runner

GRADIENTS = {
    "dx_t": "x_t",
    "dh_prev": "h_prev",
    "dc_prev": "c_prev",
    "dWx": "Wx",
    "dWh": "Wh",
    "db": "b",
}
"""Each gradient and the argument that it belongs to."""

IDLE = 0.01
"""A slope below this share of the reference's scale is no evidence."""


def lstm_agrees(lab: Runner, case: Case, expected: Answer, *, reveal: bool = False) -> None:
    """Both states equal the reference's."""
    result = lab.lstm(inputs=case["inputs"])
    for name in ("h_t", "c_t"):
        close(name, field(result, name), expected[name], reveal=reveal)


def lstm_backward_agrees(
    lab: Runner, case: Case, expected: Answer, *, reveal: bool = False
) -> None:
    """The six gradients equal the reference's, or the slopes of the student's own forward.

    A forward that overwrites its arguments costs only itself: backward is tried once more on a
    cache in which they are what they were.
    """
    result = lab.lstm_backward(**case)
    try:
        for name in GRADIENTS:
            close(name, field(result, name), expected[name], reveal=reveal)
    except Failed as failed:
        # Kept: a call takes time that the part's other functions may need.
        own = Kept(_own_slopes(lab, case, result))
        if _are_own_slopes(own, expected, result):
            return
        if not _are_right_on_kept_arguments(lab, case, expected):
            if reveal:
                slopes = {name: values for name, values, _ in own}
                failed.picture = pictures.gradients(result, expected, GRADIENTS, slopes)
            raise


def _are_right_on_kept_arguments(lab: Runner, case: Case, expected: Answer) -> bool:
    try:
        ways = field(lab.lstm_restored(**case), "ways")
    except Verdict:
        return False
    return any(all(is_close(way[name], expected[name]) for name in GRADIENTS) for way in ways)


def gru_agrees(lab: Runner, case: Case, expected: Answer, *, reveal: bool = False) -> None:
    """The state equals the reference's."""
    close("h_t", field(lab.gru(inputs=case), "h_t"), expected["h_t"], reveal=reveal)


def bilstm_agrees(lab: Runner, case: Case, expected: Answer, *, reveal: bool = False) -> None:
    """Both halves equal the reference's, or what the student's own step gives, aligned in time."""
    try:
        close("bilstm", field(lab.bilstm(**case), "out"), expected["out"], reveal=reveal)
    except Failed:
        if not _is_made_of_own_steps(lab, case, expected["out"]):
            raise


# ---------------------------------------------------------------- by the student's own forward


def _are_own_slopes(
    own: Iterable[tuple[str, np.ndarray, float]], expected: Answer, result: Any
) -> bool:
    """Whether all six are central differences of the student's own ``lstm_step_forward``."""
    count = 0
    for name, slopes, tolerance in own:
        if np.abs(slopes).max() < IDLE * np.abs(expected[name]).max():
            return False  # a forward that ignores this argument is no evidence
        try:
            close(name, field(result, name), slopes, tolerance=tolerance)
        except Verdict:
            return False
        count += 1
    return count == len(GRADIENTS)


def _own_slopes(lab: Runner, case: Case, result: Any) -> Iterator[tuple[str, np.ndarray, float]]:
    """Of each gradient the central differences of the student's own loss, and their tolerance.

    They end where forward gives none. `result` is what backward gave.
    """
    try:
        own = lab.lstm(inputs=case["inputs"])
        answers = [v for v in (*own.values(), *result.values()) if isinstance(v, np.ndarray)]
        step, tolerance = compare.DIFFERENCES[4 if any(_single(v) for v in answers) else 8]
        for name, moved in GRADIENTS.items():
            yield name, _slopes(lab, case, moved, step), tolerance
    except Verdict:
        return


def _slopes(lab: Runner, case: Case, name: str, step: float) -> np.ndarray:
    """dL/d(argument) of L = sum(dh_t * h_t) + sum(dc_t * c_t), by central differences."""
    base = case["inputs"][name]
    moved = lab.lstm_moved(inputs=case["inputs"], name=name, step=step)
    total = np.zeros(base.size)
    for state in ("h_t", "c_t"):
        weight = case["d" + state]
        values = array(state, field(moved, state), (base.size, 2, *weight.shape))
        total += central_differences(values, weight, step)
    return total.reshape(base.shape)


def _single(value: np.ndarray) -> bool:
    return value.dtype == np.float32


def _is_made_of_own_steps(lab: Runner, case: Case, expected: np.ndarray) -> bool:
    """Whether both halves are the states of the student's own step, carried on from end to end.

    A step that does not change with the states before it is no evidence.
    """
    H = expected.shape[2] // 2
    scale = np.abs(expected).max()
    try:
        whole = array("bilstm", field(lab.bilstm(**case), "out"), expected.shape)
        halves = (("forward", whole[..., :H], 1), ("backward", whole[..., H:], -1))
        for name, half, way in halves:
            x, states = case["x"][:, ::way], half[:, ::way]
            first = now = _own_step(lab, case[name], x[:, 0], None)
            for t in range(x.shape[1]):
                now = _own_step(lab, case[name], x[:, t], now) if t else first
                if not is_close(states[:, t], now["h_t"]):
                    return False
            second = _own_step(lab, case[name], x[:, 1], first)
            alone = _own_step(lab, case[name], x[:, 1], None)
            if np.abs(second["h_t"] - alone["h_t"]).max() < IDLE * scale:
                return False
    except Verdict:
        return False
    return True


def _own_step(lab: Runner, params: Arrays, x_t: np.ndarray, before: Arrays | None) -> Answer:
    """The student's own step from the states `before`, or from zeros."""
    shape = (len(x_t), params["Wh"].shape[0])
    states = before or {"h_t": np.zeros(shape), "c_t": np.zeros(shape)}
    inputs = {"x_t": x_t, "h_prev": states["h_t"], "c_prev": states["c_t"], **params}
    result = lab.lstm(inputs=inputs)
    return {name: array(name, field(result, name), shape) for name in ("h_t", "c_t")}
