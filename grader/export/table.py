"""The gradebook as a table: the columns of CSV and XLSX, safe in a spreadsheet.

Text is guarded, since a name that begins with ``=`` must not run as a formula. Marks are bare
numbers, since a spreadsheet would read a guarded one as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from grader.core.model import RowScore, Status
from grader.records.gradebook import Gradebook, StudentMark
from grader.scoring.points import decimal2
from kit.text import Text

from ..feedback.atomic import write_text
from ..feedback.clean import clean_line
from ..feedback.view_people import decisions
from .guard import runs
from .job import ExportJob
from .report import ExportReport, ReportLine, given, listed

STATUSES: Final[dict[Status, Text]] = {
    Status.GRADED: Text("已评", "graded"),
    Status.NOT_GRADABLE: Text("无法打开", "not gradable"),
    Status.GRADER_ERROR: Text("评分器故障", "grader fault"),
    Status.MISSING: Text("未提交", "missing"),
}
_PENDING: Final = Text("待人工评分", "pending")

_BEFORE: Final = (
    Text("学号", "Student id"),
    Text("姓名", "Name"),
    Text("提交", "Submission"),
    Text("提交时间", "Submitted at"),
    Text("状态", "Standing"),
)
_AFTER: Final = (
    Text("已得", "Earned so far"),
    Text("待评", "Pending"),
    Text("满分", "Possible"),
    Text("迟交", "Lateness"),
    Text("人工改判", "Decided by a person"),
    Text("目前成绩（扣除迟交后）", "Final so far"),
    Text("成绩", "Mark"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text, safe to open; the columns in `numbers` hold bare numbers or nothing."""

    headers: list[str]
    rows: list[list[str]]
    numbers: frozenset[int]
    lines: tuple[ReportLine, ...]


def safe(text: str) -> str:
    """`text` on one line, and nothing that a spreadsheet would run."""
    line = clean_line(text)
    return "'" + line if runs(line) else line


def build(job: ExportJob) -> Table:
    """The whole gradebook. A mark that is not complete has no number in the column of marks."""
    gradebook = job.gradebook
    titles = {row.id: row.title for mark in gradebook.marks for row in mark.rows}
    headers = [text.pick(job.lang) for text in _BEFORE]
    headers += [
        safe(titles.get(row_id, Text(row_id, row_id)).pick(job.lang))
        for row_id in gradebook.row_ids
    ]
    first = len(_BEFORE)
    after = first + len(gradebook.row_ids)
    headers += [text.pick(job.lang) for text in _AFTER]
    rows, lines = [], []
    for mark in gradebook.marks:
        value = given(mark, job.allow_pending)
        final = "" if isinstance(value, Text) else value
        rows.append(_row(gradebook, mark, final, job.lang))
        lines.append(listed(mark, value))
    # From the rubric's rows on, all but the words of the late policy and of people.
    numbers = frozenset({*range(first, after + 3), after + 5, after + 6})
    return Table(headers, rows, numbers, tuple(lines))


def _row(gradebook: Gradebook, mark: StudentMark, final: str, lang: str) -> list[str]:
    scores = {row.id: row for row in mark.rows}
    status = STATUSES[mark.status]
    if mark.status is Status.GRADED and mark.pending:
        status = _PENDING
    return [
        safe(mark.person.student_id),
        safe(mark.person.name),
        safe(mark.submission_id),
        mark.submitted_at.isoformat(sep=" ", timespec="seconds") if mark.submitted_at else "",
        status.pick(lang),
        *(_earned(scores.get(row_id)) for row_id in gradebook.row_ids),
        "" if mark.raw is None else decimal2(mark.raw, mark.possible),
        decimal2(mark.pending),
        decimal2(mark.possible),
        safe(mark.late.pick(lang)) if mark.late else "",
        safe("; ".join(said.pick(lang) for said in decisions(mark.rows, mark.checks))),
        _so_far(mark),
        final,
    ]


def _so_far(mark: StudentMark) -> str:
    """The points so far after the late policy, complete or not."""
    if mark.final is None or mark.status is not Status.GRADED:
        return ""
    return decimal2(mark.final, mark.possible)


def _earned(row: RowScore | None) -> str:
    """The points of a row so far; empty where nothing of it was marked."""
    # A 0 here would look like a lost row.
    if row is None or row.pending >= row.possible:
        return ""
    return decimal2(row.earned, row.possible)


def dumps_csv(
    out: Path, headers: Sequence[str], rows: Sequence[Sequence[str]], numbers: frozenset[int]
) -> None:
    """Write CSV that Excel and WPS read correctly: UTF-8 with a BOM, text quoted, numbers bare."""
    text = io.StringIO()
    # Excel on Windows reads a file without a BOM in the code page of the system.
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(headers)
    for row in rows:
        writer.writerow(
            # Decimal and not float, so that 87.50 keeps both places.
            [Decimal(cell) if i in numbers and cell else cell for i, cell in enumerate(row)]
        )
    write_text(out, "\ufeff" + text.getvalue())


def write_csv(job: ExportJob) -> ExportReport:
    """The gradebook as CSV."""
    table = build(job)
    dumps_csv(job.out, table.headers, table.rows, table.numbers)
    return job.report(table.lines)
