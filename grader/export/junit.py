"""The class as JUnit XML: a test suite for each student, for GitLab and GitHub's readers.

No dialect has points, so they are written as properties. Readers show the content of an element,
not its ``message``, and drop a second case of one name, so every class name holds the student.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Final

from grader.core.model import CheckScore, Outcome
from grader.records.gradebook import StudentMark
from grader.scoring.points import decimal2
from grader.scoring.score import PENDING_OUTCOMES
from kit.text import Text

from ..feedback import words
from ..feedback.atomic import write_text
from ..feedback.clean import clean_line, clean_text
from .job import ExportJob
from .report import ExportReport, given, listed, pending_notice

MAX_BYTES: Final = 30_000_000
"""GitLab refuses a larger file."""

_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# An error is a run that ended badly, skipped is what did not run; a failure is any other loss.
_ELEMENTS: Final = {
    Outcome.PARTIAL: "failure",
    Outcome.FAILED: "failure",
    Outcome.MISSING: "failure",
    Outcome.NOT_ATTEMPTED: "failure",
    Outcome.CRASHED: "error",
    Outcome.TIMED_OUT: "error",
    Outcome.OUT_OF_MEMORY: "error",
    Outcome.OVER_LIMIT: "error",
    Outcome.GRADER_ERROR: "error",
    Outcome.BLOCKED: "skipped",
    Outcome.SKIPPED: "skipped",
}


def write(job: ExportJob) -> ExportReport:
    """Every student, also those without a mark; for staff, since hidden checks are named."""
    root = ET.Element("testsuites", name=_text(job.gradebook.title.pick(job.lang)))
    lines = []
    for mark in job.gradebook.marks:
        value = given(mark, job.allow_pending)
        _suite(root, mark, value, job.lang)
        lines.append(listed(mark, value))
    ET.indent(root, " ")
    text = ET.tostring(root, encoding="unicode")
    text = f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'
    write_text(job.out, text)
    notices = list(pending_notice(job.gradebook, job.allow_pending))
    if (size := len(text.encode("utf-8"))) > MAX_BYTES:
        notices.append(
            Text(
                f"文件有 {size / 1e6:.0f} MB，GitLab 只收 30 MB 以内的。",
                f"The file has {size / 1e6:.0f} MB; GitLab takes up to 30 MB.",
            )
        )
    return ExportReport(job.out, tuple(lines), tuple(notices))


def _suite(root: ET.Element, mark: StudentMark, value: str | Text, lang: str) -> None:
    student = _text(
        clean_line(mark.person.student_id or mark.submission_id or mark.person.known_as)
    )
    kinds = [_ELEMENTS.get(check.result.outcome, "") for check in mark.checks]
    suite = ET.SubElement(
        root,
        "testsuite",
        name=student,
        tests=str(len(kinds)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        time=f"{sum(check.result.seconds for check in mark.checks):.3f}",
    )
    if mark.submitted_at is not None:
        suite.set("timestamp", mark.submitted_at.isoformat(timespec="seconds"))
    facts = {
        "name": clean_line(mark.person.name),
        "submission": mark.submission_id,
        "standing": str(mark.status),
        "mark": "" if isinstance(value, Text) else value,
        "earned": "" if mark.raw is None else decimal2(mark.raw, mark.possible),
        "pending": decimal2(mark.pending),
        "possible": decimal2(mark.possible),
        "late": clean_text(mark.late).pick(lang) if mark.late else "",
    }
    properties = ET.SubElement(suite, "properties")
    for name, fact in facts.items():
        ET.SubElement(properties, "property", name=name, value=_text(fact))
    for check in mark.checks:
        _case(suite, student, check, lang)


def _case(suite: ET.Element, student: str, check: CheckScore, lang: str) -> None:
    result = check.result
    case = ET.SubElement(
        suite,
        "testcase",
        # With the student in it, because GitLab shows only the first case of each name.
        classname=f"{student}.{result.part}",
        name=_text(result.id),
        time=f"{result.seconds:.3f}",
    )
    if result.outcome is Outcome.PASSED:
        return
    said = [words.OUTCOMES[result.outcome].pick(lang)]
    if result.outcome not in PENDING_OUTCOMES:
        said[0] += f" ({decimal2(check.earned, check.possible)} / {decimal2(check.possible)})"
    said.append(clean_text(result.title).pick(lang))
    message = result.message if any(result.message) else words.EXPLANATIONS[result.outcome]
    said.append(clean_text(message).pick(lang))
    said += [
        f"{words.colon(words.HINT).pick(lang)}{clean_text(diagnosis.hint).pick(lang)}"
        for diagnosis in result.diagnosis
    ]
    element = ET.SubElement(
        case, _ELEMENTS[result.outcome], message=_text(said[0]), type=str(result.outcome)
    )
    # As content too: GitLab shows that and ignores the attribute `message`.
    element.text = _text("\n".join(line for line in said if line))


def _text(text: str) -> str:
    """`text` without what XML 1.0 cannot hold, escaped or not."""
    return _ILLEGAL.sub("", text)
