"""What an item that was handed in holds: which blanks of which parts, and how new it is.

Asked only where a student handed in several items. Nothing is parsed: names behind ``def`` and
``class`` are looked for in bounded bytes. Names that several parts share are no sign of any.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zipfile import ZipFile

from grader.core.errors import UsageError
from grader.intake import IntakeLimits
from grader.intake.archive import BROKEN, read_zip
from grader.intake.collected import CollectedFiles
from kit.contracts import MAX_SOURCE_BYTES, PARTS

from .items import CODE, Item
from .tree import Reader

_LIMITS = IntakeLimits(zip_bytes=30_000_000, unpacked_bytes=40_000_000, entries=2_000, listed=5_000)
_DEFINED = re.compile(rb"(?:\\n|\b)(def|class)[ \t]{1,8}([A-Za-z_][A-Za-z0-9_]{0,79})")
_STUB = b"NotImplementedError"
_MOST_FILES = 100

_shared = Counter(name for part in PARTS for name in part.names)
_BLANKS = {part.id: frozenset(name for name in part.blanks if _shared[name] == 1) for part in PARTS}


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in one item."""

    written: dict[str, frozenset[str]]  # part -> its blanks that are filled in
    newest: datetime | None = None  # of the files inside an archive
    code: frozenset[bytes] = frozenset()  # a digest of each of its files of code

    def repeats(self, other: Contents) -> bool:
        """Whether one of the two holds nothing but what the other holds too."""
        fewer, more = sorted((self.code, other.code), key=len)
        return bool(fewer) and fewer <= more

    def most_of(self) -> frozenset[str]:
        """The parts of which it holds most of the blanks."""
        return frozenset(p for p, found in self.written.items() if 2 * len(found) > len(_BLANKS[p]))

    def parts(self) -> frozenset[str]:
        """The parts of which it holds anything."""
        return frozenset(self.written)


def contents_of(item: Item, reader: Reader) -> Contents:
    """Empty where it cannot be read: intake says why, later."""
    try:
        if item.kind != "archive":
            entries = [e for e in item.entries if e.path.lower().endswith(CODE)][:_MOST_FILES]
            most = MAX_SOURCE_BYTES
            return _read([reader.read(e.source, e.member, most) for e in entries])
        (entry,) = item.entries
        if not entry.name.lower().endswith(".zip"):
            return Contents({})
        data = reader.read(entry.source, entry.member, _LIMITS.zip_bytes)
    except UsageError:
        return Contents({})
    collected = CollectedFiles.within(_LIMITS)
    read_zip(data, collected)
    code = [data for name, data in collected.files.items() if name.lower().endswith(CODE)]
    return _read(code, _newest_inside(data))


def _read(sources: Sequence[bytes], newest: datetime | None = None) -> Contents:
    digests = frozenset(hashlib.sha256(source).digest() for source in sources if source.strip())
    return Contents(_written(sources), newest, digests)


def _written(sources: Sequence[bytes]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for source in sources:
        names = _filled(source)
        for part, blanks in _BLANKS.items():
            if mine := {name for name in blanks if name in names}:
                found.setdefault(part, set()).update(mine)
    return {part: frozenset(names) for part, names in found.items()}


def _filled(source: bytes) -> set[str]:
    """Functions, classes and ``Class.method`` that are defined and not left as they were."""
    marks = list(_DEFINED.finditer(source))
    ends = [*(mark.start() for mark in marks[1:]), len(source)]
    found, owner = set(), ""
    for mark, end in zip(marks, ends, strict=False):  # without a mark there is an end too many
        name = mark[2].decode("ascii")
        inside = source[max(mark.start() - 1, 0) : mark.start()] in (b" ", b"\t")
        if mark[1] == b"class":
            owner = name
            found.add(name)
        elif _STUB not in source[mark.end() : end]:
            found.add(f"{owner}.{name}" if inside else name)
    return found


def _newest_inside(data: bytes) -> datetime | None:
    """The newest date in an archive's table of contents; packers without a clock write 1980."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
        stamps = [datetime(*info.date_time) for info in infos if info.date_time[0] > 1980]
    except BROKEN:
        return None
    return max(stamps, default=None)
