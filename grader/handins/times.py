"""Times as platforms write them: stamps, instants, and words in the languages of their users.

A text that can be read in two ways, or names another weekday than its date has, gives no time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from kit.text import Text

from . import texts

# Abbreviations that mean one zone only; CST is China's and America's.
_ZONES = {
    **{"UTC": 0, "GMT": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3},
    **{"HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11},
    **{"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
}
# Language -> its months and its weekdays from Monday on; short forms are what they begin with.
_LANGUAGES = {
    "en": (
        "january february march april may june july august september october november december",
        "monday tuesday wednesday thursday friday saturday sunday",
    ),
    "de": (
        "januar februar märz april mai juni juli august september oktober november dezember",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    ),
    "fr": (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miércoles jueves viernes sábado domingo",
    ),
    "it": (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    ),
    "pt": (
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    ),
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    ),
    "ru": (
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "понедельник вторник среда четверг пятница суббота воскресенье",
    ),
}
_TABLES = [(months.split(), days.split()) for months, days in _LANGUAGES.values()]
_CHINESE_DAYS = "一二三四五六日"

_CLOCK = (
    r"(?:(?P<hour>\d\d):(?P<minute>\d\d)|(?P<hour12>\d{1,2}):(?P<minute12>\d\d) (?P<half>[ap]m))"
)
_WORD = r"[^\W\d_]+(?:-feira)?"
_WORDED = [
    re.compile(date + _CLOCK)
    for date in (
        rf"(?P<weekday>{_WORD}),? (?P<day>\d{{1,2}})(?:\.|er)?(?: de)? (?P<month>{_WORD})(?: de)? "
        r"(?P<year>\d{4}), ",
        rf"(?P<weekday>{_WORD}), (?P<month>{_WORD}) (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}), ",
    )
]
_CHINESE = re.compile(
    r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日 ?(?:星期|周)(?P<weekday>.) ?" + _CLOCK
)
_SHORT = re.compile(
    rf"(?:(?P<month>{_WORD})\.? (?P<day>\d{{1,2}})|(?P<day2>\d{{1,2}})\.?(?: de)? "
    rf"(?P<month2>{_WORD})\.?(?: de)?),? (?P<year>\d{{4}}),? (?:at )?"
    r"(?P<hour>\d{1,2})[:.h]?(?P<minute>\d\d) ?(?P<half>[ap]\.?m\.?)?"
)


def worksheet_time(text: str, zone: tzinfo | None) -> tuple[datetime | None, list[Text]]:
    """The time in a cell of Moodle's worksheet, and what was assumed.

    Moodle writes it in words of the user's language, with the weekday and without a zone.
    """
    plain = " ".join(text.split()).casefold()
    if (found := _CHINESE.fullmatch(plain)) is not None:
        weekday = _CHINESE_DAYS.find(found["weekday"])
        local = _local(found, int(found["month"]))
        return in_zone(local, zone) if local and local.weekday() == weekday else (None, [])
    for pattern in _WORDED:
        if (found := pattern.fullmatch(plain)) is None:
            continue
        for months, days in _TABLES:
            if found["month"] in months and found["weekday"] in days:
                local = _local(found, months.index(found["month"]) + 1)
                if local is not None and local.weekday() == days.index(found["weekday"]):
                    return in_zone(local, zone)
    return None, []


def worded_time(text: str) -> datetime | None:
    """``Mar 5, 2026 203 PM``: as Brightspace writes it in a name, which cannot hold a colon."""
    found = _SHORT.fullmatch(" ".join(text.split()).casefold())
    if found is None:
        return None
    word = found["month"] or found["month2"]
    numbers = {
        i
        for months, _ in _TABLES
        for i, month in enumerate(months, 1)
        if month == word or (len(word) >= 3 and month.startswith(word))
    }
    if len(numbers) != 1:
        return None
    return _at(
        (int(found["year"]), numbers.pop(), int(found["day"] or found["day2"])),
        int(found["hour"]),
        int(found["minute"]),
        (found["half"] or "").replace(".", ""),
    )


def _local(found: re.Match[str], month: int) -> datetime | None:
    hour, minute = found["hour"] or found["hour12"], found["minute"] or found["minute12"]
    day = (int(found["year"]), month, int(found["day"]))
    return _at(day, int(hour), int(minute), found["half"] or "")


def _at(day: tuple[int, int, int], hour: int, minute: int, half: str) -> datetime | None:
    if half and not 1 <= hour <= 12:
        return None
    try:
        return datetime(*day, hour % 12 + 12 * (half == "pm") if half else hour, minute)
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
    if abbreviation in _ZONES:
        return local.replace(tzinfo=timezone(timedelta(hours=_ZONES[abbreviation]))), []
    return in_zone(local, zone)


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
