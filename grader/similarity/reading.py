"""The judge's side: the code of a hand-in, part by part, as a confined worker takes it apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from grader import ROOT
from grader.core.model import Submission
from grader.intake import HandedIn
from grader.isolation.reading import Conversation, HandInReader, Unreadable
from grader.parts.reference import solution_text
from grader.protocol import wire
from grader.reader import transport
from grader.reader.functions import functions_of
from grader.reader.messages import HandInRead, SourceRead
from grader.reader.own_lines import lines_of, own_lines
from kit.contracts import BY_ID, PARTS
from kit.locate import SourceLike

from .messages import MAX_CHARACTERS, CodeRead, PartAsked, ReadCode

OTHER = ""
"""The part of files that belong to no part: helpers, scripts."""

SMALL_LINES = 4
"""A blank whose solution has so few lines of code is left out: everybody writes it alike."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line that was compared, and its place; `cell` is 0 in a file that is no notebook."""

    path: str
    cell: int
    number: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class PartCode:
    """A student's own code of one part and its fingerprints, in the order of their starts."""

    part: str
    lines: tuple[CodeLine, ...]
    hashes: Numbers
    starts: Numbers  # in the normalised code
    firsts: Numbers  # of `lines`
    lasts: Numbers
    size: int
    cut: bool

    @classmethod
    def of(
        cls,
        part: str,
        lines: Sequence[CodeLine],
        hashes: Sequence[int],
        starts: Sequence[int],
        firsts: Sequence[int],
        lasts: Sequence[int],
        size: int,
        cut: bool,
    ) -> PartCode:
        """Of plain numbers."""
        as_array = partial(np.array, dtype=np.int64)
        arrays = as_array(hashes), as_array(starts), as_array(firsts), as_array(lasts)
        return cls(part, tuple(lines), *arrays, size, cut)


class CodeReader(HandInReader):
    """Asks workers of the server "similarity"; nothing of a hand-in is read in this process."""

    def code(self, found: HandedIn) -> tuple[PartCode, ...] | None:
        """The parts of what was handed in; None where it cannot be read within limits."""
        # As if the report were named: none of the PDFs comes back.
        found = replace(found, report=None, has_report=True)
        request, contents = transport.request_of(found)
        try:
            return self._ask(request, contents, lambda worker: _taken(found, worker))
        except Unreadable:
            return None


def _taken(found: HandedIn, worker: Conversation) -> tuple[PartCode, ...] | None:
    """What one worker says; the code's lines are taken from the sources that it sent."""
    taking = transport.Taking(found)
    while isinstance(answer := worker.receive(SourceRead, HandInRead), SourceRead):
        taking.source(answer)
    submission = taking.submission(answer, b"")
    asked = _asked(submission)
    worker.send(ReadCode(given(), asked))
    if submission.refusal is not None:
        return None
    sources = {source.path: source for source in submission.sources}
    return tuple(part_code(one, sources, worker.receive(CodeRead)) for one in asked)


def _asked(submission: Submission) -> tuple[PartAsked, ...]:
    located = {path for paths in submission.parts.values() for path in paths}
    rest = tuple(s.path for s in submission.sources if s.path not in located)
    known = {**submission.parts, **({OTHER: rest} if rest else {})}
    return tuple(
        # Code of no part has no blanks: all of it is compared.
        PartAsked(part, paths, () if part == OTHER else compared(part), of_others(part))
        for part, paths in known.items()
    )


@cache
def given() -> tuple[str, ...]:
    """The starter's lines."""
    files = sorted((ROOT / "starter").glob("*.py"))
    return tuple(sorted(lines_of(file.read_text("utf-8") for file in files)))


@cache
def compared(part: str) -> tuple[str, ...]:
    """The blanks of a part that are compared."""
    return tuple(name for name in BY_ID[part].blanks if name not in small(part))


@cache
def of_others(part: str) -> tuple[str, ...]:
    """The blanks of the other parts, which may stand in the same file."""
    # A name that two parts share is this part's own here.
    own = BY_ID[part].names if part != OTHER else ()
    return tuple(sorted({name for one in PARTS for name in one.blanks}.difference(own)))


@cache
def small(part: str) -> tuple[str, ...]:
    """The blanks that are left out because everybody writes them alike."""
    text = solution_text(part)
    # Lines that the starter gives inside the function are not counted.
    own = own_lines(text, frozenset(given())).statements
    return tuple(
        function.name
        for function in functions_of(text)
        if function.name in BY_ID[part].blanks
        and len(own.intersection(range(function.first, function.last + 1))) < SMALL_LINES
    )


def left_out() -> Mapping[str, tuple[str, ...]]:
    """Part -> its small blanks."""
    return {part.id: names for part in PARTS if (names := small(part.id))}


def part_code(asked: PartAsked, sources: Mapping[str, SourceLike], read: CodeRead) -> PartCode:
    """What a worker sent; WireError for what cannot be true of these sources."""
    count, prints = len(read.files), len(read.hashes)
    lists = (read.cells, read.numbers)
    of_prints = (read.starts, read.firsts, read.lasts)
    _demand(read.part == asked.part and all(len(each) == count for each in lists))
    _demand(all(len(each) == prints for each in of_prints))
    _demand(0 <= read.size <= 2 * MAX_CHARACTERS and prints <= read.size)
    for places, end in zip(of_prints, (read.size, count, count), strict=True):
        _demand(all(0 <= place < end for place in places))
    _demand(list(read.starts) == sorted(set(read.starts)))
    _demand(all(-(2**63) <= value < 2**63 for value in read.hashes))
    texts: dict[tuple[int, int], Sequence[str]] = {}
    lines = []
    for file, cell, number in zip(read.files, read.cells, read.numbers, strict=True):
        _demand(0 <= file < len(asked.paths))
        path = asked.paths[file]
        cells = sources[path].cells
        _demand(1 <= cell <= len(cells))
        if (file, cell) not in texts:
            texts[file, cell] = cells[cell - 1].split("\n")
        _demand(1 <= number <= len(texts[file, cell]))
        shown = cell if path.endswith(".ipynb") else 0
        # The text is that of the source itself, so a worker's answer cannot change it.
        lines.append(CodeLine(path, shown, number, texts[file, cell][number - 1][:_SHOWN]))
    return PartCode.of(
        read.part, lines, read.hashes, read.starts, read.firsts, read.lasts, read.size, read.cut
    )


_SHOWN = 300
"""Characters of a line that are kept for the page."""


def _demand(fits: bool) -> None:
    if not fits:
        raise wire.WireError("fingerprints that this code cannot have")
