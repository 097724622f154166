"""Decode bytes of unknown origin by trying encodings: files and names that others wrote.

A Chinese system writes GB18030 (or its subsets GBK and GB2312) where others write UTF-8, and
nothing in the bytes says which. UTF-8 is tried first, because text in GB18030 is rarely valid
UTF-8, while text in UTF-8 is often valid GB18030.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Sequence


def decode(data: bytes, encoding: str) -> str | None:
    """`data` as text, or None if it is not in `encoding`."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def decode_each(items: Sequence[bytes], encoding: str) -> list[str] | None:
    """Every item as text, or None if one of them is not in `encoding`."""
    try:
        return [item.decode(encoding) for item in items]
    except UnicodeDecodeError:
        return None


def first_fitting(
    data: bytes,
    encodings: Iterable[str],
    accept: Callable[[str, str], bool] = lambda text, encoding: True,
) -> tuple[str, str] | None:
    """Text and encoding of the first encoding that decodes `data` to a text that is accepted."""
    for encoding in encodings:
        text = decode(data, encoding)
        if text is not None and accept(text, encoding):
            return text, encoding
    return None


def of_spreadsheet(data: bytes) -> str | None:
    """The text of a CSV file as spreadsheet programs save it; None in any other encoding.

    UTF-16 has a mark; what a Chinese Excel saves as plain CSV is in GB18030.
    """
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encodings = ["utf-16"] if marked else ["utf-8-sig", "gb18030"]
    # UTF-16 without its mark decodes as UTF-8 with a NUL beside every letter.
    found = first_fitting(data, encodings, lambda text, _: "\0" not in text)
    return None if found is None else found[0]
