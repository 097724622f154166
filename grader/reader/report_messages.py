"""What a worker answers that has read a report and the logs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from grader.protocol.bounds import AtMost
from grader.protocol.messages import declare

from .messages import MAX_CLAIMS, MAX_MATERIALS, MAX_PAGES, MAX_PASSAGES, Path, Word

MAX_SYMPTOMS: Final = 12


@dataclass(frozen=True)
class ReportRead:
    """:class:`grader.core.report_evidence.ReportReading`.

    For each passage its kind: one of EXPECTED, "figure" or "table". For claims and symptoms their
    fields.
    """

    scanned: int = 0
    pictures: int = 0
    picture_pages: Annotated[tuple[int, ...], AtMost(MAX_PAGES)] = ()
    ids: Annotated[tuple[Word, ...], AtMost(MAX_PASSAGES)] = ()
    pages: Annotated[tuple[int, ...], AtMost(MAX_PASSAGES)] = ()
    texts: Annotated[tuple[Word, ...], AtMost(MAX_PASSAGES)] = ()
    kinds: Annotated[tuple[Word, ...], AtMost(MAX_CLAIMS)] = ()
    values: Annotated[tuple[Word, ...], AtMost(MAX_CLAIMS)] = ()
    claim_pages: Annotated[tuple[int, ...], AtMost(MAX_CLAIMS)] = ()
    claim_texts: Annotated[tuple[Word, ...], AtMost(MAX_CLAIMS)] = ()
    said_by: Annotated[tuple[Path, ...], AtMost(MAX_CLAIMS)] = ()
    logged: Annotated[tuple[Word, ...], AtMost(MAX_CLAIMS)] = ()
    agree: Annotated[tuple[bool, ...], AtMost(MAX_CLAIMS)] = ()
    logs: Annotated[tuple[Path, ...], AtMost(MAX_MATERIALS)] = ()
    symptom_kinds: Annotated[tuple[Word, ...], AtMost(MAX_SYMPTOMS)] = ()
    symptom_logs: Annotated[tuple[Path, ...], AtMost(MAX_SYMPTOMS)] = ()
    symptom_texts: Annotated[tuple[Word, ...], AtMost(MAX_SYMPTOMS)] = ()
    problem: Word = ""


declare(ReportRead)
