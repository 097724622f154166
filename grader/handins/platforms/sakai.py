"""Sakai: ``Zhang, San(2023001)/Submission attachment(s)/rnn.py`` and ``grades.csv`` beside it.

The folder's name and the ``grades.csv`` of the level itself are Sakai's; a ``grades.csv`` inside
a folder is that student's. ``timestamp.txt`` holds the time of its own folder; in flat names all
that follows is the student's file name.
"""

from __future__ import annotations

import re

from .. import sidefiles, times
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level, Unit
from .layout import Fit, Layout, entries_of, start

_OWN = ("grades.csv", "grades.xls")
_FOLDER = re.compile(r"(?P<who>[^()]*(?:\([^()]*\)[^()]*)*?)\((?P<eid>[^()]+)\)(?P<flat>)", re.S)
_FLAT = re.compile(r"(?P<who>.*?)\((?P<eid>[^()]+)\)_Submission attachment\(s\)_(?P<flat>.+)", re.S)
_NO_WORK = re.compile(
    r"timestamp\.txt|comments\.txt|feedbackText\.html|Feedback Attachment\(s\)/.*", re.S
)


def _match(unit: Unit) -> re.Match[str] | None:
    return (_FOLDER if unit.folder else _FLAT).fullmatch(unit.name)


def _believed(level: Level, fits: list[Fit]) -> bool:
    """By its table beside the folders; without one by the comma that is in all names."""
    commas = sum("," in match["who"] for _, match in fits)
    return level.file(*_OWN) is not None or commas >= 0.8 * len(fits)


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    rows = {}
    if (table := level.file("grades.csv")) is not None:
        most = sidefiles.TXT_BYTES * 16
        rows = sidefiles.sakai_grades(level.reader.read(table.source, table.member, most))
    attempts: dict[str, Attempt] = {}
    for unit, match in fits:
        eid, who = match["eid"].strip(), match["who"].strip(" ,_")
        row = rows.get(eid)
        claim = IdentityClaim(
            name=_turned(row.name if row and row.name else who),
            student_id=row.display_id if row else "",
            login=eid,
            platform_ids={"sakai": eid},
        )
        attempt = Attempt("sakai", eid, who or eid, [], (claim,))
        if row is not None:
            attempt.late, attempt.submitted_at = row.late, row.submitted_at
            if row.users:
                attempt.group = who
                attempt.claims = tuple(IdentityClaim(login=u, name=u) for u in row.users)
        kept = start(attempts, attempt)
        unread = row.said if row is not None else ""
        for rest, entry in entries_of(unit, match["flat"]):
            if not unit.folder:
                kept.files.append((rest, entry))
            elif rest == "timestamp.txt":
                data = level.reader.read(entry.source, entry.member, 200)
                said = data.decode("utf-8", "replace")
                kept.submitted_at = times.instant(said) or kept.submitted_at
                unread = unread or said
            elif not _NO_WORK.fullmatch(rest):
                kept.files.append((rest.removeprefix("Submission attachment(s)/"), entry))
        if kept.submitted_at is None:
            kept.reasons += times.unread(unread)
    return LayoutResult("sakai", list(attempts.values()))


def _turned(name: str) -> str:
    """``Zhang, San`` -> ``San Zhang``."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma else name


LAYOUT = Layout("sakai", _match, _read, own=_OWN, believed=_believed)
