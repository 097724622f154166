"""Moodle: ``San Zhang_101_assignsubmission_file/rnn.py``, or the same in one flat name.

The name and the participant's number are Moodle's; a name cannot hold an underscore.
"""

from __future__ import annotations

import re

from .. import texts
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level
from .layout import Fit, Layout, add, entries_of, folder_or_flat

_NAME = re.compile(
    r"(?P<name>[^_]*)(?:_(?P<uid>\d+))?_(?P<part>assignsubmission_[a-z]+)(?:_?|_(?P<flat>.+))",
    re.S,
)
_ANONYMOUS = re.compile(
    "Participante?|Partecipante|参与人|参加者|Teilnehmer/?in|Deelnemer|Участник|參與者", re.I
)


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    for unit, match in fits:
        name, uid = match["name"].strip(), match["uid"]
        attempt = Attempt("moodle", uid or f"team {name}", name, [])
        if uid is None:
            attempt.group = name
            attempt.reasons.append(texts.MOODLE_NO_TEAM)
        elif _ANONYMOUS.fullmatch(re.sub(r"[\s\d]", "", name)):
            attempt.claims = (IdentityClaim(platform_ids={"moodle": uid}),)
            attempt.label = f"{name} {uid}"
            attempt.reasons.append(texts.ANONYMOUS)
        else:
            attempt.claims = (IdentityClaim(name=name, platform_ids={"moodle": uid}),)
        for inside, entry in entries_of(unit, match["flat"] or ""):
            add(attempts, attempt, inside, entry)
    return LayoutResult("moodle", list(attempts.values()))


LAYOUT = Layout("moodle", folder_or_flat(_NAME), _read)
