"""The units of one student: which are versions of each other, and what is handed in with what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from kit.sources import show
from kit.text import Text, joined

from . import labels, texts
from .drafts import Draft
from .roster import normal
from .tree import Entry
from .units import CODE, Unit, called

_CLOSE = timedelta(minutes=10)


def identify(draft: Draft, reading: labels.Reading) -> None:
    draft.people = reading.people if reading.known else ()
    draft.group = reading.group
    draft.keyed = False
    draft.reasons += reading.reasons
    draft.doubt = reading.doubt
    if not reading.known:
        draft.shown_name = reading.people[0].name


def _identity(unit: Unit) -> str:
    return f"{unit.where}/{unit.kind} {unit.label}"


def attempts_of(same: list[Unit], layout: str) -> list[Draft]:
    """The one hand-in of a student's units, and the earlier versions of some of them."""
    slots: dict[str, list[Unit]] = {}
    for unit in same:
        slots.setdefault(_slot(unit), []).append(unit)
    newest: list[Unit] = []
    older: list[Unit] = []
    for versions in slots.values():
        ordered = _newest_first(versions)
        newest.append(ordered[0])
        older += ordered[1:]
    newest.sort(key=lambda u: (not u.has_code, u.label))
    first = newest[0]
    files, renamed = _files_of(newest)
    draft = Draft(layout, _identity(first), called(first), files, order=("1",))
    identify(draft, first.reading)
    draft.reasons += renamed
    if len(newest) > 1:
        together = joined(show(u.shown) for u in newest)
        draft.reasons.append(texts.TOGETHER.format(names=together))
    drafts = [draft]
    for number, unit in enumerate(older):
        draft.reasons.append(_why_newer(unit, newest))
        earlier = Draft(
            layout, draft.key, called(unit), unit.files(), order=("0", f"{-number:06d}")
        )
        identify(earlier, unit.reading)
        drafts.append(earlier)
    return drafts


def _slot(unit: Unit) -> str:
    """Units in one slot are versions of each other; different slots complement each other."""
    if unit.kind != "file":
        return "report" if unit.reading.report and unit.kind == "archive" else "whole"
    ending = unit.entries[0].name.rpartition(".")[2].lower()
    return f"{unit.reading.rest}.{ending}"


def _newest_first(versions: list[Unit]) -> list[Unit]:
    """By date; dates close together are those of a copy, then (2) and 最终版 tell more."""
    if _unpacked(versions):
        return sorted(versions, key=lambda u: u.kind != "archive")
    latest = max(u.changed for u in versions)

    def order(unit: Unit) -> tuple[bool, int, datetime, str]:
        close = latest - unit.changed < _CLOSE
        return close, unit.reading.rank if close else 0, unit.changed, unit.label

    return sorted(versions, key=order, reverse=True)


def _unpacked(versions: list[Unit]) -> bool:
    """Whether a folder is an archive beside it, unpacked."""
    kinds = {u.kind for u in versions}
    return kinds == {"folder", "archive"} and len({normal(u.label) for u in versions}) == 1


def _why_newer(older: Unit, newest: Sequence[Unit]) -> Text:
    chosen = next((u for u in newest if _slot(u) == _slot(older)), newest[0])
    values = {"chosen": show(chosen.shown), "older": show(older.shown)}
    if _unpacked([chosen, older]):
        return texts.UNPACKED_BESIDE.format(**values)
    close = chosen.changed - older.changed < _CLOSE
    if chosen.changed != older.changed and not (
        close and chosen.reading.rank != older.reading.rank
    ):
        return texts.NEWER_BY_TIME.format(**values)
    return texts.NEWER_BY_NAME.format(**values)


def _files_of(units: Sequence[Unit]) -> tuple[list[tuple[str, Entry]], list[Text]]:
    """All files; two of one name are told apart by the folder or archive they came from."""
    own, reasons = _own_names(units)
    found: list[tuple[str, Entry]] = []
    taken: set[str] = set()
    for unit in units:
        for name, entry in unit.files():
            name = own.get(name, name) if unit.kind == "file" else name
            free = name if name not in taken else f"{unit.label}/{name}"
            taken.add(free)
            found.append((free, entry))
    return found, reasons


def _own_names(units: Sequence[Unit]) -> tuple[dict[str, str], list[Text]]:
    """``2023001_张三_rnn.py`` is ``rnn.py`` again where other files may import it."""
    loose = [u for u in units if u.kind == "file" and u.shown.lower().endswith(CODE)]
    renamed: dict[str, str] = {}
    for unit in loose if len(loose) > 1 and all(u.is_known for u in loose) else ():
        end = re.search(r"[A-Za-z_]\w*$", unit.label, re.ASCII)
        word = end[0].lstrip("_") if end else ""
        if word.isidentifier() and labels.dashed(word) == unit.reading.rest:
            renamed[unit.shown] = word + unit.shown[len(unit.label) :]
    if len({name.casefold() for name in renamed.values()}) < len(renamed):
        return {}, []
    return renamed, [
        texts.PREFIX_REMOVED.format(old=show(old), new=show(new)) for old, new in renamed.items()
    ]
