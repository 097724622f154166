"""Feedback pages as the zip that Moodle's assignment takes back under "feedback files".

The layout is that of Moodle's own download. A team's folder there carries the team's number, which
the upload would take for a participant's, so every member gets a folder here.
"""

from __future__ import annotations

import io
import zipfile
from typing import Final

from grader.core.errors import UsageError
from grader.core.model import Status
from grader.records.gradebook import StudentMark
from kit.text import Text, os_reason

from ..feedback import STUDENT_PAGE
from ..feedback.atomic import write_bytes
from . import moodle
from .fill import strangers, unmatched
from .job import ExportJob
from .matching import match
from .naming import folder_name
from .report import Action, ExportReport, ReportLine, who

FILE: Final = STUDENT_PAGE
MAX_PAGE_BYTES: Final = 32 * 1024 * 1024
_ALWAYS: Final = (1980, 1, 1, 0, 0, 0)  # the same feedback gives the same bytes

_NO_WORKSHEET: Final = Text(
    "没有用评分工作表核对参与人编号；小组作业请务必用 --template 给出工作表。",
    "The participants' numbers were not checked against the grading worksheet; where groups hand "
    "in, give it with --template.",
)


def write(job: ExportJob) -> ExportReport:
    """A folder for each student with a page; the worksheet, if given, has their numbers."""
    if job.feedback_dir is None:
        raise UsageError(
            Text(
                "请用 --feedback-dir 给出评分结果文件夹（其中有 <提交>/feedback.html）。",
                "Give the folder of results, which holds <submission>/feedback.html, with "
                "--feedback-dir.",
            )
        )
    students, lines = _with_worksheet(job) if job.template else _without(job)
    notices = () if job.template else (_NO_WORKSHEET,)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (mark, note) in sorted(students.items(), key=lambda item: int(item[0])):
            page = _page(job, mark)
            if isinstance(page, Text):
                lines.append(ReportLine(Action.LEFT, who(mark), "", page))
                continue
            # Moodle splits the folder's name at its underscores to find the number.
            name = folder_name(mark.person.name.replace("_", " "))
            folder = f"{name}_{number}_assignsubmission_file"
            info = zipfile.ZipInfo(f"{folder}/{FILE}", _ALWAYS)
            info.compress_type = zipfile.ZIP_DEFLATED
            # Without a mode some programs unpack the file with no permission to read it.
            info.external_attr = 0o644 << 16
            archive.writestr(info, page)
            lines.append(
                ReportLine(
                    Action.WRITTEN, who(mark), "", note if any(note) else Text(folder, folder)
                )
            )
    write_bytes(job.out, buffer.getvalue())
    return ExportReport(job.out, tuple(lines), notices)


def _with_worksheet(job: ExportJob) -> tuple[dict[str, tuple[StudentMark, Text]], list[ReportLine]]:
    rows = moodle.read(job).rows
    matching = match(rows, job.gradebook.marks, "moodle", local_ids=True)
    students = {}
    lines = []
    for row in rows:
        if row.index not in matching.pairs:
            lines.append(unmatched(row, matching))
        elif row.platform_id:
            students[row.platform_id] = matching.pairs[row.index]
    return students, lines + strangers(matching)


def _without(job: ExportJob) -> tuple[dict[str, tuple[StudentMark, Text]], list[ReportLine]]:
    """Students by the numbers of their folders; a number that several have is a team's."""
    found: dict[str, list[StudentMark]] = {}
    lines = []
    for mark in job.gradebook.marks:
        number = mark.person.platform_ids.get("moodle", "")
        # isdigit alone also accepts digits of other scripts, which are no number to Moodle.
        if number.isascii() and number.isdigit():
            found.setdefault(number, []).append(mark)
            continue
        why = Text(
            "不知道 Moodle 参与人编号，请用 --template 给出评分工作表",
            "the participant's number is not known: give the grading worksheet with --template",
        )
        lines.append(ReportLine(Action.LEFT, who(mark), "", why))
    shared = Text(
        "几个人的编号相同（小组编号），请用 --template 给出评分工作表",
        "several have this number, which is a team's: give the grading worksheet with --template",
    )
    for marks in found.values():
        if len(marks) > 1:
            lines += [ReportLine(Action.LEFT, who(mark), "", shared) for mark in marks]
    alone = {number: (marks[0], Text("", "")) for number, marks in found.items() if len(marks) == 1}
    return alone, lines


def _page(job: ExportJob, mark: StudentMark) -> bytes | Text:
    """A student's page, or why there is none."""
    assert job.feedback_dir is not None
    if mark.status is Status.MISSING or not mark.submission_id:
        return Text("未提交", "nothing was handed in")
    if mark.status is Status.GRADER_ERROR:
        return Text("评分器故障，反馈尚不可用", "a fault of the grader: no feedback to give yet")
    path = job.feedback_dir / mark.submission_id / FILE
    try:
        with path.open("rb") as file:
            page = file.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        return Text(
            f"无法读取 {mark.submission_id}/{FILE}：{os_reason(error).zh}",
            f"cannot read {mark.submission_id}/{FILE}: {os_reason(error).en}",
        )
    return page if len(page) <= MAX_PAGE_BYTES else Text("反馈页过大", "the page is too large")
