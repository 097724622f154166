"""Blackboard: ``HW5_zhangs_attempt_2021-07-20-21-14-05_rnn.py`` and a txt for each attempt.

The word for an attempt is in the server's language, so the stamp behind it identifies it.
Blackboard writes everything in front of the student's file name, and the first lines of the txt.
"""

from __future__ import annotations

import re

from kit.sources import show

from .. import sidefiles, texts, times
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level, Unit
from .layout import Fit, Layout, add, start

_NAME = re.compile(
    r"(?P<front>.+?)_(?P<word>[^\W\d_]+(?:[ '’.-][^\W\d_]+){0,3})_"
    r"(?P<stamp>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|(?P<txt>\.txt))",
    re.S,
)


def is_stamped(name: str) -> bool:
    """Whether a file's name is one that Blackboard writes."""
    return _NAME.fullmatch(name) is not None


def _match(unit: Unit) -> re.Match[str] | None:
    return None if unit.folder else _NAME.fullmatch(unit.name)


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    notes = {}
    for unit, match in fits:
        if match["txt"]:
            entry = unit.entries[0]
            data = level.reader.read(entry.source, entry.member, sidefiles.TXT_BYTES)
            notes[match["front"], match["stamp"]] = sidefiles.blackboard_txt(data)
    notes = {key: note for key, note in notes.items() if _is_of(key[0], note)}
    fronts = {match["front"] for _, match in fits}
    attempts: dict[str, Attempt] = {}
    for unit, match in fits:
        front, stamp = match["front"], match["stamp"]
        note = notes.get((front, stamp), sidefiles.BlackboardTxt())
        user = note.username or _user(front, fronts, notes)
        claim = IdentityClaim(name=note.name, login=user, platform_ids={"blackboard": user})
        attempt = Attempt("blackboard", user, note.name or user, [], (claim,), stamp=stamp)
        attempt.order = (stamp,)
        if not note.username:
            attempt.reasons.append(texts.BLACKBOARD_USER.format(user=show(user)))
        attempt.submitted_at, reason = times.stamped(stamp, note.zone, level.zone)
        attempt.reasons += reason
        if match["txt"]:
            start(attempts, attempt)
        else:
            stored = unit.entries[0]
            add(attempts, attempt, note.originals.get(stored.name, match["file"]), stored)
    return LayoutResult("blackboard", list(attempts.values()))


def _is_of(front: str, note: sidefiles.BlackboardTxt) -> bool:
    """Whether a txt names the user of its own file name; what it says of others does not count."""
    return not note.username or front.casefold().endswith(f"_{note.username}".casefold())


def _user(
    front: str, fronts: set[str], notes: dict[tuple[str, str], sidefiles.BlackboardTxt]
) -> str:
    """The user in ``<assignment>_<user>``, either of which may hold an underscore."""
    for (other, _), note in sorted(notes.items()):
        if note.username and other.endswith(f"_{note.username}"):
            title = other[: -len(note.username)]
            if front.startswith(title) and len(front) > len(title):
                return front[len(title) :]
    words = [f.split("_") for f in fronts]
    shared = 0
    while len(fronts) > 1 and all(len(w) > shared + 1 for w in words):
        if len({w[shared] for w in words}) > 1:
            break
        shared += 1
    return "_".join(front.split("_")[shared:]) if shared else front.rpartition("_")[2]


LAYOUT = Layout("blackboard", _match, _read)
