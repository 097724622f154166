"""Checks of part ``poems`` (Lab 5), on what its probes answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from kit.compare import describe, field
from kit.outcomes import Failed, NotAttempted, Verdict
from kit.runner import Runner
from kit.text import Text

from .cases import poem_weights

START, END = "G", "E"

TITLE = "题:"
"""A title in front of a line, for the first reader of the nndl exercise."""


def vectors_agree(
    lab: Runner, lines: list[str], content: bytes | None = None, contract: str = "lab5"
) -> None:
    """Each vector decodes, by the student's own map, to ``G`` + its line + ``E``, in file order."""
    if contract == "nndl":
        lines = sorted(lines, key=len)  # the exercise sorts by length
    content = encode(lines) if content is None else content
    read(lab, content, contract, lambda result: _vectors(result, lines))


def read(lab: Runner, content: bytes, contract: str, agree: Callable[[Any], None]) -> None:
    """`agree` passes on the answer of ``process_poems`` to a file.

    The nndl contract has two readers, for lines with titles and for lines without. Each reads
    both files, and one right answer is enough.
    """
    if contract != "nndl":
        agree(lab.process(content=content))
        return
    begun(lab)
    first: Failed | None = None
    for result in _readings(lab, content):
        try:
            return agree(result)
        except Failed as failed:
            first = first or failed
    raise first or Failed(
        Text(
            "读取诗集的函数没有返回可用的结果：检查 return",
            "the function that reads the poems returned nothing usable: check its return",
        )
    )


def _readings(lab: Runner, content: bytes) -> list[Any]:
    """The answers of the readers of the nndl contract to a file; None for a reader that raised."""
    found = field(lab.readings(contents=with_titles(content)), "readings")
    return found if isinstance(found, list) else []


def with_titles(content: bytes) -> list[bytes]:
    """A file unchanged, and with a title in front of each line."""
    titled = re.sub(r"(?m)^(\ufeff?)(?=[^\r\n])", rf"\1{TITLE}", content.decode())
    return [content, titled.encode()]


def plain(lines: list[str], contract: str) -> list[str]:
    """Lines as the contract reads them: the nndl exercise drops punctuation in one reader."""
    if contract != "nndl":
        return lines
    return [line.replace("，", "").replace("。", "") for line in lines]


def begun(lab: Runner) -> None:
    """The blanks of the nndl exercise are both in ``rnn.py``: ``main.py`` alone earns nothing."""
    weights = poem_weights(np.random.default_rng(0))
    try:
        lab.last_row(weights=weights, x=np.ones((1, 2), int), contract="nndl")
    except NotAttempted:
        raise
    except Verdict:
        return  # other checks test the model


def _vectors(result: Any, lines: list[str]) -> None:
    words = _words(field(result, "int_word_map"))
    vectors = field(result, "vectors")
    if not isinstance(vectors, list) or len(vectors) != len(lines):
        got = Text(describe(vectors, "zh"), describe(vectors))
        if isinstance(vectors, list):
            got = Text(f"{len(vectors)} 个", f"{len(vectors)}")
        raise Failed(
            Text(
                f"文件有 {len(lines)} 行，poems_vector 应有 {len(lines)} 个序列，实际返回 {got.zh}",
                f"the file has {len(lines)} lines, so poems_vector should hold {len(lines)} "
                f"sequences, got {got.en}",
            )
        )
    for number, (row, line) in enumerate(zip(vectors, lines), start=1):
        wanted = START + line + END
        text = _decode(row, words, number)
        if text != wanted:
            raise Failed(_row_text(number, text, wanted))


def maps_agree(
    lab: Runner, lines: list[str], content: bytes | None = None, contract: str = "lab5"
) -> None:
    """The maps are inverse to each other, with indices 0..V-1, for exactly the file's characters.

    In the nndl contract a blank may follow the last character.
    """
    spare = " " if contract == "nndl" else ""
    content = encode(lines) if content is None else content
    read(lab, content, contract, lambda result: _maps(result, lines, spare))


def _maps(result: Any, lines: list[str], spare: str) -> None:
    index_of = field(result, "word_int_map")
    if not isinstance(index_of, dict):
        raise Failed(
            Text(
                f"word_int_map 应是字典，实际返回 {describe(index_of, 'zh')}",
                f"word_int_map should be a dict, got {describe(index_of)}",
            )
        )
    words = _words(field(result, "int_word_map"))
    characters = set("".join(lines)) | {START, END} | (set(spare) & set(index_of))
    if set(index_of) != characters:
        lacking = len(characters - set(index_of))
        others = set(index_of) - characters
        surplus = sorted(repr(w) for w in others if isinstance(w, str) and len(w) == 1)[:3]
        raise Failed(
            Text(
                f"词表应恰好含文件中的 {len(characters)} 个字符（包括 G 和 E）；"
                f"少了 {lacking} 个，多了 {len(others)} 个 {'、'.join(surplus)}",
                f"the vocabulary should hold exactly the {len(characters)} characters of the file "
                f"(G and E among them); {lacking} are missing, {len(others)} are surplus "
                f"{', '.join(surplus)}",
            )
        )
    indices = sorted(_integer(i, "word_int_map") for i in index_of.values())
    if indices != list(range(len(characters))):
        raise Failed(
            Text(
                f"下标应恰好是 0 到 {len(characters) - 1}，实际是 {indices[0]} 到 {indices[-1]}"
                + ("，且有重复" if len(set(indices)) < len(indices) else ""),
                f"indices should be 0 to {len(characters) - 1}, each once; got {indices[0]} to "
                f"{indices[-1]}" + (" with repeats" if len(set(indices)) < len(indices) else ""),
            )
        )
    inverse = {_integer(i, "word_int_map"): w for w, i in index_of.items()}
    if len(words) != len(inverse) or any(
        not isinstance(words.get(i), str) or words[i] != w for i, w in inverse.items()
    ):
        raise Failed(
            Text(
                "word_int_map 与 int_word_map 应互为逆映射",
                "word_int_map and int_word_map should be inverse of each other",
            )
        )


def order_is_stable(
    lab: Runner, other_hash_seed: Runner, lines: list[str], contract: str = "lab5"
) -> None:
    """Two interpreters with different hash seeds give the same vocabulary order.

    In the nndl contract, one of the readers must do so.
    """
    content = encode(lines)
    if contract != "nndl":
        _stable([runner.process(content=content) for runner in (lab, other_hash_seed)], lines)
        return
    begun(lab)
    first: Failed | None = None
    for pair in zip(_readings(lab, content), _readings(other_hash_seed, content)):
        try:
            return _stable(list(pair), lines)
        except Failed as failed:
            first = first or failed
    raise first or Failed(
        Text(
            "读取诗集的函数没有返回可用的词表：检查 return",
            "the function that reads the poems returned no usable vocabulary: check its return",
        )
    )


def _stable(results: list[Any], lines: list[str]) -> None:
    maps = [field(result, "word_int_map") for result in results]
    orders = [_order(mapping) for mapping in maps]
    characters = set("".join(lines))
    if len(characters & orders[0].keys()) < len(characters) / 2:
        raise Failed(
            Text(
                "word_int_map 缺少文件中的大部分字符，无法比较顺序；先改好词表",
                "word_int_map lacks most characters of the file, so their order cannot be "
                "compared; "
                "complete the vocabulary first",
            )
        )
    if orders[0] != orders[1]:
        raise Failed(
            Text(
                "换一个 Python 进程读同一个文件，词表或其顺序就变了；下次运行时，"
                "保存的模型就与词表对不上；它只应取决于文件内容：先排序（不要直接遍历 set），"
                "也不要留下前一次调用的字",
                "another run of Python makes another vocabulary, or another order, of the same "
                "file, so a saved model would no longer fit; it should depend on the file alone: "
                "sort first (iterate over no set), and keep no word of an earlier call",
            )
        )


def encode(lines: list[str], end: str = "\n", last: bool = True) -> bytes:
    """The lines as the bytes of a UTF-8 file."""
    return (end.join(lines) + (end if last else "")).encode()


def _order(index_of: Any) -> dict[Any, int]:
    """word_int_map with Python integers."""
    if not isinstance(index_of, dict):
        raise Failed(
            Text(
                f"word_int_map 应是字典，实际返回 {describe(index_of, 'zh')}",
                f"word_int_map should be a dict, got {describe(index_of)}",
            )
        )
    return {word: _integer(i, "word_int_map") for word, i in index_of.items()}


def _words(mapping: Any) -> dict[int, Any]:
    """int_word_map as a dict; a list or tuple of words is converted."""
    if isinstance(mapping, (list, tuple)):
        return dict(enumerate(mapping))
    if not isinstance(mapping, dict):
        raise Failed(
            Text(
                f"int_word_map 应是字典，实际返回 {describe(mapping, 'zh')}",
                f"int_word_map should be a dict, got {describe(mapping)}",
            )
        )
    return mapping


def _integer(value: Any, name: str) -> int:
    if hasattr(value, "ndim") and value.ndim == 0 and value.dtype.kind in "iu":
        value = value.item()  # a numpy integer
    if isinstance(value, bool) or not isinstance(value, int):
        raise Failed(
            Text(
                f"{name} 的下标应是整数，实际是 {describe(value, 'zh')}",
                f"indices of {name} should be integers, got {describe(value)}",
            )
        )
    return value


def _decode(row: Any, words: dict[int, Any], number: int) -> str:
    if not isinstance(row, list):
        raise Failed(
            Text(
                f"poems_vector 第 {number} 项应是下标序列，实际是 {describe(row, 'zh')}",
                f"entry {number} of poems_vector should be a sequence of indices, "
                f"got {describe(row)}",
            )
        )
    characters = [words.get(_integer(i, "poems_vector")) for i in row]
    return "".join(c if isinstance(c, str) else "?" for c in characters)


def _row_text(number: int, text: str, wanted: str) -> Text:
    if text and text[0] != START:
        return Text(f"第 {number} 个序列应以 G 开头", f"sequence {number} should start with G")
    if text and text[-1] != END:
        return Text(f"第 {number} 个序列应以 E 结尾", f"sequence {number} should end with E")
    if "\n" in text or "\r" in text:
        return Text(
            f"第 {number} 个序列里有换行符；请先去掉行尾",
            f"sequence {number} holds a line end; strip it first",
        )
    if len(text) != len(wanted):
        return Text(
            f"第 {number} 个序列应有 {len(wanted)} 个下标（一行加 G 和 E），实际有 {len(text)} 个",
            f"sequence {number} should have {len(wanted)} indices (its line, G and E), "
            f"got {len(text)}",
        )
    return Text(
        f"第 {number} 个序列解码后不是文件的第 {number} 行；顺序应与文件一致，一字不漏",
        f"sequence {number} does not decode to line {number} of the file; keep the file's order "
        "and every character",
    )
