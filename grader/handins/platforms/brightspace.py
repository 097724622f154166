"""Brightspace: ``397063-2557369 - San Zhang - Mar 5, 2026 203 PM`` as folders, or in flat names.

Everything in front of the student's file name is Brightspace's; the name may be one that the
student chose, and so is the file's. Both may hold dates: where more than one could be the time,
a person is asked. Which of the two numbers is the student's differs, so the names are compared.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kit.sources import show
from kit.text import joined

from .. import texts, times
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level, Unit
from .layout import Fit, Layout, add, entries_of

_FRONT = re.compile(r"(?P<first>\d+)-(?P<second>\d+)(?: - |- | -)(?P<rest>.+)", re.S)
# What may be a date and a time in any language: where `times` cannot read it, a person decides.
_YEAR = r"\d{4}(?!\d)"
_CLOCK = r"\d{1,2}[^\d-]{0,3}\d\d"
_WHEN = "|".join(
    (
        rf"{_YEAR}\D{{1,14}}?(?:\d{{1,2}}\D{{1,14}}?)?\d{{1,2}}[^\d-]{{1,14}}{_CLOCK}",
        rf"[^\d-]{{0,14}}\d{{1,2}}[^\d-]{{1,14}}{_YEAR}[^\d-]{{1,14}}{_CLOCK}",
        rf"\d{{1,2}}\D{{1,10}}?\d{{1,2}}\D{{1,10}}?{_YEAR}[^\d-]{{1,14}}{_CLOCK}",
        rf"{_CLOCK}[^\d-]{{1,14}}\d{{1,2}}[^\d-]{{1,14}}(?:\d{{1,2}}[^\d-]{{1,4}})?{_YEAR}",
    )
)
_DATED = re.compile(rf"(?:{_WHEN})[^\d-]{{0,8}}?")
_BETWEEN = re.compile("(?=( - |(?<! )- | -(?! )))")
"""What stands between the parts. A hyphen without a blank is a part of a name or a date."""
_BELIEVED = 0.8
"""The share of a column's numbers that must have one name."""


class _Reading(NamedTuple):
    """One way to divide what follows the numbers."""

    name: str
    when: str
    flat: str  # the file's name; "" for a folder


def _readings(rest: str, folder: bool) -> list[_Reading]:
    """Every division whose middle may be a date; in a folder's name nothing follows it."""
    cuts = [(found.start(), found.end(1)) for found in _BETWEEN.finditer(rest)]
    ends = [*cuts[1:], (len(rest), len(rest))]
    found = []
    for (name_ends, begins), (ends_at, file_begins) in zip(cuts, ends, strict=False):
        name, when = rest[:name_ends].strip(), rest[begins:ends_at].strip()
        flat = rest[file_begins:]
        if name and folder is not bool(flat) and _is_dated(when):
            found.append(_Reading(name, when, flat))
    return found


def _is_dated(when: str) -> bool:
    return _DATED.fullmatch(when) is not None or times.worded_time(when) is not None


def _match(unit: Unit) -> re.Match[str] | None:
    found = _FRONT.fullmatch(unit.name)
    return found if found is not None and _readings(found["rest"], unit.folder) else None


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    possible = [_readings(match["rest"], unit.folder) for unit, match in fits]
    certain = _certain_names(fits, possible)
    possible = [
        _of_these_names(readings, certain[_pair(match)])
        for (_, match), readings in zip(fits, possible, strict=True)
    ]
    column = _column_of_the_student(fits, [readings[0].name for readings in possible])
    for (unit, match), readings in zip(fits, possible, strict=True):
        reading = readings[0]
        ids = {"brightspace": match[column]} if column else {}
        key = match[column] if column else reading.name
        attempt = Attempt("brightspace", key, reading.name, [], stamp=reading.when)
        attempt.keyed = bool(column)
        if len(readings) > 1:
            _leave_open(attempt, match, readings, ids)
        else:
            attempt.claims = (IdentityClaim(reading.name, platform_ids=ids),)
            _date(attempt, level)
        # Namesakes of one moment are two where no number is known to be the student's.
        apart = reading.when if column else f"{_pair(match)} {reading.when}"
        for inside, entry in entries_of(unit, reading.flat):
            add(attempts, attempt, inside, entry, apart=f"{len(readings) > 1} {apart}")
    return LayoutResult("brightspace", list(attempts.values()))


def _date(attempt: Attempt, level: Level) -> None:
    local = times.worded_time(attempt.stamp)
    if local is None:
        attempt.reasons.append(texts.TIME_UNREAD.format(said=show(attempt.stamp)))
        return
    attempt.submitted_at, attempt.reasons = times.in_zone(local, level.zone)
    attempt.order = (local.isoformat(),)


def _leave_open(
    attempt: Attempt, match: re.Match[str], readings: list[_Reading], ids: dict[str, str]
) -> None:
    """Neither the name nor the time: a student could have written one of the dates."""
    attempt.label = match.string.removesuffix(readings[-1].flat).rstrip(" -")
    attempt.claims = (IdentityClaim("" if ids else attempt.label, platform_ids=ids),)
    dates = joined(show(reading.when) for reading in readings)
    attempt.doubt = texts.SEVERAL_DATES.format(dates=dates)


def _pair(match: re.Match[str]) -> str:
    return f"{match['first']}-{match['second']}"


def _certain_names(fits: list[Fit], possible: list[list[_Reading]]) -> dict[str, set[str]]:
    """The names shown for each pair of numbers, by what can be read in one way only."""
    names: dict[str, set[str]] = {}
    for (_, match), readings in zip(fits, possible, strict=True):
        own = names.setdefault(_pair(match), set())
        if len(readings) == 1:
            own.add(readings[0].name)
    return names


def _of_these_names(readings: list[_Reading], names: set[str]) -> list[_Reading]:
    """The reading with a name that is known for these numbers, if one is; else all."""
    known = [reading for reading in readings if reading.name in names]
    return known if len(known) == 1 else readings


def _column_of_the_student(fits: list[Fit], shown: list[str]) -> str:
    """The group whose numbers have one name each; "" if neither's do.

    Namesakes have two numbers, so names need not have one number each. A few who changed their
    name do not matter either. Of two such groups the one that repeats itself more is the student:
    the other numbers what was handed in. Where all show one name, nothing says which is which:
    each then counts as another student, so that a person is asked and none replaces another.
    """
    alone = len(set(shown)) == 1
    found = []
    for column in ("first", "second"):
        names: dict[str, set[str]] = {}
        for (_, match), name in zip(fits, shown, strict=True):
            names.setdefault(match[column], set()).add(name)
        if sum(len(own) == 1 for own in names.values()) >= _BELIEVED * len(names):
            found.append((-len(names) if alone else len(names), column))
    return min(found, key=lambda pair: pair[0], default=(0, ""))[1]


LAYOUT = Layout("brightspace", _match, _read, own=("index.html",))
