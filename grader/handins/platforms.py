"""The layouts of learning platforms' exports, each recognised by the names of its files alone.

A layout is accepted where at least four fifths of the files fit it. What an export does not say
about a hand-in (a name, a time, lateness) stays unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from kit.sources import show

from . import sidefiles, texts
from .labels import without_copy_marks
from .layout_result import Attempt, IdentityClaim, LayoutResult
from .roster import Roster
from .tree import Entry, Reader

SHARE = 0.8  # the rest may be a teacher's own files beside the export
# 张三_12345_assignsubmission_file/rnn.py, or _rnn.py at the end in a download without folders.
_MOODLE = re.compile(
    r"(?P<name>[^/_]*)_(?P<uid>\d+)_(?P<part>assignsubmission_[a-z]+)(?:_?/(?P<rest>.+)|_(?P<flat>[^/]+))",
    re.S,
)
# A submission of the default group has no user id.
_MOODLE_NO_TEAM = re.compile(
    r"(?P<name>[^/_]*)_(?P<part>assignsubmission_[a-z]+)(?:_?/(?P<rest>.+)|_(?P<flat>[^/]+))", re.S
)
# What Moodle calls a student in a blind assignment, in the site's language.
_MOODLE_ANONYMOUS = re.compile("Participant|参与人|参加者|Teilnehmer/?in|Участник|參與者", re.I)
# zhangsan_LATE_123_4567_rnn.py: name, lateness, id of the user, id of the attachment.
_CANVAS = re.compile(
    r"(?P<anon>LATE_anon|anon)_(?P<code>[A-Za-z0-9]{5})_(?:(?P<att>\d{3,})_(?P<file>[^/]+)|"
    r"(?P<page>(?:text|link)\.html))"
    r"|(?P<name>[^/]*?[^\W\d][^/]*?)_(?P<late>LATE_)?(?P<uid>\d+)_(?:(?P<att2>\d{3,})_(?P<file2>[^/]+)|"
    r"(?P<page2>(?:text|link)\.html))",
    re.S,
)
# Lab 6_zhangsan_attempt_2026-04-02-12-00-05_rnn.py, and a .txt that describes the attempt.
_BLACKBOARD = re.compile(
    r"(?P<front>[^/]+?)_attempt_(?P<stamp>\d{4}(?:-\d\d){5})(?:_(?P<file>[^/]+)|(?P<txt>\.txt))",
    re.S,
)
# Lab 6/Zhang, San(zhangsan)/Submission attachment(s)/rnn.py
_SAKAI = re.compile(r"(?:[^/]+/)?(?P<who>[^/]*)\((?P<eid>[^()/]+)\)/(?P<rest>.+)", re.S)
_SAKAI_FLAT = re.compile(
    r"(?:[^/]+/)?(?P<who>[^/]*)\((?P<eid>[^()/]+)\)_Submission attachment\(s\)_(?P<rest>[^/]+)",
    re.S,
)
# Files that Sakai itself puts beside the attachments.
_SAKAI_OWN = re.compile(
    r"(?:timestamp\.txt|comments\.txt|feedbackText\.html|Feedback Attachment\(s\)/.*)", re.S
)
# assignment_1_export/submission_123/rnn.py, beside submission_metadata.yml
_GRADESCOPE = re.compile(
    r"(?:assignment_\d+_export/)?(?:submission_(?P<sid>\d+)/(?P<rest>.+)|(?P<pdf>\d+)\.pdf)", re.S
)
# [1]Section, [1]Subsection, [1]Unit/[1] - zhangsan - rnn.py
_ORA2 = re.compile(
    r"(?P<dir>\[\d+\][^/]*)/(?:\[(?P<i>\d+)\]|Removed from course/\[x\])"
    r" - (?P<user>.+?) - (?P<file>[^/]+)",
    re.S,
)
# zhangsan_<SHA-1 of the file>.zip
_SGA = re.compile(r"(?P<user>[^/]+)_(?P<sha>[0-9a-f]{40})(?P<ext>\.[^./]*)?", re.S)


@dataclass(frozen=True, slots=True)
class LayoutInput:
    """What a layout is recognised by."""

    entries: Sequence[Entry]
    reader: Reader
    roster: Roster | None
    zone: tzinfo | None


def recognise(given: LayoutInput) -> LayoutResult | None:
    """The class as its platform exported it, or None if no platform's layout fits."""
    # The most specific layouts first: Canvas's names are the easiest to match by chance.
    for layout in (_gradescope, _moodle, _blackboard, _sakai, _ora2, _sga, _canvas):
        if (result := layout(given)) is not None and result.attempts:
            return result
    return None


def _fitting(
    entries: Sequence[Entry], patterns: Sequence[re.Pattern[str]], own: Callable[[Entry], bool]
) -> tuple[list[tuple[Entry, re.Match[str]]], list[str]] | None:
    """Files with the match of their names, and the other files' paths; None if too few match."""
    fits, strays = [], []
    for entry in entries:
        match = next((m for p in patterns if (m := p.fullmatch(entry.path))), None)
        if match is not None:
            fits.append((entry, match))
        elif not own(entry):
            strays.append(entry.path)
    if not fits or len(fits) < SHARE * (len(fits) + len(strays)):
        return None
    return fits, strays


def _no_own(entry: Entry) -> bool:
    """Whether a file is the platform's table of marks beside the hand-ins."""
    return "/" not in entry.path and entry.name.lower().endswith((".csv", ".xls", ".xlsx"))


def _add(attempts: dict[str, Attempt], attempt: Attempt, name: str, entry: Entry) -> Attempt:
    kept = attempts.setdefault("\0".join((attempt.key, *attempt.order)), attempt)
    kept.files.append((name, entry))
    return kept


def _moodle(given: LayoutInput) -> LayoutResult | None:
    found = _fitting(given.entries, (_MOODLE, _MOODLE_NO_TEAM), _no_own)
    if found is None:
        return None
    attempts: dict[str, Attempt] = {}
    for entry, match in found[0]:
        word = match.groupdict()
        name, uid = word["name"].strip(), word.get("uid")
        attempt = Attempt("moodle", uid or f"team {name}", name, [])
        if uid is None:
            attempt.group = name
            attempt.reasons.append(texts.MOODLE_NO_TEAM)
        elif _MOODLE_ANONYMOUS.fullmatch(re.sub(r"[\s\d]", "", name)):
            attempt.claims = (IdentityClaim(platform_ids={"moodle": uid}),)
            attempt.label = f"{name} {uid}"
            attempt.reasons.append(texts.ANONYMOUS)
        else:
            attempt.claims = (IdentityClaim(name=name, platform_ids={"moodle": uid}),)
        _add(attempts, attempt, word["rest"] or word["flat"], entry)
    return LayoutResult("moodle", list(attempts.values()), found[1])


def _canvas(given: LayoutInput) -> LayoutResult | None:
    found = _fitting(given.entries, (_CANVAS,), _no_own)
    if found is None or not _is_canvas([m for _, m in found[0]], given.roster):
        return None
    attempts: dict[str, Attempt] = {}
    for entry, match in found[0]:
        word = match.groupdict()
        late = bool(word["late"]) or word["anon"] == "LATE_anon"
        uid = word["uid"] or word["code"]
        attempt = Attempt("canvas", uid, word["name"] or f"anon {uid}", [], late=late)
        if word["anon"]:
            attempt.claims = (IdentityClaim(platform_ids={"canvas_anonymous": uid}),)
            attempt.reasons.append(texts.ANONYMOUS)
        else:
            attempt.claims = (IdentityClaim(name=word["name"], platform_ids={"canvas": uid}),)
        file = next(w for w in (word["file"], word["file2"], word["page"], word["page2"]) if w)
        kept = _add(attempts, attempt, file, entry)
        kept.late = kept.late or late
    for attempt in attempts.values():
        _undo_renaming(attempt)
    return LayoutResult("canvas", list(attempts.values()), found[1])


def _is_canvas(matches: list[re.Match[str]], roster: Roster | None) -> bool:
    """Whether the numbers are Canvas's own: no student ids, and different for each attachment."""
    attachments = Counter(m["att"] or m["att2"] for m in matches if m["att"] or m["att2"])
    users = {m["uid"] or m["code"] for m in matches}
    if len(users) > 1 and attachments and max(attachments.values()) > 1:
        return False  # a date or the number of a course
    named = {m["name"] for m in matches}
    if len(users) > 1 and len(named) == 1 and None not in named:
        return False  # the same word in front of every name: that of the assignment
    if roster is None:
        return True
    known = sum(roster.by_student_id(user) is not None for user in users)
    canvas = sum(roster.by_platform("canvas", user) is not None for user in users)
    return canvas >= known


def _undo_renaming(attempt: Attempt) -> None:
    """Undo Canvas's renaming of a file handed in again to ``rnn-1.py``, which no import finds."""
    taken = {name for name, _ in attempt.files}
    for i, (name, entry) in enumerate(attempt.files):
        again = re.fullmatch(r"(.+?)-\d{1,2}(\.(?:py|ipynb))", name, re.I | re.S)
        if again and (plain := again[1] + again[2]) not in taken:
            attempt.files[i] = (plain, entry)
            attempt.reasons.append(texts.CANVAS_RENAMED.format(old=show(name), new=show(plain)))


def _blackboard(given: LayoutInput) -> LayoutResult | None:
    found = _fitting(given.entries, (_BLACKBOARD,), _no_own)
    if found is None:
        return None
    notes = {}
    for entry, match in found[0]:
        if match["txt"]:
            data = given.reader.read(entry.source, entry.member, sidefiles.TXT_BYTES)
            notes[match["front"], match["stamp"]] = sidefiles.blackboard_txt(data)
    fronts = {match["front"] for _, match in found[0]}
    attempts: dict[str, Attempt] = {}
    for entry, match in found[0]:
        front, stamp = match["front"], match["stamp"]
        note = notes.get((front, stamp), sidefiles.BlackboardTxt())
        user = note.username or _blackboard_user(front, fronts, notes)
        claim = IdentityClaim(name=note.name, login=user, platform_ids={"blackboard": user})
        attempt = Attempt("blackboard", user, note.name or user, [], (claim,), stamp=stamp)
        attempt.order = (stamp,)
        if not note.username:
            attempt.reasons.append(texts.BLACKBOARD_USER.format(user=show(user)))
        attempt.submitted_at, reason = sidefiles.stamped(stamp, note.zone, given.zone)
        attempt.reasons += reason
        if match["txt"]:
            attempts.setdefault("\0".join((attempt.key, *attempt.order)), attempt)
        else:
            _add(attempts, attempt, note.originals.get(entry.name, match["file"]), entry)
    return LayoutResult("blackboard", list(attempts.values()), found[1])


def _blackboard_user(
    front: str, fronts: set[str], notes: dict[tuple[str, str], sidefiles.BlackboardTxt]
) -> str:
    """The user in ``<assignment>_<user>``, either of which may hold an underscore."""
    for (other, _), note in notes.items():
        if note.username and other.endswith(f"_{note.username}"):
            title = other[: -len(note.username)]
            if front.startswith(title) and len(front) > len(title):
                return front[len(title) :]
    # No .txt names a user: what all names have in common at the front is the assignment.
    words = [f.split("_") for f in fronts]
    shared = 0
    while len(fronts) > 1 and all(len(w) > shared + 1 for w in words):
        if len({w[shared] for w in words}) > 1:
            break
        shared += 1
    return "_".join(front.split("_")[shared:]) if shared else front.rpartition("_")[2]


def _sakai(given: LayoutInput) -> LayoutResult | None:
    own = ("grades.csv", "grades.xls")
    found = _fitting(
        given.entries,
        (_SAKAI_FLAT, _SAKAI),
        lambda entry: entry.name in own and entry.path.count("/") <= 1,
    )
    if found is None or not any(
        entry.name in (*own, "timestamp.txt") or "Submission attachment(s)" in entry.path
        for entry in given.entries
    ):
        return None
    table = next((e for e in given.entries if e.name == "grades.csv"), None)
    rows = {}
    if table is not None:
        rows = sidefiles.sakai_grades(
            given.reader.read(table.source, table.member, sidefiles.TXT_BYTES * 16)
        )
    attempts: dict[str, Attempt] = {}
    for entry, match in found[0]:
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
        kept = attempts.setdefault(attempt.key + "\0", attempt)
        rest = match["rest"]
        if rest == "timestamp.txt":
            data = given.reader.read(entry.source, entry.member, 200)
            kept.submitted_at = sidefiles.instant(data.decode("utf-8", "replace"))
        elif not _SAKAI_OWN.fullmatch(rest):
            kept.files.append((rest.removeprefix("Submission attachment(s)/"), entry))
    return LayoutResult("sakai", list(attempts.values()), found[1])


def _turned(name: str) -> str:
    """``Zhang, San`` -> ``San Zhang``."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma else name


def _gradescope(given: LayoutInput) -> LayoutResult | None:
    table = next((e for e in given.entries if e.name == "submission_metadata.yml"), None)
    found = _fitting(given.entries, (_GRADESCOPE,), lambda e: e is table or _no_own(e))
    if found is None or (table is None and not any(m["sid"] for _, m in found[0])):
        return None
    known = {}
    notices = []
    if table is not None:
        data = given.reader.read(table.source, table.member, sidefiles.YAML_BYTES + 1)
        known = sidefiles.gradescope_metadata(data)
        if not known:
            notices.append(texts.GRADESCOPE_UNREADABLE)
    attempts: dict[str, Attempt] = {}
    for entry, match in found[0]:
        number = match["sid"] or match["pdf"]
        attempt = Attempt("gradescope", number, f"submission {number}", [], stamp=number)
        if (submission := known.get(number)) is not None:
            attempt.submitted_at = submission.created_at
            attempt.claims = tuple(
                IdentityClaim(name=p.name, student_id=p.sid, email=p.email)
                for p in submission.submitters
            )
        if len(attempt.claims) < 2:
            first = attempt.claims[0] if attempt.claims else IdentityClaim()
            ids = {"gradescope": number}
            attempt.claims = (IdentityClaim(first.name, first.student_id, "", first.email, ids),)
        _add(attempts, attempt, match["rest"] or f"{number}.pdf", entry)
    return LayoutResult("gradescope", list(attempts.values()), found[1], notices)


def _ora2(given: LayoutInput) -> LayoutResult | None:
    found = _fitting(given.entries, (_ORA2,), lambda e: e.name == "submissions.csv")
    if found is None:
        return None
    attempts: dict[str, Attempt] = {}
    for entry, match in found[0]:
        user = match["user"]
        claim = IdentityClaim(login=user, platform_ids={"edx": user})
        if match["file"] != "prompt_0.txt":
            _add(attempts, Attempt("edx-ora2", user, user, [], (claim,)), match["file"], entry)
    return LayoutResult("edx-ora2", list(attempts.values()), found[1])


def _sga(given: LayoutInput) -> LayoutResult | None:
    found = _fitting(given.entries, (_SGA,), _no_own)
    if found is None:
        return None
    attempts: dict[str, Attempt] = {}
    for entry, match in found[0]:
        user = without_copy_marks(match["user"])[0]
        claim = IdentityClaim(login=user, platform_ids={"edx": user})
        attempt = Attempt("edx-sga", user, user, [], (claim,))
        attempt.reasons.append(texts.NAME_LOST)
        attempt.order = (entry.stamp.isoformat() if entry.stamp else "", match["sha"])
        _add(attempts, attempt, f"{user}{match['ext'] or ''}", entry)
    return LayoutResult("edx-sga", list(attempts.values()), found[1])
