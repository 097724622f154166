"""Files that platforms put beside the hand-ins: Blackboard's txt, Sakai's and Gradescope's tables.

They contain text that students wrote, so they may be malformed in any way.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import yaml

from grader.core.text_decoding import first_fitting
from kit.text import Text

from . import texts

TXT_BYTES = 256_000
YAML_BYTES = 50_000_000
# Abbreviations that mean one zone only; CST is China's and America's.
_ZONES = {
    **{"UTC": 0, "GMT": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3},
    **{"HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11},
    **{"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
}


_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d)"
_HALVES = r"(?:(?P<hour>\d{1,2}):(?P<minute>\d\d) (?P<half>[AaPp][Mm]))"
_DATES = (
    r"(?P<weekday>[A-Za-z]+), (?P<day>\d{1,2}) (?P<month>[A-Za-z]+) (?P<year>\d{4}), ",
    r"(?P<weekday>[A-Za-z]+), (?P<month>[A-Za-z]+) (?P<day>\d{1,2}),? (?P<year>\d{4}), ",
    r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日 ?(?P<weekday>(?:星期|周).) ?",
)
_WORDED = [re.compile(date + clock) for date in _DATES for clock in (_CLOCK, _HALVES)]
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE_DAYS = tuple("一二三四五六日")


def _decode(data: bytes) -> str:
    found = first_fitting(data, ("utf-8-sig", "gb18030"))
    return found[0] if found is not None else data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class BlackboardTxt:
    """What Blackboard writes about one attempt."""

    name: str = ""
    username: str = ""
    zone: str = ""
    originals: dict[str, str] = field(default_factory=dict)  # stored name -> the student's own


def blackboard_txt(data: bytes) -> BlackboardTxt:
    """Read the file by the shape of its lines: its labels are in the server's language."""
    lines = [line.strip() for line in _decode(data).splitlines()]
    values = [re.split("[:：]", line, maxsplit=1)[-1].strip() for line in lines]
    who = re.fullmatch(r"(.*?)\s*[(（]([^()（）]+)[)）]", values[0]) if values else None
    zone = ""
    originals: dict[str, str] = {}
    # The time of the attempt is near the top; further down the student's comment begins.
    for value in values[1:5]:
        if (found := re.search(r"\d\d:\d\d:\d\d.*?\b([A-Z]{3,4})$", value)) is not None:
            zone = found[1]
    for before, value in zip(values, values[1:], strict=False):
        if "_attempt_" in value and before and "/" not in before:
            originals[value] = before
    return BlackboardTxt(who[1] if who else "", who[2].strip() if who else "", zone, originals)


def worksheet_time(text: str, zone: tzinfo | None) -> tuple[datetime | None, list[Text]]:
    """The time in a cell of Moodle's worksheet, and what was assumed.

    Moodle writes it in words of the user's language, without a zone. English and Chinese are read.
    If anything is doubtful, the weekday included, there is no time: it may decide lateness.
    """
    found = next((m for p in _WORDED if (m := p.fullmatch(text.strip()))), None)
    if found is None:
        return None, []
    word = found.groupdict()
    month = word["month"]
    hour, half = int(word["hour"]), (word.get("half") or "").upper()
    if half and not 1 <= hour <= 12:
        return None, []
    if half:
        hour = hour % 12 + 12 * (half == "PM")
    try:
        number = int(month) if month.isdigit() else _MONTHS.index(month.casefold()) + 1
        local = datetime(int(word["year"]), number, int(word["day"]), hour, int(word["minute"]))
        days = _DAYS if month.isalpha() else _CHINESE_DAYS
        if (
            days.index(word["weekday"].casefold()[-1 if month.isdigit() else 0 :])
            != local.weekday()
        ):
            return None, []
    except ValueError:
        return None, []
    return _in_zone(local, zone)


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
    return _in_zone(local, zone)


def _in_zone(local: datetime, zone: tzinfo | None) -> tuple[datetime | None, list[Text]]:
    try:
        aware = local.replace(tzinfo=zone) if zone is not None else local.astimezone()
        return aware, [texts.ZONE_ASSUMED.format(zone=aware.strftime("UTC%z"))]
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


@dataclass(frozen=True, slots=True)
class SakaiRow:
    """One line of Sakai's grades.csv."""

    display_id: str
    name: str
    users: tuple[str, ...]
    late: bool | None
    submitted_at: datetime | None


def sakai_grades(data: bytes) -> dict[str, SakaiRow]:
    """Id -> line, for students and for groups."""
    text = _decode(data)
    delimiter = ";" if text.count('";"') > text.count('","') else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return {}
    found: dict[str, SakaiRow] = {}
    # The header is in the third line; for groups its third cell is "Users".
    of_groups = len(rows) > 2 and len(rows[2]) > 2 and rows[2][2].lower() in ("users", "用户")
    for row in rows[3:]:
        cells = [*(cell.strip() for cell in row), *[""] * 7]
        late = {"on time": False, "late": True}.get(cells[6].lower())
        if not cells[1]:
            continue
        if of_groups:
            users = tuple(w for w in re.split(r"[,;，；]\s*", cells[2]) if w)
            found[cells[1]] = SakaiRow("", cells[0], users, None, instant(cells[4]))
        else:
            name = ", ".join(word for word in cells[2:4] if word)
            found[cells[1]] = SakaiRow(cells[0], name, (), late, instant(cells[5]))
    return found


@dataclass(frozen=True, slots=True)
class Submitter:
    """One of the people who handed in together on Gradescope."""

    name: str
    sid: str
    email: str


@dataclass(frozen=True, slots=True)
class GradescopeEntry:
    """One submission in Gradescope's table."""

    submitters: tuple[Submitter, ...]
    created_at: datetime | None


def gradescope_metadata(data: bytes) -> dict[str, GradescopeEntry]:
    """Number of a submission -> who handed it in, and when; empty for what is no such table.

    Everything is read as text: a student id is never a number, and Ruby's keys begin with a
    colon.
    """
    if len(data) > YAML_BYTES:
        return {}
    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        table = yaml.load(data, Loader=loader)  # BaseLoader makes nothing but text, lists, dicts
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    found = {}
    for key, value in table.items() if isinstance(table, dict) else ():
        number = re.fullmatch(r"(?:submission_)?(\d+)(?:\.pdf)?", str(key))
        if number is None or not isinstance(value, dict):
            continue
        people = value.get(":submitters")
        submitters = tuple(
            Submitter(*(_text(person, word) for word in (":name", ":sid", ":email")))
            for person in (people if isinstance(people, list) else ())
            if isinstance(person, dict)
        )
        found[number[1]] = GradescopeEntry(submitters, instant(_text(value, ":created_at")))
    return found


def _text(mapping: dict[Any, Any], key: str) -> str:
    value = mapping.get(key)
    return value.strip() if isinstance(value, str) and value not in ("~", "null") else ""
