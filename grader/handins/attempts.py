"""Turn the items of one student into attempts: which are versions, which belong together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from kit.sources import show
from kit.text import Text, joined

from . import labels, texts
from .items import CODE, Item, shared_label
from .layout_result import Attempt
from .roster import normal
from .tree import Entry

_CLOSE = timedelta(minutes=10)  # files copied together have dates this close


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


def attempts_of(same: list[Item], layout: str) -> list[Attempt]:
    """The attempt that the newest items make together, and one for each earlier version."""
    slots: dict[str, list[Item]] = {}
    for item in same:
        slots.setdefault(_slot(item), []).append(item)
    newest: list[Item] = []
    older: list[Item] = []
    for versions in slots.values():
        ordered = _newest_first(versions)
        newest.append(ordered[0])
        older += ordered[1:]
    newest.sort(key=lambda item: (not item.has_code, item.label))
    first = newest[0]
    files, renamed = _files_of(newest)
    attempt = Attempt(layout, _identity(first), shared_label(first), files, order=("1",))
    identify(attempt, first.parsed)
    attempt.reasons += renamed
    if len(newest) > 1:
        together = joined(show(item.shown) for item in newest)
        attempt.reasons.append(texts.TOGETHER.format(names=together))
    attempts = [attempt]
    for number, item in enumerate(older):
        attempt.reasons.append(_why_newer(item, newest))
        earlier = Attempt(
            layout, attempt.key, shared_label(item), item.files(), order=("0", f"{-number:06d}")
        )
        identify(earlier, item.parsed)
        attempts.append(earlier)
    return attempts


def _slot(item: Item) -> str:
    """Items with the same slot are versions of each other; different slots are complements."""
    if item.kind != "file":
        return "report" if item.parsed.report and item.kind == "archive" else "whole"
    ending = item.entries[0].name.rpartition(".")[2].lower()
    return f"{item.parsed.rest}.{ending}"


def _newest_first(versions: list[Item]) -> list[Item]:
    """By date; where the dates are close, by the marks in the names, such as (2) and 最终版.

    Copying or unpacking gives all files nearly the same date, which then says nothing.
    """
    # Of an archive and the folder that it unpacks to, the archive is what was handed in.
    if _unpacked(versions):
        return sorted(versions, key=lambda item: item.kind != "archive")
    latest = max(item.changed for item in versions)

    def order(item: Item) -> tuple[bool, int, datetime, str]:
        close = latest - item.changed < _CLOSE
        return close, item.parsed.rank if close else 0, item.changed, item.label

    return sorted(versions, key=order, reverse=True)


def _unpacked(versions: list[Item]) -> bool:
    """Whether a folder is an archive beside it, unpacked."""
    kinds = {item.kind for item in versions}
    return kinds == {"folder", "archive"} and len({normal(item.label) for item in versions}) == 1


def _why_newer(older: Item, newest: Sequence[Item]) -> Text:
    chosen = next((item for item in newest if _slot(item) == _slot(older)), newest[0])
    values = {"chosen": show(chosen.shown), "older": show(older.shown)}
    if _unpacked([chosen, older]):
        return texts.UNPACKED_BESIDE.format(**values)
    close = chosen.changed - older.changed < _CLOSE
    if chosen.changed != older.changed and not (close and chosen.parsed.rank != older.parsed.rank):
        return texts.NEWER_BY_TIME.format(**values)
    return texts.NEWER_BY_NAME.format(**values)


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
