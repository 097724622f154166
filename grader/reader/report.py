"""Read a report: what it has of what it should have, and where. It is advice, never a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.core.report_evidence import Symptom

from . import claims, expected, report_text, symptoms
from .messages import MAX_PASSAGES
from .report_messages import ReportRead


def read(data: bytes, logs: Mapping[str, bytes]) -> ReportRead:
    """What is found in a PDF, beside the files that may be logs."""
    read = report_text.read(data)
    # What the logs show does not depend on the report.
    if read.problem:
        return _with(ReportRead(problem=read.problem), symptoms.find(logs))
    texts = [page.text for page in read.pages]
    found = expected.find(texts)[:MAX_PASSAGES]
    trainings = claims.read_logs(logs)
    said = [(n, one) for n, text in enumerate(texts, 1) for one in expected.sentences(text)]
    numbers = claims.of_report(said, trainings)
    wrong = symptoms.find(logs, (sentence for _, sentence in said))
    made = ReportRead(
        scanned=sum(page.scanned for page in read.pages),
        pictures=sum(page.figures for page in read.pages),
        picture_pages=tuple(n for n, page in enumerate(read.pages, 1) if page.figures),
        ids=tuple(one.id for one in found),
        pages=tuple(one.passage.page for one in found),
        texts=tuple(one.passage.text for one in found),
        kinds=tuple(claim.kind for claim in numbers),
        values=tuple(claim.value for claim in numbers),
        claim_pages=tuple(claim.passage.page for claim in numbers),
        claim_texts=tuple(claim.passage.text for claim in numbers),
        said_by=tuple(claim.log for claim in numbers),
        logged=tuple(claim.logged for claim in numbers),
        agree=tuple(claim.agrees for claim in numbers),
        logs=tuple(log.path for log in trainings),
    )
    return _with(made, wrong)


def _with(read: ReportRead, wrong: Sequence[Symptom]) -> ReportRead:
    return replace(
        read,
        symptom_kinds=tuple(one.kind for one in wrong),
        symptom_logs=tuple(one.log for one in wrong),
        symptom_texts=tuple(one.text for one in wrong),
    )
