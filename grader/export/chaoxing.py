"""Chaoxing (超星, 学习通): the exported table of marks, as a workbook that can be imported.

The import takes every row of the file, also one without a mark, and turns a student without a
hand-in into a graded one; so the file keeps only the rows that carry a mark.
"""

from __future__ import annotations

import io
from typing import Final

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from grader.core.errors import UsageError
from kit.text import Text

from ..feedback.atomic import write_bytes
from .fill import decide
from .job import ExportJob, check_id, choose, find, lacking, mark_columns, plain_name
from .matching import PlatformRow
from .report import ExportReport
from .workbook import bounded

MAX_ROWS: Final = 20_000
_HEADER_ROWS: Final = 6  # data begins in row 4 of the known files
_IDS: Final = frozenset(("学号", "学号/工号", "工号/学号"))
_NAMES: Final = frozenset(("姓名", "学生姓名"))
_STATES: Final = frozenset(("状态",))
_MARKS: Final = frozenset(("分数", "成绩", "总分"))
_SHORT_ANSWER: Final = "简答题得分"
_NOT_HANDED_IN: Final = ("未交", "未提交")
_TO_REDO: Final = ("重做", "打回")
_ADVICE: Final = (
    Text(
        "没有成绩的行已从文件中删去：学习通导入会把空行和未提交的学生变成“完成、0 分”。",
        "Rows without a mark are not in the file: the import would turn them, and students "
        "without a hand-in, into graded ones with 0.",
    ),
    Text(
        "先用一两名学生的文件试导入，核对后再导入全班；误导入的可用“打回”恢复。",
        "Try the import with a student or two first; a wrong import is undone with 打回.",
    ),
)


def write(job: ExportJob) -> ExportReport:
    """The workbook with the marks filled in."""
    if job.out.suffix.lower() != ".xls":
        raise UsageError(
            Text(
                f"学习通只收名称以 .xls 结尾的文件（内容仍是 xlsx），给出的是 {job.out.name}。"
                "请用 --to 换一个名称。",
                "Chaoxing takes only a file whose name ends in .xls (its content is xlsx all the "
                f"same), got {job.out.name}. Give another name with --to.",
            )
        )
    workbook = load_workbook(io.BytesIO(_content(job)))
    sheet = workbook.worksheets[0]
    if sheet.max_row > MAX_ROWS:
        raise _no_workbook(job)
    top, headers = _headers(sheet)
    ids, states = find(headers, _IDS), find(headers, _STATES)
    names = find(headers, _NAMES)
    candidates = mark_columns(headers, (ids, states, names), _MARKS, job.column)
    columns = [choose(candidates, job.column).index, *_answers(headers)]
    indices = range(top + 1, sheet.max_row + 1)
    rows = tuple(
        PlatformRow(
            index,
            student_id=check_id(_shown(sheet, index, ids)),
            name=plain_name(_shown(sheet, index, names)),
        )
        for index in indices
        if _shown(sheet, index, ids) or _shown(sheet, index, names)
    )
    locked = {
        row.index: why
        for row in rows
        if (why := _hindrance(_shown(sheet, row.index, states))) is not None
    }
    filling = decide(job, "chaoxing", rows, locked=locked)
    for index, value in filling.values.items():
        for column in columns:
            sheet.cell(index, column + 1).value = float(value)
    # A row without a mark would be imported as graded, with 0.
    for first, last in _runs([index for index in indices if index not in filling.values]):
        sheet.delete_rows(first, last - first + 1)
    buffer = io.BytesIO()
    workbook.save(buffer)
    write_bytes(job.out, buffer.getvalue())
    return job.report(filling.lines, *_ADVICE)


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Ascending rows as (first, last) of unbroken runs, from the bottom of the sheet up.

    Deleting in this order leaves the numbers of the rows above unchanged."""
    runs: list[tuple[int, int]] = []
    for row in reversed(rows):
        if runs and runs[-1][0] == row + 1:
            runs[-1] = (row, runs[-1][1])
        else:
            runs.append((row, row))
    return runs


def _content(job: ExportJob) -> bytes:
    """The template's bytes, if they are a workbook of a reasonable size."""
    data = bounded(job.source)
    # Asked here: openpyxl raises many kinds of errors on a zip that is no workbook.
    if data is None:
        raise _no_workbook(job)
    return data


def _no_workbook(job: ExportJob) -> UsageError:
    return UsageError(
        Text(
            f"不能用 {job.source} 作模板：它不是 xlsx 工作簿（或过大）。"
            "请用学习通“导出成绩”的文件；"
            "若它是旧式 xls，请先在 Excel 中另存为 xlsx。",
            f"{job.source} cannot be the template: it is no xlsx workbook, or too large. Use the "
            "file of 导出成绩; save an old-style xls as xlsx first.",
        )
    )


def _headers(sheet: Worksheet) -> tuple[int, list[str]]:
    """The row with the headers, and them. UsageError where it has no student id or no state."""
    seen: list[str] = []
    for row in range(1, _HEADER_ROWS + 1):
        headers = [_shown(sheet, row, column) for column in range(sheet.max_column)]
        if find(headers, _IDS) >= 0 and find(headers, _STATES) >= 0:
            return row, headers
        seen += [header for header in headers if header]
    raise lacking(Text("学号和状态列", "columns 学号 and 状态"), seen)


def _answers(headers: list[str]) -> list[int]:
    """The column of the one question's points, which is filled as well.

    With several questions it is unknown how a mark is divided among them.
    """
    parts = [i for i, header in enumerate(headers) if header.strip().endswith("题得分")]
    if not parts:
        return []
    if len(parts) > 1 or headers[parts[0]].strip() != _SHORT_ANSWER:
        raise UsageError(
            Text(
                "模板里有多种题型的得分列，无法把总分拆开；请在学习通的批阅页面录入。",
                "The template has points of several kinds of questions, among which a mark cannot "
                "be divided: enter the marks on Chaoxing's page.",
            )
        )
    return parts


def _hindrance(state: str) -> Text | None:
    """Why a row must not be imported."""
    if any(word in state for word in _NOT_HANDED_IN):
        return Text(
            "平台上未提交，导入会变成已评；请在批阅页面录入",
            "nothing was handed in there, the import would make it graded: enter it on the page",
        )
    if any(word in state for word in _TO_REDO):
        return Text("已打回待重做", "it was given back to be done again")
    return None


def _shown(sheet: Worksheet, row: int, column: int) -> str:
    """A cell as text; a whole number without a decimal point, as Excel shows it."""
    if column < 0:
        return ""
    value = sheet.cell(row, column + 1).value
    # Excel keeps an id that was typed as a number as a float, 2023001.0.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()
