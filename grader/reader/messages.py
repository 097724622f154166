"""The messages between the judge and a worker that reads a hand-in's bytes.

A worker answers one request::

    LookInto, Content ...     -> SourceRead, SpotsRead and PassedOverRead ..., HandInRead,
                                 Content ... of the report and of logs and pictures
    ReadContents, Content ... -> ContentsRead
    ReadTidiness, Content ... -> TidinessRead
    ReadVersions, Content ... -> VersionsRead
    ReadFunctions             -> FunctionsRead
    ReadEdits                 -> EditsRead
    FindLayers                -> LayersFound
    ReadPdf, Content ...      -> PdfRead
    ReadReport, Content ...   -> ReportRead, in :mod:`grader.reader.report_messages`
    ReadText, Content ...     -> TextRead
    DrawPage, Content ...     -> PageDrawn, Content ... of its pixels
    DrawPicture, Content ...  -> PageDrawn, Content ... of its pixels
    ReadLog, Content ...      -> LogRead

or ends with the status OUT_OF_MEMORY. Every field of an answer has a bound: a text or a list beyond
it is no answer. Lists stand beside each other, not lists of records, because the codec packs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from grader.protocol.bounds import AtMost
from grader.protocol.messages import declare
from grader.protocol.passed_over import PassedOverLists
from kit.sources import MAX_CELLS

PIECE: Final = 8 << 20  # below the limit of a frame; longer files take several
"""Bytes of one Content."""

OUT_OF_MEMORY: Final = 77  # Python itself ends with 0, 1, 2 or 120
"""Exit status of a worker whose memory does not suffice."""

MAX_OTHERS: Final = 20_000
MAX_FUNCTIONS: Final = 5_000
MAX_STATEMENTS: Final = 20_000
MAX_EDITS: Final = 6_000
MAX_SPOTS: Final = 100_000
MAX_UNPARSED: Final = 200
MAX_LAYERS: Final = 100
MAX_FINDINGS: Final = 200
MAX_DIGESTS: Final = 2_500
MAX_MATERIALS: Final = 50
MAX_PAGES: Final = 200
"""Of a report whose text is read."""

MAX_PAGE_CHARS: Final = 20_000
MAX_TEXT_CHARS: Final = 600_000
"""Of all pages."""

MAX_LOG_CHARS: Final = 60_000
MAX_PASSAGES: Final = 200
MAX_CLAIMS: Final = 24
MAX_WIDTH: Final = 2_000
MAX_HEIGHT: Final = 4_000
"""Of a page that is drawn, in pixels."""

Path = Annotated[str, AtMost(1_200)]
Word = Annotated[str, AtMost(250)]
Cell = Annotated[str, AtMost(20_000_000)]
Numbers = Annotated[tuple[int, ...], AtMost(MAX_STATEMENTS)]

# ---------------------------------------------------------------- from the judge


@dataclass(frozen=True)
class Content:
    """The next bytes of the files that a message before it names, one file after another."""

    data: Annotated[bytes, AtMost(PIECE)]


@dataclass(frozen=True)
class Sentence:
    """A text in both languages."""

    zh: Annotated[str, AtMost(4_000)]
    en: Annotated[str, AtMost(4_000)]


@dataclass(frozen=True)
class Noted:
    """Names that were noted under one kind of notice, and how many more there are."""

    kind: str
    names: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class LookInto:
    """Look into a hand-in: :class:`grader.intake.HandedIn` without its bytes."""

    id: str
    roles: tuple[str, ...]  # of each file whose bytes follow: which list of the hand-in it is in
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    limits: tuple[int, ...]
    bytes_left: int
    entries_left: int
    others: tuple[str, ...]
    notes: tuple[Noted, ...]
    reasons: tuple[str, ...]
    has_report: bool
    refusal: Sentence | None
    sha256: str


@dataclass(frozen=True)
class ReadContents:
    """Which blanks of which parts some files of code, or a zip, hold."""

    archive: bool
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class ReadTidiness:
    """The linter's findings on a student's own lines; the linter's output follows."""

    paths: tuple[str, ...]
    texts: tuple[str, ...]
    given: tuple[str, ...]  # the starter's lines
    blanks: tuple[str, ...]  # names of blanks with spaces between, a text for each of its files
    size: int
    complete: bool


@dataclass(frozen=True)
class ReadVersions:
    """Which sources need a newer Python, by the linter's output, which follows."""

    paths: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class ReadFunctions:
    """The functions of a source and their statements, as tokens."""

    text: str


@dataclass(frozen=True)
class ReadEdits:
    """The standard edits of the functions `names` in the cells of one source."""

    cells: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class FindLayers:
    """Which of the `wanted` definitions lead to a recurrent layer of torch; `allowed` may."""

    cells: tuple[str, ...]
    wanted: tuple[str, ...]
    allowed: str


@dataclass(frozen=True)
class ReadPdf:
    """Count the pages and the text of a report, whose bytes follow."""

    size: int


@dataclass(frozen=True)
class ReadReport:
    """Look for what a report should have. Its bytes follow, then those of the logs beside it."""

    size: int
    logs: tuple[str, ...]
    log_sizes: tuple[int, ...]


@dataclass(frozen=True)
class ReadText:
    """The text of a report, page by page; its bytes follow."""

    size: int


@dataclass(frozen=True)
class DrawPage:
    """Draw one page of a report, whose bytes follow, without the words that are hidden."""

    size: int
    page: int  # counted from 0
    width: int
    hidden: Annotated[tuple[Word, ...], AtMost(50)]


@dataclass(frozen=True)
class DrawPicture:
    """Decode a picture, whose bytes follow, at most `width` pixels wide."""

    size: int
    width: int


@dataclass(frozen=True)
class ReadLog:
    """The text of a log; its bytes follow."""

    size: int


# ---------------------------------------------------------------- from a worker


@dataclass(frozen=True)
class SourceRead:
    """A file or notebook of code, decoded."""

    path: Path
    cells: Annotated[tuple[Cell, ...], AtMost(MAX_CELLS)]
    encoding: Annotated[str, AtMost(40)]


@dataclass(frozen=True)
class PartRead:
    """The files of a part, in order of precedence."""

    part: Annotated[str, AtMost(40)]
    paths: Annotated[tuple[Path, ...], AtMost(1_000)]


@dataclass(frozen=True)
class SpotsRead:
    """Top-level statements that a reading of a part runs, or omits: :class:`kit.readings.Reading`.

    `number` says which reading of the part it is, from 0.
    """

    part: Annotated[str, AtMost(40)]
    number: int
    omitted: bool
    paths: Annotated[tuple[Path, ...], AtMost(MAX_SPOTS)]
    cells: Annotated[tuple[int, ...], AtMost(MAX_SPOTS)]
    lines: Annotated[tuple[int, ...], AtMost(MAX_SPOTS)]
    columns: Annotated[tuple[int, ...], AtMost(MAX_SPOTS)]


@dataclass(frozen=True)
class PassedOverRead:
    """Definitions of a part that give way to another file's."""

    part: Annotated[str, AtMost(40)]
    stubs: PassedOverLists


@dataclass(frozen=True)
class UnparsedRead:
    """:class:`kit.locate.Unparsed`."""

    path: Path
    cell: int
    notice: Sentence


@dataclass(frozen=True)
class HandInRead:
    """The rest of a Submission. Bytes follow: the report's, unless the judge has it; materials'."""

    sha256: Annotated[str, AtMost(64)]
    others: Annotated[tuple[Path, ...], AtMost(MAX_OTHERS)]
    parts: Annotated[tuple[PartRead, ...], AtMost(40)]
    pdf: Path
    pdf_size: int
    notices: Annotated[tuple[Sentence, ...], AtMost(100)]
    unparsed: Annotated[tuple[UnparsedRead, ...], AtMost(MAX_UNPARSED)]
    refusal: Sentence | None
    materials: Annotated[tuple[Path, ...], AtMost(MAX_MATERIALS)] = ()
    material_sizes: Annotated[tuple[int, ...], AtMost(MAX_MATERIALS)] = ()


@dataclass(frozen=True)
class ContentsRead:
    """:class:`grader.intake.contents.Contents`; a part stands beside each of its blanks."""

    parts: Annotated[tuple[Word, ...], AtMost(1_000)]
    blanks: Annotated[tuple[Word, ...], AtMost(1_000)]
    newest: Annotated[str, AtMost(30)]
    code: Annotated[tuple[Annotated[bytes, AtMost(32)], ...], AtMost(MAX_DIGESTS)]


@dataclass(frozen=True)
class TidinessRead:
    """:class:`grader.core.model.Tidiness`."""

    lines: int
    count: int
    paths: Annotated[tuple[Path, ...], AtMost(MAX_FINDINGS)]
    numbers: Annotated[tuple[int, ...], AtMost(MAX_FINDINGS)]
    codes: Annotated[tuple[Word, ...], AtMost(MAX_FINDINGS)]
    texts: Annotated[tuple[Word, ...], AtMost(MAX_FINDINGS)]


@dataclass(frozen=True)
class VersionsRead:
    """Sources, and the minor number of the first Python 3 that reads each."""

    paths: Annotated[tuple[Path, ...], AtMost(1_000)]
    minors: Annotated[tuple[int, ...], AtMost(1_000)]


@dataclass(frozen=True)
class FunctionsRead:
    """Functions, and behind one another their statements: `counts` of each function."""

    names: Annotated[tuple[Word, ...], AtMost(MAX_FUNCTIONS)]
    firsts: Numbers
    lasts: Numbers
    counts: Numbers
    statements: Annotated[tuple[Annotated[str, AtMost(10_000)], ...], AtMost(MAX_STATEMENTS)]
    statement_firsts: Numbers
    statement_lasts: Numbers


@dataclass(frozen=True)
class EditsRead:
    """Edits of one source: :class:`grader.reader.edits.Edit`, its fields beside each other."""

    functions: Annotated[tuple[Word, ...], AtMost(MAX_EDITS)]
    kinds: Annotated[tuple[Word, ...], AtMost(MAX_EDITS)]
    cells: Annotated[tuple[int, ...], AtMost(MAX_EDITS)]
    lines: Annotated[tuple[int, ...], AtMost(MAX_EDITS)]
    starts: Annotated[tuple[int, ...], AtMost(MAX_EDITS)]
    ends: Annotated[tuple[int, ...], AtMost(MAX_EDITS)]
    afters: Annotated[tuple[Word, ...], AtMost(MAX_EDITS)]


@dataclass(frozen=True)
class LayersFound:
    """Definitions, and the line of the first layer that each leads to."""

    names: Annotated[tuple[Word, ...], AtMost(MAX_LAYERS)]
    lines: Annotated[tuple[int, ...], AtMost(MAX_LAYERS)]


@dataclass(frozen=True)
class PdfRead:
    """What is in a PDF, or in a word why it cannot be read."""

    pages: int = 0
    characters: int = 0
    problem: Word = ""


@dataclass(frozen=True)
class TextRead:
    """The text of the pages of a report, or in a word why there is none."""

    pages: Annotated[tuple[Annotated[str, AtMost(MAX_PAGE_CHARS)], ...], AtMost(MAX_PAGES)] = ()
    problem: Word = ""


@dataclass(frozen=True)
class LogRead:
    """The text of a log, its middle left out where it is long."""

    text: Annotated[str, AtMost(MAX_LOG_CHARS)]


@dataclass(frozen=True)
class PageDrawn:
    """A page or picture as pixels, which follow: three bytes each, row by row; or a problem."""

    pages: int = 0
    width: int = 0
    height: int = 0
    problem: Word = ""


declare(Content, Sentence, Noted)
declare(LookInto, ReadContents, ReadTidiness, ReadVersions, ReadFunctions, FindLayers, ReadPdf)
declare(DrawPicture, ReadLog, LogRead)
declare(DrawPage, PageDrawn, ReadEdits, EditsRead, ReadReport, ReadText, TextRead)
declare(
    SourceRead,
    SpotsRead,
    PassedOverRead,
    PartRead,
    UnparsedRead,
    HandInRead,
    ContentsRead,
    TidinessRead,
)
declare(VersionsRead, FunctionsRead, LayersFound, PdfRead)
