"""Items: the folders, archives and loose files on one level of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from grader.intake import names

from . import labels
from .roster import Roster
from .tree import Entry, split_level

ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".tgz", ".gz", ".xz", ".bz2", ".zst")
CODE = (".py", ".ipynb")
DOCUMENTS = (".pdf", ".docx", ".doc", ".wps", ".odt", ".pages", ".rtf")


@dataclass(frozen=True, slots=True)
class Item:
    """A folder, an archive or a loose file of a level."""

    kind: str  # "folder", "archive", "file"
    label: str  # without the ending
    entries: tuple[Entry, ...]  # paths as seen from the level
    parsed: labels.ParsedLabel
    where: str = ""  # the folders that only sorted the students

    @property
    def has_code(self) -> bool:
        """Whether it holds Python; an archive is assumed to, since it is not opened here."""
        return self.kind == "archive" or any(is_code(e) for e in self.entries)

    @property
    def is_known(self) -> bool:
        """Whether its name identifies a student."""
        return self.parsed.known

    @property
    def changed(self) -> datetime:
        """When the newest of its files was changed."""
        stamps = [e.stamp for e in self.entries if e.stamp is not None]
        return max(stamps, default=datetime.min)

    @property
    def shown(self) -> str:
        """Its name in the folder."""
        return self.label if self.kind == "folder" else self.entries[0].name

    def files(self) -> list[tuple[str, Entry]]:
        """Its files with their names inside the hand-in."""
        if self.kind != "folder":
            return [(e.name, e) for e in self.entries]
        return [(e.path.partition("/")[2], e) for e in self.entries]


def is_code(entry: Entry) -> bool:
    """Whether a file is Python."""
    return entry.path.lower().endswith(CODE)


def items_of(entries: Sequence[Entry], roster: Roster | None) -> list[Item]:
    """The items of the uppermost level."""
    files, folders = split_level(entries)
    found = []
    for entry in files:
        name = entry.path
        kind = "archive" if name.lower().endswith(ARCHIVES) else "file"
        label = names.stem(name.removesuffix(".gz") if name.endswith(".tar.gz") else name)
        found.append(Item(kind, label, (entry,), labels.parse(label, roster)))
    for top, below in folders.items():
        found.append(Item("folder", top, tuple(below), labels.parse(top, roster)))
    return found


def shared_label(item: Item) -> str:
    """The label that all attempts of a student share.

    Where no label identifies a person, ``hw.zip`` and ``hw (1).zip`` are as likely two students'
    files that a browser renamed as two of one student: both are kept.
    """
    if item.is_known:
        return item.label
    label = labels.without_role(item.label)
    return labels.without_role(labels.without_copy_marks(label)) if item.parsed.named else label
