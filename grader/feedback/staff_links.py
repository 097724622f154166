"""From the staff page of one hand-in to the next: put in once the class is known.

A page is made before its neighbours are known, and a hand-in that arrives later changes them. So
the links have a place of their own in the page, and only that place is written again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from kit.text import Text

from . import STAFF_PAGE
from .atomic import write_text

# What students wrote is escaped in the page, so this tag is the template's.
_PLACE: Final = re.compile(r'<p class="beside">.*?</p>', re.S)
_BACK: Final = Text("上一份", "previous hand-in")
_NEXT: Final = Text("下一份", "next hand-in")


def connect(out: Path, ids: Sequence[str]) -> None:
    """Link the staff pages below `out` in the order of `ids`; hand-ins without one are passed."""
    there = [id for id in dict.fromkeys(ids) if id and (out / id / STAFF_PAGE).is_file()]
    for before, id, after in zip(["", *there], there, [*there[1:], ""], strict=False):
        page = out / id / STAFF_PAGE
        old = page.read_text("utf-8")
        links = [_link(_BACK, before, "prev"), _link(_NEXT, after, "next")]
        place = f'<p class="beside">{" · ".join(filter(None, links))}</p>'
        new = _replaced(old, place)
        if new != old:
            write_text(page, new)


def keep(new: str, page: Path) -> str:
    """`new` with the links that the page it replaces has."""
    if not page.is_file():
        return new
    found = _PLACE.search(page.read_text("utf-8"))
    return new if found is None else _replaced(new, found[0])


def _replaced(page: str, links: str) -> str:
    # By a function, because a backslash in a name must not be read as a group of the pattern.
    return _PLACE.sub(lambda _: links, page, count=1)


def _link(words: Text, id: str, relation: str) -> str:
    if not id:
        return ""
    place = quote(f"{id}/{STAFF_PAGE}", safe="/", errors="replace")
    said = f'<span lang="zh-Hans">{words.zh}</span><span lang="en">{words.en}</span>'
    return f'<a rel="{relation}" href="../{place}">{said}</a>'
