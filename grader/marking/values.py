"""What a person writes as a mark: read exactly, or refused with what was expected."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import Final

from grader.scoring.points import show_points
from grader.scoring.rubric_schema import Criterion
from kit.text import Text

MAX_COMMENT: Final = 4000
"""Characters of one comment."""

# Bounded as in the rubric. What follows a number is the description of a level, in a list.
_NUMBER: Final = re.compile(
    r"([0-9]{1,6}(?:[.,][0-9]{1,6})?)(?:/([1-9][0-9]{0,5}))?(?:\s.*)?", re.S
)
_EDGES: Final = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + "\u200b\u2060\ufeff"
# Joiners without width are letters' parts in some scripts, and join emoji.
_KEPT: Final = "\n\t\u200c\u200d"


def trimmed(text: str) -> str:
    """`text` without white space around it, and without what no screen shows.

    A number that is copied from a chat or a page often brings a character without width along.
    """
    return text.strip(_EDGES)


def points(text: str, criterion: Criterion) -> Fraction | None | Text:
    """The points that `text` gives, None where it is empty, or why it cannot be a mark."""
    # Full-width digits, as input methods write them.
    plain = trimmed(unicodedata.normalize("NFKC", text))
    if not plain:
        return None
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return _refused(text, criterion)
    # In many regions the decimal point is a comma.
    value = Fraction(found[1].replace(",", ".")) / Fraction(found[2] or 1)
    return checked(value, criterion) or value


def checked(value: Fraction, criterion: Criterion) -> Text | None:
    """Why a criterion cannot be given `value`; None where it can."""
    if criterion.levels:
        return None if criterion.level_at(value) is not None else _refused(show(value), criterion)
    return None if 0 <= value <= criterion.points else _refused(show(value), criterion)


def show(value: Fraction | None) -> str:
    """Points as :func:`points` reads them back; empty for none."""
    return "" if value is None else show_points(value)


def choices(criterion: Criterion, lang: str) -> list[str]:
    """The levels as a list offers them: points, then the description."""
    return [
        f"{show(level.points)} {' '.join(level.description.pick(lang).split())}"
        for level in criterion.levels
    ]


def comment(text: str) -> str:
    """`text` as a comment is kept: nothing that steers a terminal or reorders a line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in lines if c in _KEPT or unicodedata.category(c)[0] != "C")
    # Separators of lines and paragraphs become the line end that every reader knows.
    plain = kept.replace("\u2028", "\n").replace("\u2029", "\n")
    return "\n".join(line.rstrip() for line in plain.split("\n")).strip()


def too_long(text: str) -> Text | None:
    """Why a comment cannot be kept; None where it can."""
    if len(text) <= MAX_COMMENT:
        return None
    return Text(
        f"评语有 {len(text)} 个字符，最多 {MAX_COMMENT} 个",
        f"the comment has {len(text)} characters, at most {MAX_COMMENT} are kept",
    )


def _refused(text: str, criterion: Criterion) -> Text:
    shown = " ".join(comment(text).split())[:60]
    if criterion.levels:
        known = ", ".join(show(level.points) for level in criterion.levels)
        return Text(
            f"{criterion.id} 写的是 {shown}，应为其中一档：{known}",
            f"{criterion.id} is {shown}, expected one of its levels: {known}",
        )
    most = show(criterion.points)
    return Text(
        f"{criterion.id} 写的是 {shown}，应为 0 到 {most} 的数",
        f"{criterion.id} is {shown}, expected a number from 0 to {most}",
    )
