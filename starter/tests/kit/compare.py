"""Compare what a student returned with what is right; stop at the first fault.

The order is type, shape, dtype, finite, values. A tolerance scales with the largest entry of the
expected array, never with the student's values: those could make it as large as they like.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .data import Arrays
from .outcomes import Failed
from .plain import type_name
from .text import Text

REFERENCE_TOLERANCE = 1e-4
"""The largest error against the reference, relative to the largest expected entry.

The error of right code is at most 1e-13 in float64, and 3e-6 in float32 or in float64 with a
float32 intermediate that no dtype shows. The error of the weakest known mistake, a factor of
1.001, is 1e-3.
"""

DIFFERENCES = {8: (1e-5, 1e-5), 4: (1e-3, 1e-2)}
"""Central differences: bytes of the float type -> (step, tolerance); see docs/numbers.md."""


def number(name: str, value: Any) -> float:
    """`value` as a finite float; 0-d and one-element arrays count as numbers."""
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "iuf":
        value = value.reshape(()).item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Failed(
            Text(
                f"{name} 应是一个数，得到的是 {describe(value)}",
                f"{name} should be a number, got {describe(value)}",
            )
        )
    try:
        found = float(value)
    except OverflowError:  # an integer that is larger than every float
        found = math.inf
    if not math.isfinite(found):
        raise Failed(_not_finite(name))
    return found


def array(name: str, value: Any, shape: tuple[int, ...] | None, kinds: str = "f") -> np.ndarray:
    """`value` as an array of `shape`, its dtype kind one of `kinds`, all entries finite.

    Lists and tuples of numbers count as arrays. float16 is refused: it is too coarse for
    the tolerances.
    """
    if isinstance(value, (list, tuple)):
        value = _stack(name, value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray):
        wanted = "" if shape is None else f" {_shape(shape)}"
        raise Failed(
            Text(
                f"{name} 应是形状为{wanted or '任意'} 的数组，得到的是 {describe(value)}",
                f"{name} should be an array of shape{wanted}, got {describe(value)}",
            )
        )
    if shape is not None and value.shape != shape:
        raise Failed(
            Text(
                f"{name} 的形状应为 {_shape(shape)}，得到 {_shape(value.shape)}",
                f"{name} should have shape {_shape(shape)}, got {_shape(value.shape)}",
            )
        )
    if value.dtype.kind not in kinds and not (kinds == "f" and value.dtype.kind in "iu"):
        words = {"f": "float64 or float32", "iu": "integers"}[kinds]
        raise Failed(
            Text(
                f"{name} 的元素类型应为 {words}，得到 {value.dtype}",
                f"{name} should hold {words}, got {value.dtype}",
            )
        )
    if value.dtype == np.float16:
        raise Failed(
            Text(
                f"{name} 是 float16，精度不够；请用 float32 或 float64",
                f"{name} is float16, which is not precise enough; use float32 or float64",
            )
        )
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise Failed(_not_finite(name))
    return value


def close(
    name: str,
    got: Any,
    expected: np.ndarray,
    *,
    tolerance: float = REFERENCE_TOLERANCE,
    reveal: bool = False,
) -> None:
    """:class:`Failed` unless `got` is within `tolerance` times the largest |expected|.

    The message gives the worst entry. It shows the expected value only if `reveal` (a public
    check); hidden values never appear in a message.
    """
    expected = np.asarray(expected)
    got = array(name, got, expected.shape).astype(np.float64)
    scale = float(np.max(np.abs(expected), initial=0.0))
    error = np.abs(got - expected)
    worst = int(np.argmax(error)) if error.size else 0
    largest = float(error.reshape(-1)[worst]) if error.size else 0.0
    if largest <= tolerance * max(scale, 1e-8):
        return
    index = tuple(int(i) for i in np.unravel_index(worst, got.shape))
    entry = f"{name}[{', '.join(map(str, index))}]" if got.shape else name
    value = f"{got.reshape(-1)[worst]:.4g}"
    right = f"{expected.reshape(-1)[worst]:.4g}"
    share = np.mean(error > tolerance * max(scale, 1e-8))
    wrong = f"{share:.0%}"
    raise Failed(
        Text(
            f"{name} 的数值不对：误差最大处 {entry} = {value}"
            + (f"，应为 {right}" if reveal else "")
            + f"；误差是该数组最大值（{scale:.2g}）的 {largest / max(scale, 1e-8):.2g} 倍，"
            f"允许 {tolerance:g} 倍；{wrong} 的元素超出",
            f"{name} has wrong values: worst at {entry} = {value}"
            + (f", expected {right}" if reveal else "")
            + f"; the error is {largest / max(scale, 1e-8):.2g} times the largest entry "
            f"({scale:.2g}), allowed: {tolerance:g} times; {wrong} of the entries are off",
        )
    )


def is_close(got: Any, expected: np.ndarray, tolerance: float = REFERENCE_TOLERANCE) -> bool:
    """:func:`close` as a question."""
    try:
        close("", got, expected, tolerance=tolerance)
    except Failed:
        return False
    return True


def field(result: Any, name: str) -> Any:
    """The entry `name` of a probe's answer; :class:`Failed` for a forged answer without it."""
    if not isinstance(result, dict) or name not in result:
        raise Failed(
            Text(
                f"没有得到 {name}：答复的格式不对",
                f"got no {name}: the answer does not have the form of the probe's",
            )
        )
    return result[name]


def arrays(name: str, value: Any) -> Arrays:
    """`value` as arrays by name; :class:`Failed` if a worker answered with anything else."""
    if not isinstance(value, dict) or not all(
        isinstance(k, str) and isinstance(a, np.ndarray) for k, a in value.items()
    ):
        raise Failed(
            Text(f"{name} 之后没有得到模型的参数", f"got no parameters of the model after {name}")
        )
    return value


def describe(value: Any) -> str:
    """A returned value in a few words: ``None``, ``list of 3``, ``array (3, 5) float32``."""
    if isinstance(value, np.ndarray):
        return f"array {_shape(value.shape)} {value.dtype}"
    if isinstance(value, (list, tuple, dict)):
        return f"{type_name(value)} of {len(value)}"
    if isinstance(value, str):
        return f"str of {len(value)}"
    if isinstance(value, (bool, int, float)):
        short = abs(value) < 1e300 or isinstance(value, float)
        return f"{type_name(value)} {value:.4g}" if short else type_name(value)
    return type_name(value)[:60]


def _stack(name: str, value: Any) -> Any:
    try:
        stacked = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        stacked = None
    if stacked is None or stacked.dtype.kind not in "biufc":
        raise Failed(
            Text(
                f"{name} 应能组成一个数组，得到的是 {describe(value)}，其中的元素长短或类型不一",
                f"{name} should make one array, got {describe(value)} with entries that differ "
                "in length or type",
            )
        )
    return stacked


def _not_finite(name: str) -> Text:
    return Text(
        f"{name} 里有 NaN 或无穷大",
        f"{name} holds NaN or infinity",
    )


def _shape(shape: tuple[int, ...]) -> str:
    return str(tuple(int(s) for s in shape))
