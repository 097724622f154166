"""Times as platforms write them: stamps, instants, and words in the languages of their users.

A text that can be read in two ways, or names another weekday than its date has, gives no time.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from kit.sources import show
from kit.text import Text

from . import texts
from .calendar_words import LANGUAGES, month_of

_MONTHS = 12
_YEARS = range(1990, 2100)
"""Of others the calendar is not this one: 2569 is 2026 in Thailand, 1447 in the Hijri calendar."""

# Abbreviations that mean one zone only; CST is China's and America's.
_ZONES = {
    **{"UTC": 0, "GMT": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3},
    **{"HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11},
    **{"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
}
_CJK_DAYS = ("一二三四五六日", "月火水木金土日", "월화수목금토일", "一二三四五六天")
_BEFORE_NOON = frozenset(("am", "上午", "午前", "오전", "öö", "πμ", "sa"))
_AFTER_NOON = frozenset(("pm", "下午", "午後", "오후", "ös", "μμ", "ch"))

_CLOCK = (
    r"(?:(?P<hour>\d\d):(?P<minute>\d\d)|(?P<hour12>\d{1,2}):(?P<minute12>\d\d) (?P<half>[ap]m))"
)
_WORD = r"[^\W\d_]+(?:-feira)?"
_WORDED = [
    re.compile(date + _CLOCK)
    for date in (
        rf"(?P<weekday>{_WORD}),?(?: den)? (?P<day>\d{{1,2}})(?:\.|er)?(?: de)? "
        rf"(?P<month>{_WORD})(?: de)? (?P<year>\d{{4}}), ",
        rf"(?P<weekday>{_WORD}), (?P<month>{_WORD}) (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}), ",
    )
]
_YEAR_MONTH_DAY = r"(?P<year>\d{4})[年년] ?(?P<month>\d{1,2})[月월] ?(?P<day>\d{1,2})[日일],? ?"
_CHINESE = re.compile(
    _YEAR_MONTH_DAY + r"\(?(?:星期|周|週)?(?P<weekday>[^\W\d_])(?:曜日|요일)?\)?,? ?" + _CLOCK
)

# In a name a time has no colon, and words of any language stand before or after it.
_NOON = r"(?:[ap]\.? ?m\.?|[πμ]\. ?μ\.|[πμ]μ|[上下]午|午[前後]|오[전후]|ö[ös]|sa|ch)"
_AT = (
    rf"(?:(?:at|um|kl\.?|à|a las|às|alle|om|o) )?(?P<half1>{_NOON})? ?"
    r"(?P<hour>\d{1,2}) ?[:.h時时시點点]? ?(?P<minute>\d\d)[分분]? ?"
    rf"(?P<half2>{_NOON})?"
)
_NAMED = [
    re.compile(date + _AT)
    for date in (
        rf"(?P<month>{_WORD})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}),? ",
        rf"(?P<day>\d{{1,2}})\.?(?: de| d['’])? ?(?P<month>{_WORD})\.?(?: de| del)?,? "
        r"(?P<year>\d{4})(?: ?[гр]\.)?,? ",
        rf"(?P<year>\d{{4}})\.? (?P<month>{_WORD})\.? (?P<day>\d{{1,2}})\.?,? ",
        r"(?P<year>\d{4}) ?[年년/.-] ?(?P<month>\d{1,2}) ?[月월/.-] ?(?P<day>\d{1,2})"
        rf"(?: ?[日일]|\.?,? ),? ?(?:\(?(?:星期|周|週)?(?P<weekday>[{''.join(_CJK_DAYS)}])"
        r"(?:曜(?:日)?|요일)?\)? ?)?",
        r"(?P<first>\d{1,2})(?P<sign>[./-]) ?(?P<second>\d{1,2})(?P=sign) ?(?P<year>\d{4}),? ",
        r"(?P<day>\d{1,2}) (?:thg|tháng) (?P<month>\d{1,2}),? (?:năm )?(?P<year>\d{4}),? ",
    )
]


def worksheet_time(text: str, zone: tzinfo | None) -> tuple[datetime | None, list[Text]]:
    """The time in a cell of Moodle's worksheet, and what was assumed.

    Moodle writes it in words of the user's language, with the weekday and without a zone.
    """
    plain = _plain(text)
    if (found := _CHINESE.fullmatch(plain)) is not None:
        local = _local(found, int(found["month"]))
        right = local is not None and _is_weekday(found["weekday"], local)
        return in_zone(local, zone) if local is not None and right else (None, [])
    for pattern in _WORDED:
        if (found := pattern.fullmatch(plain)) is None:
            continue
        for language in LANGUAGES:
            if found["month"] in language.months and found["weekday"] in language.weekdays:
                local = _local(found, language.months.index(found["month"]) + 1)
                day = language.weekdays.index(found["weekday"])
                if local is not None and local.weekday() == day:
                    return in_zone(local, zone)
    return None, []


def worded_time(text: str) -> datetime | None:
    """The time in a name, which cannot hold a colon: ``Mar 5, 2026 203 PM``, ``2026年3月5日 1403``.

    Brightspace writes it in the language of whoever downloads.
    """
    plain = _plain(text)
    for pattern in _NAMED:
        if (found := pattern.fullmatch(plain)) is not None:
            return _named(found, found.groupdict())
    return None


def _named(found: re.Match[str], parts: dict[str, str | None]) -> datetime | None:
    year, month, day = int(found["year"]), parts.get("month"), parts.get("day")
    if month is None or day is None:
        date = _either_first(year, int(found["first"]), int(found["second"]), found["sign"])
    else:
        number = int(month) if month.isdecimal() else month_of(month)
        date = (year, number, int(day)) if number is not None else None
    halves = [half for half in (found["half1"], found["half2"]) if half]
    if date is None or len(halves) > 1:
        return None
    half = re.sub(r"[. ]", "", halves[0]) if halves else ""
    local = _at(date, int(found["hour"]), int(found["minute"]), half)
    weekday = parts.get("weekday")
    return local if local is None or not weekday or _is_weekday(weekday, local) else None


def _either_first(year: int, first: int, second: int, sign: str) -> tuple[int, int, int] | None:
    """With dots the day comes first; else 5/3 is in May or in March."""
    if sign == "." or first > _MONTHS or first == second:
        return year, second, first
    return (year, first, second) if second > _MONTHS else None


def _is_weekday(sign: str, local: datetime) -> bool:
    return any(days[local.weekday()] == sign for days in _CJK_DAYS)


def _plain(text: str) -> str:
    """Without marks of the direction; a sign and its accent are one letter after folding too."""
    shown = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", " ".join(shown.split()).casefold())


def _local(found: re.Match[str], month: int) -> datetime | None:
    hour, minute = found["hour"] or found["hour12"], found["minute"] or found["minute12"]
    day = (int(found["year"]), month, int(found["day"]))
    return _at(day, int(hour), int(minute), found["half"] or "")


def _at(day: tuple[int, int, int], hour: int, minute: int, half: str) -> datetime | None:
    if (half and not 1 <= hour <= 12) or day[0] not in _YEARS:
        return None
    after = half in _AFTER_NOON
    if half and not after and half not in _BEFORE_NOON:
        return None
    try:
        return datetime(*day, hour % 12 + 12 * after if half else hour, minute)
    except ValueError:
        return None


def stamped(
    stamp: str, abbreviation: str, zone: tzinfo | None
) -> tuple[datetime | None, list[Text]]:
    """The time of a Blackboard stamp, which is in the server's zone; and what was assumed."""
    try:
        local = datetime.strptime(stamp, "%Y-%m-%d-%H-%M-%S")
    except ValueError:
        return None, []
    if local.year not in _YEARS:
        return None, []
    if abbreviation in _ZONES:
        return local.replace(tzinfo=timezone(timedelta(hours=_ZONES[abbreviation]))), []
    return in_zone(local, zone)


def unread(said: str) -> list[Text]:
    """That a time which the platform gives cannot be read; nothing where it gives none."""
    said = said.strip()
    return [texts.TIME_UNREAD.format(said=show(said))] if said not in ("", "-") else []


def zone_assumed(aware: datetime) -> Text:
    """The sentence on a time that the platform gave without a zone."""
    return texts.ZONE_ASSUMED.format(zone=aware.strftime("UTC%z"))


def in_zone(local: datetime, zone: tzinfo | None) -> tuple[datetime | None, list[Text]]:
    """A time of `zone`, or of this machine's, and that it was taken so."""
    try:
        aware = local.replace(tzinfo=zone) if zone is not None else local.astimezone()
        return aware, [zone_assumed(aware)]
    except (ValueError, OverflowError, OSError):
        return None, []


def instant(text: str) -> datetime | None:
    """A time with its zone, in one of the spellings of ISO 8601; None for anything else."""
    text = re.sub(r"\s+(?=[+-]\d\d:?\d\d$)|\s+(?=UTC$|Z$)", "", text.strip()).replace("UTC", "Z")
    compact = re.fullmatch(r"(\d{8})(\d{9})", text)  # Sakai: 20260402040005000, in UTC
    try:
        if compact is not None:
            return datetime.strptime(compact[1] + compact[2][:6], "%Y%m%d%H%M%S").replace(
                tzinfo=UTC
            )
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
