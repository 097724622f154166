"""Brightspace: ``397063-2557369 - San Zhang - Mar 5, 2026 203 PM`` as folders, or in flat names.

Everything in front of the student's file name is Brightspace's; the name may be one that the
student chose. Which of the two numbers is the student's differs, so the names are compared.
"""

from __future__ import annotations

import re

from kit.sources import show

from .. import texts, times
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level, Unit
from .layout import Fit, Layout, add, entries_of

# A date and a time in any language: numbers, and what is no number between them. `times` reads it.
_YEAR = r"20\d\d(?!\d)"
_CLOCK = r"\d{1,2}[^\d-]{0,3}\d\d"
_WHEN = "|".join(
    (
        rf"{_YEAR}\D{{1,14}}?(?:\d{{1,2}}\D{{1,14}}?)?\d{{1,2}}[^\d-]{{1,14}}{_CLOCK}",
        rf"[^\d-]{{0,14}}\d{{1,2}}[^\d-]{{1,14}}{_YEAR}[^\d-]{{1,14}}{_CLOCK}",
        rf"\d{{1,2}}\D{{1,10}}?\d{{1,2}}\D{{1,10}}?{_YEAR}[^\d-]{{1,14}}{_CLOCK}",
        rf"{_CLOCK}[^\d-]{{1,14}}\d{{1,2}}[^\d-]{{1,14}}(?:\d{{1,2}}[^\d-]{{1,4}})?{_YEAR}",
    )
)
_FRONT = (
    r"(?P<first>\d+)-(?P<second>\d+) ?- ?(?P<name>.+?) ?- ?"
    rf"(?P<when>(?:{_WHEN})[^\d-]{{0,8}}?)"
)
_FOLDER = re.compile(rf"{_FRONT}(?P<flat>)", re.S)
_FLAT = re.compile(rf"{_FRONT} ?- ?(?P<flat>.+)", re.S)
_AGAIN = re.compile(rf"(?:{_WHEN})[^\d-]{{0,8}}? ?- ?.")
"""In front of the file's name: then the first date may be a part of the name that is shown."""
_BELIEVED = 0.8
"""The share of a column's numbers that must have one name."""


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    column = _column_of_the_student(fits)
    for unit, match in fits:
        name = match["name"].strip()
        ids = {"brightspace": match[column]} if column else {}
        key = match[column] if column else name
        attempt = Attempt("brightspace", key, name, [], (IdentityClaim(name, platform_ids=ids),))
        attempt.keyed = bool(column)
        attempt.stamp = match["when"].strip()
        local = times.worded_time(attempt.stamp) if _AGAIN.match(match["flat"]) is None else None
        if local is not None:
            attempt.submitted_at, attempt.reasons = times.in_zone(local, level.zone)
            attempt.order = (local.isoformat(),)
        else:
            attempt.reasons.append(texts.TIME_UNREAD.format(said=show(attempt.stamp)))
        for inside, entry in entries_of(unit, match["flat"]):
            add(attempts, attempt, inside, entry)
    return LayoutResult("brightspace", list(attempts.values()))


def _column_of_the_student(fits: list[Fit]) -> str:
    """The group whose numbers have one name each; "" if neither's do.

    Namesakes have two numbers, so names need not have one number each. A few who changed their
    name do not matter either. Of two such groups the one that repeats itself more is the student:
    the other numbers what was handed in. Where all show one name, nothing says which is which:
    each then counts as another student, so that a person is asked and none replaces another.
    """
    alone = len({match["name"].strip() for _, match in fits}) == 1
    found = []
    for column in ("first", "second"):
        names: dict[str, set[str]] = {}
        for _, match in fits:
            names.setdefault(match[column], set()).add(match["name"].strip())
        if sum(len(own) == 1 for own in names.values()) >= _BELIEVED * len(names):
            found.append((-len(names) if alone else len(names), column))
    return min(found, key=lambda pair: pair[0], default=(0, ""))[1]


def _match(unit: Unit) -> re.Match[str] | None:
    return (_FOLDER if unit.folder else _FLAT).fullmatch(unit.name)


LAYOUT = Layout("brightspace", _match, _read, own=("index.html",))
