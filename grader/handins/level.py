"""One level of a class's folder: what lies side by side there, each a unit with one vote.

A unit's name is what the platform or whoever made the folder wrote. What lies inside a unit is
that student's data: it never says anything about another unit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from . import labels
from .items import ARCHIVES, CODE, DOCUMENTS
from .roster import Roster
from .tree import Entry, Reader, split_level
from .version_names import natural

TABLES = (".csv", ".xls", ".xlsx")
_DEEPEST = 4
_COURSE = re.compile(  # the whole of what a document is called
    r"(?:(?:lab|hw|homework|exercise|project|slides|lecture|实验|作业|课件|讲义)[\s_-]*)+\d*", re.I
)
_TEACHERS = re.compile(
    "说明|要求|通知|评分标准|instruction|assignment|handout|readme|syllabus|rubric", re.I
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A folder or a file of the level."""

    name: str
    folder: bool
    entries: tuple[Entry, ...]  # paths as seen from the level; of a file the one

    def below(self) -> list[tuple[str, Entry]]:
        """The files of a folder with their paths inside it."""
        return [(e.path[len(self.name) + 1 :], e) for e in self.entries]


@dataclass(frozen=True, slots=True)
class Level:
    """What a layout may look at."""

    units: tuple[Unit, ...]
    reader: Reader
    roster: Roster | None
    zone: tzinfo | None

    def file(self, *names: str) -> Entry | None:
        """The first file of the level itself that is called so: a platform's own, never nested."""
        by_name = {unit.name: unit.entries[0] for unit in self.units if not unit.folder}
        return next((by_name[name] for name in names if name in by_name), None)


def units_of(entries: Sequence[Entry]) -> tuple[Unit, ...]:
    """The units of a level, in a stable order; a folder and a file of one name are two."""
    files, folders = split_level(entries)
    found = [Unit(name, True, tuple(below)) for name, below in folders.items()]
    found += [Unit(entry.path, False, (entry,)) for entry in files]
    # Of two files of one name the last counts, and 10000 comes after 9999.
    return tuple(sorted(found, key=lambda unit: (natural(unit.name), unit.name, unit.folder)))


def levels(
    root: str, entries: Sequence[Entry], roster: Roster | None
) -> list[tuple[str, list[Entry]]]:
    """The uppermost level, and those below folders that hold everything there is, by name.

    A folder that names a student is that student's, and beside somebody's code, archive or
    report a folder is one of several hand-ins: neither is looked into.
    """
    found = [(root, list(entries))]
    for _ in range(_DEEPEST):
        units = units_of(found[-1][1])
        folders = [unit for unit in units if unit.folder]
        if len(folders) != 1 or any(_is_work(unit.name) for unit in units if not unit.folder):
            break
        top = folders[0]
        if labels.parse(top.name, roster).sure:
            break
        found.append((top.name, [entry.below(top.name) for entry in top.entries]))
    return found


def _is_work(name: str) -> bool:
    """Whether a loose file may be somebody's hand-in, by its name alone."""
    if name.lower().endswith(DOCUMENTS):
        return not (_TEACHERS.search(name) or _COURSE.fullmatch(name.rpartition(".")[0]))
    return name.lower().endswith((*CODE, *ARCHIVES))
