"""Read what a student's function returned; extra values after the named ones are allowed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .outcomes import Failed
from .plain import type_name
from .text import Text


def named(result: Any, what: str, names: str) -> dict[str, Any]:
    """The first values that the function `what` returned, by `names` (``"h, c, cache"``)."""
    wanted = names.split(", ")
    if not isinstance(result, (tuple, list)) or len(result) < len(wanted):
        got = Text(type_name(result), type_name(result))
        if isinstance(result, (tuple, list)):
            got = Text(f"{len(result)} 个元素的 {got.zh}", f"{got.en} of {len(result)}")
        raise Failed(
            Text(
                f"{what} 应返回 {names}，实际返回 {got.zh}",
                f"{what} should return {names}, got {got.en}",
            )
        )
    return dict(zip(wanted, result))


def alone(result: Any, ndim: int) -> Any:
    """A single answer with `ndim` axes; of a tuple, its first value if that has `ndim` axes."""
    if isinstance(result, tuple) and result:
        try:
            if np.ndim(result[0]) == ndim:
                return result[0]
        except ValueError:  # a ragged first entry is no array
            return result
    return result
