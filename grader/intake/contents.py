"""What a file or a zip holds: which blanks of which parts, and how new it is.

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

from kit.contracts import PARTS

from .archive import BROKEN, read_zip
from .collected import CODE, CollectedFiles
from .limits import IntakeLimits

LIMITS = IntakeLimits(zip_bytes=30_000_000, unpacked_bytes=40_000_000, entries=2_000, listed=5_000)
# In a notebook's JSON a line begins behind the two characters `\n`.
_DEFINED = re.compile(rb"(?:\\n|\b)(def|class)[ \t]{1,8}([A-Za-z_][A-Za-z0-9_]{0,79})")
_STUB = b"NotImplementedError"

_shared = Counter(name for part in PARTS for name in part.names)
BLANKS = {part.id: frozenset(name for name in part.blanks if _shared[name] == 1) for part in PARTS}
"""Part -> its blanks of which the name belongs to no other part."""


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
        return frozenset(p for p, found in self.written.items() if 2 * len(found) > len(BLANKS[p]))

    def parts(self) -> frozenset[str]:
        """The parts of which it holds anything."""
        return frozenset(self.written)


def of_zip(data: bytes) -> Contents:
    """Empty where it cannot be opened: intake says why, later."""
    collected = CollectedFiles.within(LIMITS)
    read_zip(data, collected)
    code = [data for name, data in collected.files.items() if name.lower().endswith(CODE)]
    return of_code(code, _newest_inside(data))


def of_code(sources: Sequence[bytes], newest: datetime | None = None) -> Contents:
    """Of files of code."""
    digests = frozenset(hashlib.sha256(source).digest() for source in sources if source.strip())
    return Contents(_written(sources), newest, digests)


def _written(sources: Sequence[bytes]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for source in sources:
        names = _filled(source)
        for part, blanks in BLANKS.items():
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
