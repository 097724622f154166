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
from .plain import DEEP_ARRAY, MAX_DIMENSIONS, type_name
from .reasons import Detailed
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
                f"{name} 应是一个数，实际是 {describe(value, 'zh')}",
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
        wanted = "" if shape is None else f" of shape {_shape(shape)}"
        wanted_zh = "" if shape is None else f"形状为 {_shape(shape)} 的"
        raise Failed(
            Text(
                f"{name} 应是{wanted_zh}数组，实际是 {describe(value, 'zh')}",
                f"{name} should be an array{wanted}, got {describe(value)}",
            )
        )
    if shape is not None and value.shape != shape:
        raise Failed(
            Text(
                f"{name} 的形状应为 {_shape(shape)}，实际是 {_shape(value.shape)}",
                f"{name} should have shape {_shape(shape)}, got {_shape(value.shape)}",
            )
        )
    if value.dtype.kind not in kinds and not (kinds == "f" and value.dtype.kind in "iu"):
        words = {
            "f": Text("float64 或 float32", "float64 or float32"),
            "iu": Text("整数", "integers"),
        }[kinds]
        raise Failed(
            Text(
                f"{name} 的元素类型应为 {words.zh}，实际是 {value.dtype}",
                f"{name} should hold {words.en}, got {value.dtype}",
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
    check). A hidden check shows no value at all: the student's own could be made of its inputs.
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
    times = f"{largest / max(scale, 1e-8):.2g}"
    text = Text(
        f"{name} 的数值不对。偏差最大处 {entry}：你的结果 {value}"
        + (f"，正确值 {right}" if reveal else "")
        + f"。最大误差是正确数组最大绝对值（{scale:.2g}）的 {times} 倍，"
        f"允许 {tolerance:g} 倍；{wrong} 的元素超出容差。",
        f"{name} has wrong values. The largest error is at {entry}: your result is {value}"
        + (f", the right value {right}" if reveal else "")
        + f". This error is {times} times the largest absolute value of the right array "
        f"({scale:.2g}), allowed is {tolerance:g} times; {wrong} of the entries are outside "
        "the tolerance.",
    )
    brief = Text(
        f"{name} 的数值不对，误差超出容差（隐藏检查不显示数值）",
        f"{name} has wrong values: the error is outside the tolerance (hidden checks show no "
        "numbers)",
    )
    raise Failed(text if reveal else Detailed(brief, text))


def is_close(got: Any, expected: np.ndarray, tolerance: float = REFERENCE_TOLERANCE) -> bool:
    """:func:`close` as a question."""
    try:
        close("", got, expected, tolerance=tolerance)
    except Failed:
        return False
    return True


def moves(name: str, base: np.ndarray, changed: Any, what: Text) -> None:
    """:class:`Failed` if the result `name` is the same whether or not `what` is changed.

    A property such as "nothing is kept" says nothing of a function that reads none of its inputs:
    a check of one asks this first.
    """
    if is_close(changed, base):
        raise Failed(
            Text(
                f"改变{what.zh}，{name} 却不变；结果应由全部输入和参数算出",
                f"{name} stays the same when {what.en} changes; compute it from all of the inputs "
                "and parameters",
            )
        )


def field(result: Any, name: str) -> Any:
    """The entry `name` of a probe's answer; :class:`Failed` for a forged answer without it."""
    # What a declaration keeps back has a sentence of its own (kit.declared).
    known = isinstance(result, dict) and (name in result or hasattr(result, "misfits"))
    if not known:
        raise Failed(
            Text(
                f"你的代码没有返回可用的 {name}：请检查返回值的格式",
                f"your code returned no usable {name}: check the form of what it returns",
            )
        )
    return result[name]


def arrays(name: str, value: Any) -> Arrays:
    """`value` as arrays by name; :class:`Failed` if a worker answered with anything else."""
    if not isinstance(value, dict) or not all(
        isinstance(k, str) and isinstance(a, np.ndarray) for k, a in value.items()
    ):
        raise Failed(
            Text(
                f"{name} 之后无法读取模型的参数：请检查 {name} 是否改动了模型的结构",
                f"after {name} the model has no readable parameters: check whether {name} changes "
                "the model's structure",
            )
        )
    return value


def describe(value: Any, lang: str = "en") -> str:
    """What was returned, in short: ``None``, ``list of 3``, ``array (3, 5) float32``."""
    zh = lang == "zh"
    if isinstance(value, np.ndarray):
        shape = _shape(value.shape)
        return f"形状 {shape} 的 {value.dtype} 数组" if zh else f"array {shape} {value.dtype}"
    if isinstance(value, (list, tuple, dict, str)):
        kind, size = type_name(value), len(value)
        return (
            f"{size} 个{'字符' if kind == 'str' else '元素'}的 {kind}"
            if zh
            else f"{kind} of {size}"
        )
    if isinstance(value, (bool, int, float)):
        short = abs(value) < 1e300 or isinstance(value, float)
        return f"{type_name(value)} {value:.4g}" if short else type_name(value)
    name = type_name(value)[:60]
    deep = DEEP_ARRAY.fullmatch(name)
    if deep is not None:
        most = MAX_DIMENSIONS
        return f"{deep[1]} 维的数组（最多 {most} 维）" if zh else f"an {name} (at most {most})"
    return name


def shape_of(value: Any, kinds: str = "biufc") -> tuple[int, ...] | None:
    """The shape of the array of numbers that `value` is or makes; None if it makes none.

    Looked at before NumPy sees a list: one long string among many numbers would make it ask for
    the length of that string, many times.
    """
    if isinstance(value, (bool, int, float)):
        kind = "b" if isinstance(value, bool) else "i" if isinstance(value, int) else "f"
        return () if kind in kinds else None
    if isinstance(value, np.ndarray):
        return tuple(value.shape) if value.dtype.kind in kinds else None
    if not isinstance(value, (list, tuple)):
        return None
    inner: tuple[int, ...] | None = (0,)
    for i, item in enumerate(value):
        shape = shape_of(item, kinds)
        if shape is None or (i and shape != inner):
            return None
        inner = shape
    if not value:
        return (0,)
    assert inner is not None
    return (len(value), *inner) if math.prod((len(value), *inner)) <= MOST_ENTRIES else None


MOST_ENTRIES = 20_000_000
"""Of an array that is made of a list of arrays: many times those of the largest right answer."""


def _stack(name: str, value: Any) -> Any:
    try:
        stacked = None if shape_of(value) is None else np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        stacked = None
    if stacked is None or stacked.dtype.kind not in "biufc":
        raise Failed(
            Text(
                f"{name} 应能组成一个数组，实际是 {describe(value, 'zh')}，"
                "其中的元素长短或类型不一",
                f"{name} should make one array, got {describe(value)} with entries that differ "
                "in length or type",
            )
        )
    return stacked


def _not_finite(name: str) -> Text:
    return Text(
        f"{name} 里有 NaN 或无穷大：检查除以零、log(0) 和 exp 溢出",
        f"{name} holds NaN or infinity: look for a division by zero, log(0) or an exp that "
        "overflows",
    )


def _shape(shape: tuple[int, ...]) -> str:
    return str(tuple(int(s) for s in shape))
