"""The names in a class's archive, where it does not say how they are encoded.

The encoding is chosen by what lies side by side in the archive, one vote each: names inside one
student's folder are that student's, and say nothing about how another's are to be read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from zipfile import ZipInfo

from grader.core.text_decoding import decode_each
from grader.intake import names

_WITNESSED = ("gb18030", "big5hkscs", "cp932", "cp949")
_Words = tuple[bytes, ...]


def decode_names(infos: Sequence[ZipInfo], witnesses: Collection[str] = ()) -> list[str]:
    """The entries' names, "/" between folders.

    Without a witness: UTF-8 if all names are, else GB18030. Another encoding is preferred
    only if more names of the roster occur in the result.
    """
    marked = [names.marked_name(info) for info in infos]
    words = [_words(info) for info in infos]
    depth = _shared(words)
    units: dict[_Words, list[int]] = {}
    for i, name in enumerate(marked):
        if name is None:
            units.setdefault(words[i][: depth + 1], []).append(i)
    heads, encoding = _heads(list(units), witnesses)
    found = list(marked)
    for (unit, members), head in zip(units.items(), heads, strict=True):
        rests = [b"/".join(words[i][len(unit) :]) for i in members]
        decoded = decode_each(rests, encoding) if encoding else None
        for i, rest in zip(members, decoded or names.decode_together(rests)[0], strict=True):
            found[i] = f"{head}/{rest}" if words[i][len(unit) :] else head
    # Only now: the second byte of a character may be a backslash.
    return [(name or "").replace("\\", "/") for name in found]


def _words(info: ZipInfo) -> _Words:
    """The raw name between slashes; no encoding of letters uses their byte."""
    try:
        raw = names.raw_name(info)
    except UnicodeEncodeError:  # marked as UTF-8, so that zipfile decoded it
        raw = info.orig_filename.encode("utf-8", "surrogatepass")
    return tuple(raw.split(b"/"))


def _shared(words: Sequence[_Words]) -> int:
    """How many folders hold everything there is."""
    depth = 0
    while words and all(len(w) > depth + 1 for w in words) and len({w[depth] for w in words}) == 1:
        depth += 1
    return depth


def _heads(units: Sequence[_Words], witnesses: Collection[str]) -> tuple[list[str], str]:
    """The names of the units, and their encoding where the roster chose it."""
    raw = [b"/".join(unit) for unit in units]
    chosen, encoding = names.decode_together(raw)[0], ""
    known = {unicodedata.normalize("NFC", w) for w in witnesses if not w.isascii()}
    most = _hits(chosen, known)
    for candidate in _WITNESSED if known else ():
        other = decode_each(raw, candidate)
        if other is not None and (hits := _hits(other, known)) > most:
            most, chosen, encoding = hits, other, candidate
    return list(chosen), encoding


def _hits(listed: Sequence[str], known: Collection[str]) -> int:
    text = unicodedata.normalize("NFC", "\n".join(listed))
    return sum(name in text for name in known)
