"""The known name that a mistyped one most likely means."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from kit.text import Text


def close_names(wrong: str, known: Iterable[str], most: int) -> list[str]:
    """At most `most` of the known names that look like `wrong`, the closest first."""
    # With difflib's usual threshold, which takes a swap or a missing letter for likeness.
    return difflib.get_close_matches(wrong, list(known), n=most)


def did_you_mean(wrong: str, known: Iterable[str], otherwise: Text) -> Text:
    """A question that names the closest known name; `otherwise` where none is close."""
    near = close_names(wrong, known, 1)
    return Text(f"你是不是想写 {near[0]}？", f"Did you mean {near[0]}?") if near else otherwise
