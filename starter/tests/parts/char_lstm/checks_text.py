"""Checks of ``generate`` in part ``char_lstm``, on what its probe answers.

Shapes: N texts, V vocabulary. As in :mod:`parts.char_lstm.checks`, a wrong ``forward`` costs only
``forward``: ``generate`` may earn its points with a stand-in for the model.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from kit import cases, draws
from kit.by_itself import either
from kit.compare import array, field
from kit.data import Arrays
from kit.fixtures import PUBLIC_SEED
from kit.numerics import FALSE_ALARM, log_mean_ratio, softmax
from kit.outcomes import Failed
from kit.plain import type_name
from kit.runner import Runner
from kit.text import Text

from .cases import (
    char_peaked_weights,
    char_remembering_weights,
    char_sampling_weights,
    char_weights,
)
from .probes import Plan

LEAST_LIKELY = 1e-12
"""A right draw has a probability below this with a chance of at most V times this."""

DRAWN, TEXTS = 3, 200
"""The characters of a text, and the number of texts, that test a distribution."""

EVIDENCE = 80.0
"""Nats of evidence expected against a wrong sampler.

ln 1e9 is 20.7, the mean over samplers costs 3; the rest is a margin for chance.
"""

LONG, DROPOUT = 24, 0.5
"""The characters of a text that shows dropout, and the model's dropout probability."""

CHANGED = 0.35
"""The least share of characters that dropout changes; no change in 48 has a chance of 1e-9."""

WARM = 4.0
"""A temperature at which every character is drawn often."""

LONG_SEED = 24
"""The characters of a seed that is longer than any window."""

STOPS = ".\n。 !ab"
"""What may seem to end a text, as a vocabulary."""

RIGHT_PLANS = ("once", "again")
WINDOWS = {f"window of {w}": w for w in (1, 2, 3, 5, 8, 10, 12, 16, 20)}
WRONG_PLANS = ("reset", "single", "cold", "window", "twice", "doubled")
"""What the model may have read before a draw; see :func:`_plans`."""


def generate_text(lab: Runner, weights: Arrays, seed: str, length: int) -> None:
    """The text is the seed and `length` characters of the vocabulary."""

    def measure(stand_in: bool) -> None:
        for text in _texts(lab, weights, seed, length, count=2, rng_seed=3, stand_in=stand_in):
            if not text.startswith(seed) or len(text) != len(seed) + length:
                raise Failed(
                    Text(
                        f"generate 应返回 seed 加 {length} 个新字符，共 {len(seed) + length} 个；"
                        f"实际返回 {len(text)} 个，开头是 {text[:12]!r}",
                        f"generate should return the seed and {length} new characters, "
                        f"{len(seed) + length} in all; got {len(text)}, beginning {text[:12]!r}",
                    )
                )
            _encode(text)

    either(measure)


def generate_distribution(
    lab: Runner, reference: Runner, weights: Arrays, seed: str, temp: float, rng_seed: int
) -> None:
    """Texts are drawn from softmax(logits / temp) given everything so far.

    The check fails if many short texts are a billion times likelier under the named wrong
    samplers (on average) than under the right one. There are two right ones: see :func:`_plans`.
    """

    def measure(stand_in: bool) -> None:
        texts = _texts(lab, weights, seed, DRAWN, TEXTS, rng_seed, temp, stand_in=stand_in)
        ids = _with_seed(texts, seed, DRAWN)
        drawn = ids[:, len(seed) :]
        logits = _readings(reference, weights, ids, len(seed), stand_in)
        wrong = [_log_likelihood(z, drawn).sum() for z in _wrong(logits, temp)]
        right = [_log_likelihood(logits[plan] / temp, drawn).sum() for plan in RIGHT_PLANS]
        if log_mean_ratio(max(right), wrong) > -np.log(FALSE_ALARM):
            raise Failed(
                Text(
                    f"{len(texts)} 次生成的分布与 softmax(logits / temp) 不符；"
                    "检查温度、状态是否接着整段文本走、是否按概率抽取",
                    f"the distribution of {len(texts)} texts is not softmax(logits / temp); look "
                    "at the temperature, at the state (it must have read the whole text so far) "
                    "and at the drawing",
                )
            )

    either(measure)


def generate_frequencies(lab: Runner, seed: str) -> None:
    """At each temperature characters are drawn from softmax(logits / temp)."""
    weights = char_sampling_weights(np.random.default_rng(PUBLIC_SEED))
    bias = draws.LOGITS.astype(weights["fc.bias"].dtype)
    weights |= {"fc.weight": 0 * weights["fc.weight"], "fc.bias": bias}

    def measure(stand_in: bool) -> None:
        def draw(temp: float) -> np.ndarray:
            texts = _texts(lab, weights, seed, draws.EACH, draws.TEXTS, 1, temp, stand_in=stand_in)
            return _with_seed(texts, seed, draws.EACH)[:, len(seed) :]

        draws.follow(draw)

    either(measure)


def telling_weights(reference: Runner, rng: np.random.Generator, seed: str, temp: float) -> Arrays:
    """A model that shows every wrong sampler; drawn until one is found."""

    def draw() -> Arrays:
        while True:
            weights = char_sampling_weights(rng)
            if all(_evidence(reference, weights, seed, temp, s) > EVIDENCE for s in (False, True)):
                return weights

    return cases.drawn_once(rng, "telling", draw)


def _evidence(reference: Runner, weights: Arrays, seed: str, temp: float, stand_in: bool) -> float:
    """The least expected log-likelihood ratio of a wrong sampler's texts to a right one's."""
    tails, ids = _every_text(seed)
    logits = _readings(reference, weights, ids, len(seed), stand_in)
    right = [_log_likelihood(logits[plan] / temp, tails) for plan in RIGHT_PLANS]
    wrong = [_log_likelihood(z, tails) for z in _wrong(logits, temp)]
    return TEXTS * min(float((np.exp(w) * (w - r)).sum()) for w in wrong for r in right)


def generate_whole_distribution(
    lab: Runner, reference: Runner, weights: Arrays, seed: str, rng_seed: int
) -> None:
    """At a high temperature no character is left out, and what was drawn is read next.

    As :func:`generate_distribution`, against the samplers of :func:`_narrow`.
    """

    def measure(stand_in: bool) -> None:
        texts = _texts(lab, weights, seed, DRAWN, 2 * TEXTS, rng_seed, WARM, stand_in=stand_in)
        ids = _with_seed(texts, seed, DRAWN)
        drawn = ids[:, len(seed) :]
        logits = _readings(reference, weights, ids, len(seed), stand_in)
        fed = _fed(reference, weights, seed, stand_in)
        right = [_log_likelihood(logits[plan] / WARM, drawn).sum() for plan in RIGHT_PLANS]
        fed = fed[: drawn.shape[1]]
        wrong = [_log_likelihood(z, drawn).sum() for z in _narrow(logits, fed, ids, len(seed))]
        if log_mean_ratio(max(right), wrong) > -np.log(FALSE_ALARM):
            raise Failed(
                Text(
                    f"temp = {WARM:g} 时 {len(texts)} 次生成的分布不是整个 softmax(logits / temp)："
                    "温度只除一次，每个字符都可能被抽到，抽到的字符（而不是概率最大的）"
                    "是下一步的输入",
                    f"at temp = {WARM:g} the distribution of {len(texts)} texts is not the whole "
                    "softmax(logits / temp): the temperature divides once, any character may be "
                    "drawn, and the one that was drawn, not the likeliest, is read next",
                )
            )

    either(measure)


def generate_follows_constants(lab: Runner, rng: np.random.Generator, rng_seed: int) -> None:
    """Improbable characters have their share, fractions count, and any temperature divides.

    The logits depend on nothing that was read.
    """
    for case in draws.constants(rng):
        weights = char_weights(rng, V=len(case.logits), L=1)
        weights["fc.weight"] *= 0
        weights["fc.bias"] = case.logits.astype(np.float32)
        either(partial(_follows_constants, lab, case, weights, rng_seed))


def _follows_constants(
    lab: Runner, case: draws.Constant, weights: Arrays, rng_seed: int, stand_in: bool
) -> None:
    seed, known = case.characters[:3], case.characters
    found: list[str] = []
    for first in range(0, case.texts, draws.AT_ONCE):
        found += _texts(
            lab,
            weights,
            seed,
            case.length,
            min(draws.AT_ONCE, case.texts - first),
            rng_seed + first,
            case.temp,
            stand_in=stand_in,
            characters=known,
        )
    case.check(_with_seed(found, seed, case.length, known)[:, len(seed) :].ravel())


def broad_weights(reference: Runner, rng: np.random.Generator, seed: str) -> Arrays:
    """A model that shows every narrow sampler at a high temperature; drawn until one is found."""

    def draw() -> Arrays:
        while True:
            weights = char_sampling_weights(rng)
            if all(_breadth(reference, weights, seed, s) > EVIDENCE for s in (False, True)):
                return weights

    return cases.drawn_once(rng, "broad", draw)


def _breadth(reference: Runner, weights: Arrays, seed: str, stand_in: bool) -> float:
    """The least expected log-likelihood ratio of a narrow sampler's texts to a right one's."""
    tails, ids = _every_text(seed)
    logits = _readings(reference, weights, ids, len(seed), stand_in)
    fed = _fed(reference, weights, seed, stand_in)
    right = [_log_likelihood(logits[plan] / WARM, tails) for plan in RIGHT_PLANS]
    wrong = [_log_likelihood(z, tails) for z in _narrow(logits, fed, ids, len(seed))]
    return 2 * TEXTS * min(float((np.exp(w) * (w - r)).sum()) for w in wrong for r in right)


def _narrow(logits: Arrays, fed: np.ndarray, ids: np.ndarray, n: int) -> list[np.ndarray]:
    """Logits, at temperature 1, of samplers that leave characters out or read the likeliest.

    Others divide by the temperature twice, which a low temperature does not show.
    """
    found = [np.broadcast_to(fed / WARM, logits["once"].shape)]
    V = fed.shape[-1]
    before = ids[:, n - 1 : -1, None] == np.arange(V)  # the last character that was read
    for plan in RIGHT_PLANS:
        z = logits[plan] / WARM
        ranks = np.argsort(np.argsort(-z, axis=-1), axis=-1)
        found += [np.where(ranks < k, z, -np.inf) for k in range(2, V - 1)]
        found += [np.where(before, -np.inf, z), z / WARM]
    return found


def _fed(reference: Runner, weights: Arrays, seed: str, stand_in: bool) -> np.ndarray:
    """Logits (DRAWN, V) before each draw of a model that reads its likeliest characters."""
    ids = _encode(seed)
    rows: list[np.ndarray] = []
    for k in range(DRAWN):
        plans = [[(0, len(seed) + k, False)]]
        result = reference.readings(
            weights=weights, x=np.array([ids]), plans=plans, stand_in=stand_in
        )
        rows.append(result["logits"][0][0, -1].astype(np.float64))
        ids = [*ids, int(rows[-1].argmax())]
    return np.array(rows)


def generate_remembers(
    lab: Runner, reference: Runner, models: list[cases.Case], rng_seed: int
) -> None:
    """A long text shows that everything so far was read once, and that nothing ends it early.

    Each next character is nearly certain, so the text shows the logits.
    """
    length = LONG

    def measure(stand_in: bool) -> None:
        case = models[int(stand_in)]
        weights, characters = case["weights"], case["characters"]
        seed = "".join(characters[i] for i in case["seed"])
        found = lab.generate(
            weights=weights,
            seed=seed,
            characters=characters,
            length=length,
            temp=1.0,
            count=1,
            rng_seed=rng_seed,
            stand_in=stand_in,
        )
        text = _only_text(field(found, "texts"))
        if len(text) == length:
            text = seed + text  # a text without its seed costs a point elsewhere
        if not -1 <= len(text) - len(seed) - length <= 1:  # one off costs a point elsewhere
            raise Failed(
                Text(
                    f"文本应是 seed 加 length 个字符（{len(seed)} + {length}），实际返回 "
                    f"{len(text)} 个；句号、换行等字符不应使生成提前结束",
                    f"the text should be the seed and length characters ({len(seed)} + {length}), "
                    f"got {len(text)}; no character, a full stop say, ends the text early",
                )
            )
        if set(text) - set(characters):
            raise Failed(Text("generate 返回了词表之外的字符", "a character is not in c2i"))
        drawn = np.array([[characters.index(c) for c in text]])
        logits = _read_by(reference, weights, drawn, len(seed), stand_in, RIGHT_PLANS)
        new = drawn[:, len(seed) :]
        if max(_probability(z, new).min() for z in logits.values()) < LEAST_LIKELY:
            raise Failed(
                Text(
                    f"长文本（{len(seed)} + {length} 个字符）里有几乎不可能的字符：每个字符应以"
                    "到目前为止的整段文本为条件，每个字符只读一遍，并且可以重复",
                    f"a long text ({len(seed)} + {length} characters) holds characters that are "
                    "all but impossible: each depends on the whole text so far, in which every "
                    "character is read once, and may repeat the one before",
                )
            )

    either(measure)


def long_case(reference: Runner, rng: np.random.Generator) -> list[cases.Case]:
    """Models and seeds whose nearly certain continuations show every wrong reading.

    The first is for the student's own model, the second for the stand-in. By each wrong plan and
    with windows of up to 20 characters, some character differs; a continuation holds a repeated
    character and four different ones.
    """
    return cases.drawn_once(
        rng, "long", lambda: [_long_case(reference, rng, stand_in) for stand_in in (False, True)]
    )


def _long_case(reference: Runner, rng: np.random.Generator, stand_in: bool) -> cases.Case:
    while True:
        weights = char_remembering_weights(rng)
        seed = [int(i) for i in rng.integers(0, len(cases.CHARACTERS), LONG_SEED)]
        if text := _tells(reference, weights, seed, stand_in):
            return {"weights": weights, "seed": seed, "characters": _stops_for(text)}


def _tells(reference: Runner, weights: Arrays, seed: list[int], stand_in: bool) -> list[int]:
    """The continuation of `seed`, if it shows every wrong reading; else an empty list."""
    given = "".join(cases.CHARACTERS[i] for i in seed)
    ids = np.array(
        [_encode(t) for t in _texts(reference, weights, given, LONG, 1, 0, stand_in=stand_in)]
    )
    new, n = ids[:, len(seed) :], len(seed)
    repeats = bool((np.diff(new[0, : LONG - 2]) == 0).any())
    if not repeats or len(set(new[0, : LONG - 2].tolist())) < 4:
        return []
    read = partial(_read_by, reference, weights, ids, n, stand_in)
    once = read(("once",))["once"]
    windows = partial(_windows, reference, weights, ids, n, stand_in)

    def escape(wrong: Iterable[np.ndarray], right: Iterable[np.ndarray]) -> bool:
        possible = np.max([softmax(z) for z in right], axis=0) >= LEAST_LIKELY
        return any(_escapes(softmax(z), possible, new[0]) > FALSE_ALARM for z in wrong)

    # Nine of ten models end here, by the first window. What one right plan calls possible is
    # possible, so none ends in vain.
    if escape(windows(), [once[0]]):
        return []
    right = [z[0] for z in read(RIGHT_PLANS).values()]
    if escape((*windows(), *(z[0] for z in read(WRONG_PLANS).values())), right):
        return []
    return [int(i) for i in new[0]]


def _windows(
    reference: Runner, weights: Arrays, ids: np.ndarray, n: int, stand_in: bool
) -> Iterator[np.ndarray]:
    """Logits (T, V) before each draw of one text by windows, the longest first: of n, of WINDOWS.

    All draws are read in one batch.
    """
    for w in (n, *sorted(WINDOWS.values(), reverse=True)):
        rows = np.stack([ids[0, t - w : t] for t in range(n, ids.shape[1])])
        asked = {"weights": weights, "x": rows, "plans": [[(0, w, False)]]}
        (logits,) = field(reference.readings(**asked, stand_in=stand_in), "logits")
        yield np.asarray(logits, dtype=np.float64)[:, 0]


def _escapes(drawn: np.ndarray, possible: np.ndarray, text: np.ndarray) -> float:
    """At most the chance that a sampler's text holds no impossible character.

    `drawn` and `possible` are (T, V): what it draws from, and what a right one may draw, behind
    the first characters of `text`. Where it leaves `text` by a possible character, it escapes.
    """
    so_far, escaped = 1.0, 0.0
    for chances, may, character in zip(drawn, possible, text):
        escaped += so_far * float(chances[may].sum() - chances[character])
        so_far *= float(chances[character])
    return escaped + so_far


def _stops_for(text: list[int]) -> str:
    """Characters in which what `text` holds first are the stops of sentences and lines."""
    order = list(dict.fromkeys(text))
    order += [i for i in range(len(cases.CHARACTERS)) if i not in order]
    names = dict(zip(order, STOPS))
    return "".join(names[i] for i in range(len(cases.CHARACTERS)))


def _only_text(texts: Any) -> str:
    text = texts[0] if isinstance(texts, list) and len(texts) == 1 else None
    if isinstance(text, (list, tuple)) and all(isinstance(c, str) for c in text):
        text = "".join(text)
    if not isinstance(text, str):
        raise Failed(
            Text(
                f"generate 应返回字符串，实际返回 {type_name(text)}",
                f"generate should return a string, got {type_name(text)}",
            )
        )
    return text


def generate_without_dropout(
    lab: Runner, reference: Runner, weights: Arrays, seed: str, rng_seed: int
) -> None:
    """A model with dropout, left in training mode, generates as if it had none.

    The logits are so far apart that each next character is nearly certain, so a text shows the
    logits. Another check tests what the state has read: here any plan is right. A text that is the
    same with the least likely characters in place of the likeliest does not come from the model.
    """

    def measure(stand_in: bool) -> None:
        turned = weights | {"fc.weight": -weights["fc.weight"]}
        other = _texts(lab, turned, seed, LONG, 1, rng_seed, stand_in=stand_in)
        found = _texts(
            lab, weights, seed, LONG, 2, rng_seed, 1.0, dropout=DROPOUT, stand_in=stand_in
        )
        if found[0] == other[0]:
            raise Failed(
                Text(
                    "换了模型的权重，生成的文本却不变；每个字符要由模型的 logits 抽取",
                    "the text stays the same when the weights of the model change; draw each "
                    "character from the model's logits",
                )
            )
        # From the same seeds: a model in evaluation mode draws nothing for its dropout.
        if found == _texts(lab, weights, seed, LONG, 2, rng_seed, 1.0, stand_in=stand_in):
            return
        ids = _with_seed(found, seed, LONG)
        drawn = ids[:, len(seed) :]
        names = (*RIGHT_PLANS, *WRONG_PLANS, *WINDOWS)
        logits = _read_by(reference, weights, ids, len(seed), stand_in, names)
        if max(_probability(z, drawn).min() for z in logits.values()) < LEAST_LIKELY:
            raise Failed(
                Text(
                    "带 dropout 的模型处于训练模式时，生成的文本与没有 dropout 时不同，"
                    "不是按模型的概率抽的；generate 里先调用 model.eval()，再按概率抽取",
                    "with a model that has dropout and is in training mode the text is another "
                    "than without dropout, and not drawn from the model's probabilities; call "
                    "model.eval() in generate, then draw by the probabilities",
                )
            )

    either(measure)


def restless_weights(reference: Runner, rng: np.random.Generator, seed: str) -> Arrays:
    """A model whose nearly certain next character often changes with dropout; drawn until found."""

    def draw() -> Arrays:
        while True:
            weights = char_peaked_weights(rng)
            if all(_changed(reference, weights, seed, s) > CHANGED for s in (False, True)):
                return weights

    return cases.drawn_once(rng, "restless", draw)


def _changed(reference: Runner, weights: Arrays, seed: str, stand_in: bool) -> float:
    """The share of a text's characters that dropout changes, each on its own."""
    text = _texts(reference, weights, seed, LONG, 1, 0, stand_in=stand_in)
    ids = np.repeat(_with_seed(text, seed, LONG), 16, axis=0)
    plan = _plans(len(seed), LONG)["once"]
    noisy = reference.readings(
        weights=weights, x=ids, plans=[plan], stand_in=stand_in, dropout=DROPOUT
    )
    return float((noisy["logits"][0].argmax(axis=-1) != ids[:, len(seed) :]).mean())


def _plans(n: int, length: int) -> dict[str, Plan]:
    """What the model has read before each of `length` draws after a seed of n characters.

    Two plans are right: ``once`` reads each character once, which equals reading the whole text
    from a zero state before each draw; ``again``, the handout's loop, reads the whole text before
    each draw and starts from the last state. The others are mistakes. Steps are (start, stop,
    carry); see the probe ``readings``.
    """
    ends = range(n, n + length)
    later = [(t - 1, t, True) for t in ends[1:]]
    return {
        "once": [(0, n, False), *later],
        "again": [(0, t, t > n) for t in ends],
        "reset": [(0, n, False), *((t - 1, t, False) for t in ends[1:])],
        "single": [(t - 1, t, False) for t in ends],
        "cold": [(n - 1, n, False), *later],
        "window": [(t - n, t, False) for t in ends],
        "twice": [(0, n, False), (n - 1, n, True), *later],
        "doubled": [(0, n, False), *(step for step in later for _ in range(2))],
        **{name: [(max(0, t - w), t, False) for t in ends] for name, w in WINDOWS.items()},
    }


def _every_text(seed: str) -> tuple[np.ndarray, np.ndarray]:
    """Every possible text of DRAWN characters, without and with the seed before it."""
    V = len(cases.CHARACTERS)
    tails = np.array(list(itertools.product(range(V), repeat=DRAWN)))
    return tails, np.concatenate([np.tile(_encode(seed), (len(tails), 1)), tails], axis=1)


def _readings(runner: Runner, weights: Arrays, ids: np.ndarray, n: int, stand_in: bool) -> Arrays:
    """Logits (N, length, V) before each draw, by each plan."""
    return _read_by(runner, weights, ids, n, stand_in, (*RIGHT_PLANS, *WRONG_PLANS))


def _read_by(
    runner: Runner,
    weights: Arrays,
    ids: np.ndarray,
    n: int,
    stand_in: bool,
    names: tuple[str, ...],
) -> Arrays:
    length = ids.shape[1] - n
    plans = {name: plan for name, plan in _plans(n, length).items() if name in names}
    result = runner.readings(weights=weights, x=ids, plans=list(plans.values()), stand_in=stand_in)
    V = weights["fc.weight"].shape[0]
    found = {}
    for (name, plan), logits in zip(plans.items(), field(result, "logits")):
        whole = array("logits", logits, (len(ids), len(plan), V)).astype(np.float64)
        # Of two readings of one character the second comes before the draw.
        found[name] = whole[:, ::2] if name == "doubled" else whole[:, -length:]
    return found


def _wrong(logits: Arrays, temp: float) -> list[np.ndarray]:
    """Logits, at temperature 1, of the named wrong samplers."""
    found = [0 * logits["once"]]  # uniform
    V = found[0].shape[-1]
    for plan in RIGHT_PLANS:
        z = logits[plan]
        found += [z, z * temp, z * 1e3]  # temperature ignored; multiplied; arg-max
        ranked = -np.sort(-z, axis=-1) / temp  # ranks among the k largest, taken for indices
        found += [np.where(np.arange(V) < k, ranked, -np.inf) for k in range(2, V + 1)]
    return found + [logits[plan] / temp for plan in WRONG_PLANS]


def _log_likelihood(logits: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The log-likelihood of each text (N,)."""
    logs: np.ndarray = np.log(np.maximum(_probability(logits, drawn), 1e-12)).sum(axis=-1)
    return logs


def _probability(logits: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The probability of each drawn character (N, length) under logits (N, length, V)."""
    return np.take_along_axis(softmax(logits), drawn[..., None], axis=-1)[..., 0]


def _texts(
    lab: Runner,
    weights: Arrays,
    seed: str,
    length: int,
    count: int,
    rng_seed: int,
    temp: float = 1.0,
    dropout: float = 0.0,
    stand_in: bool = False,
    characters: str = cases.CHARACTERS,
) -> list[str]:
    result = lab.generate(
        weights=weights,
        seed=seed,
        characters=characters,
        length=length,
        temp=temp,
        count=count,
        rng_seed=rng_seed,
        dropout=dropout,
        stand_in=stand_in,
    )
    texts = field(result, "texts")
    if not isinstance(texts, list) or len(texts) != count:
        raise Failed(
            Text(
                "generate 没有返回文本：检查 return", "generate returned no texts: check its return"
            )
        )
    for i, text in enumerate(texts):
        if isinstance(text, (list, tuple)) and all(isinstance(c, str) for c in text):
            texts[i] = "".join(text)  # a list of characters counts as a text
        elif not isinstance(text, str):
            raise Failed(
                Text(
                    f"generate 应返回字符串，实际返回 {type_name(text)}",
                    f"generate should return a string, got {type_name(text)}",
                )
            )
    return texts


def _with_seed(
    texts: list[str], seed: str, length: int, characters: str = cases.CHARACTERS
) -> np.ndarray:
    """Indices (N, seed + new) of texts with or without the seed, cut to the shortest of them."""
    if all(text.startswith(seed) for text in texts):
        texts = [text[len(seed) :] for text in texts]
    kept = min(length, *(len(text) for text in texts))
    if kept < length / 2:
        raise Failed(
            Text(
                f"generate 返回的新字符不足 {length} 个，无法检验；应返回 seed 加 length 个字符",
                f"generate returned fewer than {length} new characters, too few to judge; "
                "return the seed and length characters",
            )
        )
    return np.array([_encode(seed + text[:kept], characters) for text in texts])


def _encode(text: str, characters: str = cases.CHARACTERS) -> list[int]:
    if unknown := sorted(set(text) - set(characters)):
        raise Failed(
            Text(
                f"generate 返回了词表之外的字符 {unknown[0]!r}；应只从词表中抽取",
                f"generate returned {unknown[0]!r}, which is not in the vocabulary; "
                "draw from the vocabulary only",
            )
        )
    return [characters.index(c) for c in text]
