"""Folders, archives and files named by the students or the teacher, as mail and chat give them.

A folder, an archive or a loose file on one level is an item. The items of one student become one
hand-in; several versions of the same become attempts, of which the newest counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from grader.intake import names
from kit.contracts import PARTS
from kit.sources import show
from kit.text import joined

from . import labels, texts
from .attempts import attempts_of, identify
from .choosing import Wishes, path_of
from .headers import normal
from .items import CODE, DOCUMENTS, Item, is_code, items_of, shared_label
from .layout_result import Attempt, LayoutResult
from .level import levels
from .records import Person
from .repositories import by_user_name
from .roster import Roster
from .tree import Entry

_LAB_NAMES = frozenset(
    [part.id for part in PARTS]
    + [name.removesuffix(".py") for part in PARTS for name in part.older_files]
    + ["model", "train", "utils", "lstm", "data", "dataset", "config", "generate", "test"]
)
_DEEPEST_WRAPPER = 4
_SEVERAL = 3  # archives, or folders with the same lab file: more than one student keeps
_SORTS = re.compile(
    r"\d{1,3}|.*(?:[班组级]|补交|迟交|重交)|(?:.*[^a-z])?(?:section|class|group|team|late|week|"
    r"resubmissions?|gruppe|groupe|grupo|kurs|cours)(?:[^a-z].*)?",
    re.I | re.S,
)
_WHOLE_CLASS = 5  # folders with code side by side that cannot be the parts of one hand-in


def read_layout(
    root: str, entries: Sequence[Entry], roster: Roster | None, wishes: Wishes
) -> LayoutResult:
    """The class in a folder or archive that no platform's layout fits."""
    items = items_of(entries, roster)
    if labels.parse(root, roster).sure and _known_people(items) < 2:
        return _single(root, entries, roster)
    found = read_class_layout(root, entries, roster, wishes)
    if found is not None:
        return found
    if _is_one_hand_in(items):
        return _single(root, entries, roster)
    return read_items(items, roster, root, wishes)


def read_class_layout(
    root: str, entries: Sequence[Entry], roster: Roster | None, wishes: Wishes
) -> LayoutResult | None:
    """The class, below folders that hold everything; None if nothing shows that it is one."""
    strays: list[str] = []
    for name, level in levels(root, entries, roster):
        items = items_of(level, roster)
        if is_class(items):
            result = read_items(items, roster, name, wishes)
            result.strays += strays
            return result
        strays += [e.path for e in level if "/" not in e.path]
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
    return len({tuple(_people_keys(item)) for item in items if item.is_known})


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


def read_items(
    items: Sequence[Item], roster: Roster | None, name: str, wishes: Wishes
) -> LayoutResult:
    """Every item of a level as somebody's hand-in, or part of one."""
    most_known = 2 * sum(item.is_known or _sorts(item) for item in items) > len(items)
    named = {key for item in items if item.is_known for key in _people_keys(item)}
    opened = [i for item in items if _sorts(item) for i in _opened(item, roster, named, wishes)]
    named |= {key for item in opened if item.is_known for key in _people_keys(item)}
    for item in items:
        if not _sorts(item):
            opened += _opened(item, roster, named, wishes)
    opened = by_user_name(opened, roster, wishes)
    result = LayoutResult(_layout(opened, name), [])
    for same in _by_student(opened, most_known, result):
        result.attempts += attempts_of(same, result.layout, wishes)
    _report_copies(result.attempts)
    return result


def _sorts(item: Item) -> bool:
    """Whether a folder, by its name, is one that the person who collects the work makes."""
    return item.kind == "folder" and not item.is_known and bool(_SORTS.fullmatch(item.label))


def _person_key(person: Person) -> str:
    """What distinguishes one known person from another."""
    return person.student_id or normal(person.name) or normal(person.email)


def _people_keys(item: Item) -> list[str]:
    return [_person_key(person) for person in item.parsed.people]


def _report_copies(attempts: Sequence[Attempt]) -> None:
    """Mark hand-ins of unknown people that may be one student's: a person must decide."""
    by_base: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        if not attempt.people:
            base = labels.without_copy_marks(attempt.label)
            by_base.setdefault(normal(base), []).append(attempt)
    for same in by_base.values():
        for attempt in same:
            others = [show(other.label) for other in same if other.label != attempt.label]
            if others and attempt.doubt is None:
                attempt.doubt = texts.MAYBE_A_COPY.format(others=joined(others[:3]))


def _opened(
    item: Item, roster: Roster | None, named: AbstractSet[str], wishes: Wishes
) -> list[Item]:
    """A folder that only sorts students (by class, by group) gives way to what is in it.

    What lies in a folder that names nobody replaces no hand-in of somebody who is `named` beside
    it: such a folder may be a student's. It is one hand-in, and what it claims is listed.
    """
    inner = _sorted(item, roster)
    nested = [i for i in inner if i is not item and i.is_known]
    claims = [i for i in nested if not named.isdisjoint(_people_keys(i))]
    if not claims:
        return inner
    wanted = [claim for claim in claims if wishes.is_preferred(path_of(claim))]
    claims = [claim for claim in claims if not any(claim is other for other in wanted)]
    keys = dict.fromkeys(key for claim in claims for key in _people_keys(claim))
    whose = joined(show(key) for key in keys)
    example = show(path_of(claims[0])) if claims else ""
    doubt = texts.CLAIM.format(folder=show(item.label), ids=whose, example=example)
    if wanted or _sorts(item):  # one folder for those who were late, say
        kept = [i for i in inner if not any(i is claim for claim in claims)]
        return kept + [replace(i, parsed=labels.nobody(path_of(i), doubt)) for i in claims]
    return [replace(item, parsed=labels.nobody(item.label, doubt))]


def _sorted(item: Item, roster: Roster | None, depth: int = 0) -> list[Item]:
    """What a folder sorts, or the item itself."""
    if item.kind != "folder" or item.is_known or depth >= _DEEPEST_WRAPPER:
        return [item]
    below = items_of([e.below(item.label) for e in item.entries], roster)
    # Mostly people, and no code of the folder's own: it sorts. 0.8 permits a few unclear names.
    known = [item for item in below if item.is_known]
    loose = any(item.kind == "file" and item.has_code and not item.is_known for item in below)
    if loose or not known or len(known) < 0.8 * len(below):
        if loose or not all(item.kind == "folder" for item in below):
            return [item]
        deeper = _all_sorted(item, below, roster, depth)
        return deeper if len(deeper) > len(below) else [item]
    return _all_sorted(item, below, roster, depth)


def _all_sorted(item: Item, below: Sequence[Item], roster: Roster | None, depth: int) -> list[Item]:
    where = f"{item.where}/{item.label}"
    moved = [replace(inner, where=where) for inner in below]
    return [deeper for inner in moved for deeper in _sorted(inner, roster, depth + 1)]


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


def _by_student(items: Sequence[Item], most_known: bool, result: LayoutResult) -> list[list[Item]]:
    """Items of the same student together; those without an owner become strays."""
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
    _keep_apart(groups)
    _join_reports(groups)
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
    return "known " + " ".join(sorted(map(_person_key, parsed.people)))


def _keep_apart(groups: dict[str, list[Item]]) -> None:
    """What two folders that name nobody hold under one name may be two students'."""
    for key, same in list(groups.items()):
        tops = {item.where.strip("/").partition("/")[0] for item in same if item.where}
        apart = len(tops) > 1 and not all(_SORTS.fullmatch(top) for top in tops)
        if apart and same[0].is_known:
            del groups[key]
            for item in same:
                groups.setdefault(f"{key} in {item.where}", []).append(item)


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
