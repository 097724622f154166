"""Turn the items of one student into attempts: which are versions, which belong together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from kit.sources import show
from kit.text import Text, joined

from . import labels, texts
from .choosing import Choice, Chooser, Wishes, path_of
from .items import ARCHIVES, CODE, Item, items_of, shared_label
from .layout_result import Attempt
from .roster import Roster
from .tree import Entry


def identify(attempt: Attempt, parsed: labels.ParsedLabel) -> None:
    """Record in `attempt` whom its label means."""
    attempt.people = parsed.people if parsed.known else ()
    attempt.group = parsed.group
    attempt.keyed = False
    attempt.reasons += parsed.reasons
    attempt.doubt = parsed.doubt
    if not parsed.known:
        attempt.shown_name = parsed.people[0].name


def _identity(item: Item) -> str:
    return f"{item.where}/{item.kind} {item.label}"


def attempts_of(same: Sequence[Item], layout: str, wishes: Wishes) -> list[Attempt]:
    """The one hand-in of a student's items, with the earlier versions of some of them.

    Where it is unknown which of several is the newest, there is a hand-in for each: all are
    listed, and the student gets none of them until a person prefers one.
    """
    choice = Chooser(same, wishes).choose(same)
    if not choice.held:
        return [_attempt(choice.chosen, choice, layout)]
    shared = [item for item in choice.chosen if item not in choice.held]
    found = []
    for item in choice.held:
        attempt = _attempt([item, *shared], choice, layout)
        attempt.key, attempt.label = _identity(item), path_of(item)
        hold(attempt, [path_of(other) for other in choice.held])
        found.append(attempt)
        choice.older = []  # with the first of them
    return found


def hold(attempt: Attempt, names: Sequence[str], why: Text = texts.HELD) -> None:
    """Leave `attempt` without an owner until a person decides which of `names` counts."""
    attempt.doubt = why.format(names=joined(show(name) for name in names))
    attempt.held_for = attempt.people
    attempt.people, attempt.claims, attempt.group = (), (), ""
    attempt.shown_name = attempt.label
    attempt.keyed = False


def _attempt(chosen: Sequence[Item], choice: Choice, layout: str) -> Attempt:
    newest = sorted(chosen, key=lambda item: (not item.has_code, item.label))
    first = newest[0]
    files, renamed = _files_of(newest)
    attempt = Attempt(layout, _identity(first), shared_label(first), files)
    identify(attempt, first.parsed)
    attempt.reasons += renamed
    if len(newest) > 1:
        together = joined(show(item.shown) for item in newest)
        attempt.reasons.append(texts.TOGETHER.format(names=together))
    attempt.reasons += choice.reasons
    if first.where:
        folder = show(first.where.strip("/"))
        attempt.reasons.append(texts.NESTED.format(folder=folder))
    for item in choice.older:
        earlier = Attempt(layout, attempt.key, shared_label(item), item.files())
        identify(earlier, item.parsed)
        attempt.older.append(earlier)
    return attempt


def settle(attempt: Attempt, name: str, roster: Roster | None, wishes: Wishes) -> list[Attempt]:
    """The same for the files of one attempt that the platform lists separately.

    `name` is what a person calls the attempt; each file is called ``name/file``.
    Usually `attempt` alone, perhaps without files that others replace.
    """
    attempt.files = list(dict(attempt.files).items())  # of two files of one name the last counts
    apart = [pair for pair in attempt.files if "/" not in pair[0] and _is_listed(pair[0])]
    if len(apart) < 2:
        return [attempt]
    items = [
        replace(item, where=name)
        for inside, entry in apart
        for item in items_of([replace(entry, path=inside)], roster)
    ]
    choice = Chooser(items, wishes).choose(items)
    attempt.reasons += choice.reasons
    gone = {item.shown for item in choice.older}
    if gone:
        older = [pair for pair in attempt.files if pair[0] in gone]
        attempt.older.append(replace(attempt, files=older, reasons=[], older=[]))
        attempt.files = [pair for pair in attempt.files if pair[0] not in gone]
    if not choice.held:
        return [attempt]
    names = {item.shown for item in choice.held}
    found = []
    for item in choice.held:
        files = [f for f in attempt.files if f[0] == item.shown or f[0] not in names]
        one = replace(attempt, files=files, reasons=list(attempt.reasons))
        one.key, one.label = f"{attempt.key} {item.shown}", path_of(item)
        hold(one, [path_of(other) for other in choice.held])
        found.append(one)
        attempt.older = []
    return found


def _is_listed(name: str) -> bool:
    return name.lower().endswith((*CODE, *ARCHIVES))


def _files_of(items: Sequence[Item]) -> tuple[list[tuple[str, Entry]], list[Text]]:
    """All files; where names clash, the folder or archive is put in front of the second one."""
    own, reasons = _own_names(items)
    found: list[tuple[str, Entry]] = []
    taken: set[str] = set()
    for item in items:
        for name, entry in item.files():
            name = own.get(name, name) if item.kind == "file" else name
            free = name if name not in taken else f"{item.label}/{name}"
            taken.add(free)
            found.append((free, entry))
    return found, reasons


def _own_names(items: Sequence[Item]) -> tuple[dict[str, str], list[Text]]:
    """``2023001_张三_rnn.py`` becomes ``rnn.py`` where other files may import it."""
    loose = [item for item in items if item.kind == "file" and item.shown.lower().endswith(CODE)]
    renamed: dict[str, str] = {}
    for item in loose if len(loose) > 1 and all(item.is_known for item in loose) else ():
        end = re.search(r"[A-Za-z_]\w*$", item.label, re.ASCII)
        word = end[0].lstrip("_") if end else ""
        if word.isidentifier() and labels.dashed(word) == item.parsed.rest:
            renamed[item.shown] = word + item.shown[len(item.label) :]
    # Two files would get one name: the prefixes are what distinguishes them, so they stay.
    if len({name.casefold() for name in renamed.values()}) < len(renamed):
        return {}, []
    return renamed, [
        texts.PREFIX_REMOVED.format(old=show(old), new=show(new)) for old, new in renamed.items()
    ]
