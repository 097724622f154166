"""Gradescope: ``submission_456/rnn.py`` and ``submission_metadata.yml`` beside it.

Only the table on the level itself says who handed in what. A file of that name inside a
submission is that student's data.
"""

from __future__ import annotations

import re

from .. import sidefiles, texts, times
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level, Unit
from .layout import Fit, Layout, add, entries_of

_TABLE = "submission_metadata.yml"
_FOLDER = re.compile(r"submission_(?P<number>\d+)")
_PDF = re.compile(r"(?P<number>\d+)\.pdf")


def _match(unit: Unit) -> re.Match[str] | None:
    return (_FOLDER if unit.folder else _PDF).fullmatch(unit.name)


def _believed(level: Level, fits: list[Fit]) -> bool:
    return level.file(_TABLE) is not None or any(unit.folder for unit, _ in fits)


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    known = {}
    notices = []
    if (table := level.file(_TABLE)) is not None:
        data = level.reader.read(table.source, table.member, sidefiles.YAML_BYTES + 1)
        known = sidefiles.gradescope_metadata(data)
    if not known:
        notices.append(texts.GRADESCOPE_UNREADABLE)
    attempts: dict[str, Attempt] = {}
    for unit, match in fits:
        number = match["number"]
        attempt = Attempt("gradescope", number, f"submission {number}", [], stamp=number)
        if (submission := known.get(number)) is not None:
            attempt.submitted_at = submission.created_at
            attempt.reasons += times.unread(submission.said) if not submission.created_at else []
            attempt.claims = tuple(
                IdentityClaim(name=p.name, student_id=p.sid, email=p.email)
                for p in submission.submitters
            )
        if len(attempt.claims) < 2:
            first = attempt.claims[0] if attempt.claims else IdentityClaim()
            ids = {"gradescope": number}
            attempt.claims = (IdentityClaim(first.name, first.student_id, "", first.email, ids),)
        for inside, entry in entries_of(unit, f"{number}.pdf"):
            add(attempts, attempt, inside, entry)
    return LayoutResult("gradescope", list(attempts.values()), notices=notices)


LAYOUT = Layout("gradescope", _match, _read, own=(_TABLE,), believed=_believed)
