"""Checks of ``sample``: its text, its generator, its distribution.

``sample`` may earn its points with a stand-in for the model, so that a wrong forward costs only
forward, whatever it makes of the hidden inputs.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from kit import cases, draws
from kit.by_itself import either
from kit.compare import array, field
from kit.data import Answer, Arrays
from kit.fixtures import PUBLIC_SEED
from kit.numerics import FALSE_ALARM, log_evidence, log_mean_ratio, softmax
from kit.outcomes import Failed, Verdict
from kit.plain import type_name
from kit.runner import Runner
from kit.text import Text

from .cases import rnn_weights, sampling_weights
from .checks_samplers import STAND_IN, joint, last_logits, samplers, successors


def sample_text(lab: Runner, weights: Arrays, seed: str, length: int) -> None:
    """The text is the seed and `length` characters of the vocabulary."""

    def measure(stand_in: bool) -> None:
        for text in _texts(lab, weights, seed, length, 1.0, [1, 2, 3], [4, 5, 6], stand_in):
            if not text.startswith(seed) or len(text) != len(seed) + length:
                raise Failed(
                    Text(
                        f"sample 应返回 seed 加 {length} 个新字符，共 {len(seed) + length} 个；"
                        f"实际返回 {len(text)} 个，开头是 {text[:12]!r}",
                        f"sample should return the seed and {length} new characters, "
                        f"{len(seed) + length} in all; got {len(text)}, starting with "
                        f"{text[:12]!r}",
                    )
                )
            if unknown := set(text) - set(cases.CHARACTERS):
                raise Failed(
                    Text(
                        f"sample 返回了词表之外的字符 {sorted(unknown)[0]!r}；应只从词表中抽取",
                        f"sample returned {sorted(unknown)[0]!r}, which is not in the vocabulary; "
                        "draw from the vocabulary only",
                    )
                )

    either(measure)


def sample_uses_rng(lab: Runner, weights: Arrays, seed: str) -> None:
    """The same generator state gives the same text; the global generators do not matter.

    A ``sample`` without the parameter, as in an older handout, only has to vary its text.
    """
    even = weights | {
        "Why": 0.1 * weights["Why"]
    }  # no character is nearly certain, so texts differ
    own, shared = [7, 7, 8, 9, 10, 11], [1, 2, 3, 3, 3, 3]

    def measure(stand_in: bool) -> None:
        texts = _texts(lab, even, seed, 24, 1.0, own, shared, stand_in)
        if texts[0] != texts[1] and _takes_rng(lab, weights, seed, stand_in):
            raise Failed(
                Text(
                    "两个同样种子的 rng 给出了不同的文本；请只从传入的 rng 抽样，不用全局生成器",
                    "two generators with the same seed gave different texts; draw from the rng "
                    "that is passed, not from a global generator",
                )
            )
        if len(set(texts[2:])) == 1:
            raise Failed(
                Text(
                    "种子不同的 rng 给出了同样的文本；每个字符都要用传入的 rng 按概率抽取",
                    "generators with different seeds gave the same text; draw each character from "
                    "the probabilities with the rng that is passed",
                )
            )

    either(measure)


def sample_needs_no_rng(lab: Runner, weights: Arrays, seed: str) -> None:
    """Without an rng ``sample`` makes one of its own."""
    either(lambda stand_in: _texts(lab, weights, seed, 12, 1.0, [None, None], [1, 2], stand_in))


def sample_distribution(
    lab: Runner, reference: Runner, weights: Arrays, seed: str, temp: float, rng_seeds: list[int]
) -> None:
    """Texts are drawn from softmax(logits / temp) given everything so far.

    Three characters are drawn many times. The check fails if the texts are a billion times
    likelier under the wrong samplers (on average) than under the right one. The wrong samplers
    are the named ones and one that learns each character's successors from the draws; that one
    finds mistakes that have no name. The right sampler uses the forward of the reference, the
    student's own if that tells the samplers apart, or that of the stand-in.
    """
    length = 3

    def measure(stand_in: bool) -> None:
        texts = _texts(lab, weights, seed, length, temp, rng_seeds, list(rng_seeds), stand_in)
        drawn = np.array([_encode(t[len(seed) :], length) for t in texts])  # (N, 3)
        right = STAND_IN if stand_in else reference
        if _log_ratio(right, weights, seed, temp, drawn) <= -np.log(FALSE_ALARM):
            return
        own = None if stand_in else _answer_ratio(lab, weights, seed, temp, drawn)
        if own is not None and own < -np.log(1e3):
            return
        raise Failed(
            Text(
                f"{len(texts)} 次抽样的分布与 softmax(logits / temp) 不符；"
                "检查温度、状态是否接着整段文本走、是否按概率抽取",
                f"the distribution of {len(texts)} samples is not softmax(logits / temp); look at "
                "the temperature, at the state (it must have read the whole text so far) and at "
                "the drawing",
            )
        )

    either(measure)


def sample_frequencies(lab: Runner, seed: str) -> None:
    """At each temperature characters are drawn from softmax(logits / temp)."""
    weights = sampling_weights(np.random.default_rng(PUBLIC_SEED))
    weights |= {"Why": 0 * weights["Why"], "by": draws.LOGITS.astype(weights["by"].dtype)}
    rng_seeds = list(range(draws.TEXTS))

    def measure(stand_in: bool) -> None:
        def draw(temp: float) -> np.ndarray:
            texts = _texts(
                lab, weights, seed, draws.EACH, temp, rng_seeds, list(rng_seeds), stand_in
            )
            return np.array([_encode(text[len(seed) :], draws.EACH) for text in texts])

        draws.follow(draw)

    either(measure)


LARGE = 1000.0
"""A logit whose exponential overflows in every precision."""


def sample_of_large_logits(lab: Runner, rng: np.random.Generator, seed: str) -> None:
    """Logits of 1000 and -1000 are drawn from as others are."""
    weights, likely = sampling_weights(rng), int(rng.integers(len(cases.CHARACTERS)))
    by = np.where(np.arange(len(cases.CHARACTERS)) == likely, LARGE, -LARGE)
    weights |= {"Why": 0 * weights["Why"], "by": by}

    def measure(stand_in: bool) -> None:
        (text,) = _texts(lab, weights, seed, 6, 1.0, [1], [1], stand_in)
        if set(_encode(text[len(seed) :], 6)) != {likely}:
            raise Failed(_OVERFLOW)

    try:
        either(measure)
    except Failed:
        raise Failed(_OVERFLOW) from None


_OVERFLOW = Text(
    "logits 为 ±1000 时 exp 会溢出；求 softmax 之前先减去最大的 logit，结果不变",
    "exp overflows for logits of 1000; subtract the largest logit before softmax, which changes "
    "nothing in the result",
)

COLD = 0.02
"""A temperature at which the likeliest character is drawn, by a margin of e^50 or more."""


def sample_starts_from_zeros(lab: Runner, reference: Runner, rng: np.random.Generator) -> None:
    """The first character after a seed of one character is the likeliest from a zero state.

    A seed of several characters would let the network forget where it started. The student's own
    forward counts as the reference's does.
    """
    seeds = [str(c) for c in rng.permutation(list(cases.CHARACTERS))[:3]]
    models = {
        stand_in: [_start_matters(runner, rng, seed) for seed in seeds]
        for stand_in, runner in ((False, reference), (True, STAND_IN))
    }

    def measure(stand_in: bool) -> None:
        for seed, (weights, likeliest) in zip(seeds, models[stand_in]):
            (text,) = _texts(lab, weights, seed, 1, COLD, [1], [1], stand_in)
            (drawn,) = _encode(text[1:], 1)
            if drawn == likeliest:
                continue
            if not stand_in:
                own = _own_logits(lab, weights, seed)
                if not _tells(own) or (own is not None and drawn == int(own.argmax())):
                    continue
            raise Failed(
                Text(
                    "seed 只有一个字符时，下一个字符的分布不对；sample 应从零状态开始读 seed",
                    "after a seed of one character the next one has the wrong distribution; "
                    "sample should read the seed from a zero state",
                )
            )

    either(measure)


def _start_matters(runner: Runner, rng: np.random.Generator, seed: str) -> tuple[Arrays, int]:
    """Weights on which other states of the start draw another character, and the right one."""
    while True:
        weights = sampling_weights(rng)
        from_zeros, *others = (
            _first_logits(runner, weights, seed, start) for start in (0.0, 1.0, -1.0)
        )
        right = int(from_zeros.argmax())
        if _tells(from_zeros) and all(int(o.argmax()) != right for o in others):
            return weights, right


def _own_logits(lab: Runner, weights: Arrays, seed: str) -> np.ndarray | None:
    try:
        return _first_logits(lab, weights, seed, 0.0)
    except Verdict:
        return None


def sample_draws_every_character(
    lab: Runner, reference: Runner, weights: Arrays, seed: str, rng_seeds: list[int]
) -> None:
    """Of many draws each character has its share: none that is likely enough is left out.

    By the forward of the reference, by the student's own, or by that of the stand-in.
    """

    def measure(stand_in: bool) -> None:
        texts = _texts(lab, weights, seed, 1, 1.0, rng_seeds, list(rng_seeds), stand_in)
        drawn = {_encode(text[len(seed) :], 1)[0] for text in texts}
        if drawn == set(range(len(cases.CHARACTERS))):
            return
        own = None if stand_in else _chances(lab, weights, seed)
        # A character that forward itself makes unlikely may be missing.
        if own is not None and all(
            own[k] < LEAST_CHANCE for k in range(len(own)) if k not in drawn
        ):
            return
        raise Failed(
            Text(
                f"{len(texts)} 次抽样里，有概率不小的字符一次也没有出现；"
                "应从整个 softmax(logits / temp) 抽取，不要只取概率最大的几个",
                f"a character of fair probability is missing from {len(texts)} draws; draw from "
                "the whole of softmax(logits / temp), not from the few likeliest",
            )
        )

    either(measure)


def sample_follows_constants(lab: Runner, rng: np.random.Generator) -> None:
    """Improbable characters have their share, fractions count, and any temperature divides.

    The logits depend on nothing that was read. By the student's own forward, or by that of the
    stand-in.
    """
    for case in draws.constants(rng):
        rng_seeds = rng.integers(0, 2**31, case.texts).tolist()
        weights = rnn_weights(rng, V=len(case.logits))
        weights |= {"Why": 0 * weights["Why"], "by": case.logits}
        either(partial(_follows_constants, lab, case, weights, rng_seeds))


def _follows_constants(
    lab: Runner, case: draws.Constant, weights: Arrays, rng_seeds: list[int], stand_in: bool
) -> None:
    seed, known = case.characters[:3], case.characters
    found = []
    for first in range(0, case.texts, draws.AT_ONCE):
        some = rng_seeds[first : first + draws.AT_ONCE]
        found += _texts(
            lab, weights, seed, case.length, case.temp, some, some, stand_in, characters=known
        )
    drawn = [_encode(text[len(seed) :], case.length, known) for text in found]
    case.check(np.array(drawn).ravel())


LEAST_CHANCE = 0.06
"""The least probability of a character in a broad distribution; 400 draws miss it once in 1e10."""


def broad_weights(reference: Runner, rng: np.random.Generator, seed: str) -> Arrays:
    """Weights by which each character behind `seed` has a fair probability; drawn until found."""
    while True:
        weights = sampling_weights(rng)
        weights["Why"], weights["by"] = 0.1 * weights["Why"], 0.2 * weights["by"]
        found = [_chances(runner, weights, seed) for runner in (reference, STAND_IN)]
        if all(chances is not None and chances.min() > LEAST_CHANCE for chances in found):
            return weights


def _chances(runner: Runner, weights: Arrays, seed: str) -> np.ndarray | None:
    """The probabilities (V,) of the next character."""
    context = [cases.CHARACTERS.index(c) for c in seed]
    try:
        return np.asarray(softmax(last_logits(runner, weights, [[context]])[0][0]))
    except Verdict:
        return None


def _tells(logits: np.ndarray | None) -> bool:
    """Whether a cold draw from `logits` is certain; without any, nothing speaks against it."""
    if logits is None:
        return True
    second, first = np.sort(logits)[-2:]
    return bool(first - second > 50 * COLD)


def _first_logits(runner: Runner, weights: Arrays, seed: str, start: float) -> np.ndarray:
    """Logits (V,) after `seed` from a state that is `start` everywhere."""
    H, V = weights["Why"].shape
    x = np.array([[cases.CHARACTERS.index(c) for c in seed]])
    result = runner.forward(weights=weights, x=x, h0=np.full((1, H), start))
    logits: np.ndarray = array("logits", field(result, "logits"), (1, V)).astype(np.float64)[0]
    return logits


def telling_weights(
    reference: Runner, rng: np.random.Generator, seed: str, temp: float, draws: int
) -> Answer:
    """Weights on which every named wrong sampler would be detected; drawn until one is found."""
    while True:
        weights = sampling_weights(rng)
        if all(_evidence(r, weights, seed, temp, draws) > EVIDENCE for r in (STAND_IN, reference)):
            return weights


def _evidence(runner: Runner, weights: Arrays, seed: str, temp: float, draws: int) -> float:
    """The least expected log-likelihood ratio of a wrong sampler's texts to a right one's."""
    right, *wrong = (joint(s) for s in samplers(runner, weights, seed, temp))
    return float(draws * min(np.sum(q * np.log(q / right)) for q in wrong))


EVIDENCE = 80.0
"""Nats of evidence expected against a wrong sampler.

ln 1e9 is 20.7, the mean over samplers costs 2; the rest is a margin for chance.
"""


def _log_ratio(runner: Runner, weights: Arrays, seed: str, temp: float, drawn: np.ndarray) -> float:
    """ln of the mean likelihood ratio of the wrong samplers; `runner` gives the logits."""
    right, *wrong = (
        float(np.log(joint(s)[tuple(drawn.T)]).sum()) for s in samplers(runner, weights, seed, temp)
    )
    return log_mean_ratio(right, [*wrong, log_evidence(successors(drawn, len(cases.CHARACTERS)))])


def _answer_ratio(
    lab: Runner, weights: Arrays, seed: str, temp: float, drawn: np.ndarray
) -> float | None:
    try:
        return _log_ratio(lab, weights, seed, temp, drawn)
    except Verdict:
        return None


def _takes_rng(lab: Runner, weights: Arrays, seed: str, stand_in: bool) -> bool:
    given = {"length": 1, "temp": 1.0, "rng_seeds": [1], "global_seeds": [1], "stand_in": stand_in}
    result = lab.sample(weights=weights, seed=seed, characters=cases.CHARACTERS, **given)
    return field(result, "takes_rng") is not False


def _texts(
    lab: Runner,
    weights: Arrays,
    seed: str,
    length: int,
    temp: float,
    rng_seeds: list[int] | list[int | None] | list[None],
    global_seeds: list[int],
    stand_in: bool = False,
    characters: str = cases.CHARACTERS,
) -> list[str]:
    result = lab.sample(
        weights=weights,
        seed=seed,
        characters=characters,
        length=length,
        temp=temp,
        rng_seeds=rng_seeds,
        global_seeds=global_seeds,
        stand_in=stand_in,
    )
    texts = field(result, "texts")
    if not isinstance(texts, list) or len(texts) != len(rng_seeds):
        raise Failed(Text("sample 没有返回文本：检查 return", "sample gave no texts"))
    for i, text in enumerate(texts):
        if isinstance(text, (list, tuple)) and all(isinstance(c, str) for c in text):
            texts[i] = "".join(text)  # a list of characters counts as a text
        elif not isinstance(text, str):
            raise Failed(
                Text(
                    f"sample 应返回字符串，实际返回 {type_name(text)}",
                    f"sample should return a string, got {type_name(text)}",
                )
            )
    return texts


def _encode(text: str, length: int, characters: str = cases.CHARACTERS) -> list[int]:
    if len(text) != length or set(text) - set(characters):
        raise Failed(
            Text(
                "sample 返回的文本长度或字符不对，无法检验分布；先改好这一点",
                "sample returned a text of the wrong length or with unknown characters",
            )
        )
    return [characters.index(c) for c in text]
