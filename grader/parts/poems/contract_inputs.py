"""Random inputs of the contract of ``poems``."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.parts.contract_inputs import Arguments, Inputs
from parts.poems.cases import poem_generator

CHARACTERS = "山水风月花鸟，春秋人天云江日夜白青玉雨。"


def _file(rng: np.random.Generator) -> Arguments:
    """Lines of equal length, with or without a last line end, LF or CRLF."""
    width, count = int(rng.integers(1, 9)), int(rng.integers(1, 9))
    lines = ["".join(rng.choice(list(CHARACTERS), width)) for _ in range(count)]
    end = str(rng.choice(["\n", "\r\n"]))
    text = end.join(lines) + (end if rng.random() < 0.5 else "")
    return {"content": text.encode()}


def _read(given: Arguments, answer: Any) -> Any:
    """The poems that the indices spell, and whether the maps are each other's inverse.

    The order of the vocabulary is free.
    """
    words, indices = answer["int_word_map"], answer["word_int_map"]
    return {
        "poems": ["".join(words[i] for i in poem) for poem in answer["vectors"]],
        "characters": sorted(indices),
        "indices": sorted(words),
        "inverse": all(words[i] == word for word, i in indices.items()),
    }


def _generator(rng: np.random.Generator) -> Arguments:
    given = poem_generator(rng, length=int(rng.integers(3, 15)))
    begin = rng.choice(list(given["ranking"].replace("E", "")), int(rng.integers(1, 4)))
    return {**given, "begin_word": "".join(begin)}


def _scores(rng: np.random.Generator) -> Arguments:
    """Scores of a vocabulary, in half of the inputs with a spare row, which is not the largest."""
    words = "".join(rng.permutation(list(CHARACTERS))[: int(rng.integers(1, 12))])
    predict = rng.normal(0, 2, len(words)).astype(np.float32)
    if rng.random() < 0.5:
        predict = np.append(predict, predict.max() - np.float32(1))
    return {"predict": predict, "words": words, "poem": "G"}


INPUTS = {
    "process_poems": Inputs("process", _file, _read),
    "to_word": Inputs("to_word", _scores),
    "gen_poem": Inputs("generate", _generator),
}
