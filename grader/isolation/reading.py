"""The judge's side of reading a hand-in: a confined worker parses, the judge takes its answer.

Every answer comes from a worker of its own, which ends with it. A worker that gives none is tried
once more. Then the hand-in is refused if its bytes are the cause (too much memory or time, a crash
of a parser); a fault of the machine or of the reader itself is raised, and costs no student.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from grader import intake
from grader.core.errors import GraderError, MachineError
from grader.core.model import Submission, Tidiness
from grader.core.report_evidence import ReportReading, Symptom
from grader.core.tiers import Tier
from grader.intake import HandedIn, IntakeLimits
from grader.intake.contents import Contents
from grader.intake.messages import UNREADABLE_SAFELY
from grader.protocol import wire
from grader.protocol.messages import decode, encode
from grader.reader import edits
from grader.reader.edits import Edit
from grader.reader.functions import ReadFunction, unpacked
from grader.reader.messages import (
    MAX_WIDTH,
    OUT_OF_MEMORY,
    Content,
    ContentsRead,
    DrawPage,
    DrawPicture,
    EditsRead,
    FindLayers,
    FunctionsRead,
    HandInRead,
    LayersFound,
    LogRead,
    PageDrawn,
    PassedOverRead,
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
    SourceRead,
    SpotsRead,
    TextRead,
    TidinessRead,
    VersionsRead,
)
from grader.reader.report_messages import ReportRead
from grader.reader.transport import Taking, assembled, pieces, request_of
from grader.reader.untouched import ReadUntouched, UntouchedRead
from grader.sandbox import Ended, ForkServer, Limits, Worker
from kit.text import Text

from . import validated
from .report_reading import pages_of, reading_of, symptoms_of

CPU_S: Final = 30
"""The largest hand-in that the limits of intake admit takes a quarter of it."""

WALL_S: Final = 120.0
"""Seconds for a whole answer: on a busy machine only processor time shows what is too much."""

_END_S: Final = 30.0
"""Seconds for the end of a worker that has closed its channel."""

# Bytes come as messages, so a worker needs hardly any room for files.
_LIMITS: Final = Limits(memory_mb=1024, scratch_mb=1, cpu_s=CPU_S, output_kb=16, threads=1)
_MOST_PAGES = 1_000_000

_OF_A_HAND_IN: Final = (SourceRead, SpotsRead, PassedOverRead, HandInRead)

T = TypeVar("T")


class Unreadable(Exception):
    """The bytes themselves keep a worker from reading them."""


class Conversation:
    """The messages of one worker."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._deadline = time.monotonic() + WALL_S

    def send(self, message: Any) -> None:
        self._worker.send(encode(message), self._left())

    def receive(self, *kinds: type[Any]) -> Any:
        return decode(self._worker.receive(self._left()), *kinds)

    def content(self) -> Content:
        found: Content = self.receive(Content)
        return found

    def _left(self) -> float:
        return max(self._deadline - time.monotonic(), 0.0)


class HandInReader:
    """Reads hand-ins in confined workers of the server that `ready` gives."""

    def __init__(self, ready: Callable[[], ForkServer]) -> None:
        self._ready = ready

    @property
    def tier(self) -> Tier:
        """How its workers are confined."""
        return self._ready().tier

    # ------------------------------------------------------------ a hand-in

    def read(
        self, path: Path, *, report: Path | None = None, limits: IntakeLimits | None = None
    ) -> Submission:
        """The hand-in at `path`; UsageError as :func:`grader.intake.gather`."""
        return self.look_into(intake.gather(path, report=report, limits=limits))

    def read_files(
        self, files: Mapping[str, bytes], *, id: str, limits: IntakeLimits | None = None
    ) -> Submission:
        """The hand-in of these files; see :func:`grader.intake.gather_files`."""
        return self.look_into(intake.gather_files(files, id=id, limits=limits))

    def look_into(self, found: HandedIn) -> Submission:
        """What was handed in as a Submission; refused where it cannot be read within limits."""
        request, contents = request_of(found)

        def take(worker: Conversation) -> Submission:
            taking = Taking(found)
            # `Taking` bounds what these messages hold, and the deadline how long they come.
            while not isinstance(answer := worker.receive(*_OF_A_HAND_IN), HandInRead):
                taking.take(answer)
            sizes = [taking.pdf_size(answer), *taking.material_sizes(answer)]
            pdf, *materials = assembled(sizes, worker.content)
            return taking.submission(answer, pdf, materials)

        try:
            return self._ask(request, contents, take)
        # The hand-in is refused, which is a result: a rerun would meet the same bytes.
        except Unreadable:
            return found.refused(UNREADABLE_SAFELY)

    # ------------------------------------------------------------ questions

    def of_zip(self, data: bytes) -> Contents:
        """Which blanks an archive holds; nothing where it cannot be read."""
        return self._contents(ReadContents(True, (len(data),)), [data])

    def of_code(self, files: Sequence[bytes]) -> Contents:
        """Which blanks some files of code hold."""
        return self._contents(ReadContents(False, tuple(map(len, files))), files)

    def _contents(self, request: ReadContents, files: Sequence[bytes]) -> Contents:
        try:
            return self._ask(request, files, lambda w: validated.contents(w.receive(ContentsRead)))
        except Unreadable:
            return Contents({})

    def tidiness(
        self,
        texts: Mapping[str, str],
        output: bytes,
        complete: bool,
        given: frozenset[str],
        blanks: Sequence[frozenset[str]],
    ) -> Tidiness | None:
        """See :func:`grader.reader.tidiness.measure`; None where it cannot be read."""
        # The linter knows the files by their numbers in this order.
        paths = sorted(texts)
        request = ReadTidiness(
            tuple(paths),
            tuple(texts[path] for path in paths),
            tuple(sorted(given)),
            tuple(" ".join(sorted(names)) for names in blanks),
            len(output),
            complete,
        )
        try:
            return self._ask(
                request, [output], lambda w: validated.tidiness(w.receive(TidinessRead), set(paths))
            )
        except Unreadable:
            return None

    def versions(self, paths: Sequence[str], output: bytes) -> Mapping[str, int]:
        """See :func:`grader.reader.tidiness.versions`; nothing where it cannot be read."""
        request = ReadVersions(tuple(paths), len(output))
        try:
            return self._ask(
                request, [output], lambda w: validated.versions(w.receive(VersionsRead), set(paths))
            )
        except Unreadable:
            return {}

    def untouched(
        self,
        text: str,
        starter: str,
        blanks: frozenset[str],
        given: frozenset[str],
        reaching: frozenset[str],
    ) -> frozenset[str]:
        """See :func:`grader.reader.untouched.find`; none where it cannot be read."""
        words = (tuple(sorted(each)) for each in (blanks, given, reaching))
        request = ReadUntouched(text, starter, *words)
        try:
            return self._ask(
                request, (), lambda w: validated.untouched(w.receive(UntouchedRead), blanks)
            )
        except Unreadable:
            return frozenset()

    def functions(self, text: str) -> tuple[ReadFunction, ...]:
        """The functions of a source; none where it cannot be read."""
        try:
            return self._ask(ReadFunctions(text), (), lambda w: unpacked(w.receive(FunctionsRead)))
        except Unreadable:
            return ()

    def edits(self, cells: Sequence[str], names: frozenset[str]) -> tuple[Edit, ...]:
        """The standard edits of the functions `names`; none where they cannot be read."""
        request = ReadEdits(tuple(cells), tuple(sorted(names)))
        try:
            return self._ask(
                request, (), lambda w: edits.unpacked(w.receive(EditsRead), cells, names)
            )
        except Unreadable:
            return ()

    def layer_lines(
        self, cells: Sequence[str], wanted: Sequence[str], allowed: str
    ) -> Mapping[str, int]:
        """See :mod:`grader.reader.layers`; none where it cannot be read."""
        request = FindLayers(tuple(cells), tuple(wanted), allowed)
        try:
            return self._ask(
                request, (), lambda w: validated.layers(w.receive(LayersFound), frozenset(wanted))
            )
        except Unreadable:
            return {}

    def pdf(self, data: bytes) -> PdfRead:
        """Pages and characters of a report, or in a word what is wrong with it."""
        try:
            return self._ask(
                ReadPdf(len(data)), [data], lambda w: validated.pdf(w.receive(PdfRead))
            )
        except Unreadable:
            return PdfRead(problem="limits")

    def report(self, data: bytes, logs: Mapping[str, bytes]) -> ReportReading | None:
        """What a report has of what it should have; None where it cannot be read."""
        request = ReadReport(len(data), tuple(logs), tuple(map(len, logs.values())))

        def take(worker: Conversation) -> ReportReading | None:
            return reading_of(worker.receive(ReportRead), frozenset(logs))

        try:
            return self._ask(request, [data, *logs.values()], take)
        except Unreadable:
            return None

    def symptoms(self, logs: Mapping[str, bytes]) -> tuple[Symptom, ...]:
        """What the logs of a hand-in without a report show to go wrong."""
        request = ReadReport(0, tuple(logs), tuple(map(len, logs.values())))

        def take(worker: Conversation) -> tuple[Symptom, ...]:
            return symptoms_of(worker.receive(ReportRead), frozenset(logs))

        try:
            return self._ask(request, [b"", *logs.values()], take)
        except Unreadable:
            return ()

    def text(self, data: bytes) -> tuple[str, ...]:
        """The text of each page of a report; none where it cannot be read."""
        try:
            return self._ask(ReadText(len(data)), [data], lambda w: pages_of(w.receive(TextRead)))
        except Unreadable:
            return ()

    def page(
        self, data: bytes, number: int, width: int, hidden: Sequence[str] = ()
    ) -> tuple[PageDrawn, bytes]:
        """A page of a report as pixels; see :func:`grader.reader.pages.draw`."""
        return self._pixels(DrawPage(len(data), number, min(width, MAX_WIDTH), tuple(hidden)), data)

    def picture(self, data: bytes, width: int) -> tuple[PageDrawn, bytes]:
        """A picture as pixels; see :func:`grader.reader.pictures.draw`."""
        return self._pixels(DrawPicture(len(data), min(width, MAX_WIDTH)), data)

    def log(self, data: bytes) -> str:
        """The text of a log; none where it cannot be read."""
        try:
            return self._ask(ReadLog(len(data)), [data], lambda w: str(w.receive(LogRead).text))
        except Unreadable:
            return ""

    def _pixels(self, request: DrawPage | DrawPicture, data: bytes) -> tuple[PageDrawn, bytes]:
        def take(worker: Conversation) -> tuple[PageDrawn, bytes]:
            drawn = validated.drawn(worker.receive(PageDrawn))
            (pixels,) = assembled([3 * drawn.width * drawn.height], worker.content)
            return drawn, pixels

        try:
            return self._ask(request, [data], take)
        except Unreadable:
            return PageDrawn(problem="limits"), b""

    # ------------------------------------------------------------ workers

    def _ask(self, request: Any, contents: Sequence[bytes], take: Callable[[Conversation], T]) -> T:
        """The answer to `request`, which `contents` follow; `take` receives and validates it."""
        for last in (False, True):
            with self._ready().spawn(_LIMITS) as worker:
                conversation = Conversation(worker)
                ended: Ended | None = None
                said: Exception
                try:
                    conversation.send(request)
                    for piece in pieces(contents):
                        conversation.send(piece)
                    answer = take(conversation)
                    # The judge does not wait for the worker's end, which takes milliseconds.
                    worker.leave()
                    return answer
                except wire.Closed as error:
                    said = error
                    with contextlib.suppress(wire.DeadlineExpired):  # it closed it and goes on
                        ended = worker.wait_end(_END_S)
                except (wire.WireError, wire.DeadlineExpired) as error:
                    said = error
                    # So near to the limit the bytes are the cause, though no signal came before the
                    # deadline.
                    if worker.cpu_s() > 0.9 * CPU_S:
                        raise Unreadable from None
                # A second try would take another 30 s of the processor and end in the same way.
                if ended is not None and _beyond_limits(ended):
                    raise Unreadable
                if last:
                    raise _why(ended, said, worker.output())
        raise AssertionError("unreachable")


def _beyond_limits(ended: Ended) -> bool:
    return ended.signal == signal.SIGXCPU or ended.code == OUT_OF_MEMORY


def _why(ended: Ended | None, said: Exception, printed: bytes) -> Exception:
    """What it means that two workers gave no answer."""
    # The system, short of memory, sends SIGKILL; a parser that crashes ends by another signal.
    if ended is not None and ended.kind == "signalled" and ended.signal != signal.SIGKILL:
        return Unreadable()  # a parser crashed
    if isinstance(said, wire.DeadlineExpired) or (ended and ended.signal == signal.SIGKILL):
        return MachineError(
            Text(
                "读取作业的进程两次没有及时答复，或被系统终止（机器太忙或内存不足？）。请重新评分。",
                "The process that reads the hand-in twice gave no answer in time, or the system "
                "ended it (a busy machine, or too little memory?). Grade it again.",
            )
        )
    trace = printed.decode("utf-8", "replace")[-2000:]
    return GraderError(
        Text(
            f"读取作业的进程出错，这是评分器的问题，不是学生的：{said}。{trace}",
            f"The process that reads the hand-in failed; a fault of the grader, not of the "
            f"student: {said}. {trace}",
        )
    )
