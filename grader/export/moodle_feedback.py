"""Feedback pages as the zip that Moodle's assignment takes back under "feedback files".

The layout is that of Moodle's own download. A team's folder there carries the team's number, which
the upload would take for a participant's, so every member gets a folder here.
"""

from __future__ import annotations

from typing import Final

from grader.records.gradebook import StudentMark
from kit.text import Text

from ..feedback import STUDENT_PAGE
from ..feedback.atomic import write_bytes
from . import moodle
from .fill import strangers, unmatched
from .job import ExportJob
from .matching import match
from .naming import folder_name
from .pages import page_of, zipped
from .report import Action, ExportReport, ReportLine, who

FILE: Final = STUDENT_PAGE

_NO_WORKSHEET: Final = Text(
    "没有用评分工作表核对参与人编号；小组作业请务必用 --template 给出工作表。",
    "The participants' numbers were not checked against the grading worksheet; where groups hand "
    "in, give it with --template.",
)


def write(job: ExportJob) -> ExportReport:
    """A folder for each student with a page; the worksheet, if given, has their numbers."""
    students, lines = _with_worksheet(job) if job.template else _without(job)
    notices = () if job.template else (_NO_WORKSHEET,)
    made: dict[str, bytes] = {}
    for number, (mark, note) in sorted(students.items(), key=lambda item: int(item[0])):
        page = page_of(job, mark)
        if isinstance(page, Text):
            lines.append(ReportLine(Action.LEFT, who(mark), "", page))
            continue
        # Moodle splits the folder's name at its underscores to find the number.
        name = folder_name(mark.person.name.replace("_", " "))
        folder = f"{name}_{number}_assignsubmission_file"
        made[f"{folder}/{FILE}"] = page
        said = note if any(note) else Text(folder, folder)
        lines.append(ReportLine(Action.WRITTEN, who(mark), "", said))
    write_bytes(job.out, zipped(made))
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
