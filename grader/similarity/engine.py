"""The engine that finds copied code: copydetect's lexer, fingerprints and slices.

The only module that imports it. It writes every name as one letter and drops comments and blanks,
then hashes each run of `K` characters and keeps some of the hashes (winnowing). `prints` reads
student code, so it runs in a worker; `slices` sees numbers alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from copydetect import utils

Numbers = npt.NDArray[np.int64]

K = 25
"""Characters of normalised code in one fingerprint, copydetect's own default: some 15 tokens."""

WINDOW = 6
"""Of so many fingerprints in a row one is kept: every run of K + WINDOW - 1 characters is found."""


# With an even base the last characters would not reach the low bits of the sum.
_POWERS: Final = np.uint64(0x9E3779B97F4A7C15) ** np.arange(K, dtype=np.uint64)
"""Powers of an odd number, modulo 2**64."""

_MIXING: Final = (
    (np.uint64(33), np.uint64(0xFF51AFD7ED558CCD)),
    (np.uint64(33), np.uint64(0xC4CEB9FE1A85EC53)),
    (np.uint64(33), np.uint64(1)),
)
"""Shifts and factors of the last step of MurmurHash3 (Austin Appleby, public domain)."""


@dataclass(frozen=True, slots=True)
class Prints:
    """Fingerprints of a text in the order of their starts."""

    hashes: tuple[int, ...]
    starts: tuple[int, ...]  # in the normalised code
    begins: tuple[int, ...]  # in the text
    ends: tuple[int, ...]  # in the text, of the last character
    size: int  # characters of the normalised code


def prints(text: str, most: int) -> Prints:
    """The first `most` fingerprints of `text`, which is Python; nothing of it is executed."""
    code, offsets = utils.filter_code(text, "a.py", "python")
    if len(code) < K:
        return Prints((), (), (), (), len(code))
    # Duplicates stay, because the page shows every place of the shared code.
    hashes, found = utils.winnow(_hashes(code), WINDOW, remove_duplicates=False)
    # The order is by place, so that a cut leaves out the end of the code.
    order = np.argsort(found, kind="stable")[:most]
    starts = found[order]
    return Prints(
        tuple(hashes[order].tolist()),
        tuple(starts.tolist()),
        tuple(_in_text(starts, offsets).tolist()),
        tuple(_in_text(starts + K - 1, offsets).tolist()),
        len(code),
    )


def _hashes(code: str) -> Numbers:
    """A number for each run of K characters: a polynomial of them, mixed so that all bits differ.

    copydetect takes Python's `hash`, which differs with the hash seed and the version of Python. A
    share would then differ, too, because winnowing keeps the smallest hashes.
    """
    # Each character is one number, a lone surrogate too.
    characters = np.frombuffer(code.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    # The products wrap modulo 2**64 on purpose.
    mixed = np.lib.stride_tricks.sliding_window_view(characters, K) @ _POWERS
    for shift, factor in _MIXING:
        mixed = (mixed ^ (mixed >> shift)) * factor
    # The same bits with a sign, since messages and SQLite have no larger ints.
    return mixed.view(np.int64)


def _in_text(places: Numbers, offsets: Numbers) -> Numbers:
    """Places of the normalised code in the text that it comes from."""
    # An entry of `offsets` holds from the character behind it on.
    row = np.searchsorted(offsets[:, 0], places, side="left") - 1
    return np.where(row >= 0, places + offsets[np.maximum(row, 0), 1], places)


def slices(starts: Numbers) -> Numbers:
    """The runs of normalised code that fingerprints cover: first row from, second row to."""
    return np.asarray(utils.get_copied_slices(starts, K), dtype=np.int64)
