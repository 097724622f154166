"""Which of the items that one student handed in are attempts at the same thing, and which counts.

An item is what the platform or the folder lists separately: an archive, a folder, a loose file.
Files inside one archive are always one attempt.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from grader.intake.contents import Contents
from kit.sources import show
from kit.text import Text, joined

from . import texts
from .contents import ContentsReader, HereReader, contents_of
from .headers import normal
from .items import Item
from .tree import Reader
from .version_names import order_of_dates, order_of_names, version_name

CLOSE = timedelta(minutes=10)
"""Dates of files so close together are those of a copy."""

_INSIDE = timedelta(seconds=5)
_MOST_READ = 60  # items of one student whose contents are looked at
Why = Literal["prefer", "date", "number", "time", "name", "inside", "unpacked", ""]
_WHY: dict[Why, Text] = {
    "prefer": texts.PREFERRED,
    "date": texts.NEWER_BY_STAMP,
    "number": texts.NEWER_BY_NUMBER,
    "time": texts.NEWER_BY_TIME,
    "name": texts.NEWER_BY_NAME,
    "inside": texts.NEWER_INSIDE,
    "unpacked": texts.UNPACKED_BESIDE,
    "": texts.NEWER_BY_NAME,
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is needed to choose: a reader of what was handed in, and what a person prefers."""

    reader: Reader
    prefer: Collection[str] = ()
    contents: ContentsReader = HereReader()
    met: set[str] = field(default_factory=set)  # of `prefer`, what was found

    def is_preferred(self, name: str) -> bool:
        """Whether a person named this one; that is remembered."""
        found = {wish for wish in self.prefer if _names(wish, name)}
        self.met.update(found)
        return bool(found)

    def owners_of(self, name: str) -> list[tuple[str, list[str]]]:
        """The wishes of the form ``NAME=ID,ID`` for this name, and the ids in each."""
        parted = [(wish, *wish.rpartition("=")) for wish in self.prefer]
        return [
            (wish, [word.strip() for word in ids.split(",")])
            for wish, front, sign, ids in parted
            if sign and ids.strip() and _names(front, name)
        ]


def _names(wish: str, name: str) -> bool:
    """Whether a person means this one, who may have copied the name as a message shows it."""
    return normal(wish).strip("/") in (normal(name).strip("/"), normal(show(name)).strip("/"))


@dataclass(slots=True)
class Choice:
    """What became of one student's items."""

    chosen: list[Item] = field(default_factory=list)
    older: list[Item] = field(default_factory=list)
    held: list[Item] = field(default_factory=list)  # attempts whose order is unknown
    reasons: list[Text] = field(default_factory=list)


class Chooser:
    """Compares the items of one student, each of which is read at most once."""

    def __init__(self, items: Sequence[Item], wishes: Wishes) -> None:
        self._wishes = wishes
        words = [w for item in items for p in item.parsed.people for w in (p.student_id, p.name)]
        known = any(item.is_known for item in items)
        self._names = {id(item): version_name(item.label, words if known else ()) for item in items}
        self._contents: dict[int, Contents] = {}
        self._undecided: set[tuple[int, int]] = set()

    def choose(self, items: Sequence[Item]) -> Choice:
        """The newest of each thing that was handed in."""
        choice = Choice()
        slots: dict[object, list[Item]] = {}
        for item in items:
            slots.setdefault(self._slot(item), []).append(item)
        for versions in slots.values():
            self._add_newest(versions, choice)
        self._settle_rivals(choice)
        kept = {part for item in choice.chosen for part in self._read(item).parts()}
        for item in choice.older:
            if lost := sorted(self._read(item).parts() - kept):
                names = {"older": show(item.shown), "parts": joined(lost)}
                choice.reasons.append(texts.PARTS_LEFT.format(**names))
        return choice

    def _slot(self, item: Item) -> object:
        """Items in one slot may be attempts at the same; different slots complement each other."""
        if item.kind != "file":
            return "report" if item.parsed.report and item.kind == "archive" else "whole"
        base = self._names[id(item)].base
        return base, item.entries[0].name.rpartition(".")[2].lower()

    def _add_newest(self, versions: list[Item], choice: Choice) -> None:
        """The newest of a slot, and what of it is another thing: other parts of the lab."""
        kept: list[Item] = []
        for item in versions:
            rivals = [other for other in kept if not self._complement(item, other)]
            for rival in rivals:
                order, why = self._newer(item, rival)
                same = self._read(item).repeats(self._read(rival))
                if order == 0 and item.has_code and rival.has_code and not same:
                    self._undecided.add((id(item), id(rival)))
                    continue
                if order == 0:
                    order = 1 if item.label > rival.label else -1
                if order > 0:
                    kept.remove(rival)
                    self._replace(item, rival, why, choice)
                elif order < 0:
                    self._replace(rival, item, why, choice)
                    break
            else:
                kept.append(item)
        choice.chosen += kept

    def _settle_rivals(self, choice: Choice) -> None:
        """Two that hold most of the same part are attempts at it, whatever they are called."""
        code = [item for item in choice.chosen if item.has_code]
        for i, first in enumerate(code):
            for second in code[i + 1 :]:
                if any(item not in choice.chosen for item in (first, second)):
                    continue
                if not (self._are_undecided(first, second) or self._same_part(first, second)):
                    continue
                if self._read(first).repeats(self._read(second)):
                    continue  # together they are what the larger one is
                order, why = self._newer(first, second)
                if order == 0:
                    choice.held += [i for i in (first, second) if i not in choice.held]
                    continue
                newer, older = (first, second) if order > 0 else (second, first)
                choice.chosen.remove(older)
                self._replace(newer, older, why, choice)
        choice.held = [item for item in choice.held if item in choice.chosen]
        if len(choice.held) < 2:
            choice.held = []

    def _are_undecided(self, first: Item, second: Item) -> bool:
        pair = (id(first), id(second))
        return pair in self._undecided or pair[::-1] in self._undecided

    def _replace(self, newer: Item, older: Item, why: Why, choice: Choice) -> None:
        choice.older.append(older)
        names = {"chosen": show(newer.shown), "older": show(older.shown)}
        choice.reasons.append(_WHY[why].format(**names))

    def _complement(self, first: Item, second: Item) -> bool:
        """Whether two of one slot are parts of one hand-in and not attempts at the same."""
        ours, theirs = self._names[id(first)], self._names[id(second)]
        if _unpacked(first, second):
            return False
        mine, other = self._read(first).parts(), self._read(second).parts()
        if mine and other:  # whatever their names say
            return mine.isdisjoint(other)
        if ours.base == theirs.base and (
            ours.numbers == theirs.numbers or replace(ours, numbers=theirs.numbers) != theirs
        ):
            return False
        return first.kind == second.kind == "file"  # helpers that the code imports

    def _same_part(self, first: Item, second: Item) -> bool:
        return not self._read(first).most_of().isdisjoint(self._read(second).most_of())

    def _read(self, item: Item) -> Contents:
        if id(item) not in self._contents:
            code = item.has_code and len(self._contents) < _MOST_READ
            self._contents[id(item)] = (
                contents_of(item, self._wishes.reader, self._wishes.contents)
                if code
                else Contents({})
            )
        return self._contents[id(item)]

    def _newer(self, first: Item, second: Item) -> tuple[int, Why]:
        """1 if the first is newer, -1 if the second is, 0 if nothing says; and what says it."""
        wishes = [self._wishes.is_preferred(path_of(item)) for item in (first, second)]
        if wishes[0] != wishes[1]:
            return _sign(wishes[0], wishes[1]), "prefer"
        if _unpacked(first, second):
            return _sign(first.kind == "archive", second.kind == "archive"), "unpacked"
        ours, theirs = self._names[id(first)], self._names[id(second)]
        if order := order_of_dates(ours, theirs):
            return order, "date"
        number, word = order_of_names(ours, theirs)
        if number:
            return number, "number"
        if abs(first.changed - second.changed) >= CLOSE:
            return _sign(first.changed, second.changed), "time"
        if word:
            return word, "name"
        inside = [self._read(item).newest for item in (first, second)]
        if inside[0] and inside[1] and abs(inside[0] - inside[1]) >= _INSIDE:
            return _sign(inside[0], inside[1]), "inside"
        if first.changed != second.changed and not self._same_part(first, second):
            return _sign(first.changed, second.changed), "time"
        return 0, ""


def path_of(item: Item) -> str:
    """What a person calls an item: its name, below the folders that hold it."""
    return f"{item.where}/{item.shown}".strip("/")


def _sign(ours: object, theirs: object) -> int:
    return int(ours > theirs) - int(ours < theirs)  # type: ignore[operator]


def _unpacked(first: Item, second: Item) -> bool:
    """Whether a folder is an archive beside it, unpacked."""
    same = normal(first.label) == normal(second.label)
    return same and {first.kind, second.kind} == {"folder", "archive"}
