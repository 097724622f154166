"""What a worker that reads a hand-in's bytes runs.

The bytes are hostile, and the parsers may have faults. So a worker reads for one hand-in, answers
one request with data of a declared shape, and ends. It knows no secret and no solution.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

from grader.intake import contents, looking
from grader.protocol import wire
from grader.protocol.messages import decode, encode

from . import (
    claims,
    edits,
    encodings,
    fonts,
    functions,
    layers,
    pages,
    pdf,
    pictures,
    report,
    report_text,
    tidiness,
    transport,
    untouched,
)  # fmt: skip
from .messages import (
    OUT_OF_MEMORY,
    Content,
    ContentsRead,
    DrawPage,
    DrawPicture,
    EditsRead,
    FindLayers,
    FunctionsRead,
    LayersFound,
    LogRead,
    LookInto,
    PageDrawn,
    PdfRead,
    ReadContents,
    ReadEdits,
    ReadFunctions,
    ReadLog,
    ReadPdf,
    ReadReport,
    ReadText,
    ReadTidiness,
    ReadVersions,
    TextRead,
    TidinessRead,
    VersionsRead,
)
from .report_messages import ReportRead
from .untouched import ReadUntouched, UntouchedRead

Receive = Callable[[], Content]


def warm() -> None:
    """Do once what every worker would do at its first use. The fork server calls this."""
    encodings.warm()
    pdf.warm()
    fonts.warm()
    pages.warm()
    pictures.warm()
    report_text.read(pdf.blank())
    list(_functions(ReadFunctions("def f(x):\n    return f'{x}'\n"), _nothing))


def main(channel: socket.socket) -> None:
    """Answer one request."""

    def receive() -> Content:
        return decode(wire.receive(channel, None), Content, trusted=True)

    try:
        request = decode(wire.receive(channel, None), *_ANSWERS, trusted=True)
        for answer in _ANSWERS[type(request)](request, receive):
            wire.send(channel, encode(answer), None)
    # Closed is a WireError too, but says that the judge has hung up, not that memory was short.
    except wire.Closed:
        raise
    except (MemoryError, wire.WireError):
        # The judge's frames are right: what cannot be decoded does not fit into memory.
        raise SystemExit(OUT_OF_MEMORY) from None


def _nothing() -> Content:
    raise wire.Closed("nothing follows")


def _look_into(request: LookInto, receive: Receive) -> Iterator[Any]:
    files = transport.assembled(request.sizes, receive)
    submission = looking.look_into(transport.handed_in(request, files))
    yield from transport.answers_of(submission, request.has_report)
    # The judge has the report that was named to it, and gets only one that was found inside.
    if submission.pdf is not None and not request.has_report:
        yield from transport.pieces([submission.pdf.data])
    yield from transport.pieces(material.data for material in submission.materials)


def _contents(request: ReadContents, receive: Receive) -> Iterator[ContentsRead]:
    files = transport.assembled(request.sizes, receive)
    found = contents.of_zip(files[0]) if request.archive else contents.of_code(files)
    pairs = [(part, name) for part, names in found.written.items() for name in sorted(names)]
    yield ContentsRead(
        tuple(part for part, _ in pairs),
        tuple(name for _, name in pairs),
        "" if found.newest is None else found.newest.isoformat(),
        tuple(sorted(found.code)),
    )


def _tidiness(request: ReadTidiness, receive: Receive) -> Iterator[TidinessRead]:
    (output,) = transport.assembled([request.size], receive)
    texts = dict(zip(request.paths, request.texts, strict=True))
    blanks = [frozenset(names.split()) for names in request.blanks]
    given = frozenset(request.given)
    found = tidiness.measure(texts, output, request.complete, given, blanks)
    yield TidinessRead(
        found.lines,
        found.count,
        tuple(finding.path for finding in found.findings),
        tuple(finding.line for finding in found.findings),
        tuple(finding.code for finding in found.findings),
        tuple(finding.text for finding in found.findings),
    )


def _versions(request: ReadVersions, receive: Receive) -> Iterator[VersionsRead]:
    (output,) = transport.assembled([request.size], receive)
    found = tidiness.versions(dict.fromkeys(request.paths, ""), output)
    yield VersionsRead(tuple(found), tuple(found.values()))


def _untouched(request: ReadUntouched, receive: Receive) -> Iterator[UntouchedRead]:
    blanks, given = frozenset(request.blanks), frozenset(request.given)
    reaching = frozenset(request.reaching)
    found = untouched.find(request.text, request.starter, blanks, given, reaching)
    yield UntouchedRead(tuple(sorted(found)))


def _functions(request: ReadFunctions, receive: Receive) -> Iterator[FunctionsRead]:
    yield functions.read(request.text)


def _edits(request: ReadEdits, receive: Receive) -> Iterator[EditsRead]:
    yield edits.read(request.cells, frozenset(request.names))


def _layers(request: FindLayers, receive: Receive) -> Iterator[LayersFound]:
    yield layers.find(request.cells, request.wanted, request.allowed)


def _pdf(request: ReadPdf, receive: Receive) -> Iterator[PdfRead]:
    (data,) = transport.assembled([request.size], receive)
    yield pdf.measure(data)


def _report(request: ReadReport, receive: Receive) -> Iterator[ReportRead]:
    data, *logs = transport.assembled([request.size, *request.log_sizes], receive)
    yield report.read(data, dict(zip(request.logs, logs, strict=True)))


def _text(request: ReadText, receive: Receive) -> Iterator[TextRead]:
    (data,) = transport.assembled([request.size], receive)
    found = report_text.read(data)
    yield TextRead(tuple(page.text for page in found.pages), found.problem)


def _picture(request: DrawPicture, receive: Receive) -> Iterator[PageDrawn | Content]:
    (data,) = transport.assembled([request.size], receive)
    drawn, pixels = pictures.draw(data, request.width)
    yield drawn
    yield from transport.pieces([pixels])


def _log(request: ReadLog, receive: Receive) -> Iterator[LogRead]:
    (data,) = transport.assembled([request.size], receive)
    yield LogRead(report_text.excerpt(claims.decoded(data)))


def _page(request: DrawPage, receive: Receive) -> Iterator[PageDrawn | Content]:
    (data,) = transport.assembled([request.size], receive)
    drawn, pixels = pages.draw(data, request.page, request.width, request.hidden)
    yield drawn
    yield from transport.pieces([pixels])


_ANSWERS: dict[type[Any], Callable[[Any, Receive], Iterator[Any]]] = {
    LookInto: _look_into,
    ReadContents: _contents,
    ReadTidiness: _tidiness,
    ReadVersions: _versions,
    ReadUntouched: _untouched,
    ReadFunctions: _functions,
    ReadEdits: _edits,
    FindLayers: _layers,
    ReadPdf: _pdf,
    DrawPage: _page,
    DrawPicture: _picture,
    ReadLog: _log,
    ReadReport: _report,
    ReadText: _text,
}
