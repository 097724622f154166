"""Moodle: ``San Zhang_101_assignsubmission_file/rnn.py``, or the same in one flat name.

The name and the participant's number are Moodle's; a name cannot hold an underscore. Where it
hides names it calls everybody ``Participant``, in the language of whoever exports.
"""

from __future__ import annotations

import re

from .. import texts
from ..headers import normal
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level
from ..roster import Roster
from .layout import Fit, Layout, add, entries_of, folder_or_flat

_NAME = re.compile(
    r"(?P<name>[^_]*)(?:_(?P<uid>\d+))?_(?P<part>assignsubmission_[a-z]+)(?:_?|_(?P<flat>.+))",
    re.S,
)
_ANONYMOUS = re.compile(  # Moodle's word, without blanks; in front of it a group that was chosen
    "(?:.*-)?(?:Participante?|Partecipante|Participant[ăe]|参与[人者]|參[與加]者|参加者"
    "|Teilnehmer(?:/?in)?|Teilnehmende|Deelnemer|Deltage[rn]?|Deltagare|Deltaker|Участник"
    "|Учасник|Учесник|Uczestnik|Účastní[kc]|Udeleženec|Sudionik|Polaznik|Résztvevő|Osallistuja"
    "|Osaleja|Dalībnieks|Dalyvis|Συμμετέχων|Katılımcı|참[가여]자|Ngườithamgia|Partaidea"
    "|Peserta|משתתף|مشارك)",
    re.I | re.S,
)


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    for unit, match in fits:
        name, uid = match["name"].strip(), match["uid"]
        attempt = Attempt("moodle", uid or f"team {name}", name, [])
        if uid is None:
            attempt.group = name
            attempt.reasons.append(texts.MOODLE_NO_TEAM)
        elif _is_anonymous(name, uid, level.roster):
            attempt.claims = (IdentityClaim(platform_ids={"moodle": uid}),)
            attempt.label = f"{name} {uid}".strip()
            attempt.reasons.append(texts.ANONYMOUS)
        else:
            attempt.claims = (IdentityClaim(name=name, platform_ids={"moodle": uid}),)
        for inside, entry in entries_of(unit, match["flat"] or ""):
            add(attempts, attempt, inside, entry)
    return LayoutResult("moodle", list(attempts.values()))


def _is_anonymous(name: str, uid: str, roster: Roster | None) -> bool:
    """Whether there is no name, or it is Moodle's word for everybody.

    The word is of a language that is known here, or the worksheet's. That several participants
    show one name says nothing: they may be namesakes.
    """
    if not name or _ANONYMOUS.fullmatch(re.sub(r"[\s\d]", "", name)):
        return True
    line = roster.by_platform("moodle", uid) if roster is not None else None
    # A folder's name has no slash: `Teilnehmer/in`.
    word = normal(line.participant.replace("/", "")) if line is not None else ""
    return bool(word) and normal(name).rpartition("-")[2] == word


LAYOUT = Layout("moodle", folder_or_flat(_NAME), _read)
