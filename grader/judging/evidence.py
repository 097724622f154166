"""Gather what a person needs to mark tidiness and the report.

Tidiness: what ruff finds on the student's own lines, without those of the starter; in a file that
is built on the starter, in filled blanks and what they use. The report:
whether there is a PDF, and what its text has of what is expected. Workers read all of it.
"""

from __future__ import annotations

from ast import AST, Raise, parse, unparse, walk
from functools import cache

from grader import ROOT
from grader.core.model import Evidence, ReportEvidence, Submission, Tidiness
from grader.isolation.reading import HandInReader
from grader.judging.linting import lint
from grader.reader.functions import functions_in
from grader.reader.own_lines import lines_of
from kit.text import Text


def gather(submission: Submission, reader: HandInReader) -> Evidence:
    """The evidence of one submission."""
    logs = _logs(submission)
    found = report(submission, reader)
    unread = found is None or found.reading is None
    return Evidence(
        tidiness(submission, reader), found, reader.symptoms(logs) if unread and logs else ()
    )


def tidiness(submission: Submission, reader: HandInReader) -> Tidiness | None:
    """The findings on the student's own lines in files with parts, and how many hold statements.

    None if the linter gave no result: then a person marks the whole row.
    """
    paths = {path for files in submission.parts.values() for path in files}
    texts = {s.path: "\n".join(s.cells) for s in submission.sources if s.path in paths}
    output = lint(texts, reader.tier)
    if output is None:
        return None
    return reader.tidiness(texts, output.data, output.complete, given(), _blanks())


@cache
def given() -> frozenset[str]:
    """The starter's lines."""
    return lines_of(file.read_text("utf-8") for file in (ROOT / "starter").glob("*.py"))


@cache
def _blanks() -> tuple[frozenset[str], ...]:
    """The names of the blanks of each file of the starter."""
    files = (file.read_text("utf-8") for file in (ROOT / "starter").glob("*.py"))
    return tuple(each for each in map(blanks_in, files) if each)


def blanks_in(starter: str) -> frozenset[str]:
    """The names of the blanks of one file of the starter."""
    return frozenset(n for n, f in functions_in(parse(starter)) if _is_stub(f))


def _is_stub(function: AST) -> bool:
    return any(isinstance(node, Raise) and "NotImplementedError" in unparse(node)
               for node in walk(function))  # fmt: skip


def _logs(submission: Submission) -> dict[str, bytes]:
    return {one.path: one.data for one in submission.materials if one.is_log}


def report(submission: Submission, reader: HandInReader) -> ReportEvidence | None:
    """What is known of the PDF; None if there is no PDF."""
    if submission.pdf is None:
        return None
    path = submission.pdf.path
    found = reader.pdf(submission.pdf.data)
    if found.problem:
        return ReportEvidence(path, problem=_unreadable(found.problem))
    read = reader.report(submission.pdf.data, _logs(submission))
    return ReportEvidence(path, pages=found.pages, characters=found.characters, reading=read)


def _unreadable(words: str) -> Text:
    if words == "encrypted":
        return Text(
            "PDF 有密码，无法读取，请向学生索取没有密码的文件。",
            "the PDF has a password and cannot be read; ask the student for one without",
        )
    return Text(
        f"PDF 无法读取（{words}），请人工打开。",
        f"the PDF cannot be read ({words}); open it by hand",
    )
