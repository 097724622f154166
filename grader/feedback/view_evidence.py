"""What a page says beside the checks: tidiness, the report, the files, where it was graded."""

from __future__ import annotations

from collections.abc import Iterable

from grader.core.model import GradeReport
from kit.text import Text

from . import words
from .clean import clean_line, clean_text

SHOWN_FINDINGS = 40


def tidiness(report: GradeReport) -> Text | None:
    """What the linter found, in a sentence; None where nothing could be opened."""
    if report.evidence is None:
        return None
    found = report.evidence.tidiness
    if found is None:
        return words.NOT_LINTED
    return words.TIDINESS.format(count=found.count, lines=found.lines)


def findings(report: GradeReport) -> tuple[tuple[str, str], ...]:
    """The linter's first findings: where, what."""
    if report.evidence is None or report.evidence.tidiness is None:
        return ()
    return tuple(
        (clean_line(f"{f.path}:{f.line}"), clean_line(f"{f.code} {f.text}"))
        # The sentence above the list gives the number of all.
        for f in report.evidence.tidiness.findings[:SHOWN_FINDINGS]
    )


def pdf(report: GradeReport) -> Text | None:
    """What is known of the report, in a sentence; None where nothing could be opened."""
    if report.evidence is None:
        return None
    found = report.evidence.report
    if found is None:
        return words.NO_PDF
    if found.problem is not None:
        return clean_text(found.problem)
    name = clean_line(found.path)
    return words.PDF.format(path=name, pages=found.pages, characters=found.characters)


def files(report: GradeReport) -> tuple[str, ...]:
    """The paths of all files, in order."""
    submission = report.submission
    reports = [submission.pdf.path] if submission.pdf is not None else []
    return lines(
        sorted([*(source.path for source in submission.sources), *submission.others, *reports])
    )


def lines(paths: Iterable[str]) -> tuple[str, ...]:
    """Paths, cleaned."""
    return tuple(clean_line(path) for path in paths)


def environment(report: GradeReport) -> tuple[tuple[Text, str], ...]:
    """Where the mark was made: name, value."""
    env = report.environment
    pairs = (
        (Text("Python", "Python"), env.python),
        (Text("NumPy", "NumPy"), env.numpy),
        (Text("PyTorch", "PyTorch"), env.torch),
        (Text("设备", "Device"), env.device),
        (Text("隔离级别", "Isolation"), env.isolation),
        (Text("评分器版本", "Grader version"), report.grader_version),
        (Text("提交指纹", "Submission"), report.submission.sha256[:12]),
        (Text("评分标准指纹", "Rubric"), report.rubric_sha256[:12]),
        (Text("隐藏数据指纹", "Hidden inputs"), report.secret_fingerprint),
    )
    return tuple((name, clean_line(value)) for name, value in pairs if value)
