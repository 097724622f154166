"""Gather what a person needs to mark tidiness and the report.

Tidiness: what ruff finds on the student's own lines, without those of the starter. The report:
whether there is a PDF, how many pages it has and how much text. A worker opens the PDF.
"""

from __future__ import annotations

import re
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ruff.__main__ import find_ruff_bin

from grader.core.model import Evidence, LintFinding, ReportEvidence, Submission, Tidiness
from grader.isolation.session import WorkerSession
from grader.judging.own_lines import own_lines
from grader.protocol import wire
from grader.sandbox import ForkServer
from kit.text import Text

RULES = "E,W,F"
"""pycodestyle and pyflakes. Names of the mathematics and Chinese comments are fine."""

LEFT_OUT = "E402,E731,E741,W292,W391,W605"
"""Rules that course notes and notebooks break as a matter of course, and single-letter names."""

# Ruff counts a Chinese character as two columns, so a line holds about 60 of them.
LINE_LENGTH = 120

# Far more than a real hand-in needs; they stop only a file that was made to hang the linter.
LINT_S = 20.0
LINT_BYTES = 2 << 30

MAX_OUTPUT = 4 << 20
"""Bytes of the linter's output that are read: some 40,000 findings."""

MAX_MESSAGE = 200

PDF_S = 30.0

# So many are kept for the page. The points depend on the number of all.
MAX_FINDINGS = 200


def gather(submission: Submission, server: ForkServer) -> Evidence:
    """The evidence of one submission; `server` forks the worker that opens the PDF."""
    return Evidence(tidiness(submission), report(submission, server))


# ---------------------------------------------------------------- tidiness


def tidiness(submission: Submission) -> Tidiness | None:
    """The findings on the student's own lines in files with parts, and how many hold statements.

    None if the linter gave no result: then a person marks the whole row.
    """
    paths = {path for files in submission.parts.values() for path in files}
    texts = {s.path: "\n".join(s.cells) for s in submission.sources if s.path in paths}
    own = {path: own_lines(text) for path, text in texts.items()}
    found = lint(texts)
    if found is None:
        return None
    findings = [f for f in found.findings if f.line in own[f.path].lines and not _is_newer(f)]
    lines = sum(len(of_file.statements) for of_file in own.values())
    # Nobody has so many by accident. Those that were cut off must not make the rest look few.
    count = len(findings) if found.complete else max(lines, len(findings))
    return Tidiness(lines, count, tuple(findings[:MAX_FINDINGS]))


SYNTAX = "invalid-syntax"
"""The linter's word for what cannot be parsed."""


def _is_newer(finding: LintFinding) -> bool:
    """Whether it says no more than that the syntax is new: code for a newer Python is as tidy."""
    return finding.code == SYNTAX and "(syntax was added in Python 3." in finding.text


@dataclass(frozen=True)
class Linted:
    """What the linter found; not complete if it found more than is read."""

    findings: list[LintFinding]
    complete: bool


def lint(texts: dict[str, str]) -> Linted | None:
    """Run ruff once on all files, under names of ours, so that no name can be an option.

    The submission's settings and its ``noqa`` comments are ignored.
    """
    with tempfile.TemporaryDirectory(prefix="tidiness-") as folder:
        paths = {}
        for number, (path, text) in enumerate(sorted(texts.items())):
            name = f"{number:03d}.py"
            # The JSON of a notebook can hold lone surrogates, which UTF-8 cannot write.
            (Path(folder) / name).write_bytes(text.encode("utf-8", "replace"))
            paths[name] = path
        output = _ruff(folder)
    if output is None:
        return None
    # After a cut the last line is not whole.
    complete = len(output) < MAX_OUTPUT
    raw = output.decode("utf-8", "replace").split("\n")
    found = []
    for line in raw if complete else raw[:-1]:
        if (match := _FINDING.fullmatch(line)) and match["file"] in paths:
            # Ruff gives a syntax error no code.
            code = match["code"] or match["error"]
            message = match["message"][:MAX_MESSAGE]
            found.append(LintFinding(paths[match["file"]], int(match["row"]), code, message))
    return Linted(sorted(found, key=lambda f: (f.path, f.line, f.code)), complete)


_FINDING = re.compile(
    r"(?:[^:]*/)?(?P<file>\d{3}\.py):(?P<row>\d{1,9}):\d+: "
    r"(?:(?P<code>[A-Z]+\d+) (?:\[\*\] )?|(?P<error>[\w-]+): )(?P<message>.*)"
)


def _ruff(folder: str) -> bytes | None:
    """Ruff's findings, a line each; None if it does not finish: a file can be made to cause that.

    In the concise format, because the others hold the text of each fix, which can be as long as
    the file: together they filled the memory of the judge. Read from a file, which has a limit.
    """
    command = [
        find_ruff_bin(), "check", "--isolated", "--no-cache", "--ignore-noqa", "--exit-zero",
        "--quiet", "--output-format=concise", f"--select={RULES}", f"--ignore={LEFT_OUT}",
        f"--line-length={LINE_LENGTH}", "--target-version=py310", folder,
    ]  # fmt: skip
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        # Set from here, because a `preexec_fn` is not safe in a process that has threads.
        resource.prlimit(process.pid, resource.RLIMIT_AS, (LINT_BYTES, LINT_BYTES))
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (MAX_OUTPUT, MAX_OUTPUT))
        try:
            status = process.wait(timeout=LINT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None
        output.seek(0)
        found = output.read(MAX_OUTPUT)
        # It ends at the limit of the file, by a signal; any other failure is no result.
        return found if status == 0 or len(found) == MAX_OUTPUT else None


# ---------------------------------------------------------------- the report


def report(submission: Submission, server: ForkServer) -> ReportEvidence | None:
    """Pages and characters of the PDF, counted in a worker; None if there is no PDF."""
    if submission.pdf is None:
        return None
    path = submission.pdf.path
    session = WorkerSession(server.spawn())
    try:
        found = session.measure(submission.pdf.data, PDF_S)
    except (wire.WireError, wire.DeadlineExpired):
        return ReportEvidence(path, problem=_unreadable(""))
    finally:
        session.close()
    if found.problem:
        # Cut: a worker that a hostile file has taken over may answer with any text.
        return ReportEvidence(path, problem=_unreadable(found.problem[:200]))
    return ReportEvidence(path, pages=found.pages, characters=found.characters)


def _unreadable(words: str) -> Text:
    why = f"（{words}）" if words else ""
    en_why = f" ({words})" if words else ""
    return Text(
        f"PDF 无法读取{why}，请人工打开。", f"the PDF cannot be read{en_why}; open it by hand"
    )
