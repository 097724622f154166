"""A hand-in and what was found in it, as messages; the judge validates what it takes back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from grader.core.materials import Material
from grader.core.model import Pdf, Source, Submission
from grader.intake import HandedIn, IntakeLimits, names
from grader.intake.collected import CollectedFiles
from grader.intake.limits import Budget
from grader.protocol.codec import WireError
from grader.protocol.passed_over import PassedOverLists
from kit.contracts import BY_ID
from kit.homes import PassedOver
from kit.locate import Unparsed
from kit.readings import Reading
from kit.statements import Spot
from kit.text import Text

from .messages import (
    MAX_UNPARSED,
    PIECE,
    Content,
    HandInRead,
    LookInto,
    Noted,
    PartRead,
    PassedOverRead,
    Sentence,
    SourceRead,
    SpotsRead,
    UnparsedRead,
)

MOST_READINGS = 2
"""Of one part: :func:`kit.readings.readings`."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAIN, _FILE, _ARCHIVE, _REPORT = "main", "file", "archive", "report"
_MATERIAL = "material"


# ---------------------------------------------------------------- bytes


def pieces(files: Iterable[bytes]) -> Iterator[Content]:
    """The bytes of files, one after another, as messages."""
    for data in files:
        for start in range(0, len(data), PIECE):
            yield Content(data[start : start + PIECE])


def assembled(sizes: Sequence[int], receive: Callable[[], Content]) -> list[bytes]:
    """The files of these sizes from the messages of :func:`pieces`."""
    found = []
    for size in sizes:
        data = bytearray()
        while len(data) < size:
            piece = receive().data
            # An empty piece would let a worker keep the judge in this loop.
            if not piece or len(data) + len(piece) > size:
                raise WireError("the pieces of a file have another length than was announced")
            data += piece
        found.append(bytes(data))
    return found


# ---------------------------------------------------------------- what was handed in


def request_of(found: HandedIn) -> tuple[LookInto, list[bytes]]:
    """The request to look into a hand-in, and the bytes that follow it."""
    collected = found.collected
    files: list[tuple[str, str, bytes]] = []
    if found.main is not None:
        files.append((_MAIN, *found.main))
    files += [(_FILE, name, data) for name, data in collected.files.items()]
    files += [(_ARCHIVE, name, data) for name, data in collected.archives]
    files += [(_MATERIAL, name, data) for name, data in collected.materials.items()]
    if found.report is not None:
        files.append((_REPORT, found.report.path, found.report.data))
    notes = collected.notes
    request = LookInto(
        id=found.id,
        roles=tuple(role for role, _, _ in files),
        names=tuple(name for _, name, _ in files),
        sizes=tuple(len(data) for _, _, data in files),
        limits=dataclasses.astuple(collected.limits),
        bytes_left=collected.budget.bytes_left,
        entries_left=collected.budget.entries_left,
        others=tuple(collected.others),
        notes=tuple(
            Noted(kind, tuple(str(name) for name in listed), notes.more.get(kind, 0))
            for kind, listed in notes.names.items()
        ),
        reasons=tuple(collected.reasons),
        has_report=found.has_report,
        refusal=_sentence(found.refusal),
        sha256=found.sha256,
    )
    return request, [data for _, _, data in files]


def handed_in(request: LookInto, contents: Sequence[bytes]) -> HandedIn:
    """In the worker, the hand-in of a request: the reverse of :func:`request_of`."""
    limits = IntakeLimits(*request.limits)
    collected = CollectedFiles(limits, Budget(limits))
    collected.budget.bytes_left = request.bytes_left
    collected.budget.entries_left = request.entries_left
    collected.others += request.others
    collected.reasons += request.reasons
    for noted in request.notes:
        collected.notes.names[noted.kind] = list(noted.names)
        collected.notes.more[noted.kind] = noted.more
    found = HandedIn(
        request.id,
        collected,
        has_report=request.has_report,
        refusal=_text(request.refusal),
        sha256=request.sha256,
    )
    for role, name, data in zip(request.roles, request.names, contents, strict=True):
        if role == _MAIN:
            found.main = (name, data)
        elif role == _FILE:
            collected.files[name] = data
        elif role == _ARCHIVE:
            collected.archives.append((name, data))
        elif role == _MATERIAL:
            collected.materials[name] = data
        else:
            found.report = Pdf(name, data)
    return found


# ---------------------------------------------------------------- what was found


def answers_of(
    submission: Submission, has_report: bool
) -> Iterator[SourceRead | SpotsRead | PassedOverRead | HandInRead]:
    """A Submission as messages, without the bytes of its report."""
    for source in submission.sources:
        yield SourceRead(source.path, source.cells, source.encoding)
    for part, readings in submission.readings.items():
        for number, reading in enumerate(readings):
            for omitted, spots in ((False, reading.run), (True, reading.omit)):
                yield SpotsRead(
                    part,
                    number,
                    omitted,
                    tuple(spot.path for spot in spots),
                    tuple(spot.cell for spot in spots),
                    tuple(spot.line for spot in spots),
                    tuple(spot.column for spot in spots),
                )
    for part, stubs in submission.passed_over.items():
        yield PassedOverRead(part, PassedOverLists.of(stubs))
    pdf = None if has_report else submission.pdf
    yield HandInRead(
        sha256=submission.sha256,
        others=submission.others,
        parts=tuple(PartRead(part, paths) for part, paths in submission.parts.items()),
        pdf=pdf.path if pdf else "",
        pdf_size=len(pdf.data) if pdf else 0,
        notices=tuple(Sentence(*notice) for notice in submission.notices),
        # The rest counts as text that no Python parses: nobody writes so much of it by hand.
        unparsed=tuple(
            UnparsedRead(one.path, one.cell, Sentence(*one.notice))
            for one in submission.unparsed[:MAX_UNPARSED]
        ),
        refusal=_sentence(submission.refusal),
        materials=tuple(material.path for material in submission.materials),
        material_sizes=tuple(len(material.data) for material in submission.materials),
    )


class Taking:
    """Takes a worker's messages for a Submission; WireError for what cannot be one."""

    def __init__(self, found: HandedIn) -> None:
        self._found = found
        self._limits = found.collected.limits
        self._sources: dict[str, Source] = {}
        self._left = self._limits.text_bytes
        self._readings: dict[str, list[Reading]] = {}
        self._passed_over: dict[str, tuple[PassedOver, ...]] = {}

    def take(self, read: SourceRead | SpotsRead | PassedOverRead) -> None:
        """One of the messages before the last."""
        if isinstance(read, SourceRead):
            self.source(read)
        elif isinstance(read, SpotsRead):
            self.spots(read)
        else:
            self.passed_over(read)

    def source(self, read: SourceRead) -> None:
        """One more file of code."""
        _demand(self._fits(read.path) and read.path not in self._sources, "a path")
        _demand(read.encoding.isascii() and read.encoding.isprintable(), "an encoding")
        _demand(len(self._sources) < self._limits.sources, "a number of sources")
        self._left -= sum(len(cell.encode("utf-8", "surrogatepass")) for cell in read.cells)
        _demand(self._left >= 0, "an amount of text")
        self._sources[read.path] = Source(read.path, read.cells, read.encoding)

    def spots(self, read: SpotsRead) -> None:
        """Statements of one reading of a part: those that it runs, then those that it omits."""
        readings = self._readings.setdefault(read.part, [])
        lists = (read.paths, read.cells, read.lines, read.columns)
        _demand(len({len(each) for each in lists}) == 1, "spots")
        spots = tuple(Spot(*fields) for fields in zip(*lists, strict=True))
        _demand(all(spot.path in self._sources for spot in spots), "spots of no source")
        # For each reading what it runs comes first, so what is omitted belongs to the last one.
        if read.omitted:
            _demand(read.number == len(readings) - 1 and not readings[-1].omit, "readings")
            readings[-1] = replace(readings[-1], omit=spots)
        else:
            _demand(read.number == len(readings) < MOST_READINGS, "readings")
            readings.append(Reading(run=spots))

    def passed_over(self, read: PassedOverRead) -> None:
        """The definitions of a part that give way to another file's."""
        _demand(read.stubs.even and read.part not in self._passed_over, "stubs")
        self._passed_over[read.part] = read.stubs.stubs

    def pdf_size(self, read: HandInRead) -> int:
        """How many bytes of the report follow."""
        _demand(0 <= read.pdf_size <= self._limits.report_bytes, "a size")
        return read.pdf_size if read.pdf else 0

    def material_sizes(self, read: HandInRead) -> list[int]:
        """How many bytes of each log and picture follow."""
        sizes, limits = list(read.material_sizes), self._limits
        _demand(len(sizes) == len(read.materials) <= limits.materials, "a number of materials")
        _demand(len(set(read.materials)) == len(sizes), "materials")
        _demand(all(self._fits(path) for path in read.materials), "a path")
        # Intake keeps no empty log or picture.
        _demand(all(size > 0 for size in sizes), "a size")
        _demand(sum(sizes) <= limits.material_bytes, "an amount of materials")
        return sizes

    def submission(
        self, read: HandInRead, pdf: bytes, materials: Sequence[bytes] = ()
    ) -> Submission:
        """The whole Submission, once every message has come."""
        _demand(_SHA256.fullmatch(read.sha256) is not None, "a digest")
        paths = {part.part: part.paths for part in read.parts}
        _demand(len(paths) == len(read.parts), "parts")
        for part, files in paths.items():
            # What a report shows of a part is looked up by these names.
            _demand(part in BY_ID and bool(files) and self._sources.keys() >= set(files), "parts")
        _demand(self._readings.keys() <= paths.keys(), "readings of no part")
        _demand(self._passed_over.keys() <= paths.keys(), "stubs of no part")
        for part, stubs in self._passed_over.items():
            files = paths[part]
            for stub in stubs:
                _demand(stub.path in files and stub.home in files, "stubs of no file")
                _demand(stub.path != stub.home, "a stub that gives way to its own file")
                named = {BY_ID[part].canonical(stub.name), BY_ID[part].canonical(stub.spelled)}
                _demand(len(named) == 1 and named <= set(BY_ID[part].names), "stubs of no name")
        for one in read.unparsed:
            source = self._sources.get(one.path)
            _demand(source is not None and 1 <= one.cell <= len(source.cells), "a cell")
        # A refused hand-in has no sources: with some it would be refused and graded at once.
        _demand(read.refusal is None or not self._sources, "a refusal")
        report = Pdf(read.pdf, pdf) if read.pdf else None
        return Submission(
            id=self._found.id,
            sha256=read.sha256,
            sources=tuple(self._sources.values()),
            others=read.others,
            parts=paths,
            pdf=self._found.report if self._found.has_report else report,
            notices=tuple(Text(notice.zh, notice.en) for notice in read.notices),
            refusal=_text(read.refusal),
            readings={part: tuple(of_part) for part, of_part in self._readings.items()},
            passed_over=self._passed_over,
            unparsed=tuple(
                Unparsed(one.path, one.cell, Text(one.notice.zh, one.notice.en))
                for one in read.unparsed
            ),
            materials=tuple(map(Material, read.materials, materials)),
        )

    def _fits(self, path: str) -> bool:
        """Whether intake could have given a file this path: its own name, or a tidy one."""
        main = self._found.main
        if main is not None and path == main[0].rpartition("/")[2]:
            return True
        # A path in a zip inside the zip is two paths, each as long as the limit admits.
        return names.check(path, 3 * self._limits.path_characters) == path


def _demand(fits: bool, what: str) -> None:
    if not fits:
        raise WireError(f"{what} that no hand-in has")


def _sentence(text: Text | None) -> Sentence | None:
    return None if text is None else Sentence(*text)


def _text(sentence: Sentence | None) -> Text | None:
    return None if sentence is None else Text(sentence.zh, sentence.en)
