"""ILIAS: ``Zhang_San_zhangs_1234/rnn.py``, in exercises for teams below ``Team 17/``.

The folders' names are ILIAS's. A late file carries a word in the site's language in front, which
its student could write as well: it proves nothing and stays in the name.
"""

from __future__ import annotations

import re

from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level, Unit
from ..roster import Enrolled, Roster
from .layout import Fit, Layout, add

_MEMBER = re.compile(
    r"(?P<last>[A-Za-z][A-Za-z .'-]*)_(?P<first>[A-Za-z][A-Za-z _.'-]*)_"
    r"(?P<login>[A-Za-z0-9][\w.@+-]*?)_(?P<uid>\d{2,})",
    re.ASCII,
)
_TEAM = re.compile(r"(?:Team|Équipe|Equipe|Equipo|Gruppe|Grupo|Squadra) (?P<team>\d+)")


def _match(unit: Unit) -> re.Match[str] | None:
    if not unit.folder:
        return None
    return _MEMBER.fullmatch(unit.name) or _TEAM.fullmatch(unit.name)


def _believed(level: Level, fits: list[Fit]) -> bool:
    """Whether each folder has a number of its own; a lab's number would be everybody's."""
    members = [m for _, m in fits if "uid" in m.re.groupindex]
    teams = len(fits) - len(members)
    return teams + len({m["uid"] for m in members}) == len(fits)


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    for unit, match in fits:
        if "team" in match.re.groupindex:
            attempt = Attempt("ilias", f"team {match['team']}", unit.name, [], group=unit.name)
            folders = {path.partition("/")[0] for path, _ in unit.below() if "/" in path}
            members = [m for name in sorted(folders) if (m := _MEMBER.fullmatch(name))]
            attempt.claims = tuple(_claim(member, level.roster) for member in members)
        else:
            attempt = Attempt("ilias", match["uid"], unit.name, [], (_claim(match, level.roster),))
        for inside, entry in unit.below():
            add(attempts, attempt, inside, entry)
    return LayoutResult("ilias", list(attempts.values()))


def _claim(match: re.Match[str], roster: Roster | None) -> IdentityClaim:
    """Names and logins may hold underscores: the longest login of the roster at the end is one.

    A shorter one than the name could hold is taken only where the rest names its student.
    """
    front = match.string[match.start() : match.end("login")]
    words = front.split("_")
    ends = ["_".join(words[i:]) for i in range(2, len(words))]
    login = match["login"]
    if roster is not None:
        login = next((end for end in ends if roster.by_login(end) is not None), login)
    first = front.removesuffix(f"_{login}").partition("_")[2]
    name = f"{first.replace('_', ' ')} {match['last']}"
    if (
        roster is not None
        and login != ends[0]
        and not _may_be(roster.by_login(login), name, roster)
    ):
        login = ""
    return IdentityClaim(name, login=login, platform_ids={"ilias": match["uid"]})


def _may_be(student: Enrolled | None, name: str, roster: Roster) -> bool:
    """Whether a name that ILIAS writes may be this student's; other letters say nothing."""
    if student is None or not student.person.name or not student.person.name.isascii():
        return True
    return any(student in same for same in (roster.read_as(name), *roster.named_in(name).values()))


LAYOUT = Layout("ilias", _match, _read, believed=_believed)
