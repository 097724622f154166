"""TronClass (畅课, 学在浙大): marks by 人员编号.

No official import file is known. Without a template the three columns are written that tools for
its API read; with one, a table that has the columns 人员编号 and 成绩 is filled.
"""

from __future__ import annotations

from typing import Final

from kit.text import Text

from .cells import load
from .fill import ReadTemplate, fill
from .job import ExportJob, check_id, choose, find, lacking, mark_columns, plain_name
from .matching import PlatformRow
from .report import Action, ExportReport, ReportLine, given, who
from .table import dumps_csv, safe

_IDS: Final = frozenset(("人员编号", "学号", "user_no"))
_NAMES: Final = frozenset(("姓名", "name"))
_MARKS: Final = frozenset(("成绩", "分数", "得分", "score"))
_ROUTE: Final = Text(
    "未见 TronClass 官方的成绩导入格式：请按此表逐个录入，或用接口工具导入；未提交的学生不能评分。",
    "No official import file of TronClass is known: enter the marks by this table or with a tool "
    "for its interface. Who handed in nothing there cannot be marked.",
)


def write(job: ExportJob) -> ExportReport:
    """A table of 人员编号, 姓名, 成绩, or the filled template."""
    return _generated(job) if job.template is None else _filled(job)


def _generated(job: ExportJob) -> ExportReport:
    rows: list[list[str]] = []
    lines = []
    for mark in job.gradebook.marks:
        value = given(mark, job.allow_pending)
        # The student id is the only key there.
        if not isinstance(value, Text) and not mark.person.student_id:
            value = Text("不知道学号", "the student id is not known")
        if isinstance(value, Text):
            lines.append(ReportLine(Action.LEFT, who(mark), "", value))
            continue
        rows.append([safe(mark.person.student_id), safe(mark.person.name), value])
        lines.append(ReportLine(Action.WRITTEN, who(mark), value))
    dumps_csv(job.out, ["人员编号", "姓名", "成绩"], rows, numbers=frozenset({2}))
    return job.report(lines, _ROUTE)


def _filled(job: ExportJob) -> ExportReport:
    sheet = load(job.source)
    headers = sheet.values(0)
    ids = find(headers, _IDS)
    if ids < 0:
        raise lacking(Text("人员编号列", "column 人员编号"), headers)
    names = find(headers, _NAMES)
    candidates = mark_columns(headers, (ids, names), _MARKS, job.column)
    rows = tuple(
        PlatformRow(
            row,
            student_id=check_id(sheet.value(row, ids)),
            name=plain_name(sheet.value(row, names)),
        )
        for row in range(1, len(sheet.rows))
        if any(sheet.values(row))
    )
    column = choose(candidates, job.column).index
    return fill(job, "tronclass", ReadTemplate(sheet, rows, column, notices=(_ROUTE,)))
