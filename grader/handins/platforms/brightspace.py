"""Brightspace: ``397063-2557369 - San Zhang - Mar 5, 2026 203 PM`` as folders, or in flat names.

Everything in front of the student's file name is Brightspace's; the name may be one that the
student chose, and so is the file's. Both may hold dates: where more than one could be the time,
a person is asked. Which of the two numbers is the student's differs: the roster says so, or else
which of them repeats itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kit.sources import show
from kit.text import joined

from .. import texts, times
from ..headers import normal
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level, Unit
from ..roster import Roster
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
        # Two digits of a year: whether the day, the month or the year comes first is not known.
        rf"\d{{1,2}}(?P<sign>[./-])\d{{1,2}}(?P=sign)\d{{1,2}}[^\d-]{{1,14}}{_CLOCK}",
    )
)
_DATED = re.compile(rf"(?:{_WHEN})[^\d-]{{0,8}}?")
_BETWEEN = re.compile("(?=( - |(?<! )- | -(?! )))")
"""What stands between the parts. A hyphen without a blank is a part of a name or a date."""
_COLUMNS = ("first", "second")
_HALF = 0.5
"""The share of a column's numbers with several partners that must have one name."""


class _Reading(NamedTuple):
    """One way to divide what follows the numbers."""

    name: str
    when: str
    flat: str  # the file's name; "" for a folder


def _readings(rest: str, folder: bool, mixed: bool = False) -> list[_Reading]:
    """Every division whose middle may be a date; in a folder's name nothing follows it.

    Where files lie beside folders (`mixed`) something may: a backslash in a student's file name
    makes a folder of a flat name.
    """
    cuts = [(found.start(), found.end(1)) for found in _BETWEEN.finditer(rest)]
    ends = [*cuts[1:], (len(rest), len(rest))]
    found = []
    for (name_ends, begins), (ends_at, file_begins) in zip(cuts, ends, strict=False):
        name, when = rest[:name_ends].strip(), rest[begins:ends_at].strip()
        flat = rest[file_begins:]
        if name and (folder is not bool(flat) or (folder and mixed)) and _is_dated(when):
            found.append(_Reading(name, when, flat))
    return found


def _is_dated(when: str) -> bool:
    return _DATED.fullmatch(when) is not None or times.worded_time(when) is not None


def _match(unit: Unit) -> re.Match[str] | None:
    found = _FRONT.fullmatch(unit.name)
    return found if found is not None and _readings(found["rest"], unit.folder) else None


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    mixed = any(not unit.folder for unit, _ in fits)
    possible = [_readings(match["rest"], unit.folder, mixed) for unit, match in fits]
    column = _column_of_the_student(fits, [each[0].name for each in possible], level.roster)
    users = [match[column] if column else _pair(match) for _, match in fits]
    possible = _narrowed(users, possible)
    for (unit, match), user, readings in zip(fits, users, possible, strict=True):
        reading = readings[0]
        ids = {"brightspace" if column else "brightspace_pair": user}
        attempt = Attempt("brightspace", user, reading.name, [], stamp=reading.when)
        if len(readings) > 1:
            _leave_open(attempt, match, readings, ids)
        else:
            attempt.claims = (IdentityClaim(reading.name, platform_ids=ids),)
            _date(attempt, level)
        apart = f"{len(readings) > 1} {reading.when}"
        for inside, entry in entries_of(unit, reading.flat):
            add(attempts, attempt, inside, entry, apart=apart)
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
    attempt.claims = (IdentityClaim(platform_ids=ids),)
    dates = joined(show(reading.when) for reading in readings)
    attempt.doubt = texts.SEVERAL_DATES.format(dates=dates)


def _pair(match: re.Match[str]) -> str:
    return f"{match['first']}-{match['second']}"


def _narrowed(users: list[str], possible: list[list[_Reading]]) -> list[list[_Reading]]:
    """The readings that are left by what can be read in one way only.

    The platform writes all times of an export alike. And a date that is no later than another one
    cannot make up a time: so where the name before the latest is known to be this user's, that
    reading is taken. A name that was shown before proves no more, since it can be changed to one
    that ends with a date.
    """
    shapes = {_shape(each[0].when) for each in possible if len(each) == 1}
    names: dict[str, set[str]] = {}
    for user, each in zip(users, possible, strict=True):
        names.setdefault(user, set()).update(each[0].name for _ in each[:1] if len(each) == 1)
    narrowed = []
    for user, each in zip(users, possible, strict=True):
        alike = [reading for reading in each if _shape(reading.when) in shapes] or each
        dated = [(times.worded_time(reading.when), reading) for reading in alike]
        moments = [(moment, reading) for moment, reading in dated if moment is not None]
        latest = max(moments, key=lambda pair: pair[0], default=(None, each[0]))[1]
        sure = len(moments) == len(alike) and latest.name in names[user]
        narrowed.append([latest] if sure else alike)
    return narrowed


def _shape(when: str) -> str:
    """How a time is written, whatever it says."""
    when = re.sub(r"^\d{4}(?= ?[年년./-])", "y", when)
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", when))


def _column_of_the_student(fits: list[Fit], shown: list[str], roster: Roster | None) -> str:
    """The group of the numbers that are students'; "" where nothing says so.

    The roster's numbers decide. Else the other number counts what was handed in, so that it differs
    each time, or is that of the assignment, the same for all. Names are looked at only where a
    number has several partners, and most of these decide: students may choose theirs, and two may
    share one. Where all show one name, each of the numbers that differ more counts as another
    student, so that a person is asked and none replaces another.
    """
    numbers = {column: {match[column] for _, match in fits} for column in _COLUMNS}
    if roster is not None:
        known = [
            sum(roster.by_platform("brightspace", n) is not None for n in numbers[c])
            for c in _COLUMNS
        ]
        if known[0] != known[1]:
            return _COLUMNS[known[0] < known[1]]
    more = max(_COLUMNS, key=lambda column: len(numbers[column]))
    if len(set(shown)) == 1:
        return more
    shares = [_share_of_one_name(column, fits, shown) for column in _COLUMNS]
    constant = [len(numbers[column]) == 1 for column in _COLUMNS]
    if constant[0] != constant[1]:
        return _COLUMNS[constant[0]]
    first, second = shares
    if (
        first is None or second is None
    ):  # one at most repeats itself, with another partner each time
        if first is None and second is None:
            return _COLUMNS[0]
        share = second if first is None else first
        repeats = share is not None and share >= _HALF
        return _COLUMNS[repeats is (first is None)]
    if first == second or max(first, second) < _HALF:
        return ""
    return _COLUMNS[first < second]


def _share_of_one_name(column: str, fits: list[Fit], shown: list[str]) -> float | None:
    """How many of the numbers with several partners have one name; None where none has several."""
    names: dict[str, set[str]] = {}
    partners: dict[str, set[str]] = {}
    for (_, match), name in zip(fits, shown, strict=True):
        names.setdefault(match[column], set()).add(normal(name))
        partners.setdefault(match[column], set()).add(_pair(match))
    several = [number for number, pairs in partners.items() if len(pairs) > 1]
    return sum(len(names[number]) == 1 for number in several) / len(several) if several else None


LAYOUT = Layout("brightspace", _match, _read, own=("index.html",))
