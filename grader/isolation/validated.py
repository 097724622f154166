"""Validate what a worker that has read a hand-in answered."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from grader.core.model import LintFinding, Tidiness
from grader.intake.contents import BLANKS, Contents
from grader.protocol import wire
from grader.reader.messages import (
    MAX_HEIGHT,
    MAX_WIDTH,
    ContentsRead,
    LayersFound,
    PageDrawn,
    PdfRead,
    TidinessRead,
    VersionsRead,
)
from grader.reader.untouched import UntouchedRead

_MOST_PAGES: Final = 1_000_000


def contents(read: ContentsRead) -> Contents:
    """Blanks that there are, and a time."""
    written: dict[str, set[str]] = {}
    if len(read.parts) != len(read.blanks):
        raise wire.WireError("parts and blanks of different number")
    for part, blank in zip(read.parts, read.blanks, strict=True):
        if blank not in BLANKS.get(part, ()):
            raise wire.WireError("a blank that no part has")
        written.setdefault(part, set()).add(blank)
    try:
        newest = datetime.fromisoformat(read.newest) if read.newest else None
    except ValueError:
        raise wire.WireError("a time that is none") from None
    # Python cannot compare a time that has a zone with one that has none.
    if newest is not None and newest.tzinfo is not None:
        raise wire.WireError("a time with a zone, which archives do not have")
    return Contents(
        {part: frozenset(names) for part, names in written.items()}, newest, frozenset(read.code)
    )


def tidiness(read: TidinessRead, paths: set[str]) -> Tidiness:
    """Findings in files that were asked about."""
    lists = (read.paths, read.numbers, read.codes, read.texts)
    if len({len(each) for each in lists}) != 1 or not paths.issuperset(read.paths):
        raise wire.WireError("findings that do not fit together")
    if min(read.lines, read.count, *read.numbers, 0) < 0 or read.count < len(read.paths):
        raise wire.WireError("numbers of findings that cannot be")
    findings = tuple(LintFinding(*fields) for fields in zip(*lists, strict=True))
    return Tidiness(read.lines, read.count, findings)


def versions(read: VersionsRead, paths: set[str]) -> dict[str, int]:
    """Versions of sources that were asked about."""
    if len(read.paths) != len(read.minors) or not paths.issuperset(read.paths):
        raise wire.WireError("versions of sources that were not asked about")
    return dict(zip(read.paths, read.minors, strict=True))


def layers(read: LayersFound, wanted: frozenset[str]) -> dict[str, int]:
    """Layers of definitions that were asked about."""
    if len(read.names) != len(read.lines) or not wanted.issuperset(read.names):
        raise wire.WireError("layers of definitions that were not asked about")
    return dict(zip(read.names, read.lines, strict=True))


def pdf(read: PdfRead) -> PdfRead:
    """Numbers that can be."""
    if not (0 <= read.pages <= _MOST_PAGES and 0 <= read.characters <= 1 << 40):
        raise wire.WireError("numbers of pages that cannot be")
    return read


def drawn(drawn: PageDrawn) -> PageDrawn:
    """A page of a size that was asked for."""
    # The library rounds a size up, so a page may have one pixel more than was asked for.
    fits = 0 <= drawn.width <= MAX_WIDTH + 1 and 0 <= drawn.height <= MAX_HEIGHT + 1
    if not fits or not 0 <= drawn.pages <= _MOST_PAGES:
        raise wire.WireError("a page of a size that was not asked for")
    return drawn


def untouched(read: UntouchedRead, asked: frozenset[str]) -> frozenset[str]:
    """Blanks, of those that were asked about."""
    if not asked.issuperset(read.blanks):
        raise wire.WireError("blanks that were not asked about")
    return frozenset(read.blanks)
