"""When two answers of ``process_poems`` are the same: the order of its vocabulary is free."""

from __future__ import annotations

from typing import Any


def same_vocabulary(got: Any, expected: Any) -> bool:
    """Whether two answers of the probe ``process`` describe the same lines in the same way."""
    if not isinstance(got, dict) or not isinstance(expected, dict):
        return False
    return bool(_decoded(got) == _decoded(expected))


def _decoded(answer: dict[str, Any]) -> Any:
    """The answer of ``process_poems``, without the free order of its vocabulary."""
    vectors, index_of, words = (
        answer.get(name) for name in ("vectors", "word_int_map", "int_word_map")
    )
    if not isinstance(vectors, list) or not isinstance(index_of, dict):
        return ("no", id(answer))
    # Some return the two maps the other way round. They can still be compared; that they were
    # exchanged stays part of the answer.
    exchanged = isinstance(words, dict) and all(isinstance(i, int) for i in index_of)
    if exchanged:
        index_of, words = words, index_of
    table = dict(enumerate(words)) if isinstance(words, (list, tuple)) else words
    if not isinstance(table, dict) or not isinstance(index_of, dict):
        return ("no", id(answer))
    table = {k: w for k, w in table.items() if isinstance(w, str)}  # a str, so that == is Python's
    try:
        # Characters in place of indices stay characters, and that they are is part of the answer.
        texts = any(isinstance(i, str) for row in vectors for i in row)
        rows = [[i if isinstance(i, str) else table.get(int(i)) for i in row] for row in vectors]
        inverse = all(table.get(int(i)) == w for w, i in index_of.items())
        indices = sorted(int(i) for i in index_of.values())
        # The vectors by their characters, so that any order of the vocabulary is the same.
        return rows, set(index_of), inverse, indices, exchanged, texts
    except (TypeError, ValueError, OverflowError):
        return ("no", id(answer))
