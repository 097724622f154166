"""Files that platforms put beside the hand-ins: Blackboard's txt, Sakai's and Gradescope's tables.

They contain text that students wrote, so they may be malformed in any way.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import yaml

from grader.core.text_decoding import first_fitting

from .times import instant

TXT_BYTES = 256_000
YAML_BYTES = 50_000_000
YAML_DEPTH = 50
_STORED = re.compile(r"_[^\W\d_][^_]*_\d{4}(?:-\d\d){5}_")  # in the name of a stored file


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
        if (found := re.search(r"\d\d? ?[:h.] ?\d\d.*?\b([A-Z]{3,4})$", value)) is not None:
            zone = found[1]
    for before, value in zip(values, values[1:], strict=False):
        if _STORED.search(value) and before and "/" not in before:
            originals[value] = before
    return BlackboardTxt(who[1] if who else "", who[2].strip() if who else "", zone, originals)


@dataclass(frozen=True, slots=True)
class SakaiRow:
    """One line of Sakai's grades.csv."""

    display_id: str
    name: str
    users: tuple[str, ...]
    late: bool | None
    submitted_at: datetime | None
    said: str = ""  # the time as it is written


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
            found[cells[1]] = SakaiRow("", cells[0], users, None, instant(cells[4]), cells[4])
        else:
            name = ", ".join(word for word in cells[2:4] if word)
            found[cells[1]] = SakaiRow(cells[0], name, (), late, instant(cells[5]), cells[5])
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
    said: str = ""  # the time as it is written


def gradescope_metadata(data: bytes) -> dict[str, GradescopeEntry]:
    """Number of a submission -> who handed it in, and when; empty for what is no such table.

    Everything is read as text: a student id is never a number, and Ruby's keys begin with a
    colon.
    """
    if len(data) > YAML_BYTES:
        return {}
    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        if _too_deep(data, loader):
            return {}
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
        said = _text(value, ":created_at")
        found[number[1]] = GradescopeEntry(submitters, instant(said), said)
    return found


def _too_deep(data: bytes, loader: Any) -> bool:
    """Whether something in the document is so deep that composing it could end this process.

    The C library composes by recursion without a limit; it tells its events one by one.
    """
    depth = 0
    for event in yaml.parse(data, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > YAML_DEPTH:
            return True
    return False


def _text(mapping: dict[Any, Any], key: str) -> str:
    value = mapping.get(key)
    return value.strip() if isinstance(value, str) and value not in ("~", "null") else ""
