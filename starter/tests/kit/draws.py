"""Draws at several temperatures against softmax(logits / temp), in numbers and as a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


LEVELS = ((4, 0.26), (10, 0.26), (30, 0.24), (80, 0.24))
"""Indices, and their joint probability: 6 %, 2.6 %, 0.8 % and 0.3 % each.

A sampler that leaves out what is improbable, or all but the likeliest, loses a level or more.
"""

LEVEL_DRAWS = 400
"""Without the last level they are expected to lose 110 nats; 37 are wanted, see
:func:`kit.numerics.draws_disagree`: a right sampler loses as many with a chance of 1e-9."""


RARE = ((20, 0.97), (80, 0.03))
"""As LEVELS: the last level is what a nucleus, the likeliest to a joint probability, leaves out."""

RARE_TEXTS, RARE_LENGTH = 75, 20
"""Without the rare ones 1,500 draws lose 46 nats; 28 are wanted."""


AT_ONCE = 10
"""So many texts are drawn in one call, whose time is limited."""

FAR = 2 * np.array([1, 0, 0, 1, 0, 1, 0])
"""Logits at temperature 1 whose larger ones are drawn by 85 %."""

EXTREMES = (0.1, 8.0)
"""Temperatures that a bound shows at.

Of 600 draws at a temperature of 0.25 in place of 0.1, or of 3 in place of 8, 80 nats are
expected; 27 are wanted.
"""


FRACTIONS = np.array([0.03, 0.97, 0.97, 0.03, 0.97, 0.03, 0.03])
"""Logits that are alike as whole numbers; half more, and they are alike once rounded."""


@dataclass(frozen=True)
class Constant:
    """Logits that depend on nothing, and how a sampler that follows others shows itself."""

    logits: np.ndarray  # (V,)
    level: np.ndarray  # (V,), of each index
    texts: int
    length: int
    problem: Text
    temp: float = 1.0

    @property
    def characters(self) -> str:
        """A vocabulary for them."""
        return "".join(chr(0x4E00 + k) for k in range(len(self.logits)))

    def check(self, drawn: np.ndarray) -> None:
        """:class:`Failed` where the levels of the indices `drawn` contradict the probabilities."""
        if levels_disagree(drawn, self.level, softmax(self.logits / self.temp)):
            raise Failed(Text(f"{len(drawn)} ", f"{len(drawn)}") + self.problem)


def constants(rng: np.random.Generator) -> list[Constant]:
    """Cases that show what is left out, casts, and temperatures that are bounded.

    Of 800 draws by equal probabilities 90 nats are expected, in each case of FRACTIONS; 27 are
    wanted.
    """
    probs, level = by_levels(rng)
    rare, rare_level = by_levels(rng, RARE)
    high, far = (FRACTIONS > 0.5).astype(int), (FAR > 0).astype(int)
    # Short texts: right code may read the whole text again for each character.
    return [
        Constant(np.log(probs), level, 50, LEVEL_DRAWS // 50, LEFT_OUT),
        Constant(np.log(rare), rare_level, RARE_TEXTS, RARE_LENGTH, LEFT_OUT),
        *(Constant(temp * FAR, far, 40, 15, BOUNDED, temp) for temp in EXTREMES),
        Constant(FRACTIONS, high, 50, 16, CAST),
        Constant(FRACTIONS + 0.5, high, 50, 16, CAST),
    ]


def by_levels(
    rng: np.random.Generator, levels: tuple[tuple[int, float], ...] = LEVELS
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (V,) of indices in a drawn order, no two alike, and the level of each (V,)."""
    probs: list[float] = []
    for count, share in levels:
        shares = rng.uniform(0.9, 1.1, count)
        probs += (share * shares / shares.sum()).tolist()
    level = np.repeat(np.arange(len(levels)), [count for count, _ in levels])
    order = rng.permutation(len(level))
    return np.array(probs)[order], level[order]


def of_levels(level: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The sum of `values` (V,), counts or probabilities, of each level."""
    return np.bincount(level, weights=values, minlength=int(level.max()) + 1)


def levels_disagree(drawn: np.ndarray, level: np.ndarray, probs: np.ndarray) -> bool:
    """Whether the levels of the indices `drawn` contradict the probabilities (V,)."""
    counts = of_levels(level, np.bincount(drawn, minlength=len(level)))
    return draws_disagree(counts.astype(np.int64), of_levels(level, probs))


LEFT_OUT = Text(
    "次抽样里，概率小的字符抽得太少或太多：每个字符都按它自己的概率抽取，不要去掉概率小的，"
    "也不要只从概率最大的几个里抽",
    "draws hold too few or too many of the improbable characters: each is drawn by its own "
    "probability; leave out none that is improbable, and do not draw from the likeliest alone",
)


CAST = Text(
    "次抽样的频率与 softmax(logits / temp) 不符：logits 的小数部分也算数，不要转成整数，也不要取整",
    "draws do not follow softmax(logits / temp): the fractions of the logits count, so neither "
    "cast them to integers nor round them",
)


BOUNDED = Text(
    "次抽样的频率与 softmax(logits / temp) 不符：temp 很小或很大时也要照除，不要给它设上下限",
    "draws do not follow softmax(logits / temp): a very small or a very large temp divides the "
    "logits as well, so set no bounds to it",
)


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
