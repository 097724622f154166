"""What distinguishes the attempts of a student in their names: dates, numbers, words like 最终版.

``2023001-张三-实验6-20260305`` and ``...-20260306`` are two attempts at the same thing, and so
are ``delivery-1`` and ``delivery-10``; ``rnn`` and ``lstm`` are two things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from .headers import normal
from .name_words import joins, words_of
from .number_dates import Number, agreed, numbers_of, order_as_dates

_WORDS: dict[int, tuple[str, ...]] = {
    -10: (
        *("草稿", "初版", "首版", "旧版", "旧", "draft", "old", "entwurf", "brouillon", "borrador"),
    ),
    10: (
        *("修改版", "修改", "修正版", "修正", "更新版", "更新", "补交版", "补交", "重交版", "重交"),
        *("新版", "改", "new", "revised", "revision", "updated", "update", "resubmission"),
        *("resubmit", "resubmitted", "fixed", "neu", "korrigiert", "nouveau", "corrigé"),
        *("nuevo", "corregido", "nieuw"),
    ),
    20: (
        *("最终版", "最终", "终版", "最后版", "最后", "最新版", "最新", "final", "latest", "last"),
        *("endgültig", "définitif", "definitivo", "definitief"),
    ),
}
_COPY = frozenset(("副本", "copy", "kopie", "copie", "copia", "duplicate"))
_LAST_DRAFT = 1000
_DRAFTS = {"初稿": 1, "首稿": 1, "终稿": _LAST_DRAFT, "定稿": _LAST_DRAFT, "末稿": _LAST_DRAFT}
"""Chinese counts drafts from the first to the last: 初稿, 二稿, 三稿, 终稿."""

_RANK = {word: rank for rank, words in _WORDS.items() for word in words}
# Words that only say that a number follows, or that this is an attempt.
_ATTEMPT = frozenset(
    (
        *("第", "次", "版", "版本", "提交", "尝试", "v", "ver", "version", "rev", "r", "no"),
        *("attempt", "try", "submission", "versuch", "abgabe", "tentative", "essai", "intento"),
        *("entrega", "poging", "inlevering", "tentativa", "tentativo", "consegna"),
    )
)
_DIGITS = {
    sign: value
    for signs in ("零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖", "零壹贰参")
    for value, sign in enumerate(signs)
} | {"两": 2, "貳": 2, "參": 3, "叄": 3, "陸": 6}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100}
_CHINESE = "".join((*_DIGITS, *_TENS))

_DATE = re.compile(
    r"(?<!\d)(?P<year>20\d\d)(?:[-._/年 ]?(?P<month>\d{1,2})[-._/月 ](?P<day>\d{1,2})日?"
    r"|(?P<month2>\d\d)(?P<day2>\d\d))"
    r"(?:[-_T 时点]{0,2}(?P<hour>\d\d)[-:.时点]?(?P<minute>\d\d)(?:[-:.分]?(?P<second>\d\d))?)?"
    r"(?!\d)",
    re.I,
)
_YEAR_LAST = re.compile(
    r"(?<!\d)(?P<first>\d{1,2})(?P<sign>[-._])(?P<second>\d{1,2})(?P=sign)(?P<year>20\d\d)(?!\d)"
)
_NO_YEAR = re.compile(
    r"(?<![\dv])(?P<first>\d{1,2})(?P<sign>[-._])(?P<second>\d{1,2})(?!\d|[-._]\d)"
)
_MONTH_DAY = re.compile(
    r"(?<!\d)(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})(?!\d)\s*[日号號일]?"
)
_MONTHS = 12
_HALF_A_YEAR = 6
_DRAFT = re.compile(rf"第?\s*(?P<count>(?<!\d)\d{{1,3}}|(?<![{_CHINESE}])[{_CHINESE}]{{1,6}})\s*稿")
_COUNTED = re.compile(rf"(?<![{_CHINESE}])第?(?P<count>[{_CHINESE}]{{1,6}})(?=[次版回遍])")
_COPIED = re.compile(r"\(\s*(\d{1,3})\s*\)\s*$")
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_IN_WORD = re.compile(
    "|".join(
        sorted((w for w in (*_RANK, *_COPY, *_DRAFTS) if not w.isascii()), key=len, reverse=True)
    )
)


class Day(NamedTuple):
    """Two numbers that may be a day and a month, as they are written."""

    first: int
    second: int
    width: int  # digits of the shorter one
    zero: bool  # whether one begins with 0
    in_words: bool = False  # ``3月31日``

    @property
    def shows_day_first(self) -> bool:
        """Whether only the first can be the day."""
        return self.first > _MONTHS >= self.second

    @property
    def shows_month_first(self) -> bool:
        """Whether only the second can be the day."""
        return self.in_words or self.second > _MONTHS >= self.first


@dataclass(frozen=True, slots=True)
class VersionName:
    """A name taken apart."""

    base: tuple[str, ...]  # what the attempts share
    dates: tuple[datetime, ...] = ()  # with the day first where the year comes last
    month_first: tuple[datetime, ...] = field(default=(), compare=False)  # the other reading
    numbers: tuple[int, ...] = ()
    rank: int = 0  # of the words
    copies: int = 0  # of the marks of a copy, such as ``(2)``
    draft: int | None = None
    days: tuple[Day, ...] = field(default=(), compare=False)  # they are `numbers` too
    # `numbers` as they are written: 010426 may be a date.
    written: tuple[Number, ...] = field(default=(), compare=False)

    @property
    def draft_by_word(self) -> VersionName:
        """The same for a comparison with a name that counts no drafts: 二稿 is a number then."""
        rank, numbers = self.rank, self.numbers
        if self.draft == _LAST_DRAFT:
            rank += 20
        elif self.draft == 1:
            rank -= 10
        elif self.draft is not None:
            numbers = (*numbers, self.draft)
        return replace(self, rank=rank, numbers=numbers, draft=None)


def version_name(label: str, words_of_people: Iterable[str] = ()) -> VersionName:
    """`label` taken apart, without the words that name people."""
    text, people = normal(label), [word for word in words_of_people if word]
    for word in sorted(filter(None, map(normal, people)), key=len, reverse=True):
        text = text.replace(word, " ")
    copies = 0
    while (copied := _COPIED.search(text)) is not None:
        copies += int(copied[1])
        text = text[: copied.start()].rstrip()
    dates: list[datetime] = []
    text = _DATE.sub(lambda found: _taken(found, dates), text)
    month_first = list(dates)
    text = _YEAR_LAST.sub(lambda found: _year_last(found, dates, month_first), text)
    drafts = [_count(found["count"]) for found in _DRAFT.finditer(text)]
    text = _DRAFT.sub(" ", text)
    text = _COUNTED.sub(lambda found: f" {_count(found['count'])} ", text)
    days = _days(text)  # of what is left, so that their numbers are among `numbers`
    own = _as_people_write(people)
    base, numbers, rank = [], [], 0
    for token in _TOKEN.findall(_MONTH_DAY.sub(r" \g<month> \g<day> ", text)):
        if token.isdecimal():
            numbers.append(int(token[:18]))
            continue
        for word in (*_IN_WORD.findall(token), _IN_WORD.sub("", token).strip("第次版稿")):
            if word in _RANK:
                rank += _RANK[word]
            elif word in _COPY:
                copies += 1
            elif word in _DRAFTS:
                drafts.append(_DRAFTS[word])
            elif word and word not in _ATTEMPT and word not in own:
                base.append(word)
    return VersionName(
        tuple(base),
        tuple(dates),
        tuple(month_first),
        tuple(numbers),
        rank,
        copies,
        max(drafts, default=None),
        days,
        numbers_of(text),
    )


def _as_people_write(names: Iterable[str]) -> set[str]:
    """The words of names, and each name as one word: ``Wei Li`` is LiWei in the next attempt."""
    found: set[str] = set()
    for words in map(words_of, names):
        found |= {word for word in (*words, *joins(words)) if len(word) > 1}
    return found


def _days(text: str) -> tuple[Day, ...]:
    """Pairs such as ``31.03``, which are no part of a longer chain with the same sign."""
    apart = (
        day
        for day in _NO_YEAR.finditer(text)
        if not re.search(rf"\d{re.escape(day['sign'])}$", text[: day.start()])
    )
    in_words = (_day_and_month(d["month"], d["day"]) for d in _MONTH_DAY.finditer(text))
    return (
        *(_day_and_month(d["first"], d["second"]) for d in apart),
        *(day._replace(in_words=True) for day in in_words),
    )


def _day_and_month(first: str, second: str) -> Day:
    zero = int(first[0]) == 0 or int(second[0]) == 0
    return Day(int(first), int(second), min(len(first), len(second)), zero)


def order_of_dates(ours: VersionName, theirs: VersionName) -> int:
    """1 where our date is newer, -1 where theirs is, 0 where it depends on how they are read.

    ``3-5-2026`` is the third of May or the fifth of March. Both names are read in one way, so
    ``31-03-2026`` says how ``01-04-2026`` is meant.
    """
    if not (ours.dates and theirs.dates or ours.month_first and theirs.month_first):
        return 0
    readings = ((ours.dates, theirs.dates), (ours.month_first, theirs.month_first))
    signs = {_sign(mine, other) for mine, other in readings if mine and other}
    return signs.pop() if len(signs) == 1 else 0


def order_of_names(ours: VersionName, theirs: VersionName) -> tuple[int, int]:
    """What numbers say, which compare as numbers, and what words and marks of a copy say.

    1 where ours is newer, -1 where theirs is, 0 where nothing says. Neither says anything where
    they contradict each other, or where only one name has a date and something else speaks for the
    other: ``rnn_v3`` and ``rnn_final``, ``rnn_final`` and ``rnn(1)``, ``rnn_20260305`` and
    ``rnn_v2``. The mark of a copy is no contradiction where both have a number: ``rnn_v3 - copy``
    and ``rnn_v4``.
    """
    if ours.draft is None or theirs.draft is None:
        ours, theirs = ours.draft_by_word, theirs.draft_by_word
    drafts = _sign(ours.draft or 0, theirs.draft or 0)
    numbers = _order_of_numbers(ours, theirs)
    words = _sign(ours.rank, theirs.rank)
    copies = _sign(ours.copies, theirs.copies)
    dated = _sign(_is_dated(ours), _is_dated(theirs))
    counted = drafts or (numbers if _comparable(ours, theirs) else 0)
    same_length = len(ours.numbers) == len(theirs.numbers)
    signs = {words, drafts, dated}
    if ours.base == theirs.base:
        signs.add(numbers)
    else:  # which numbers count attempts is not known: each that the other lacks speaks for its own
        signs |= {1} if set(ours.numbers) - set(theirs.numbers) else set()
        signs |= {-1} if set(theirs.numbers) - set(ours.numbers) else set()
    if not (counted and (drafts or same_length)):
        signs.add(copies)
    if {1, -1} <= signs:
        return 0, 0
    return counted, words or copies


def _is_dated(name: VersionName) -> bool:
    return bool(name.dates or name.month_first)


def _order_of_numbers(ours: VersionName, theirs: VersionName) -> int:
    """As numbers, from the first on; a day and a month as dates where one shows which is which.

    ``31.03`` begins with a day, so ``01.04`` does and is newer. ``13.2`` and ``9.3`` may be two
    chapters as well. Months that are far apart may lie on both sides of New Year. Where two
    readings are left that disagree, nothing is said.
    """
    plain = _sign(ours.numbers, theirs.numbers)
    as_dates = order_as_dates(ours.written, theirs.written, plain)
    if as_dates is not None:
        return as_dates
    if len(ours.days) != 1 or len(theirs.days) != 1:
        return plain
    pairs = (ours.days[0], theirs.days[0])
    if pairs[0].first == pairs[1].first:  # it may be the lab's number, in front of the attempt's
        return plain
    day_first = [pair.shows_day_first for pair in pairs]
    month_first = [pair.shows_month_first for pair in pairs]
    shown = sum(day_first) + sum(month_first)
    rest = _without(ours)
    if rest is None or rest != _without(theirs):
        return plain
    if not shown:  # either may be the day; more than 12 is none of both
        one, two = (pair[:2] for pair in pairs)
        if max(*one, *two) > _MONTHS or 0 in (*one, *two):
            return plain
        readings = [((0, *one), (0, *two)), ((0, *one[::-1]), (0, *two[::-1]))]
        return agreed(readings, plain)
    if any(day_first) and any(month_first):
        return 0
    mine, other = (pair[1::-1] if any(day_first) else pair[:2] for pair in pairs)
    if max(mine[0], other[0]) > _MONTHS or abs(mine[0] - other[0]) > _HALF_A_YEAR:
        return 0
    as_dates = _sign(mine, other)
    # People pad days and months with zeros, but not chapters, groups and versions.
    padded = min(pair.width for pair in pairs) == 2 and any(pair.zero for pair in pairs)
    return as_dates if shown == 2 or padded or as_dates == plain else 0


def _without(name: VersionName) -> list[int] | None:
    """Its numbers but for the day and the month; None where these are no numbers of it."""
    left = list(name.numbers)
    for number in name.days[0][:2]:
        if number not in left:
            return None
        left.remove(number)
    return left


def _comparable(ours: VersionName, theirs: VersionName) -> bool:
    """Whether the numbers count the same.

    A 1 says nothing against no number: the first may have been ``rnn`` or ``rnn1``.
    """
    if ours.base != theirs.base:
        return False
    shorter, longer = sorted((ours.numbers, theirs.numbers), key=len)
    more = longer[len(shorter) :]
    return not more or (longer[: len(shorter)] == shorter and more[0] > 1)


def _sign(ours: Any, theirs: Any) -> int:
    return int(ours > theirs) - int(ours < theirs)


def _count(text: str) -> int:
    """The number that digits or Chinese signs write: 12, 十二, 一二."""
    if text.isdigit():
        return int(text)
    total, digit = 0, 0
    for sign in text:
        if sign in _TENS:
            total += (digit or 1) * _TENS[sign]
            digit = 0
        else:
            digit = digit * 10 + _DIGITS[sign]
    return total + digit


def _taken(found: re.Match[str], dates: list[datetime]) -> str:
    """A date is taken out of a text; digits that are none stay."""
    month, day = found["month"] or found["month2"], found["day"] or found["day2"]
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    try:
        dates.append(datetime(int(found["year"]), int(month), int(day), hour, minute, second))
    except ValueError:
        return found[0]
    return " "


def _year_last(found: re.Match[str], dates: list[datetime], month_first: list[datetime]) -> str:
    """``5.3.2026``: with dots the day comes first, where that is a date; else either may."""
    year, first, second = int(found["year"]), int(found["first"]), int(found["second"])
    day_first, other = _day(year, second, first), _day(year, first, second)
    if day_first is None and other is None:
        return found[0]
    if day_first is not None:
        dates.append(day_first)
    if found["sign"] == "." and day_first is not None:
        month_first.append(day_first)
    elif other is not None:
        month_first.append(other)
    return " "


def _day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)
    except ValueError:
        return None


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """Numbers in a text compare as numbers."""
    return tuple(
        (int(w[:18]), "") if w.isdecimal() else (-1, w) for w in re.findall(r"\d+|\D+", text)
    )
