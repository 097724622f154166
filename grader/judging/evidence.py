"""Gather what a person needs to mark tidiness and the report.

Tidiness: what ruff finds on the student's own lines, without those of the starter. The report:
whether there is a PDF, how many pages it has and how much text. A worker opens the PDF.
"""

from __future__ import annotations

import json
import resource
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from ruff.__main__ import find_ruff_bin

from grader import ROOT
from grader.core.model import Evidence, LintFinding, ReportEvidence, Submission, Tidiness
from grader.isolation.session import WorkerSession
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

PDF_S = 30.0

# So many are kept for the page. The points depend on the number of all.
MAX_FINDINGS = 200


def gather(submission: Submission, server: ForkServer) -> Evidence:
    """The evidence of one submission; `server` forks the worker that opens the PDF."""
    return Evidence(tidiness(submission), report(submission, server))


# ---------------------------------------------------------------- tidiness


def tidiness(submission: Submission) -> Tidiness | None:
    """The findings on the student's own lines in files with parts, and the number of such lines.

    None if the linter gave no result: then a person marks the whole row.
    """
    paths = {path for files in submission.parts.values() for path in files}
    texts = {s.path: "\n".join(s.cells) for s in submission.sources if s.path in paths}
    own = {path: _own_lines(text) for path, text in texts.items()}
    found = _lint(texts)
    if found is None:
        return None
    findings = [f for f in found if f.line in own[f.path]]
    lines = sum(len(numbers) for numbers in own.values())
    return Tidiness(lines, len(findings), tuple(findings[:MAX_FINDINGS]))


def _own_lines(text: str) -> set[int]:
    """Numbers of the lines that are not blank and that the starter does not have."""
    given = _given_lines()
    return {
        number
        for number, line in enumerate(text.splitlines(), start=1)
        # Compared without indentation: a given line that moved into a block is still given.
        if line.strip() and line.strip() not in given
    }


@cache
def _given_lines() -> frozenset[str]:
    files = (ROOT / "starter").glob("*.py")
    return frozenset(
        line.strip() for file in files for line in file.read_text("utf-8").splitlines()
    )


def _lint(texts: dict[str, str]) -> list[LintFinding] | None:
    """Run ruff once on all files, under names made here, so that no name can be an option.

    The submission's settings and its ``noqa`` comments are ignored.
    """
    with tempfile.TemporaryDirectory(prefix="tidiness-") as folder:
        paths = {}
        for number, (path, text) in enumerate(sorted(texts.items())):
            file = Path(folder) / f"{number:03d}.py"
            # The JSON of a notebook can hold lone surrogates, which UTF-8 cannot write.
            file.write_bytes(text.encode("utf-8", "replace"))
            paths[str(file)] = path
        raw = _ruff(folder)
    if raw is None:
        return None
    found = [
        # Some versions of ruff give a syntax error no code.
        LintFinding(paths[f["filename"]], f["location"]["row"], f["code"] or "E999", f["message"])
        for f in raw
    ]
    return sorted(found, key=lambda f: (f.path, f.line, f.code))


def _ruff(folder: str) -> list[dict[str, Any]] | None:
    """Ruff's findings; None if it does not finish in time: a file can be made to cause that."""
    command = [
        find_ruff_bin(), "check", "--isolated", "--no-cache", "--ignore-noqa", "--exit-zero",
        "--quiet", "--output-format=json", f"--select={RULES}", f"--ignore={LEFT_OUT}",
        f"--line-length={LINE_LENGTH}", "--target-version=py310", folder,
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    # Set from here, because a `preexec_fn` is not safe in a process that has threads.
    resource.prlimit(process.pid, resource.RLIMIT_AS, (LINT_BYTES, LINT_BYTES))
    try:
        output, _ = process.communicate(timeout=LINT_S)
        found = json.loads(output)
    except (subprocess.TimeoutExpired, ValueError):
        process.kill()
        process.communicate()
        return None
    return found if isinstance(found, list) else None


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
