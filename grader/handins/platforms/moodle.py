"""Moodle: ``San Zhang_101_assignsubmission_file/rnn.py``, or the same in one flat name.

The name and the participant's number are Moodle's; a name cannot hold an underscore. Where it
hides names it calls everybody ``Participant``, in the language of whoever exports. Where teams hand
in, all names and numbers of the export are those of teams, but for one of students without a team.
"""

from __future__ import annotations

import re

from .. import texts
from ..headers import is_word_for_all, normal
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level
from ..roster import Roster
from .layout import Fit, Layout, add, entries_of, folder_or_flat

_NAME = re.compile(
    r"(?P<name>[^_]*)(?:_(?P<uid>\d+))?_(?P<part>assignsubmission_[a-z]+)(?:_?|_(?P<flat>.+))",
    re.S,
)


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    of_teams = _is_of_teams(fits, level.roster)
    for unit, match in fits:
        name, uid = match["name"].strip(), match["uid"]
        attempt = Attempt("moodle", uid or f"team {name}", name, [])
        if uid is None or of_teams:
            attempt.group = name
            attempt.key = f"team {uid or name}"
            attempt.reasons += [texts.MOODLE_NO_TEAM] if uid is None else []
        elif _is_anonymous(name, uid, level.roster):
            attempt.claims = (IdentityClaim(platform_ids={"moodle": uid}),)
            attempt.label = f"{name} {uid}".strip()
            attempt.reasons.append(texts.ANONYMOUS)
        else:
            attempt.claims = (IdentityClaim(name=name, platform_ids={"moodle": uid}),)
        for inside, entry in entries_of(unit, match["flat"] or ""):
            add(attempts, attempt, inside, entry)
    return LayoutResult("moodle", list(attempts.values()))


def _is_of_teams(fits: list[Fit], roster: Roster | None) -> bool:
    """Whether teams handed in, so that no number is a participant's.

    Most of the export decides, since one student may show a team's name.
    """
    named = [(match["name"].strip(), match["uid"]) for _, match in fits if match["uid"]]
    alone = len(named) < len(fits)
    if roster is None or not roster.students:
        return alone
    meant = [(roster.by_platform("moodle", uid), roster.read_as(name)) for name, uid in named]
    students = sum(student in alike for student, alike in meant)
    if 2 * students >= len(named) > 0:
        return False
    teams = sum(not roster.read_as(name) and bool(roster.members(name)) for name, _ in named)
    strangers = sum(
        not alike and not _is_anonymous(*pair, roster)
        for pair, (_, alike) in zip(named, meant, strict=True)
    )
    known = sum(student is not None for student, _ in meant)
    numbered = any("moodle" in student.person.platform_ids for student in roster.students)
    half = len(named) / 2
    return alone or teams > half or (numbered and known < half < strangers)


def _is_anonymous(name: str, uid: str, roster: Roster | None) -> bool:
    """Whether there is no name, or it is Moodle's word for everybody.

    The word is of a language that is known here, or the worksheet's. That several participants
    show one name says nothing: they may be namesakes.
    """
    if not name or is_word_for_all(name):
        return True
    line = roster.by_platform("moodle", uid) if roster is not None else None
    # A folder's name has no slash: `Teilnehmer/in`.
    word = normal(line.participant.replace("/", "")) if line is not None else ""
    return bool(word) and normal(name).rpartition("-")[2] == word


LAYOUT = Layout("moodle", folder_or_flat(_NAME), _read)
