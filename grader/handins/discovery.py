"""From a folder or archive to the class: the layout, the attempts that count, who is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

from grader.core.errors import UsageError
from grader.intake.names import stem
from kit.sources import show
from kit.text import Text, joined

from . import identity, items, labels, people, plain, platforms, sidefiles, texts
from .layout_result import Attempt, LayoutResult
from .records import ClassFolder, HandIn, Person, Piece
from .roster import Roster, normal
from .tree import Bounds, Entry, Reader, Tree, read_tree

_DEEPEST = 4  # folders around a platform's export, as unpacking and sorting make them
Key = tuple[str, ...]


def discover(
    folder_or_archive: Path,
    *,
    roster: Roster | None = None,
    zone: tzinfo | None = None,
    bounds: Bounds | None = None,
) -> ClassFolder:
    """Find everything handed in below a folder, or inside one archive of the whole class.

    `zone` is the zone of times that a platform gives without one; without it this machine's.
    Raises UsageError only: for a path that does not exist or cannot be read as a whole.
    """
    witnesses = roster.names if roster is not None else ()
    tree = read_tree(folder_or_archive, witnesses, bounds)
    with Reader() as reader:
        result, notices = _read_layout(tree, reader, roster, zone, bounds)
    notices = (*(roster.notices if roster else ()), *notices)
    return _assemble(result, roster, notices, zone)


def require_some(found: ClassFolder, path: Path) -> None:
    """Raise UsageError where there is nothing to grade: most likely the path is wrong."""
    if not found.hand_ins:
        raise UsageError(texts.NO_HAND_INS.format(path=show(str(path))))


def _read_layout(
    tree: Tree, reader: Reader, roster: Roster | None, zone: tzinfo | None, bounds: Bounds | None
) -> tuple[LayoutResult, tuple[Text, ...]]:
    if (alone := _archive_alone(tree)) is not None:
        inside = _inside(alone, reader, roster, zone, bounds)
        if inside is not None:
            result, notices = inside
            result.strays += [entry.path for entry in tree.entries if entry is not alone]
            opened = texts.ARCHIVE_OPENED.format(name=show(alone.name))
            return result, (opened, *tree.notices, *notices)
    result = _platform(tree.entries, reader, roster, zone) or plain.read_layout(
        tree.name, tree.entries, roster
    )
    return result, tree.notices


def _platform(
    entries: Sequence[Entry], reader: Reader, roster: Roster | None, zone: tzinfo | None
) -> LayoutResult | None:
    """The platform's layout, on the uppermost level or below folders that hold everything."""
    level = list(entries)
    for _ in range(_DEEPEST):
        result = platforms.recognise(platforms.LayoutInput(level, reader, roster, zone))
        if result is not None:
            return result
        tops = {entry.path.partition("/")[0] for entry in level if "/" in entry.path}
        if len(tops) != 1:
            return None
        top = tops.pop()
        level = [entry.below(top) for entry in level if entry.path.startswith(f"{top}/")]
    return None


def _archive_alone(tree: Tree) -> Entry | None:
    """The archive of a folder that otherwise holds only tables and notes."""
    archives = [e for e in tree.entries if e.name.lower().endswith(".zip")]
    if len(archives) != 1 or archives[0].member is not None:
        return None
    own = labels.without_role(stem(archives[0].name))
    for entry in tree.entries:
        documents = entry.name.lower().endswith(items.DOCUMENTS)
        if items.is_code(entry) or (documents and labels.without_role(stem(entry.name)) == own):
            return None
    return archives[0]


def _inside(
    alone: Entry, reader: Reader, roster: Roster | None, zone: tzinfo | None, bounds: Bounds | None
) -> tuple[LayoutResult, tuple[Text, ...]] | None:
    """What an archive holds if that is a class; None if it is one student's hand-in."""
    label = items.items_of([alone], roster)[0].label.rpartition("/")[2]
    if labels.parse(label, roster).sure or platforms.recognise(
        platforms.LayoutInput([alone], reader, roster, zone)
    ):
        return None
    try:
        tree = read_tree(alone.source, roster.names if roster else (), bounds)
    except UsageError:
        return None
    result = _platform(tree.entries, reader, roster, zone) or plain.read_class_layout(
        tree.name, tree.entries, roster
    )
    return None if result is None else (result, tree.notices)


def _assemble(
    result: LayoutResult, roster: Roster | None, notices: tuple[Text, ...], zone: tzinfo | None
) -> ClassFolder:
    """Look everybody up, choose the latest attempts, assign ids, find who is missing."""
    resolved = [(attempt, people.resolve(attempt, roster)) for attempt in result.attempts]
    for attempt, found in resolved:
        attempt.reasons += found.reasons
        if roster is not None and attempt.layout == "moodle" and found.doubt is None:
            _time_by_worksheet(attempt, found.people, roster, zone)
    pairs = [(attempt, found.people, found.doubt) for attempt, found in resolved]
    # In this order: an id that is in doubt must not merge the attempts of two students.
    pairs = _without_contested(pairs)
    counting, earlier = _latest(pairs)
    all_notices = [*notices, *result.notices]
    if result.strays:
        all_notices.append(texts.listed(texts.STRAYS, result.strays))
    ids = identity.assign([(attempt, who) for attempt, who, _ in counting])
    undecided = [name for (_, _, doubt), name in zip(counting, ids, strict=True) if doubt]
    if undecided:
        all_notices.append(texts.listed(texts.UNDECIDED, sorted(undecided)))
    hand_ins = [
        _hand_in(attempt, who, name, doubt)
        for (attempt, who, doubt), name in zip(counting, ids, strict=True)
    ]
    by_key = {
        _key(attempt, who): name for (attempt, who, _), name in zip(counting, ids, strict=True)
    }
    taken = {name.casefold() for name in ids}
    superseded = []
    for attempt, who, _ in earlier:
        base, number = f"{by_key[_key(attempt, who)]}-earlier", 1
        while f"{base}-{number}".casefold() in taken:
            number += 1
        taken.add(f"{base}-{number}".casefold())
        superseded.append(_hand_in(attempt, who, f"{base}-{number}", None))
    all_notices += _several_times(hand_ins)
    hand_ins.sort(key=_order)
    superseded.sort(key=lambda hand_in: hand_in.id)
    missing = _missing(roster, hand_ins) if roster is not None else ()
    return ClassFolder(
        result.layout,
        tuple(hand_ins),
        missing,
        tuple(superseded),
        tuple(dict.fromkeys(all_notices)),
    )


def _time_by_worksheet(
    attempt: Attempt, who: Sequence[Person], roster: Roster, zone: tzinfo | None
) -> None:
    """The time in Moodle's worksheet, where it is the roster and says one for all members."""
    lines = [roster.entry_of(person) for person in who]
    said = {"" if line is None else line.submitted for line in lines}
    if attempt.submitted_at is None and len(said) == 1:
        attempt.submitted_at, reasons = sidefiles.worksheet_time(said.pop(), zone)
        attempt.reasons += reasons


Pair = tuple[Attempt, tuple[Person, ...], Text | None]


def _without_contested(pairs: list[Pair]) -> list[Pair]:
    """Where one student id has two names and no roster decides, neither hand-in keeps the id."""
    claimed: dict[str, set[str]] = {}
    for attempt, who, _ in pairs:
        if len(who) == 1 and who[0].student_id:
            name = normal(who[0].name) or normal(attempt.label)
            claimed.setdefault(normal(who[0].student_id), set()).add(name)
    result = []
    for attempt, who, doubt in pairs:
        number = who[0].student_id if len(who) == 1 else ""
        if number and len(claimed[normal(number)]) > 1:
            doubt = texts.ID_CLAIMED_TWICE.format(id=show(number), label=show(attempt.label))
            who = (Person("", attempt.label, who[0].platform_ids),)
        result.append((attempt, who, doubt))
    return result


def _key(attempt: Attempt, who: tuple[Person, ...]) -> Key:
    """The same for all attempts of one student or group."""
    numbers = tuple(sorted(normal(person.student_id) for person in who))
    return ("known", *numbers) if all(numbers) else ("attempt", attempt.layout, attempt.key)


def _latest(pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    by_key: dict[Key, list[Pair]] = {}
    for pair in pairs:
        by_key.setdefault(_key(pair[0], pair[1]), []).append(pair)
    counting, earlier = [], []
    for attempts in by_key.values():
        # Labels only make the order of equals the same on every run.
        attempts.sort(key=lambda pair: (pair[0].order, pair[0].label))
        *before, last = attempts
        counting.append(last)
        earlier += before
        if before and last[0].stamp:
            stamps = joined(attempt.stamp for attempt, _, _ in before)
            last[0].reasons.append(texts.LATEST_ATTEMPT.format(earlier=stamps))
        elif len({pair[0].key for pair in attempts}) > 1:
            others = joined(show(attempt.label) for attempt, _, _ in before)
            last[0].reasons.append(texts.SAME_STUDENT.format(others=others))
    return counting, earlier


def _hand_in(attempt: Attempt, who: tuple[Person, ...], name: str, doubt: Text | None) -> HandIn:
    pieces = {
        inside: Piece(inside, entry.source, entry.member, entry.size)
        for inside, entry in attempt.files  # of two files of one name the last counts
    }
    reasons = [*([doubt] if doubt is not None else []), *attempt.reasons]
    return HandIn(
        id=name,
        people=who,
        pieces=tuple(pieces[inside] for inside in sorted(pieces)),
        layout=attempt.layout,
        attempt=attempt.stamp,
        submitted_at=attempt.submitted_at,
        late=attempt.late,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _order(hand_in: HandIn) -> tuple[bool, str, str]:
    first = hand_in.people[0]
    return not first.student_id, first.student_id, hand_in.id


def _several_times(hand_ins: Sequence[HandIn]) -> list[Text]:
    """Notices about students who are in several hand-ins: alone and in a group, say."""
    seen: dict[str, list[str]] = {}
    for hand_in in hand_ins:
        for person in hand_in.people:
            if person.student_id:
                seen.setdefault(person.student_id, []).append(hand_in.id)
    return [
        texts.IN_SEVERAL.format(id=show(number), ids=joined(ids))
        for number, ids in seen.items()
        if len(ids) > 1
    ]


def _missing(roster: Roster, hand_ins: Sequence[HandIn]) -> tuple[Person, ...]:
    there = [person for hand_in in hand_ins for person in hand_in.people]
    numbers = {normal(person.student_id) for person in there if person.student_id}
    ids = {item for person in there for item in person.platform_ids.items()}
    names = {normal(person.name) for person in there if not person.student_id}
    return tuple(
        student.person
        for student in roster.students
        if normal(student.person.student_id) not in numbers
        and ids.isdisjoint(student.person.platform_ids.items())
        and (student.person.student_id or normal(student.person.name) not in names)
    )
