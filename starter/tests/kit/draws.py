"""Draws at several temperatures against softmax(logits / temp), in numbers and as a picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import pictures
from .cases import CHARACTERS
from .numerics import draws_disagree, softmax
from .outcomes import Failed
from .text import Text

LOGITS = np.array([0.5, -1.5, 2.5, -0.5, 1.5, -2.5, 0.0])
"""One logit a character, so far apart that no two temperatures give nearly the same draws."""

TEMPERATURES = (0.5, 1.0, 2.0)
TEXTS, EACH = 10, 20
"""So many texts of so many characters are drawn at each temperature."""


def follow(draw: Callable[[float], np.ndarray]) -> None:
    """The character indices that `draw(temp)` gives must be draws from softmax(LOGITS / temp).

    The logits do not depend on what came before, so only temperature and drawing are tested.
    """
    drawn = []
    for temp in TEMPERATURES:
        counts = np.bincount(draw(temp).ravel(), minlength=len(CHARACTERS))
        drawn.append(pictures.frequencies("temperature", temp, counts, softmax(LOGITS / temp)))
    wrong = [
        one.value for one in drawn if draws_disagree(np.array(one.counts), np.array(one.right))
    ]
    if wrong:
        temps = ", ".join(f"{temp:g}" for temp in wrong)
        with pictures.showing(lambda: pictures.Temperatures(tuple(drawn))):
            raise Failed(
                Text(
                    f"temp = {temps} 时，抽到的频率与 softmax(logits / temp) 不符；"
                    "请检查 logits 在哪里除以温度、是否按概率抽取",
                    f"at temp = {temps} the drawn frequencies do not match softmax(logits / temp); "
                    "check where you divide the logits by temp, and that you draw by probability",
                )
            )
