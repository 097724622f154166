"""Open edX: the zip of ORA2, one folder for each unit of the course, and that of SGA, flat.

User names are the platform's; SGA keeps nothing of the student's own file name.
"""

from __future__ import annotations

import re

from .. import texts
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level, Unit
from .layout import Fit, Layout, add

_ORA2_FOLDER = re.compile(r"\[\d+\].*, \[\d+\].*|Removed from course", re.S)
_ORA2_FILE = re.compile(r"\[(?:\d+|x)\] - (?P<user>.+?) - (?P<file>[^/]+)", re.S)
_SGA = re.compile(r"(?P<user>.+)_(?P<sha>[0-9a-f]{40})(?P<ext>\.[^.]*)?", re.S)


def _ora2_match(unit: Unit) -> re.Match[str] | None:
    return (_ORA2_FOLDER if unit.folder else _ORA2_FILE).fullmatch(unit.name)


def _ora2_read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    strays = []
    for unit, _ in fits:
        files = unit.below() if unit.folder else [(unit.name, unit.entries[0])]
        for path, entry in files:
            match = _ORA2_FILE.fullmatch(path)
            if match is None:
                strays.append(entry.path)
            elif match["file"] != "prompt_0.txt":
                user = match["user"]
                claim = IdentityClaim(login=user, platform_ids={"edx": user})
                add(attempts, Attempt("edx-ora2", user, user, [], (claim,)), match["file"], entry)
    return LayoutResult("edx-ora2", list(attempts.values()), strays)


def _sga_match(unit: Unit) -> re.Match[str] | None:
    return None if unit.folder else _SGA.fullmatch(unit.name)


def _sga_read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    for unit, match in fits:
        entry = unit.entries[0]
        user = match["user"]  # whole: somebody may be called ``bob_v2``, and be another than bob
        claim = IdentityClaim(login=user, platform_ids={"edx": user})
        attempt = Attempt("edx-sga", user, user, [], (claim,))
        attempt.reasons.append(texts.NAME_LOST)
        if entry.stamp is not None:
            attempt.order = (entry.stamp.isoformat(),)
        add(attempts, attempt, f"{user}{match['ext'] or ''}", entry, apart=match["sha"])
    return LayoutResult("edx-sga", list(attempts.values()))


ORA2 = Layout("edx-ora2", _ora2_match, _ora2_read, own=("submissions.csv",))
SGA = Layout("edx-sga", _sga_match, _sga_read)
