"""Fill one column of a file that a platform exported, and report on every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kit.text import Text

from ..feedback.atomic import write_bytes
from ..feedback.clean import clean_line
from .cells import Sheet
from .job import ExportJob, number
from .matching import Matching, PlatformRow, match
from .report import Action, ExportReport, ReportLine, given, who


@dataclass(frozen=True, slots=True)
class ReadTemplate:
    """What a platform's module has read out of a template."""

    sheet: Sheet
    rows: tuple[PlatformRow, ...]
    column: int
    locked: Mapping[int, Text] = field(default_factory=dict)  # row -> why it must stay as it is
    notices: tuple[Text, ...] = ()
    comma: bool = False  # the decimal sign of the template's numbers


@dataclass(frozen=True, slots=True)
class Filling:
    """What an export does to each row of a template."""

    values: dict[int, str]  # row -> the mark that the template holds in the end
    changed: frozenset[int]  # of those, the rows whose cell held another value
    lines: tuple[ReportLine, ...]


def decide(
    job: ExportJob,
    platform: str,
    rows: Sequence[PlatformRow],
    *,
    locked: Mapping[int, Text],
    held: Callable[[int], str] = lambda row: "",
    local_ids: bool = False,
) -> Filling:
    """Who is in which row, and whose mark is written there.

    `locked` gives the reason why a row must stay as it is, `held` what its cell holds now.
    """
    matching = match(rows, job.gradebook.marks, platform, local_ids=local_ids)
    values: dict[int, str] = {}
    changed: set[int] = set()
    lines = []
    for row in rows:
        if row.index not in matching.pairs:
            lines.append(unmatched(row, matching))
            continue
        mark, note = matching.pairs[row.index]
        value, old = given(mark, job.allow_pending), held(row.index)
        why = value if isinstance(value, Text) else locked.get(row.index)
        # What the cell holds stays: an emptied cell would delete a mark on some platforms.
        if isinstance(value, Text) or why is not None:
            lines.append(ReportLine(Action.LEFT, who(mark), "", _kept(old, why or note)))
            continue
        values[row.index] = value
        # Compared as numbers, because a platform writes 87.50 also as 87.5 or 87,5.
        if (before := number(old)) is not None and before == number(value):
            lines.append(ReportLine(Action.SAME, who(mark), value, note))
            continue
        changed.add(row.index)
        lines.append(ReportLine(Action.WRITTEN, who(mark), value, _replaced(old, note)))
    return Filling(values, frozenset(changed), (*lines, *strangers(matching)))


def fill(
    job: ExportJob, platform: str, template: ReadTemplate, *, local_ids: bool = False
) -> ExportReport:
    """Write the template with its column filled, and report on every row."""
    sheet, column = template.sheet, template.column
    # No cell is added to a row: the file keeps its form, and only values change.
    short = {
        row.index: Text("这一行的列数不够", "the row has too few cells")
        for row in template.rows
        if column >= len(sheet.rows[row.index])
    }
    filling = decide(
        job,
        platform,
        template.rows,
        locked={**template.locked, **short},
        held=lambda row: sheet.value(row, column),
        local_ids=local_ids,
    )
    changes = {
        (row, column): value.replace(".", ",") if template.comma else value
        for row, value in filling.values.items()
        if row in filling.changed
    }
    write_bytes(job.out, sheet.filled(changes))
    return job.report(filling.lines, *template.notices)


def unmatched(row: PlatformRow, matching: Matching) -> ReportLine:
    """The line of a row that belongs to no student of the gradebook."""
    return ReportLine(Action.ROW_ONLY, clean_line(row.shown), "", matching.rows[row.index])


def strangers(matching: Matching) -> list[ReportLine]:
    """The lines of those who have no row."""
    return [ReportLine(Action.MARK_ONLY, who(mark), "", why) for mark, why in matching.marks]


def _replaced(old: str, note: Text) -> Text:
    return _beside(note, Text("原为 {}", "was {}"), old)


def _kept(old: str, why: Text) -> Text:
    return _beside(why, Text("原有的 {} 不变", "{} stays as it is"), old)


def _beside(note: Text, what: Text, old: str) -> Text:
    """`note`, and what happens to the value that the cell held before."""
    if not (shown := clean_line(old)):
        return note
    zh, en = what.zh.replace("{}", shown), what.en.replace("{}", shown)
    return Text(f"{note.zh}；{zh}", f"{note.en}; {en}") if any(note) else Text(zh, en)
