"""Numbers in names that may be dates, in whatever order and calendar they are written.

``310326`` is the last of March for one student and ``260331`` for another. Two names are read in
one way, and only what every possible reading says counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

_NUMBER = re.compile(
    r"(?P<version>(?<![^\W\d_])v)?"
    r"(?P<chain>(?<!\d)\d{1,4}(?P<sign>[-._/])\d{1,2}(?P=sign)\d{1,4}(?!\d|(?P=sign)\d)|\d+)"
)
_ORDERS = {"ymd": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}
# Of Iran and of Islam, of Rome, of Thailand; three digits are those of Taiwan.
_YEARS = (range(1390, 1491), range(2010, 2081), range(2553, 2624), range(99, 170))
_SHORT_YEARS = range(20, 100)
_WITH_YEAR = (6, 8)  # digits
_CLASS_YEARS = range(2015, 2050)  # of hand-ins
_MONTHS, _DAYS, _HALF_A_YEAR = 12, 31, 6

Reading = tuple[int, int, int]
"""Year, month and day; the year is 0 where none is written."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a name, or three that are joined by one sign."""

    text: str
    readings: tuple[tuple[str, Reading], ...] = ()  # in which order -> the date
    with_year: bool = False

    @property
    def may_be_a_date(self) -> bool:
        """Whether it is a date, year and all, in some order."""
        return self.with_year and bool(self.readings)


def numbers_of(text: str) -> tuple[Number, ...]:
    """The numbers of a name, which has lost the dates that can be read in one way only."""
    return tuple(_number(found) for found in _NUMBER.finditer(text))


def _number(found: re.Match[str]) -> Number:
    text = found["chain"]
    if found["version"]:
        return Number(text)
    readings: dict[str, Reading] = {}
    parts = re.split(r"[-._/]", text)
    with_year = len(parts) == 3 or len(text) in _WITH_YEAR
    for order, (at_year, at_month, at_day) in _ORDERS.items() if with_year else ():
        cut = parts if len(parts) == 3 else _cut(text, year_first=at_year == 0)
        if _is_year(cut[at_year]):
            day = int(cut[at_year]), int(cut[at_month]), int(cut[at_day])
            readings |= {order: day} if _is_day(day) else {}
    if not with_year and len(text) in (3, 4):
        for order, month, day_ in _without_year(text):
            day = 0, month, day_
            readings |= {order: day} if _is_day(day) else {}
    return Number(text, tuple(readings.items()), with_year)


def _cut(digits: str, *, year_first: bool) -> list[str]:
    long = len(digits) - 4
    ends = (long, long + 2) if year_first else (2, 4)
    return [digits[: ends[0]], digits[ends[0] : ends[1]], digits[ends[1] :]]


def _is_year(text: str) -> bool:
    value = int(text)
    return value in _SHORT_YEARS if len(text) == 2 else any(value in years for years in _YEARS)


def _is_day(day: Reading) -> bool:
    return 1 <= day[1] <= _MONTHS and 1 <= day[2] <= _DAYS


def _without_year(text: str) -> Iterator[tuple[str, int, int]]:
    for at in (2,) if len(text) == 4 else (1, 2):
        first, second = int(text[:at]), int(text[at:])
        yield f"md{at}", first, second
        yield f"dm{at}", second, first


def order_as_dates(ours: Sequence[Number], theirs: Sequence[Number], plain: int) -> int | None:
    """What the first numbers that differ say as dates, None where they are none.

    1 where ours is newer, -1 where theirs is, 0 where it depends on how they are read, or where
    only one of them may be a date. `plain` is what they say as numbers.
    """
    pairs = zip(ours, theirs, strict=False)
    mine, other = next((pair for pair in pairs if pair[0].text != pair[1].text), (None, None))
    if mine is None or other is None:
        return None
    if mine.may_be_a_date or other.may_be_a_date:
        signs = {_sign(a, b) for a, b in _alike(mine, other) if abs(a[0] - b[0]) <= 1}
        return signs.pop() if len(signs) == 1 else 0
    lengths = {len(mine.text), len(other.text)}
    # Numbers of three digits are seldom dates: only one of four beside them shows that.
    if mine.with_year or other.with_year or lengths not in ({4}, {3, 4}):
        return None
    if lengths == {4} and mine.text[:2] == other.text[:2]:
        return None  # the same month, or the same number in front
    days = _alike(mine, other)
    if not days:
        return None
    return agreed([*days], plain)


def agreed(days: Sequence[tuple[Reading, Reading]], plain: int) -> int:
    """What all readings without a year say, and the numbers too; 0 where they disagree.

    Months that are far apart may lie on both sides of New Year.
    """
    if any(abs(a[1] - b[1]) > _HALF_A_YEAR for a, b in days):
        return 0
    signs = {plain, *(_sign(a, b) for a, b in days)}
    return signs.pop() if len(signs) == 1 else 0


def _alike(mine: Number, other: Number) -> list[tuple[Reading, Reading]]:
    """Both in each of the orders in which both are dates."""
    here, there = dict(mine.readings), dict(other.readings)
    short = len(mine.text) != len(other.text) and not mine.with_year
    return [
        (here[a], there[b]) for a in here for b in there if (a[:2] == b[:2] if short else a == b)
    ]


def _sign(ours: Reading, theirs: Reading) -> int:
    return int(ours > theirs) - int(ours < theirs)


def is_a_date(digits: str) -> bool:
    """Whether it is a whole date, with a year of two digits or the day or month in front too."""
    if looks_like_a_date(digits):
        return True
    if len(digits) not in (6, 8) or not digits.isdigit():
        return False
    orders = ("%d%m%Y", "%m%d%Y") if len(digits) == 8 else ("%y%m%d",)
    return any(_is_day_of_a_class(digits, order) for order in orders)


def _is_day_of_a_class(digits: str, order: str) -> bool:
    try:
        return datetime.strptime(digits, order).year in _CLASS_YEARS
    except ValueError:
        return False


def looks_like_a_date(digits: str) -> bool:
    """Whether it is a date that begins with four digits of the year, perhaps with the time."""
    if len(digits) not in (8, 12, 14) or not digits.isdigit():
        return False
    try:
        return 1990 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).year <= 2099
    except ValueError:
        return False


def may_be_a_date(digits: str) -> bool:
    """Whether a number may be a year or a date, also without a year or with two digits of it."""
    if looks_like_a_date(digits) or (len(digits) == 4 and digits.startswith(("19", "20"))):
        return True
    if len(digits) == 4:
        days = [(digits[:2], digits[2:]), (digits[2:], digits[:2])]
    elif len(digits) == 6:
        year_first, year_last = (digits[2:4], digits[4:]), (digits[2:4], digits[:2])
        days = [year_first, year_last, year_last[::-1]]
    else:
        return False
    return any(1 <= int(month) <= 12 and 1 <= int(day) <= 31 for month, day in days)


def looks_like_a_telephone(digits: str) -> bool:
    """Whether it has the form of a Chinese mobile number."""
    return bool(re.fullmatch(r"1[3-9]\d{9}", digits))
