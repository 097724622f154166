"""What a platform's layout consists of, and the collecting of files into attempts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..layout_result import Attempt, LayoutResult
from ..level import Level, Unit
from ..roster import Roster
from ..tree import Entry

Fit = tuple[Unit, re.Match[str]]
"""A unit that a layout explains, and what its name says."""


def _always(level: Level, fits: list[Fit]) -> bool:
    return True


def _never(unit: Unit, roster: Roster) -> re.Match[str] | None:
    return None


@dataclass(frozen=True, slots=True)
class Layout:
    """How one platform exports a class. Units are recognised by their names alone.

    `known` recognises more of them, by the platform's numbers in a roster. `own` are
    the files that the platform itself writes beside the hand-ins; they have no vote. `believed`
    may look at the names of all units together, and at the platform's own files. `weak` recognises
    names that say little by themselves: they count beside as many users of the others, where `user`
    is whose name it is, so that the many files of one have one vote.
    """

    id: str
    match: Callable[[Unit], re.Match[str] | None]
    read: Callable[[Level, list[Fit]], LayoutResult]
    own: tuple[str, ...] = ()
    believed: Callable[[Level, list[Fit]], bool] = _always
    known: Callable[[Unit, Roster], re.Match[str] | None] = _never
    weak: Callable[[Unit], re.Match[str] | None] | None = None
    user: Callable[[re.Match[str]], str] | None = None

    def vote(self, unit: Unit, roster: Roster | None) -> re.Match[str] | None:
        """What the name of a unit says in this layout, if it is one of its names."""
        found = self.match(unit)
        return self.known(unit, roster) if found is None and roster is not None else found


def folder_or_flat(name: re.Pattern[str]) -> Callable[[Unit], re.Match[str] | None]:
    """Matches folders called `name`, and files whose own name, the group `flat`, follows it."""

    def match(unit: Unit) -> re.Match[str] | None:
        found = name.fullmatch(unit.name)
        return found if found is not None and unit.folder is not bool(found["flat"]) else None

    return match


def add(
    attempts: dict[str, Attempt], attempt: Attempt, name: str, entry: Entry, apart: str = ""
) -> Attempt:
    """Put a file into an attempt; see `start`."""
    kept = start(attempts, attempt, apart)
    kept.files.append((name, entry))
    return kept


def start(attempts: dict[str, Attempt], attempt: Attempt, apart: str = "") -> Attempt:
    """The attempt of this key that is `attempt`, or was there before.

    What tells attempts of one key apart is `apart`, or else their order or stamp. Without an order
    a person decides which is the newest.
    """
    said = (apart,) if apart else attempt.order or (attempt.stamp,)
    return attempts.setdefault("\0".join((attempt.key, *said)), attempt)


def entries_of(unit: Unit, flat: str) -> list[tuple[str, Entry]]:
    """The files of a unit with their names inside the hand-in; of a file it is `flat`."""
    return unit.below() if unit.folder else [(flat, unit.entries[0])]
