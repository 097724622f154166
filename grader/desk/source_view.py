"""A student's source with what was found at its lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from grader.core.model import GradeReport, Source
from grader.feedback import words
from grader.feedback.causes import causes
from grader.feedback.clean import clean, clean_line, clean_text
from kit.text import Text

MOST_LINES: Final = 4000
"""Of one file on a page; what is longer is cut, and says so."""

LINE_CHARS: Final = 400


@dataclass(frozen=True, slots=True)
class Note:
    """Something at a line: `kind` is cause or linter."""

    kind: str
    text: Text


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file; `cell` is the notebook's cell that begins there, or 0."""

    number: int
    text: str
    notes: tuple[Note, ...] = ()
    cell: int = 0


@dataclass(frozen=True, slots=True)
class FileView:
    """One file."""

    path: str
    parts: tuple[str, ...]
    lines: tuple[Line, ...]
    more: int  # lines that were cut
    notes: int  # how many lines have something


def files(report: GradeReport, show: Callable[[str], str]) -> tuple[FileView, ...]:
    """Those with code of a part first; `show` masks names where they are hidden."""
    submission = report.submission
    notes = _notes(report, show)
    parts = {
        source.path: tuple(part for part, paths in submission.parts.items() if source.path in paths)
        for source in submission.sources
    }
    ordered = sorted(submission.sources, key=lambda source: not parts[source.path])
    return tuple(
        _file(source, parts[source.path], notes.get(source.path, {}), show)
        for source in ordered
        if source.cells
    )


def _file(
    source: Source,
    parts: tuple[str, ...],
    notes: dict[tuple[int, int], list[Note]],
    show: Callable[[str], str],
) -> FileView:
    notebook = len(source.cells) > 1
    lines, number = [], 0
    for index, cell in enumerate(source.cells, 1):
        for within, text in enumerate(cell.split("\n"), 1):
            number += 1
            # The linter counts the lines of all cells, a diagnosis those of one.
            found = [*notes.get((0, number), ())]
            found += notes.get((index, within), ()) if notebook else ()
            lines.append(
                Line(
                    number=within if notebook else number,
                    text=show(_visible(text)),
                    notes=tuple(dict.fromkeys(found)),
                    cell=index if notebook and within == 1 else 0,
                )
            )
    return FileView(
        path=show(clean_line(source.path)),
        parts=parts,
        lines=tuple(lines[:MOST_LINES]),
        more=max(0, len(lines) - MOST_LINES),
        notes=sum(bool(line.notes) for line in lines),
    )


def _visible(text: str) -> str:
    text = text.rstrip("\r").expandtabs(4)
    # Most lines need no cleaning, and a file has many.
    if len(text) <= LINE_CHARS and text.isascii() and text.isprintable():
        return text
    return clean(text, limit=LINE_CHARS)


def _notes(
    report: GradeReport, show: Callable[[str], str]
) -> dict[str, dict[tuple[int, int], list[Note]]]:
    """By path, then by cell and line; cell 0 counts the lines of the whole file."""
    found: dict[str, dict[tuple[int, int], list[Note]]] = {}
    for cause in causes(report.score.checks):
        for diagnosis in cause.diagnoses:
            ids = ", ".join(check.result.id for check in cause.checks[:3])
            more = len(cause.checks) - 3
            checks = ids + (f" +{more}" if more > 0 else "")
            hint = clean_text(diagnosis.hint)
            text = Text(show(f"{hint.zh}（{checks}）"), show(f"{hint.en} ({checks})"))
            for place in diagnosis.places:
                at = found.setdefault(place.path, {})
                at.setdefault((place.cell, place.first), []).append(Note("cause", text))
    for check in report.score.checks:
        path, _, line = check.result.blank.rpartition(":")
        if path and line.isdigit():
            text = words.OUTCOMES[check.result.outcome] + Text(
                f"：{check.result.id}", check.result.id
            )
            found.setdefault(path, {}).setdefault((0, int(line)), []).append(Note("cause", text))
    evidence = report.evidence
    if evidence is not None and evidence.tidiness is not None:
        for finding in evidence.tidiness.findings:
            said = show(clean_line(f"{finding.code} {finding.text}"))
            at = found.setdefault(finding.path, {})
            at.setdefault((0, finding.line), []).append(Note("linter", Text(said, said)))
    return found
