"""What an item that was handed in holds; asked only where a student handed in several."""

from __future__ import annotations

from typing import Protocol

from grader.core.errors import UsageError
from grader.intake import contents
from grader.intake.contents import LIMITS, Contents
from kit.contracts import MAX_SOURCE_BYTES

from .items import CODE, Item
from .tree import Reader

_MOST_FILES = 100


class ContentsReader(Protocol):
    """Reads the bytes of an item. For a student's bytes it does so in a confined process."""

    def of_zip(self, data: bytes) -> Contents:
        """What is in an archive."""

    def of_code(self, files: list[bytes]) -> Contents:
        """What is in files of code."""


class HereReader:
    """Reads in this process: for tests, and for files that are trusted."""

    def of_zip(self, data: bytes) -> Contents:
        """What is in an archive."""
        return contents.of_zip(data)

    def of_code(self, files: list[bytes]) -> Contents:
        """What is in files of code."""
        return contents.of_code(files)


def contents_of(item: Item, reader: Reader, look: ContentsReader) -> Contents:
    """Empty where it cannot be read: intake says why, later."""
    try:
        if item.kind != "archive":
            entries = [e for e in item.entries if e.path.lower().endswith(CODE)][:_MOST_FILES]
            most = MAX_SOURCE_BYTES
            return look.of_code([reader.read(e.source, e.member, most) for e in entries])
        (entry,) = item.entries
        if not entry.name.lower().endswith(".zip"):
            return Contents({})
        data = reader.read(entry.source, entry.member, LIMITS.zip_bytes)
    except UsageError:
        return Contents({})
    return look.of_zip(data)
