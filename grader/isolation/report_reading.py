"""What a worker found in a report, validated: it may point at pages, and at nothing else."""

from __future__ import annotations

from grader.core.report_evidence import (
    EXPECTED,
    SYMPTOMS,
    Claim,
    Finding,
    Passage,
    ReportReading,
    Symptom,
)
from grader.protocol import wire
from grader.reader.messages import MAX_PAGES, MAX_TEXT_CHARS, TextRead
from grader.reader.report_messages import ReportRead

_IDS = frozenset(expected.id for expected in EXPECTED)
_MOST_PICTURES = 1_000_000


def reading_of(read: ReportRead, logs: frozenset[str]) -> ReportReading | None:
    """The reading; None where the worker could not read the report. WireError for a lie."""
    if read.problem:
        return None
    passages = (read.ids, read.pages, read.texts)
    claims = (
        read.kinds, read.values, read.claim_pages, read.claim_texts, read.said_by, read.logged,
        read.agree,
    )  # fmt: skip
    # The empty name is that of the report itself.
    symptoms = symptoms_of(read, logs.union(("",)))
    for lists in (passages, claims):
        if len({len(each) for each in lists}) != 1:
            raise wire.WireError("lists of a report that do not fit together")
    if not _IDS.union(("figure", "table")).issuperset(read.ids):
        raise wire.WireError("something of a report that was not asked for")
    if not {"loss", "epochs"}.issuperset(read.kinds):
        raise wire.WireError("a number of another kind")
    if not logs.issuperset(read.logs) or not logs.union(("",)).issuperset(read.said_by):
        raise wire.WireError("a log that was not sent")
    named = (*read.pages, *read.claim_pages, *read.picture_pages)
    if not all(1 <= page <= MAX_PAGES for page in named):
        raise wire.WireError("a page that no report has")
    if not (0 <= read.scanned <= MAX_PAGES and 0 <= read.pictures <= _MOST_PICTURES):
        raise wire.WireError("numbers of pages that cannot be")
    found: dict[str, list[Passage]] = {}
    for id, page, text in zip(*passages, strict=True):
        found.setdefault(id, []).append(Passage(page, text))
    return ReportReading(
        scanned=read.scanned,
        pictures=read.pictures,
        figures=tuple(found.get("figure", ())),
        tables=tuple(found.get("table", ())),
        findings=tuple(Finding(e.id, tuple(found.get(e.id, ()))) for e in EXPECTED),
        claims=tuple(
            Claim(kind, value, Passage(page, text), log, logged, agrees)
            for kind, value, page, text, log, logged, agrees in zip(*claims, strict=True)
        ),
        logs=read.logs,
        picture_pages=read.picture_pages,
        symptoms=symptoms,
    )


def symptoms_of(read: ReportRead, logs: frozenset[str]) -> tuple[Symptom, ...]:
    """What went wrong in trainings, by the `logs` alone. WireError for a lie."""
    symptoms = (read.symptom_kinds, read.symptom_logs, read.symptom_texts)
    if len({len(each) for each in symptoms}) != 1:
        raise wire.WireError("lists of a report that do not fit together")
    if not SYMPTOMS.issuperset(read.symptom_kinds):
        raise wire.WireError("a symptom of another kind")
    if not logs.issuperset(read.symptom_logs):
        raise wire.WireError("a log that was not sent")
    return tuple(map(Symptom, *symptoms))


def pages_of(read: TextRead) -> tuple[str, ...]:
    """The text of the pages."""
    if sum(map(len, read.pages)) > MAX_TEXT_CHARS:
        raise wire.WireError("more text than a report may have")
    return read.pages
