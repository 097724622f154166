"""Folders, archives and files named by the students or the teacher, as mail and chat give them.

A folder, an archive or a loose file on one level is an item. The items of one student become one
hand-in; several versions of the same become attempts, of which the newest counts.
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
from .items import CODE, DOCUMENTS, Item, is_code, items_of, shared_label
from .layout_result import Attempt, LayoutResult
from .records import Person
from .roster import Roster, normal
from .tree import Entry

_LAB_NAMES = frozenset(
    [part.id for part in PARTS]
    + [name.removesuffix(".py") for part in PARTS for name in part.older_files]
    + ["model", "train", "utils", "lstm", "data", "dataset", "config", "generate", "test"]
)
_DEEPEST_WRAPPER = 4
_SEVERAL = 3  # archives, or folders with the same lab file: more than one student keeps
_WHOLE_CLASS = 5  # folders with code: more than the parts of one hand-in


def read_layout(root: str, entries: Sequence[Entry], roster: Roster | None) -> LayoutResult:
    """The class in a folder or archive that no platform's layout fits."""
    items = items_of(entries, roster)
    if labels.parse(root, roster).sure and _known_people(items) < 2:
        return _single(root, entries, roster)
    found = read_class_layout(root, entries, roster)
    if found is not None:
        return found
    return _single(root, entries, roster) if _is_one_hand_in(items) else _class(items, roster, root)


def read_class_layout(
    root: str, entries: Sequence[Entry], roster: Roster | None
) -> LayoutResult | None:
    """The class, below folders that contain everything; None if nothing shows that it is one."""
    level, name = list(entries), root
    for _ in range(_DEEPEST_WRAPPER):
        items = items_of(level, roster)
        if is_class(items):
            return _class(items, roster, name)
        tops = {item.label for item in items if item.kind == "folder"}
        if len(tops) != 1 or any(item.kind != "folder" and item.has_code for item in items):
            return None
        top = tops.pop()
        level = [e.below(top) for e in level if e.path.startswith(f"{top}/")]
        name = top
    return None


def is_class(items: Sequence[Item]) -> bool:
    """Whether the items are several students' work, rather than the parts of one student's."""
    if _known_people(items) >= 2 or (len(items) == 1 and items[0].parsed.sure):
        return True
    if sum(item.kind == "archive" for item in items) >= _SEVERAL:
        return True
    if any(item.kind == "file" and item.has_code and _is_lab_name(item.label) for item in items):
        return False
    seen: Counter[str] = Counter()
    with_code = 0
    for folder in (item for item in items if item.kind == "folder"):
        own = {e.name for e in folder.entries if is_code(e) and _is_lab_name(names.stem(e.name))}
        nested = any(e.path.lower().endswith(".zip") for e in folder.entries)
        with_code += folder.has_code or nested
        seen.update(own)
    return max(seen.values(), default=0) >= _SEVERAL or with_code >= _WHOLE_CLASS


def _known_people(items: Sequence[Item]) -> int:
    return len({_names(item.parsed.people) for item in items if item.is_known})


def _names(people: Sequence[Person]) -> tuple[tuple[str, str], ...]:
    return tuple((person.student_id, person.name) for person in people)


def _is_lab_name(stem: str) -> bool:
    return stem.lower() in _LAB_NAMES


def _is_one_hand_in(items: Sequence[Item]) -> bool:
    """Whether the level itself is one student's folder: it holds files with the lab's own names."""
    return (
        any(item.kind == "file" and item.has_code and _is_lab_name(item.label) for item in items)
        and not any(item.is_known for item in items)
        and sum(item.kind == "archive" for item in items) < 2
    )


def _single(root: str, entries: Sequence[Entry], roster: Roster | None) -> LayoutResult:
    parsed = labels.parse(root, roster)
    attempt = Attempt("single", root, root, [(e.path, e) for e in entries])
    attempt.reasons.append(texts.ONE_HAND_IN.format(name=show(root)))
    result = LayoutResult("single", [attempt])
    identify(attempt, parsed)
    return result


def _class(items: list[Item], roster: Roster | None, name: str) -> LayoutResult:
    items = [inner for item in items for inner in _opened(item, roster)]
    result = LayoutResult(_layout(items, name), [])
    for same in _by_student(items, result):
        result.attempts += attempts_of(same, result.layout)
    _report_copies(result.attempts)
    return result


def _report_copies(attempts: Sequence[Attempt]) -> None:
    """Mark hand-ins of unknown people that may be one student's: a person must decide."""
    by_base: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        if not attempt.people:
            base = labels.without_copy_marks(attempt.label)[0]
            by_base.setdefault(normal(base), []).append(attempt)
    for same in by_base.values():
        for attempt in same:
            others = [show(other.label) for other in same if other.label != attempt.label]
            if others and attempt.doubt is None:
                attempt.doubt = texts.MAYBE_A_COPY.format(others=joined(others[:3]))


def _opened(item: Item, roster: Roster | None, depth: int = 0) -> list[Item]:
    """Replace a folder that only sorts students (by class, by group) by the items in it."""
    if item.kind != "folder" or item.is_known or depth >= _DEEPEST_WRAPPER:
        return [item]
    below = items_of([e.below(item.label) for e in item.entries], roster)
    # Mostly people, and no code of the folder's own: it sorts. 0.8 permits a few unclear names.
    known = [item for item in below if item.is_known]
    loose = any(item.kind == "file" and item.has_code and not item.is_known for item in below)
    if loose or not known or len(known) < 0.8 * len(below):
        if loose or not all(item.kind == "folder" for item in below):
            return [item]
        deeper = _all_opened(item, below, roster, depth)
        return deeper if len(deeper) > len(below) else [item]
    return _all_opened(item, below, roster, depth)


def _all_opened(item: Item, below: Sequence[Item], roster: Roster | None, depth: int) -> list[Item]:
    where = f"{item.where}/{item.label}"
    moved = [replace(inner, where=where) for inner in below]
    return [deeper for inner in moved for deeper in _opened(inner, roster, depth + 1)]


def _layout(items: Sequence[Item], name: str) -> str:
    """Which of the platforms that name by student id and name this may be, else "plain"."""
    dashed = [re.fullmatch(r"[A-Za-z]{0,3}\d{6,14}-[^-_]+", item.label) for item in items]
    lined = [re.fullmatch(r"[A-Za-z]{0,3}\d{6,14}_[^-_]+", item.label) for item in items]
    numbered = [re.fullmatch(r"\d{6,14}_[^-_]+_\d+", item.label) for item in items]
    if items and all(dashed) and (re.search(r"_\d{6,}$", name) or name.endswith("_files")):
        return "chaoxing"
    if items and all(lined) and all(item.kind == "folder" for item in items):
        return "tronclass"
    if items and all(numbered) and all(item.kind == "file" for item in items):
        return "tsinghua"
    return "plain"


def _by_student(items: Sequence[Item], result: LayoutResult) -> list[list[Item]]:
    """The items grouped by student; files of no student are recorded in `result`."""
    groups: dict[str, list[Item]] = {}
    spread: dict[str, set[str]] = {}
    for item in items:
        if item.is_known:
            for person in item.parsed.people:
                spread.setdefault(person.student_id, set()).add(normal(person.name))
    # One id with two names: the id alone must not merge their hand-ins.
    clashing = {i for i, found in spread.items() if i and len(found - {"", normal(i)}) > 1}
    for item in items:
        groups.setdefault(_key(item, clashing), []).append(item)
    _join_reports(groups)
    most_known = sum(item.is_known for item in items) * 2 > len(items)
    kept = []
    for same in groups.values():
        if any(_is_hand_in(item, most_known) for item in same):
            kept.append(same)
        else:
            result.strays += [e.path for item in same for e in item.entries]
    return kept


def _key(item: Item, clashing: set[str]) -> str:
    parsed = item.parsed
    if not parsed.known:
        return f"name {item.where} {shared_label(item)}"
    ids = [person.student_id for person in parsed.people]
    if clashing.intersection(ids):
        return "clash " + " ".join(f"{p.student_id}/{normal(p.name)}" for p in parsed.people)
    return "known " + " ".join(sorted(p.student_id or p.name for p in parsed.people))


def _join_reports(groups: dict[str, list[Item]]) -> None:
    """Join ``Alice.pdf`` with ``alice.py`` if no other hand-in has that name."""
    by_fold: dict[str, list[str]] = {}
    for key, same in groups.items():
        if any(item.has_code for item in same):
            by_fold.setdefault(normal(key), []).append(key)
    for key, same in list(groups.items()):
        if (
            not any(item.has_code for item in same)
            and len(found := by_fold.get(normal(key), [])) == 1
        ):
            groups[found[0]] += groups.pop(key)


def _is_hand_in(item: Item, most_known: bool) -> bool:
    """Whether a student handed this in, rather than the teacher having put it here."""
    if item.kind == "file":
        name = item.entries[0].name.lower()
        if not name.endswith((*DOCUMENTS, *CODE)):
            return item.parsed.sure
        if item.is_known:
            return True
        if name.endswith(DOCUMENTS):
            return not most_known
        return name.endswith(CODE) and not (most_known and _is_lab_name(item.label))
    return True
