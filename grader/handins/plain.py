"""Folders, archives and files named by the students or the teacher, as mail and chat give them.

Whatever lies on one level is a unit: a folder, an archive or a loose file. Units of one student
become one hand-in; several versions of the same become attempts, of which the newest counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from grader.intake import names
from kit.contracts import PARTS
from kit.sources import show
from kit.text import joined

from . import labels, texts
from .attempts import attempts_of, identify
from .drafts import Draft, Laid
from .records import Person
from .roster import Roster, normal
from .tree import Entry
from .units import CODE, DOCUMENTS, Unit, called, is_code, units_of

_LAB_NAMES = frozenset(
    [part.id for part in PARTS]
    + [name.removesuffix(".py") for part in PARTS for name in part.older_files]
    + ["model", "train", "utils", "lstm", "data", "dataset", "config", "generate", "test"]
)
_DEEPEST_WRAPPER = 4
_SEVERAL = 3  # archives, or folders with the same lab file: more than one student keeps
_WHOLE_CLASS = 5  # folders with code side by side that cannot be the parts of one hand-in


def lay_out(root: str, entries: Sequence[Entry], roster: Roster | None) -> Laid:
    """The class in a folder or archive that no platform's layout fits."""
    units = units_of(entries, roster)
    if labels.read(root, roster).sure and _known_people(units) < 2:
        return _single(root, entries, roster)
    found = lay_out_class(root, entries, roster)
    if found is not None:
        return found
    return _single(root, entries, roster) if _is_one_hand_in(units) else _class(units, roster, root)


def lay_out_class(root: str, entries: Sequence[Entry], roster: Roster | None) -> Laid | None:
    """The class, below folders that hold everything; None if nothing shows that it is one."""
    level, name = list(entries), root
    for _ in range(_DEEPEST_WRAPPER):
        units = units_of(level, roster)
        if is_class(units):
            return _class(units, roster, name)
        tops = {unit.label for unit in units if unit.kind == "folder"}
        if len(tops) != 1 or any(u.kind != "folder" and u.has_code for u in units):
            return None
        top = tops.pop()
        level = [e.below(top) for e in level if e.path.startswith(f"{top}/")]
        name = top
    return None


def is_class(units: Sequence[Unit]) -> bool:
    """Whether several students' work lies side by side, rather than the parts of one's."""
    if _known_people(units) >= 2 or (len(units) == 1 and units[0].reading.sure):
        return True
    if sum(unit.kind == "archive" for unit in units) >= _SEVERAL:
        return True
    if any(unit.kind == "file" and unit.has_code and _is_lab_name(unit.label) for unit in units):
        return False
    seen: Counter[str] = Counter()
    with_code = 0
    for unit in (u for u in units if u.kind == "folder"):
        own = {e.name for e in unit.entries if is_code(e) and _is_lab_name(names.stem(e.name))}
        nested = any(e.path.lower().endswith(".zip") for e in unit.entries)
        with_code += unit.has_code or nested
        seen.update(own)
    return max(seen.values(), default=0) >= _SEVERAL or with_code >= _WHOLE_CLASS


def _known_people(units: Sequence[Unit]) -> int:
    return len({_names(u.reading.people) for u in units if u.is_known})


def _names(people: Sequence[Person]) -> tuple[tuple[str, str], ...]:
    return tuple((person.student_id, person.name) for person in people)


def _is_lab_name(stem: str) -> bool:
    return stem.lower() in _LAB_NAMES


def _is_one_hand_in(units: Sequence[Unit]) -> bool:
    """Whether the level itself is one student's folder: the lab's own file names lie in it."""
    return (
        any(u.kind == "file" and u.has_code and _is_lab_name(u.label) for u in units)
        and not any(u.is_known for u in units)
        and sum(u.kind == "archive" for u in units) < 2
    )


def _single(root: str, entries: Sequence[Entry], roster: Roster | None) -> Laid:
    reading = labels.read(root, roster)
    draft = Draft("single", root, root, [(e.path, e) for e in entries])
    draft.reasons.append(texts.ONE_HAND_IN.format(name=show(root)))
    laid = Laid("single", [draft])
    identify(draft, reading)
    return laid


def _class(units: list[Unit], roster: Roster | None, name: str) -> Laid:
    units = [u for unit in units for u in _opened(unit, roster)]
    laid = Laid(_layout(units, name), [])
    for same in _by_student(units, laid):
        laid.drafts += attempts_of(same, laid.layout)
    _report_copies(laid.drafts)
    return laid


def _report_copies(drafts: Sequence[Draft]) -> None:
    """Hand-ins of nobody known that may be one student's: a person must look."""
    by_base: dict[str, list[Draft]] = {}
    for draft in drafts:
        if not draft.people:
            base = labels.without_copy_marks(draft.label)[0]
            by_base.setdefault(normal(base), []).append(draft)
    for same in by_base.values():
        for draft in same:
            others = [show(other.label) for other in same if other.label != draft.label]
            if others and draft.doubt is None:
                draft.doubt = texts.MAYBE_A_COPY.format(others=joined(others[:3]))


def _opened(unit: Unit, roster: Roster | None, depth: int = 0) -> list[Unit]:
    """A folder that only sorts students (by class, by group) gives way to what is in it."""
    if unit.kind != "folder" or unit.is_known or depth >= _DEEPEST_WRAPPER:
        return [unit]
    below = units_of([e.below(unit.label) for e in unit.entries], roster)
    known = [u for u in below if u.is_known]
    loose = any(u.kind == "file" and u.has_code and not u.is_known for u in below)
    if loose or not known or len(known) < 0.8 * len(below):
        if loose or not all(u.kind == "folder" for u in below):
            return [unit]
        deeper = _all_opened(unit, below, roster, depth)
        return deeper if len(deeper) > len(below) else [unit]
    return _all_opened(unit, below, roster, depth)


def _all_opened(unit: Unit, below: Sequence[Unit], roster: Roster | None, depth: int) -> list[Unit]:
    where = f"{unit.where}/{unit.label}"
    moved = [replace(u, where=where) for u in below]
    return [d for u in moved for d in _opened(u, roster, depth + 1)]


def _layout(units: Sequence[Unit], name: str) -> str:
    """Which of the platforms that name by student id and name this may be, else "plain"."""
    dashed = [re.fullmatch(r"[A-Za-z]{0,3}\d{6,14}-[^-_]+", u.label) for u in units]
    lined = [re.fullmatch(r"[A-Za-z]{0,3}\d{6,14}_[^-_]+", u.label) for u in units]
    numbered = [re.fullmatch(r"\d{6,14}_[^-_]+_\d+", u.label) for u in units]
    if units and all(dashed) and (re.search(r"_\d{6,}$", name) or name.endswith("_files")):
        return "chaoxing"
    if units and all(lined) and all(u.kind == "folder" for u in units):
        return "tronclass"
    if units and all(numbered) and all(u.kind == "file" for u in units):
        return "tsinghua"
    return "plain"


def _by_student(units: Sequence[Unit], laid: Laid) -> list[list[Unit]]:
    """Units of the same student together, those of nobody set aside."""
    groups: dict[str, list[Unit]] = {}
    spread: dict[str, set[str]] = {}
    for unit in units:
        if unit.is_known:
            for person in unit.reading.people:
                spread.setdefault(person.student_id, set()).add(normal(person.name))
    clashing = {i for i, found in spread.items() if i and len(found - {"", normal(i)}) > 1}
    for unit in units:
        groups.setdefault(_key(unit, clashing), []).append(unit)
    _join_reports(groups)
    most_known = sum(u.is_known for u in units) * 2 > len(units)
    kept = []
    for same in groups.values():
        if any(_is_hand_in(u, most_known) for u in same):
            kept.append(same)
        else:
            laid.strays += [e.path for u in same for e in u.entries]
    return kept


def _key(unit: Unit, clashing: set[str]) -> str:
    reading = unit.reading
    if not reading.known:
        return f"name {unit.where} {called(unit)}"
    ids = [person.student_id for person in reading.people]
    if clashing.intersection(ids):
        return "clash " + " ".join(f"{p.student_id}/{normal(p.name)}" for p in reading.people)
    return "known " + " ".join(sorted(p.student_id or p.name for p in reading.people))


def _join_reports(groups: dict[str, list[Unit]]) -> None:
    """``Alice.pdf`` belongs to ``alice.py`` if nobody else is called so."""
    by_fold: dict[str, list[str]] = {}
    for key, same in groups.items():
        if any(u.has_code for u in same):
            by_fold.setdefault(normal(key), []).append(key)
    for key, same in list(groups.items()):
        if not any(u.has_code for u in same) and len(found := by_fold.get(normal(key), [])) == 1:
            groups[found[0]] += groups.pop(key)


def _is_hand_in(unit: Unit, most_known: bool) -> bool:
    """Whether somebody handed this in, rather than the teacher having left it here."""
    if unit.kind == "file":
        name = unit.entries[0].name.lower()
        if not name.endswith((*DOCUMENTS, *CODE)):
            return unit.reading.sure
        if unit.is_known:
            return True
        if name.endswith(DOCUMENTS):
            return not most_known
        return name.endswith(CODE) and not (most_known and _is_lab_name(unit.label))
    return True
