"""Text that no spreadsheet runs: a formula is guarded by an apostrophe, and read back without."""

from __future__ import annotations

import unicodedata
from typing import Final

_STARTS: Final = "=+-@"


def runs(text: str) -> bool:
    """Whether a spreadsheet could take `text` for a formula.

    The first visible character decides, also in a full-width form.
    """
    for char in text:
        if unicodedata.category(char)[0] in "ZC":
            continue
        # NFKC, because a spreadsheet may read a full-width sign as the plain one.
        return unicodedata.normalize("NFKC", char)[0] in _STARTS
    return False


def guarded(text: str) -> str:
    """`text` with an apostrophe before what would run, or before one that is there already."""
    return "'" + text if runs(text.lstrip("'")) else text


def unguarded(text: str) -> str:
    """The text of which :func:`guarded` made `text`."""
    return text[1:] if text.startswith("'") and runs(text.lstrip("'")) else text
