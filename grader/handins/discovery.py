"""From a folder or archive to the class: the layout, the attempts that count, who is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

from grader.core.errors import UsageError
from grader.intake.names import stem
from kit.sources import show
from kit.text import Text, joined

from . import (
    deciding,
    identity,
    items,
    labels,
    latest,
    people,
    plain,
    platforms,
    texts,
    times,
    who_texts,
)
from .choosing import Wishes
from .contents import ContentsReader, HereReader
from .deciding import OwnedAttempt
from .headers import normal
from .latest import Due, Replaced
from .layout_result import Attempt, LayoutResult
from .level import Level, Unit, levels, units_of
from .records import ClassFolder, HandIn, Person, Piece
from .roster import Roster
from .tree import Bounds, Entry, Reader, Tree, read_tree

PLAIN = "plain"
LAYOUT_IDS = (*platforms.LAYOUT_IDS, PLAIN)
"""What a person may choose a layout by."""


def discover(
    folder_or_archive: Path,
    *,
    roster: Roster | None = None,
    zone: tzinfo | None = None,
    bounds: Bounds | None = None,
    layout: str | None = None,
    prefer: Collection[str] = (),
    due: Due | None = None,
    contents: ContentsReader | None = None,
) -> ClassFolder:
    """Find everything handed in below a folder, or inside one archive of the whole class.

    `zone` is the zone of times that a platform gives without one; without it this machine's.
    `layout` is one of `LAYOUT_IDS`, where a person chose it; `prefer` are items that count before
    others of the same student; `due` tells what is late; `contents` looks into what was handed in,
    without it this process does. Raises UsageError only: for a path that cannot be read as a whole,
    for several layouts that fit, for a choice that names nothing.
    """
    witnesses = roster.names if roster is not None else ()
    tree = read_tree(folder_or_archive, witnesses, bounds)
    with Reader() as reader:
        wishes = Wishes(reader, prefer, contents or HereReader())
        look = _Look(reader, roster, zone, bounds, layout, wishes)
        result, notices = look.read(tree)
        notices = (*(roster.notices if roster else ()), *notices)
        found = _assemble(result, look, notices, due)
    if layout not in (None, PLAIN) and layout != result.layout:
        where = show(str(folder_or_archive))
        text = texts.LAYOUT_FITS_NOTHING
        raise UsageError(text.format(path=where, layout=layout, layouts=joined(LAYOUT_IDS)))
    if lost := sorted(set(prefer) - look.wishes.met):
        raise UsageError(texts.listed(texts.PREFER_UNKNOWN, lost))
    return found


def require_some(found: ClassFolder, path: Path) -> None:
    """Raise UsageError where there is nothing to grade: most likely the path is wrong."""
    if not found.hand_ins:
        raise UsageError(texts.NO_HAND_INS.format(path=show(str(path))))


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at a class's folder needs."""

    reader: Reader
    roster: Roster | None
    zone: tzinfo | None
    bounds: Bounds | None
    layout: str | None
    wishes: Wishes

    def read(self, tree: Tree) -> tuple[LayoutResult, tuple[Text, ...]]:
        """What the folder holds, and notices about the files as a whole."""
        if (alone := _archive_alone(tree, self.roster)) is not None:
            inside = self._inside(alone)
            if inside is not None:
                result, notices = inside
                result.strays += [entry.path for entry in tree.entries if entry is not alone]
                opened = texts.ARCHIVE_OPENED.format(name=show(alone.name))
                return result, (opened, *tree.notices, *notices)
        result = self._platform(tree) or plain.read_layout(
            tree.name, tree.entries, self.roster, self.wishes
        )
        if result.layout not in platforms.LAYOUT_IDS and self.layout is None:
            result.notices += platforms.not_taken(self._level(tree.entries))
        return result, tree.notices

    def _level(self, entries: Sequence[Entry]) -> Level:
        return Level(units_of(entries), self.reader, self.roster, self.zone)

    def _platform(self, tree: Tree) -> LayoutResult | None:
        """The platform's layout, on the uppermost level or below folders that hold everything."""
        if self.layout == PLAIN:
            return None
        strays: list[str] = []
        for name, entries in levels(tree.name, tree.entries, self.roster):
            found = platforms.recognise(self._level(entries), self.layout)
            if found is not None and found[0].attempts:
                result, rest = found
                result.strays += strays
                self._read_rest(result, rest, name)
                return result
            strays += [entry.path for entry in entries if "/" not in entry.path]
        return None

    def _read_rest(self, result: LayoutResult, rest: Sequence[Unit], name: str) -> None:
        """What the platform's layout does not explain: claims by their names, or strays.

        A student may have chosen such a name, so it is nobody's until a person says whose it is.
        """
        entries = [entry for unit in rest for entry in unit.entries]
        known = [item for item in items.items_of(entries, self.roster) if item.is_known]
        more = plain.read_items(known, self.roster, name, self.wishes)
        for attempt in more.attempts:
            if attempt.people and not self.wishes.is_preferred(attempt.label):
                whose = joined(show(person.known_as) for person in attempt.people)
                values = {"label": show(attempt.label), "names": whose}
                attempt.doubt = who_texts.NOT_BY_PLATFORM.format(**values)
                attempt.people = (Person("", attempt.label),)
        result.attempts += more.attempts
        taken = {id(entry) for item in known for entry in item.entries}
        result.strays += [entry.path for entry in entries if id(entry) not in taken]
        result.strays += more.strays

    def _inside(self, alone: Entry) -> tuple[LayoutResult, tuple[Text, ...]] | None:
        """What an archive holds if that is a class; None if it is one student's hand-in."""
        label = items.items_of([alone], self.roster)[0].label.rpartition("/")[2]
        unit = replace(alone, path=alone.name)
        if labels.parse(label, self.roster).sure or platforms.recognise(self._level([unit])):
            return None
        try:
            names = self.roster.names if self.roster else ()
            tree = read_tree(alone.source, names, self.bounds)
        except UsageError:
            return None
        result = self._platform(tree) or plain.read_class_layout(
            tree.name, tree.entries, self.roster, self.wishes
        )
        return None if result is None else (result, tree.notices)


def _archive_alone(tree: Tree, roster: Roster | None) -> Entry | None:
    """The only archive of a folder that holds nothing else but tables and notes."""
    for _, level in levels(tree.name, tree.entries, roster):
        units = units_of(level)
        archives = [u for u in units if not u.folder and u.name.lower().endswith(".zip")]
        if len(archives) != 1 or archives[0].entries[0].member is not None:
            continue
        own = labels.without_role(stem(archives[0].name))
        for unit in units:
            documents = unit.name.lower().endswith(items.DOCUMENTS)
            reports = documents and labels.without_role(stem(unit.name)) == own
            if unit.folder or items.is_code(unit.entries[0]) or reports:
                return None
        return archives[0].entries[0]
    return None


def _assemble(
    result: LayoutResult, look: _Look, notices: tuple[Text, ...], due: Due | None
) -> ClassFolder:
    """Look everybody up, let the latest attempts win, name ids, count who is missing."""
    roster = look.roster
    found_people = people.resolve_each(result.attempts, roster)
    resolved = list(zip(result.attempts, found_people, strict=True))
    for attempt, found in resolved:
        attempt.reasons += found.reasons
        if roster is not None and attempt.layout == "moodle" and found.doubt is None:
            _time_by_worksheet(attempt, found.people, roster, look.zone)
    owned = [OwnedAttempt(attempt, found.people, found.doubt) for attempt, found in resolved]
    if roster is None:
        _note_odd_lengths(owned)
    names = deciding.names_of(result.attempts)
    owned = deciding.decided(_without_contested(owned), names, roster, look.wishes)
    counting, earlier = latest.of_each(owned, names, look.wishes, due)
    if result.layout in platforms.LAYOUT_IDS:
        counting = latest.settled(counting, names, roster, look.wishes)
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
    superseded = _superseded(counting, earlier, ids)
    all_notices += _several_times(hand_ins)
    hand_ins.sort(key=_order)
    held = [person for attempt, _, _ in counting for person in attempt.held_for]
    missing = _missing(roster, hand_ins, held) if roster is not None else ()
    return ClassFolder(
        result.layout,
        tuple(hand_ins),
        missing,
        superseded,
        tuple(dict.fromkeys(all_notices)),
    )


def _superseded(
    counting: Sequence[OwnedAttempt], earlier: Sequence[Replaced], ids: Sequence[str]
) -> tuple[HandIn, ...]:
    """The attempts that do not count, each with an id made of the one that does."""
    older = [(older, attempt, who) for attempt, who, _ in counting for older in attempt.older]
    by_attempt = {id(attempt): name for (attempt, _, _), name in zip(counting, ids, strict=True)}
    taken = {name.casefold() for name in ids}
    found = []
    for attempt, instead, who in (*earlier, *older):
        base, number = f"{by_attempt.get(id(instead), instead.layout)}-earlier", 1
        while f"{base}-{number}".casefold() in taken:
            number += 1
        taken.add(f"{base}-{number}".casefold())
        found.append(_hand_in(attempt, who, f"{base}-{number}", None))
    return tuple(sorted(found, key=lambda hand_in: hand_in.id))


def _time_by_worksheet(
    attempt: Attempt, who: Sequence[Person], roster: Roster, zone: tzinfo | None
) -> None:
    """The time in Moodle's worksheet, where it is the roster and says one for all members."""
    lines = [roster.entry_of(person) for person in who]
    said = {"" if line is None else line.submitted for line in lines}
    if attempt.submitted_at is not None or len(said) != 1:
        return
    cell = said.pop()
    attempt.submitted_at, reasons = times.worksheet_time(cell, zone)
    attempt.reasons += reasons
    if attempt.submitted_at is None and cell not in ("", "-"):
        attempt.reasons.append(texts.SHEET_TIME_UNREAD.format(said=show(cell)))


def _note_odd_lengths(owned: Sequence[OwnedAttempt]) -> None:
    """Say where an id is shorter or longer than nearly all: a name may have been cut off."""
    numbers = [who[0].student_id for _, who, _ in owned if len(who) == 1 and who[0].student_id]
    lengths = Counter(map(len, numbers))
    usual, count = max(lengths.items(), key=lambda item: item[1], default=(0, 0))
    if count < 3 or 2 * count <= len(numbers):
        return
    for attempt, who, _ in owned:
        number = who[0].student_id if len(who) == 1 else ""
        if number and len(number) != usual:
            attempt.reasons.append(texts.ID_SHORTER.format(id=show(number)))


def _without_contested(owned: list[OwnedAttempt]) -> list[OwnedAttempt]:
    """Where one student id has two names and no roster decides, neither hand-in keeps the id."""
    claimed: dict[str, set[str]] = {}
    for attempt, who, _ in owned:
        if len(who) == 1 and who[0].student_id:
            name = normal(who[0].name) or normal(attempt.label)
            claimed.setdefault(normal(who[0].student_id), set()).add(name)
    result = []
    for attempt, who, doubt in owned:
        number = who[0].student_id if len(who) == 1 else ""
        if number and len(claimed[normal(number)]) > 1:
            doubt = texts.ID_CLAIMED_TWICE.format(id=show(number), label=show(attempt.label))
            who = (Person("", attempt.label, who[0].platform_ids),)
        result.append(OwnedAttempt(attempt, who, doubt))
    return result


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


def _missing(
    roster: Roster, hand_ins: Sequence[HandIn], held: Sequence[Person]
) -> tuple[Person, ...]:
    there = [*(person for hand_in in hand_ins for person in hand_in.people), *held]
    numbers = {normal(person.student_id) for person in there if person.student_id}
    ids = {item for person in there for item in person.platform_ids.items()}
    names = {normal(person.name) for person in there if person.name and not person.student_id}
    return tuple(
        student.person
        for student in roster.students
        if normal(student.person.student_id) not in numbers
        and ids.isdisjoint(student.person.platform_ids.items())
        and (student.person.student_id or normal(student.person.name) not in names)
    )
