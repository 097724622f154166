"""From a folder or archive to the class: the layout, the attempts that count, who is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

from grader.core.errors import UsageError
from grader.intake.names import stem
from kit.sources import show
from kit.text import Text, joined

from . import identity, labels, people, plain, platforms, sidefiles, texts, units
from .drafts import Draft, Laid
from .records import ClassFolder, HandIn, Person, Piece
from .roster import Roster, normal
from .tree import Bounds, Entry, Reader, Tree, read_tree

_DEEPEST = 4
Key = tuple[str, ...]


def discover(
    folder_or_archive: Path,
    *,
    roster: Roster | None = None,
    zone: tzinfo | None = None,
    bounds: Bounds | None = None,
) -> ClassFolder:
    """Everything handed in below a folder, or inside one archive that holds it all.

    `zone` is the zone of times that a platform gives without one; without it this machine's.
    Raises UsageError only: for a path that does not exist or cannot be read as a whole.
    """
    witnesses = roster.names if roster is not None else ()
    tree = read_tree(folder_or_archive, witnesses, bounds)
    with Reader() as reader:
        laid, notices = _lay_out(tree, reader, roster, zone, bounds)
    notices = (*(roster.notices if roster else ()), *notices)
    return _assemble(laid, roster, notices, zone)


def require_some(found: ClassFolder, path: Path) -> None:
    """Raise UsageError where there is nothing to grade: most likely the path is wrong."""
    if not found.hand_ins:
        raise UsageError(texts.NO_HAND_INS.format(path=show(str(path))))


def _lay_out(
    tree: Tree, reader: Reader, roster: Roster | None, zone: tzinfo | None, bounds: Bounds | None
) -> tuple[Laid, tuple[Text, ...]]:
    if (alone := _archive_alone(tree)) is not None:
        inside = _inside(alone, reader, roster, zone, bounds)
        if inside is not None:
            laid, notices = inside
            laid.strays += [entry.path for entry in tree.entries if entry is not alone]
            opened = texts.ARCHIVE_OPENED.format(name=show(alone.name))
            return laid, (opened, *tree.notices, *notices)
    laid = _platform(tree.entries, reader, roster, zone) or plain.lay_out(
        tree.name, tree.entries, roster
    )
    return laid, tree.notices


def _platform(
    entries: Sequence[Entry], reader: Reader, roster: Roster | None, zone: tzinfo | None
) -> Laid | None:
    """The platform's layout, on the uppermost level or below folders that hold everything."""
    level = list(entries)
    for _ in range(_DEEPEST):
        laid = platforms.recognise(platforms.Given(level, reader, roster, zone))
        if laid is not None:
            return laid
        tops = {entry.path.partition("/")[0] for entry in level if "/" in entry.path}
        if len(tops) != 1:
            return None
        top = tops.pop()
        level = [entry.below(top) for entry in level if entry.path.startswith(f"{top}/")]
    return None


def _archive_alone(tree: Tree) -> Entry | None:
    """The only archive of a folder that holds nothing else but tables and notes."""
    archives = [e for e in tree.entries if e.name.lower().endswith(".zip")]
    if len(archives) != 1 or archives[0].member is not None:
        return None
    own = labels.without_role(stem(archives[0].name))
    for entry in tree.entries:
        documents = entry.name.lower().endswith(units.DOCUMENTS)
        if units.is_code(entry) or (documents and labels.without_role(stem(entry.name)) == own):
            return None
    return archives[0]


def _inside(
    alone: Entry, reader: Reader, roster: Roster | None, zone: tzinfo | None, bounds: Bounds | None
) -> tuple[Laid, tuple[Text, ...]] | None:
    """What an archive holds if that is a class; None if it is one student's hand-in."""
    label = units.units_of([alone], roster)[0].label.rpartition("/")[2]
    if labels.read(label, roster).sure or platforms.recognise(
        platforms.Given([alone], reader, roster, zone)
    ):
        return None
    try:
        tree = read_tree(alone.source, roster.names if roster else (), bounds)
    except UsageError:
        return None
    laid = _platform(tree.entries, reader, roster, zone) or plain.lay_out_class(
        tree.name, tree.entries, roster
    )
    return None if laid is None else (laid, tree.notices)


def _assemble(
    laid: Laid, roster: Roster | None, notices: tuple[Text, ...], zone: tzinfo | None
) -> ClassFolder:
    """Look everybody up, let the latest attempts win, name ids, count who is missing."""
    resolved = [(draft, people.resolve(draft, roster)) for draft in laid.drafts]
    for draft, found in resolved:
        draft.reasons += found.reasons
        if roster is not None and draft.layout == "moodle" and found.doubt is None:
            _time_by_worksheet(draft, found.people, roster, zone)
    pairs = [(draft, found.people, found.doubt) for draft, found in resolved]
    pairs = _without_contested(pairs)
    counting, earlier = _latest(pairs)
    all_notices = [*notices, *laid.notices]
    if laid.strays:
        all_notices.append(texts.listed(texts.STRAYS, laid.strays))
    ids = identity.assign([(draft, who) for draft, who, _ in counting])
    undecided = [name for (_, _, doubt), name in zip(counting, ids, strict=True) if doubt]
    if undecided:
        all_notices.append(texts.listed(texts.UNDECIDED, sorted(undecided)))
    hand_ins = [
        _hand_in(draft, who, name, doubt)
        for (draft, who, doubt), name in zip(counting, ids, strict=True)
    ]
    by_key = {_key(draft, who): name for (draft, who, _), name in zip(counting, ids, strict=True)}
    taken = {name.casefold() for name in ids}
    superseded = []
    for draft, who, _ in earlier:
        base, number = f"{by_key[_key(draft, who)]}-earlier", 1
        while f"{base}-{number}".casefold() in taken:
            number += 1
        taken.add(f"{base}-{number}".casefold())
        superseded.append(_hand_in(draft, who, f"{base}-{number}", None))
    all_notices += _several_times(hand_ins)
    hand_ins.sort(key=_order)
    superseded.sort(key=lambda hand_in: hand_in.id)
    missing = _missing(roster, hand_ins) if roster is not None else ()
    return ClassFolder(
        laid.layout,
        tuple(hand_ins),
        missing,
        tuple(superseded),
        tuple(dict.fromkeys(all_notices)),
    )


def _time_by_worksheet(
    draft: Draft, who: Sequence[Person], roster: Roster, zone: tzinfo | None
) -> None:
    """The time in Moodle's worksheet, where it is the roster and says one for all members."""
    lines = [roster.entry_of(person) for person in who]
    said = {"" if line is None else line.submitted for line in lines}
    if draft.submitted_at is None and len(said) == 1:
        draft.submitted_at, reasons = sidefiles.worksheet_time(said.pop(), zone)
        draft.reasons += reasons


Pair = tuple[Draft, tuple[Person, ...], Text | None]


def _without_contested(pairs: list[Pair]) -> list[Pair]:
    """Where two names claim one student id and no roster decides, neither gets it."""
    claimed: dict[str, set[str]] = {}
    for draft, who, _ in pairs:
        if len(who) == 1 and who[0].student_id:
            name = normal(who[0].name) or normal(draft.label)
            claimed.setdefault(normal(who[0].student_id), set()).add(name)
    result = []
    for draft, who, doubt in pairs:
        number = who[0].student_id if len(who) == 1 else ""
        if number and len(claimed[normal(number)]) > 1:
            doubt = texts.ID_CLAIMED_TWICE.format(id=show(number), label=show(draft.label))
            who = (Person("", draft.label, who[0].platform_ids),)
        result.append((draft, who, doubt))
    return result


def _key(draft: Draft, who: tuple[Person, ...]) -> Key:
    """The same for all attempts of one student or group."""
    numbers = tuple(sorted(normal(person.student_id) for person in who))
    return ("known", *numbers) if all(numbers) else ("draft", draft.layout, draft.key)


def _latest(pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    by_key: dict[Key, list[Pair]] = {}
    for pair in pairs:
        by_key.setdefault(_key(pair[0], pair[1]), []).append(pair)
    counting, earlier = [], []
    for attempts in by_key.values():
        attempts.sort(key=lambda pair: (pair[0].order, pair[0].label))
        *before, last = attempts
        counting.append(last)
        earlier += before
        if before and last[0].attempt:
            stamps = joined(draft.attempt for draft, _, _ in before)
            last[0].reasons.append(texts.LATEST_ATTEMPT.format(earlier=stamps))
        elif len({pair[0].key for pair in attempts}) > 1:
            others = joined(show(draft.label) for draft, _, _ in before)
            last[0].reasons.append(texts.SAME_STUDENT.format(others=others))
    return counting, earlier


def _hand_in(draft: Draft, who: tuple[Person, ...], name: str, doubt: Text | None) -> HandIn:
    pieces = {
        inside: Piece(inside, entry.source, entry.member, entry.size)
        for inside, entry in draft.files  # of two files of one name the last counts
    }
    reasons = [*([doubt] if doubt is not None else []), *draft.reasons]
    return HandIn(
        id=name,
        people=who,
        pieces=tuple(pieces[inside] for inside in sorted(pieces)),
        layout=draft.layout,
        attempt=draft.attempt,
        submitted_at=draft.submitted_at,
        late=draft.late,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _order(hand_in: HandIn) -> tuple[bool, str, str]:
    first = hand_in.people[0]
    return not first.student_id, first.student_id, hand_in.id


def _several_times(hand_ins: Sequence[HandIn]) -> list[Text]:
    """Students who stand in several hand-ins that count: alone and in a group, say."""
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
