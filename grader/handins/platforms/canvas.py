"""Canvas: ``doejane_LATE_4321_98765_rnn.py``, all in one flat folder.

Everything in front of the file's name is Canvas's. A student who may choose the name that is
shown could put numbers into it; a number that the roster knows for a user's is one.
"""

from __future__ import annotations

import re
from collections import Counter

from kit.sources import show
from kit.text import joined

from .. import texts, who_texts
from ..layout_result import Attempt, IdentityClaim, LayoutResult
from ..level import Level, Unit
from ..roster import Roster
from . import blackboard
from .layout import Fit, Layout, add

_ANONYMOUS = (
    r"(?P<anon>LATE_anon|anon)_(?P<code>[A-Za-z0-9]{5})_(?:(?P<att>\d{3,})_(?P<file>.+)|"
    r"(?P<page>(?:text|link)\.html))"
)
_BEHIND = (
    r"_(?P<late>LATE_)?(?P<uid>\d+)_(?:(?P<att2>\d{3,})_(?P<file2>.+)|"
    r"(?P<page2>(?:text|link)\.html))"
)
# Text without a letter may be part of a file name: it is a shown name only if LATE follows.
_NAME = re.compile(rf"{_ANONYMOUS}|(?P<name>[\W\d]+(?=_LATE_)|.*?[^\W\d].*?){_BEHIND}", re.S)
_OF_NUMBERS = re.compile(rf"{_ANONYMOUS}|(?P<name>[\W\d]+){_BEHIND}", re.S)


def _match(unit: Unit) -> re.Match[str] | None:
    if unit.folder or blackboard.is_stamped(unit.name):
        return None
    return _NAME.fullmatch(unit.name)


def _known(unit: Unit, roster: Roster) -> re.Match[str] | None:
    """A name shown as a number, before a number that the roster knows as a user's."""
    found = None if unit.folder else _OF_NUMBERS.fullmatch(unit.name)
    return found if found is not None and roster.by_platform("canvas", found["uid"]) else None


def _weak(unit: Unit) -> re.Match[str] | None:
    """A name that Blackboard or a student could have written; not beside Canvas's own names."""
    if unit.folder:
        return None
    return _NAME.fullmatch(unit.name) or _OF_NUMBERS.fullmatch(unit.name)


def _user(match: re.Match[str]) -> str:
    return f"{match['name']}_{match['uid'] or match['code']}"


def _believed(level: Level, fits: list[Fit]) -> bool:
    """Whether the numbers are Canvas's own: not student ids, and each attachment's its own."""
    matches = [match for _, match in fits]
    users = {m["uid"] or m["code"] for m in matches}
    roster = level.roster
    canvas = sum(roster.by_platform("canvas", user) is not None for user in users) if roster else 0
    if 2 * canvas > len(users):
        return True  # the gradebook says so, whatever names are shown
    # A student who shows another's number (bob_4322) makes both files seem to be one attachment.
    pairs = {(m["att"] or m["att2"], _user(m)) for m in matches if m["att"] or m["att2"]}
    attachments = Counter(attachment for attachment, _ in pairs)
    if len(users) > 1 and attachments and max(attachments.values()) > 1:
        return False  # a date or the number of a course
    named = {m["name"] for m in matches}
    if len(users) > 1 and len(named) == 1 and None not in named:
        return False  # the same word in front of everybody: the name of the assignment
    if roster is None:
        return True
    known = sum(roster.by_student_id(user) is not None for user in users)
    return canvas >= known


def _read(level: Level, fits: list[Fit]) -> LayoutResult:
    attempts: dict[str, Attempt] = {}
    shown: dict[str, set[str]] = {}
    for _, match in fits:
        if match["uid"] and not _is_divisible(match):
            shown.setdefault(match["uid"], set()).add(match["name"])
    for unit, found in fits:
        match = _shifted(found, level.roster)
        late = bool(match["late"]) or match["anon"] == "LATE_anon"
        uid = match["uid"] or match["code"]
        attempt = Attempt("canvas", uid, match["name"] or f"anon {uid}", [], late=late)
        if match["anon"]:
            attempt.claims = (IdentityClaim(platform_ids={"canvas_anonymous": uid}),)
            attempt.reasons.append(texts.ANONYMOUS)
        else:
            ids = {"canvas": uid}
            attempt.claims = (IdentityClaim(match["name"], platform_ids=ids, surname_first=True),)
        if both := _users_of(found, level.roster, shown):
            _leave_open(attempt, found, both)
        words = (match["file"], match["file2"], match["page"], match["page2"])
        kept = add(attempts, attempt, next(word for word in words if word), unit.entries[0])
        kept.late = kept.late or late
    for attempt in attempts.values():
        _undo_renaming(attempt)
    return LayoutResult("canvas", list(attempts.values()))


def _shifted(match: re.Match[str], roster: Roster | None) -> re.Match[str]:
    """The reading in which the user is the number that the roster knows for one.

    ``bob_4322_4321_98765_rnn.py`` is 4321's, who put another's number into the own name.
    """
    if roster is None or not match["att2"] or not roster.by_platform("canvas", match["att2"]):
        return match
    name = f"{match['name']}_{match['late'] or ''}{match['uid']}"
    rest = match.string[len(name) + 1 :]
    again = _NAME.fullmatch(f"x_{rest}")
    return again if again is not None and again["uid"] == match["att2"] else match


def _is_divisible(match: re.Match[str]) -> bool:
    """Whether the number behind the first one may be the user's as well."""
    return bool(match["att2"]) and re.match(r"\d{3,}_", match["file2"]) is not None


def _users_of(
    match: re.Match[str], roster: Roster | None, shown: dict[str, set[str]]
) -> tuple[str, ...]:
    """Two numbers each of which may be this one's user; none where it is known which is.

    The roster's numbers decide, else those of users (`shown`, with their names) whose files can be
    read in one way only: an export shows one name of each.
    """
    if not _is_divisible(match):
        return ()
    ids = (match["uid"], match["att2"])
    known = [roster is not None and roster.by_platform("canvas", number) for number in ids]
    if any(known):
        return ids if all(known) else ()
    other = match["name"] not in shown.get(ids[0], {match["name"]})
    return ids if other or ids[1] in shown else ()


def _leave_open(attempt: Attempt, match: re.Match[str], ids: tuple[str, ...]) -> None:
    """The shown name or the file's holds a number of another user; neither is taken."""
    attempt.label = match["name"] + "_" + "_".join(ids)
    attempt.key, attempt.keyed = attempt.label, False
    attempt.claims = (IdentityClaim(attempt.label),)
    attempt.doubt = who_texts.SEVERAL_CANVAS_USERS.format(
        label=show(attempt.label), ids=joined(ids)
    )


def _undo_renaming(attempt: Attempt) -> None:
    """Canvas names a file that is handed in again ``rnn-1.py``; an import would miss it."""
    taken = {name for name, _ in attempt.files}
    for i, (name, entry) in enumerate(attempt.files):
        again = re.fullmatch(r"(.+?)-\d{1,2}(\.(?:py|ipynb))", name, re.I | re.S)
        if again and (plain := again[1] + again[2]) not in taken:
            attempt.files[i] = (plain, entry)
            attempt.reasons.append(texts.CANVAS_RENAMED.format(old=show(name), new=show(plain)))


LAYOUT = Layout("canvas", _match, _read, believed=_believed, known=_known, weak=_weak, user=_user)
