"""The check of ``sample`` on a long text, whose next character is nearly certain.

So the text shows the logits: what was read before each draw, how often, and whether something
ends the text early.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from kit import cases
from kit.by_itself import either
from kit.cases import single
from kit.compare import array, field
from kit.data import Arrays
from kit.numerics import softmax
from kit.outcomes import Failed, Verdict
from kit.runner import Runner
from kit.text import Text

from .cases import long_case, rnn_case
from .checks import recurs
from .checks_samplers import STAND_IN, last_logits

SEED, LENGTH = 26, 30
"""Characters of the seed, and of what is drawn."""

SEEDS = 32
"""Texts that are tried with the same weights: together they take hardly longer than one."""

WINDOWS = (3, 5, 8, 10, 12, 16, 20)
"""How many of the last characters a wrong sampler may read, or of one end of the seed."""

SURE, LEAST_LIKELY = 0.999, 1e-12
"""Probabilities: of what is drawn at least, and of what is never drawn at most."""

SELDOM, ASTRAY = 1e-6, 2e-3
"""Probabilities that a wrong sampler draws what is possible where it must show itself, and that it
leaves the text unseen at one character before."""

LARGEST = 600.0
"""The largest logit of the text: e^709 overflows, where the maximum is not subtracted."""

SMALL = 40.0
"""A logit that overflows nowhere, and beside which half of it is all but never drawn."""

STOPS = ".。\n"
"""Characters of the text at which a wrong sampler may end it."""


def long_text_cases(reference: Runner, rng: np.random.Generator) -> list[cases.Case]:
    """One for the student's own model and one for the stand-in."""
    return cases.drawn_once(
        rng, "a long text", lambda: [_case(runner, rng) for runner in (reference, STAND_IN)]
    )


def _case(runner: Runner, rng: np.random.Generator) -> cases.Case:
    """Weights and a seed whose continuation shows every wrong reading; drawn until one is found."""
    while True:
        weights = long_case(rng, growth=1.05)["weights"]
        for text, logits in zip(*_likeliest(runner, weights, rng)):
            scale = LARGEST / np.abs(logits).max()
            scaled = weights | {name: single(weights[name] * scale) for name in ("Why", "by")}
            if _tells(runner, scaled, text, softmax(logits * scale)):
                names = list("abcdefgh"[: len(cases.CHARACTERS)])
                for place, stop in zip(dict.fromkeys(text[SEED:-2]), STOPS):
                    names[place] = stop
                return {"weights": scaled, "seed": text[:SEED], "characters": "".join(names)}


def _likeliest(
    runner: Runner, weights: Arrays, rng: np.random.Generator
) -> tuple[list[list[int]], np.ndarray]:
    """Texts that begin with drawn seeds and go on with the likeliest, and the logits before each.

    The logits are (SEEDS, LENGTH, V).
    """
    H, V = weights["Why"].shape
    read, h = rng.integers(0, V, (SEEDS, SEED)), np.zeros((SEEDS, H))
    columns, logits = [read], []
    for _ in range(LENGTH):
        result = runner.forward(weights=weights, x=read, h0=h)
        h = result["h_T"]
        read = result["logits"].argmax(axis=1)[:, None]
        columns.append(read)
        logits.append(result["logits"])
    return np.hstack(columns).tolist(), np.stack(logits, axis=1)


def _next(runner: Runner, weights: Arrays, contexts: list[list[int]]) -> np.ndarray:
    return last_logits(runner, weights, [contexts])[0]


def _tells(runner: Runner, weights: Arrays, text: list[int], right: np.ndarray) -> bool:
    """Whether the text is nearly certain, is varied, repeats, and shows each wrong reading.

    `right` holds the probabilities (LENGTH, V) before each draw.
    """
    new = text[SEED:]
    if len(set(new[:-2])) < len(STOPS) + 1 or not any(a == b for a, b in zip(new, new[1:])):
        return False
    if right[np.arange(LENGTH), new].min() < SURE:
        return False
    if not _shows(right, _without_repeats(right, text[SEED - 1 : -1]), new):
        return False
    for width in reversed(WINDOWS):  # the widest is the hardest to tell
        places = range(max(width, SEED), len(text))
        read = softmax(_next(runner, weights, [text[t - width : t] for t in places]))
        if not _shows(right, np.concatenate([right[: -len(read)], read]), new):
            return False
    for width in reversed(WINDOWS):
        for part in (text[SEED - width : SEED], text[:width]):
            if not _shows(right, _rows(runner, weights, part, [[c] for c in new[:-1]]), new):
                return False
    twice = _rows(runner, weights, text[:SEED], [[c, c] for c in new[:-1]])
    again = _rows(runner, weights, text[:SEED], [text[:SEED]] * (LENGTH - 1))
    cold = _rows(runner, weights, text[SEED - 1 : SEED], [[c] for c in new[:-1]])
    return all(_shows(right, wrong, new) for wrong in (twice, again, cold))


def _rows(runner: Runner, weights: Arrays, seed: list[int], reads: list[list[int]]) -> np.ndarray:
    """Probabilities (LENGTH, V) before each draw, where `reads` are read one behind the other."""
    h, rows = np.zeros((1, weights["Why"].shape[0])), []
    for read in (seed, *reads):
        result = runner.forward(weights=weights, x=np.array([read]), h0=h)
        h = result["h_T"]
        rows.append(softmax(result["logits"])[0])
    return np.array(rows)


def _without_repeats(right: np.ndarray, before: list[int]) -> np.ndarray:
    """The rows of a sampler that rules out the character `before` each draw."""
    rows = right + 1e-30
    rows[np.arange(len(rows)), before] = 0
    found: np.ndarray = rows / rows.sum(axis=1, keepdims=True)
    return found


def _shows(right: np.ndarray, wrong: np.ndarray, new: list[int]) -> bool:
    """Whether a sampler that draws from `wrong` draws what `right` makes all but impossible.

    Until then it must keep to the text, since nothing is known of its rows behind another one.
    """
    for r, w, drawn in zip(right, wrong, new):
        possible = r >= LEAST_LIKELY
        if w[possible].sum() < SELDOM:
            return True
        possible[drawn] = False
        if w[possible].sum() > ASTRAY:
            return False
    return False


def _least(
    runner: Runner, weights: Arrays, text: list[int], read: Callable[[int], list[int]]
) -> float:
    """The least probability of a drawn character, where `read(t)` was read before character t."""
    chances = [
        softmax(_next(runner, weights, [read(t)]))[0, text[t]] for t in range(SEED, len(text))
    ]
    return float(min(chances))


def sample_remembers(
    lab: Runner, reference: Runner, models: list[cases.Case], rng_seed: int
) -> None:
    """Each character of a long text is what the whole text so far makes nearly certain.

    By the forward of the reference, by the student's own, or by that of the stand-in.
    """

    def measure(stand_in: bool) -> None:
        case = models[int(stand_in)]
        characters, weights = case["characters"], case["weights"]
        seed = "".join(characters[i] for i in case["seed"])
        try:
            result = lab.sample(
                weights=weights,
                seed=seed,
                characters=characters,
                length=LENGTH,
                temp=1.0,
                rng_seeds=[rng_seed],
                global_seeds=[rng_seed],
                stand_in=stand_in,
            )
        except Failed:
            if _overflows(lab, weights, seed, characters, stand_in):
                return  # which costs nothing; advice tells of it
            raise
        drawn = _drawn(field(result, "texts"), seed, characters)
        right = STAND_IN if stand_in else reference
        if _least(right, weights, drawn, lambda t: drawn[:t]) >= LEAST_LIKELY:
            return
        if not stand_in and _follows_own(lab, weights, drawn, rng_seed):
            return
        if _overflows(lab, weights, seed, characters, stand_in):
            return
        raise Failed(
            Text(
                "长文本里有几乎不可能的字符：每个字符应以到目前为止的整段文本为条件，"
                "每个字符只读一遍，并且可以重复",
                "a long text holds characters that are all but impossible: each depends on the "
                "whole text so far, in which every character is read once, and may repeat the one "
                "before",
            )
        )

    either(measure)


def _overflows(lab: Runner, weights: Arrays, seed: str, characters: str, stand_in: bool) -> bool:
    """Whether ``sample`` bears small logits that depend on nothing, and not as large ones.

    Two of the large ones overflow in single precision, and the likeliest is the last one.
    """

    def bears(size: float) -> bool:
        by = np.full(len(characters), -size)
        by[0], by[-1] = size / 2, size
        try:
            result = lab.sample(
                weights=weights | {"Why": 0 * weights["Why"], "by": by},
                seed=seed,
                characters=characters,
                length=3,
                temp=1.0,
                rng_seeds=[1],
                global_seeds=[1],
                stand_in=stand_in,
            )
        except Failed:
            return False
        texts = field(result, "texts")
        text = "".join(map(str, texts[0])) if isinstance(texts, list) and texts else ""
        return text.endswith(characters[-1] * 3)

    return bears(SMALL) and not bears(LARGEST)


def _drawn(texts: object, seed: str, characters: str) -> list[int]:
    """The only text, as characters behind a seed."""
    text = texts[0] if isinstance(texts, list) and texts else ""
    if isinstance(text, (list, tuple)) and all(isinstance(c, str) for c in text):
        text = "".join(text)
    if not isinstance(text, str) or set(text) - set(characters):
        raise Failed(Text("sample 没有返回词表中的文本", "sample gave no text of the vocabulary"))
    if len(text) == LENGTH and not text.startswith(seed):
        text = seed + text  # a text without its seed costs a point elsewhere
    if not -1 <= len(text) - SEED - LENGTH <= 1:  # one off costs a point elsewhere
        raise Failed(
            Text(
                f"文本应是 seed 加 length 个字符（{SEED} + {LENGTH}），实际返回 {len(text)} 个；"
                "句号、换行等字符不应使文本提前结束",
                f"the text should be the seed and length characters ({SEED} + {LENGTH}), "
                f"got {len(text)}; no character, a full stop say, ends the text early",
            )
        )
    return [characters.index(c) for c in text]


def _follows_own(lab: Runner, weights: Arrays, drawn: list[int], rng_seed: int) -> bool:
    """Whether the student's own forward makes the text certain, or none of it all but impossible.

    It is asked for the text at once and step by step, because a wrong forward may answer
    differently. One that is not recurrent and not certain shows nothing of ``sample``.
    """
    least = 0.0
    # Apart, because a wrong forward may raise in one of the two alone.
    with suppress(Verdict):
        least = max(least, _least(lab, weights, drawn, lambda t: drawn[:t]))
    with suppress(Verdict):
        least = max(least, _least_by_steps(lab, weights, drawn))
    if least >= SURE:
        return True
    return least >= LEAST_LIKELY and recurs(lab, rnn_case(np.random.default_rng(rng_seed)))


def _least_by_steps(lab: Runner, weights: Arrays, text: list[int]) -> float:
    """As :func:`_least`, where the seed is read at once, then one character at a time."""
    H, V = weights["Why"].shape
    read, h, chances = text[:SEED], np.zeros((1, H)), []
    for drawn in text[SEED:]:
        result = lab.forward(weights=weights, x=np.array([read]), h0=h)
        logits = array("logits", field(result, "logits"), (1, V)).astype(np.float64)
        h = array("h_T", field(result, "h_T"), (1, H))
        chances.append(softmax(logits)[0, drawn])
        read = [drawn]
    return float(min(chances))
