"""Probes of part ``poems``: Tang poems (Lab 5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kit.binding import call
from kit.data import Answer
from kit.lab import Lab
from kit.outcomes import Failed
from kit.plain import type_name
from kit.text import Text

from . import probes_nndl
from .probes_model import changes, forward, forward_again, last_row, learn, lstm, recall, slopes
from .probes_text import batches, generate, to_word

__all__ = [
    "batches",
    "changes",
    "forward",
    "forward_again",
    "generate",
    "last_row",
    "learn",
    "lstm",
    "process",
    "readings",
    "recall",
    "slopes",
    "to_word",
    "write",
]


def process(lab: Lab, content: bytes) -> Answer:
    """``process_poems`` on a file with `content`: the three values that it returns.

    The vectors become lists of integers, whether they are lists, tuples or arrays.
    """
    return _process(lab.get("process_poems"), content)


def readings(lab: Lab, contents: list[bytes]) -> Answer:
    """The same by the nndl contract, for each of `contents`; see ``probes_nndl.readings``."""
    return {"readings": probes_nndl.readings(lab, contents, _process)}


def write(lab: Lab, contents: list[bytes], ranking: str, begin_word: str, own: bool) -> Answer:
    """``gen_poem`` by the nndl contract; see ``probes_nndl.write``."""
    return probes_nndl.write(lab, contents, ranking, begin_word, own)


def _process(function: Any, content: bytes) -> Answer:
    path = Path("poems.txt")
    path.write_bytes(content)
    result = call(function, file_name=str(path))
    if not isinstance(result, (tuple, list)) or len(result) < 3:
        raise Failed(
            Text(
                "process_poems 应返回 poems_vector, word_int_map, int_word_map，"
                f"实际返回 {type_name(result)}",
                "process_poems should return poems_vector, word_int_map, int_word_map, "
                f"got {type_name(result)}",
            )
        )
    vectors, word_int_map, int_word_map = result[:3]
    return {
        "vectors": [_indices(row) for row in _rows(vectors)],
        "word_int_map": word_int_map,
        "int_word_map": int_word_map,
    }


def _rows(vectors: Any) -> Any:
    if not hasattr(vectors, "__iter__") or isinstance(vectors, (str, dict)):
        raise Failed(
            Text(
                f"poems_vector 应是每行一个下标序列，实际是 {type_name(vectors)}",
                f"poems_vector should hold a sequence of indices for each line, "
                f"got {type_name(vectors)}",
            )
        )
    return vectors


def _indices(row: Any) -> Any:
    """A row as a list of Python integers, if it holds integers; otherwise unchanged."""
    if hasattr(row, "tolist"):  # an array or a tensor
        row = row.tolist()
    if not isinstance(row, (list, tuple)):
        return row
    return [int(i) if isinstance(i, (int, np.integer)) else i for i in row]
