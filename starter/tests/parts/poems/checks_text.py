"""Checks of part ``poems`` for batches, to_word and gen_poem, on what the probes answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from kit.by_itself import either
from kit.compare import describe, field
from kit.outcomes import Crashed, Failed, NotAttempted, OutOfMemory, Skipped, TimedOut, Verdict
from kit.runner import Runner
from kit.text import Text

from . import checks
from .cases import poem_weights
from .checks import encode, plain, with_titles

LONGEST = 51
"""The most characters of a poem by gen_poem, including G and E."""


# ---------------------------------------------------------------- batches


def begun(lab: Runner, contract: str = "lab5") -> None:
    """Some blank has been filled in: the given ``generate_batch`` alone earns nothing."""
    if contract == "nndl":
        return checks.begun(lab)
    asked: tuple[Callable[[], object], ...] = (
        lambda: lab.process(content=encode(["山水，风月。"])),
        lambda: lab.to_word(predict=np.ones(3, np.float32), words="山水风", poem="G"),
        lambda: lab.last_row(
            weights=poem_weights(np.random.default_rng(0)), x=np.ones((1, 2), int)
        ),
    )
    for ask in asked:
        try:
            ask()
            return
        except NotAttempted as stub:
            verdict = stub
        except Skipped:  # no torch here: no evidence
            continue
        except Verdict:
            return  # other checks test that blank
    raise verdict


def batches_shift(lab: Runner, poems: list[list[int]], batch_size: int) -> None:
    """The batches are full, and each target row is its input row shifted by one.

    A row of y may have T - 1 or T entries; with T its last one is free. The order of the poems
    is free too.
    """
    result = lab.batches(batch_size=batch_size, poems=poems)
    x, y = field(result, "x"), field(result, "y")
    wanted = len(poems) // batch_size
    for name, found in (("x", x), ("y", y)):
        if not isinstance(found, list) or len(found) != wanted:
            got = Text(describe(found, "zh"), describe(found))
            if isinstance(found, list):
                got = Text(f"{len(found)} 批", f"{len(found)}")
            raise Failed(
                Text(
                    f"{len(poems)} 首诗、每批 {batch_size} 首，{name} 应有 {wanted} 批"
                    f"（凑不满的一批舍去），实际返回 {got.zh}",
                    f"{len(poems)} poems in batches of {batch_size}: {name} should hold {wanted} "
                    f"batches (an incomplete one is dropped), got {got.en}",
                )
            )
    left = {tuple(poem) for poem in poems}
    for batch_x, batch_y in zip(x, y):
        for batch in (batch_x, batch_y):
            if not isinstance(batch, list) or len(batch) != batch_size:
                raise Failed(
                    Text(
                        f"每批应有 {batch_size} 个序列，实际是 {describe(batch, 'zh')}",
                        f"a batch should hold {batch_size} sequences, got {describe(batch)}",
                    )
                )
        for row_x, row_y in zip(batch_x, batch_y):
            left.discard(_poem_of(row_x, row_y, left))


def _poem_of(x: Any, y: Any, left: set[tuple[int, ...]]) -> tuple[int, ...]:
    """The poem from which a row of x and a row of y come; :class:`Failed` if there is none."""
    if not isinstance(x, list) or not isinstance(y, list):
        raise Failed(
            Text(
                f"每个序列应是下标的列表，实际是 {describe(x, 'zh')} 和 {describe(y, 'zh')}",
                f"a sequence should be a list of indices, got {describe(x)} and {describe(y)}",
            )
        )
    x, y = _indices(x), _indices(y)
    for poem in left:
        T = len(poem)
        if x == list(poem[:-1]) and y == list(poem[1:]):
            return poem
        if x == list(poem) and y[:-1] == list(poem[1:]) and len(y) == T:
            return poem
    if x == y:
        raise Failed(
            Text(
                "目标 y 与输入 x 相同：每一步的目标应是下一个字，即 y[t] = x[t+1]",
                "the targets y equal the inputs x: shift y by one, since the target of a step is "
                "the next character",
            )
        )
    raise Failed(
        Text(
            "有一行不是由一首诗生成的：x 取一首诗（去掉最后一个字或整首），"
            "y 是 x 每个字的下一个字；"
            "同一首诗也不应出现两次",
            "a row is not made of one poem: x is a poem (without its last character, or whole) "
            "and y is x shifted by one; no poem comes twice",
        )
    )


def _indices(row: list[Any]) -> list[Any]:
    """The row with what is no number as None: arrays have no truth value where they differ."""
    whole = (v.item() if isinstance(v, np.ndarray) and v.size == 1 else v for v in row)
    return [v if isinstance(v, (int, float)) else None for v in whole]


# ---------------------------------------------------------------- to_word


def names_the_largest(
    lab: Runner,
    rng: np.random.Generator,
    words: str,
    spare: bool,
    *,
    win: bool = False,
    contract: str = "lab5",
) -> None:
    """The answer is the character of the largest score; with `spare` one more score follows.

    The spare row's score is the second largest or, with `win`, the largest.
    """
    if contract == "nndl":
        checks.begun(lab)
    for place in rng.permutation(len(words))[:4]:
        predict = rng.normal(0, 1, len(words) + spare).astype(np.float32)
        predict[place] = predict.max() + 1
        if spare:
            predict[-1] = predict[place] + (1 if win else -0.5)
        poem = "G" + words[: int(rng.integers(1, len(words)))]
        given = {"predict": predict, "words": words, "poem": poem, "contract": contract}
        word = field(lab.to_word(**given), "word")
        if word != words[place]:
            raise Failed(
                Text(
                    f"to_word 应返回 logit 最大的字 {words[place]!r}，"
                    f"实际返回 {_shown(word, 'zh')}",
                    f"to_word should return the character with the largest score, "
                    f"{words[place]!r}, got {_shown(word)}",
                )
            )


# ---------------------------------------------------------------- gen_poem


def writes(lab: Runner, case: dict[str, Any], begin_word: str, contract: str = "lab5") -> None:
    """The text is G, the begin word, then the characters that the model names, up to E.

    In the nndl contract G and E may be left out.
    """
    wanted = right_text(case["ranking"], begin_word)
    if contract == "nndl":
        return _either(
            lab,
            case,
            begin_word,
            lambda text: _written(f"{text.removesuffix('E')}E", begin_word, wanted),
        )
    _agree(lab, case, begin_word, lambda text: _written(text, begin_word, wanted))


def _either(
    lab: Runner, case: dict[str, Any], begin_word: str, agree: Callable[[str], None]
) -> None:
    """`agree` passes on the text by the student's own model and reader, or by stand-ins."""
    checks.begun(lab)
    first: Verdict | None = None
    for own in (True, False):
        try:
            text = _string(lab.write(**_files(case), begin_word=begin_word, own=own))
            return agree(text if text[:1] == "G" else f"G{text}")
        except (Crashed, TimedOut, OutOfMemory, NotAttempted, Skipped):
            raise
        except Verdict as verdict:
            first = first or verdict
    assert first is not None
    raise first


def _files(case: dict[str, Any]) -> dict[str, Any]:
    """The poems with and without titles, and the ranking, for the probe ``write``."""
    lines = plain(case["lines"], "nndl")
    return {"contents": with_titles(encode(lines)), "ranking": case["ranking"]}


def _written(text: str, begin_word: str, wanted: str) -> None:
    if text == wanted:
        return
    if not text.startswith("G" + begin_word):
        problem = Text("应以 G 和 begin_word 开头", "it should start with G and begin_word")
    elif text.startswith(wanted):
        problem = Text("写到 E 应结束，这里还在继续", "it should end at E, but goes on")
    elif wanted.startswith(text):
        problem = Text(
            "没有写到 E（应写到 E，并保留它）", "it stops before E (write up to E, which is kept)"
        )
    else:
        problem = Text(
            "续写的字不是模型给出的：每个字都取决于 G 和它之前的全文",
            "the characters are not what the model says: each depends on G and on the whole text "
            "before it",
        )
    called = f"gen_poem({begin_word!r})"
    raise Failed(Text(f"{called} 返回 {text[:60]!r}：", f"{called} gave {text[:60]!r}:") + problem)


def begin_words(ranking: str, contract: str = "lab5") -> tuple[str, ...]:
    """What ``gen_poem`` is tried with. The public exercise begins with one character."""
    foremost, late = ranking[0], ranking[-1]
    if contract == "nndl":
        return foremost, ranking[6], late
    # The long one shows a generator that reads one end of it.
    return foremost, ranking[6:1:-2] + foremost, ranking[11:1:-1], late


def stops(lab: Runner, case: dict[str, Any], begin_word: str, contract: str = "lab5") -> None:
    """With a model that never names E, the text still ends."""
    case = case | {"ranking": case["ranking"].replace("E", "")}
    wanted = right_text(case["ranking"], begin_word)
    if contract == "nndl":
        return _either(lab, case, begin_word, lambda text: _stopped(text, begin_word, wanted))
    _agree(lab, case, begin_word, lambda text: _stopped(text, begin_word, wanted))


def _stopped(text: str, begin_word: str, wanted: str) -> None:
    if len(text) < len(begin_word) + 2 or text[: len(wanted)] != wanted[: len(text)]:
        raise Failed(
            Text(
                f"模型一直不给出 E 时，gen_poem({begin_word!r}) 也应从 G 和 begin_word 开始，"
                "写出模型给的字",
                f"where the model never gives E, gen_poem({begin_word!r}) should still start with "
                "G and begin_word and write what the model gives",
            )
        )
    if len(text) > LONGEST:
        raise Failed(
            Text(
                f"模型一直不给出 E 时，gen_poem({begin_word!r}) 至多写到 {LONGEST} 个字，"
                f"实际写了 {len(text)} 个字",
                f"where the model never gives E, gen_poem({begin_word!r}) should stop at "
                f"{LONGEST} characters or before, got {len(text)}",
            )
        )


def writes_on(lab: Runner, case: dict[str, Any], two_layers: bool, contract: str) -> None:
    """A long text, or one of a single character, is what the model names, each read once.

    With a ranking without E the model names all of it, then all of it once more, if it is an LSTM
    of `two_layers`; another model costs points elsewhere. A full stop is a character like any
    other.
    """
    ranking = case["ranking"]
    if contract == "nndl":
        return writes(lab, case, ranking[3], contract)
    writes(lab, case, ranking[4])
    whole = ranking.replace("E", "")
    for given, begin_word in ((whole, whole[1]), (whole[0], whole[5])):
        how = partial(_goes_on, given=given, begin_word=begin_word, two_layers=two_layers)
        _agree(lab, case | {"ranking": given}, begin_word, how)


def _goes_on(text: str, *, given: str, begin_word: str, two_layers: bool) -> None:
    once = right_text(given, begin_word)
    again = (given * LONGEST)[:LONGEST] if len(given) == 1 else given
    got = text[len(once) :][: len(again)]
    goes_on = got == again[: len(got)] or not two_layers
    if text[: len(once)] != once[: len(text)] or not goes_on:
        raise Failed(
            Text(
                f"gen_poem({begin_word!r}) 的长诗里续写的字不是模型给出的：每个字取决于到目前为止"
                "的全文，每个字只读一遍；字可以重复，也不在句号处停下",
                f"in a long text of gen_poem({begin_word!r}) the characters are not what the model "
                "says: each depends on the whole text so far, in which every character is read "
                "once; characters may repeat, and a full stop does not end the text",
            )
        )


def bears_unknown(
    lab: Runner, case: dict[str, Any], begin_word: str, contract: str = "lab5"
) -> None:
    """A begin word that is in no poem gives a text, or an error that the student raises."""
    if contract == "nndl":
        return _either(lab, case, begin_word, lambda text: None)
    text = _text(lab, case, begin_word)
    if not text.startswith("G" + begin_word):
        raise Failed(
            Text(
                f"gen_poem({begin_word!r}) 返回的诗应以 G 和 begin_word 开头",
                f"gen_poem({begin_word!r}) should start with G and begin_word",
            )
        )


def right_text(ranking: str, begin_word: str) -> str:
    """The text that the model of ``parts.poems.probes_text`` gives for a begin word, up to E."""
    text = "G" + begin_word
    for character in ranking:
        if character not in text:
            text += character
        if character == "E":
            break
    return text


def _text(lab: Runner, case: dict[str, Any], begin_word: str, by_itself: bool = False) -> str:
    given = {"lines": case["lines"], "ranking": case["ranking"], "begin_word": begin_word}
    return _string(lab.generate(**given, by_itself=by_itself))


def _agree(
    lab: Runner, case: dict[str, Any], begin_word: str, agree: Callable[[str], None]
) -> None:
    """`agree` passes on the text with the student's own ``to_word``, or with a stand-in."""
    either(lambda by_itself: agree(_text(lab, case, begin_word, by_itself)))


def _string(result: Any) -> str:
    text = field(result, "text")
    if not isinstance(text, str):
        raise Failed(
            Text(
                f"gen_poem 应返回字符串，实际返回 {describe(text, 'zh')}",
                f"gen_poem should return a string, got {describe(text)}",
            )
        )
    return text


def _shown(value: Any, lang: str = "en") -> str:
    return repr(value[:20]) if isinstance(value, str) else describe(value, lang)
