"""Hand in a handful of files and read the report: helpers of the tests."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from grader import ROOT
from grader.core.model import CheckResult, GradeReport, Source, Submission
from grader.feedback.atomic import write_text
from grader.judging.judge import Judge
from grader.marking.pages import Lateness, pages
from grader.records.present_marks import HandMarks
from grader.records.store import Store
from kit.locate import locate

Files = Mapping[str, str | bytes]
"""Path inside the hand-in -> content."""


def grade_files(judge: Judge, folder: Path, files: Files, name: str = "alice") -> GradeReport:
    """The report of a zip that holds `files`."""
    return grade_path(judge, folder, zip_of(folder / f"{name}.zip", files))


def grade_path(judge: Judge, folder: Path, path: Path) -> GradeReport:
    """The report of what is handed in at `path`, kept in a store of its own."""
    submission = judge.reader.read(path)
    with Store(folder / f"{path.stem}-{submission.sha256[:12]}.sqlite") as store:
        return judge.grade(submission, store)


def zip_of(path: Path, files: Files) -> Path:
    """A zip at `path` that holds `files`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def submission_of(files: Mapping[str, str]) -> Submission:
    """`files` as intake would hand them on, without packing them first."""
    sources = tuple(Source(path, (text,), "utf-8") for path, text in files.items())
    found = locate(sources)
    return Submission(
        id="alice",
        sha256="0" * 64,
        sources=sources,
        parts=found.parts,
        passed_over=found.passed_over,
    )


def solution(part: str) -> str:
    """The source of the reference solution."""
    return (ROOT / "solutions" / f"{part}.py").read_text("utf-8")


def cut_main(source: str) -> tuple[str, str]:
    """The definitions, and the block that runs them; the latter is empty where there is none.

    The last such block: another at the top of a file sets the threads of NumPy.
    """
    at = source.rfind('\nif __name__ == "__main__":')
    return (source, "") if at < 0 else (source[:at], source[at:])


def starter(part: str) -> str:
    """The source of the starter's file."""
    return (ROOT / "starter" / f"{part}.py").read_text("utf-8")


def results_of(report: GradeReport, prefix: str = "") -> dict[str, CheckResult]:
    """The results of the checks whose id starts with `prefix`; advice left out."""
    found = [check.result for check in report.score.checks]
    return {result.id: result for result in found if result.id.startswith(prefix)}


def outcomes_of(report: GradeReport, prefix: str = "") -> dict[str, str]:
    """How each check ended."""
    return {id: str(result.outcome) for id, result in results_of(report, prefix).items()}


def lost(report: GradeReport, prefix: str = "") -> dict[str, str]:
    """What did not pass, and why: empty where no point is lost."""
    found = results_of(report, prefix)
    assert found, f"the rubric has no check {prefix}..."
    return {
        id: f"{result.outcome}: {result.message.en} {result.staff_note}"
        for id, result in found.items()
        if result.outcome != "passed"
    }


def write_pages(judge: Judge, report: GradeReport, folder: Path, lang: str = "zh") -> None:
    """All pages of a grading, as the command line writes them, without marks by people."""
    made = pages(
        report, judge._rubric, HandMarks(), published=False, lateness=Lateness(), lang=lang
    )
    for name, content in made.items():
        write_text(folder / name, content)
