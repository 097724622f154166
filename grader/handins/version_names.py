"""What distinguishes the attempts of a student in their names: dates, numbers, words like 最终版.

``2023001-张三-实验6-20260305`` and ``...-20260306`` are two attempts at the same thing, and so
are ``delivery-1`` and ``delivery-10``; ``rnn`` and ``lstm`` are two things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .headers import normal

_WORDS: dict[int, tuple[str, ...]] = {
    -10: ("初稿", "草稿", "旧版", "旧", "draft", "old", "entwurf", "brouillon", "borrador"),
    1: ("副本", "copy", "kopie", "copie", "copia", "duplicate"),
    10: (
        *("修改版", "修改", "修正版", "修正", "更新版", "更新", "补交版", "补交", "重交版", "重交"),
        *("新版", "改", "new", "revised", "revision", "updated", "update", "resubmission"),
        *("resubmit", "resubmitted", "fixed", "neu", "korrigiert", "nouveau", "corrigé"),
        *("nuevo", "corregido", "nieuw"),
    ),
    20: (
        *("最终版", "最终", "终版", "定稿", "最后版", "最后", "final", "latest", "last"),
        *("endgültig", "définitif", "definitivo", "definitief"),
    ),
}
WORD = 10
"""Ranks below this one are of copies, which say less than words such as 最终版."""

_RANK = {word: rank for rank, words in _WORDS.items() for word in words}
# Words that only say that a number follows, or that this is an attempt.
_ATTEMPT = frozenset(
    (
        *("第", "次", "版", "版本", "提交", "尝试", "v", "ver", "version", "rev", "r", "no"),
        *("attempt", "try", "submission", "versuch", "abgabe", "tentative", "essai", "intento"),
        *("entrega", "poging", "inlevering", "tentativa", "tentativo", "consegna"),
    )
)
_CHINESE = {sign: value for value, sign in enumerate("零一二三四五六七八九十")} | {"两": 2}

_DATE = re.compile(
    r"(?<!\d)(?P<year>20\d\d)(?:[-._/年 ]?(?P<month>\d{1,2})[-._/月 ](?P<day>\d{1,2})日?"
    r"|(?P<month2>\d\d)(?P<day2>\d\d))"
    r"(?:[-_T 时点]{0,2}(?P<hour>\d\d)[-:.时点]?(?P<minute>\d\d)(?:[-:.分]?(?P<second>\d\d))?)?"
    r"(?!\d)",
    re.I,
)
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})(?P<sign>[-._])(?P<month>\d{1,2})(?P=sign)(?P<year>20\d\d)(?!\d)"
)
_COUNTED = re.compile("第([零一二两三四五六七八九十])(?=[次版稿])")
_COPIED = re.compile(r"\(\s*(\d{1,3})\s*\)\s*$")
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_IN_WORD = re.compile(
    "|".join(sorted((w for w in _RANK if not w.isascii()), key=len, reverse=True))
)


@dataclass(frozen=True, slots=True)
class VersionName:
    """A name taken apart."""

    base: tuple[str, ...]  # what the attempts share
    dates: tuple[datetime, ...] = ()
    numbers: tuple[int, ...] = ()
    rank: int = 0  # of the words and of the marks of a copy


def version_name(label: str, words_of_people: Iterable[str] = ()) -> VersionName:
    """`label` taken apart, without the words that name people."""
    text = normal(label)
    for word in sorted(filter(None, map(normal, words_of_people)), key=len, reverse=True):
        text = text.replace(word, " ")
    rank = 0
    while (copied := _COPIED.search(text)) is not None:
        rank += int(copied[1])
        text = text[: copied.start()].rstrip()
    dates: list[datetime] = []
    text = _DATE.sub(lambda found: _taken(found, dates), text)
    text = _DAY_FIRST.sub(lambda found: _day_first(found, dates), text)
    text = _COUNTED.sub(lambda found: f" {_CHINESE[found[1]]} ", text)
    base, numbers = [], []
    for token in _TOKEN.findall(text):
        if token.isdigit():
            numbers.append(int(token[:18]))
            continue
        for word in _IN_WORD.findall(token):
            rank += _RANK[word]
        token = _IN_WORD.sub("", token).strip("第次版稿")
        if token in _RANK:
            rank += _RANK[token]
        elif token and token not in _ATTEMPT:
            base.append(token)
    return VersionName(tuple(base), tuple(dates), tuple(numbers), rank)


def _taken(found: re.Match[str], dates: list[datetime]) -> str:
    """A date is taken out of a text; digits that are none stay."""
    month, day = found["month"] or found["month2"], found["day"] or found["day2"]
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    try:
        dates.append(datetime(int(found["year"]), int(month), int(day), hour, minute, second))
    except ValueError:
        return found[0]
    return " "


def _day_first(found: re.Match[str], dates: list[datetime]) -> str:
    """``5.3.2026``; where only the other order is a date, that."""
    day, month = int(found["day"]), int(found["month"])
    if month > 12:
        day, month = month, day
    try:
        dates.append(datetime(int(found["year"]), month, day))
    except ValueError:
        return found[0]
    return " "
