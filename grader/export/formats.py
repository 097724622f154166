"""The formats that a gradebook can be exported to, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.core.errors import UsageError
from grader.core.suggest import did_you_mean
from grader.records.gradebook import Gradebook
from kit.text import Text

from . import (
    blackboard,
    canvas,
    chaoxing,
    gradescope,
    ilias_feedback,
    jsonl,
    junit,
    moodle,
    moodle_feedback,
    pages,
    sakai_feedback,
    table,
    tronclass,
    xlsx,
)
from .job import ExportJob, Writer
from .report import ExportReport


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `suffix` is that of the file it writes; empty for a folder."""

    write: Writer
    suffix: str
    about: Text
    template: bool = False  # takes one
    column: bool = False  # takes the name of a column
    pages: bool = False  # reads students' pages from the folder of results
    ready: Callable[[Path], None] | None = None  # UsageError where its folder cannot be filled


FORMATS: Final[dict[str, Format]] = {
    "canvas": Format(
        canvas.write,
        ".csv",
        Text("填写 Canvas 导出的成绩册", "the gradebook that Canvas exported, filled"),
        template=True,
        column=True,
    ),
    "moodle": Format(
        moodle.write,
        ".csv",
        Text("填写 Moodle 的评分工作表", "Moodle's grading worksheet, filled"),
        template=True,
        column=True,
    ),
    "blackboard": Format(
        blackboard.write,
        ".xls",
        Text("填写 Blackboard 导出的成绩文件", "the file that Blackboard exported, filled"),
        template=True,
        column=True,
    ),
    "chaoxing": Format(
        chaoxing.write,
        ".xls",
        Text("填写学习通“导出成绩”的文件", "the file that Chaoxing exported, filled"),
        template=True,
        column=True,
    ),
    "tronclass": Format(
        tronclass.write,
        ".csv",
        Text("畅课：人员编号、姓名、成绩", "TronClass: 人员编号, 姓名, 成绩"),
        template=True,
        column=True,
    ),
    "csv": Format(table.write_csv, ".csv", Text("通用 CSV 表格", "a general CSV table")),
    "xlsx": Format(xlsx.write, ".xlsx", Text("通用 Excel 工作簿", "a general Excel workbook")),
    "jsonl": Format(jsonl.write, ".jsonl", Text("每行一名学生的 JSON", "JSON, one student a line")),
    "gradescope": Format(
        gradescope.export,
        "",
        Text("每名学生一个 Gradescope results.json", "Gradescope's results.json, one a student"),
    ),
    "junit": Format(
        junit.write,
        ".xml",
        Text("JUnit XML，每名学生一个 testsuite", "JUnit XML, one test suite a student"),
    ),
    "moodle-feedback": Format(
        moodle_feedback.write,
        ".zip",
        Text("Moodle 的反馈文件压缩包", "the zip of feedback files that Moodle takes"),
        template=True,
        pages=True,
    ),
    "sakai-feedback": Format(
        sakai_feedback.write,
        ".zip",
        Text("Sakai 的反馈附件压缩包", "the zip of feedback attachments that Sakai takes"),
        template=True,
        pages=True,
    ),
    "ilias-feedback": Format(
        ilias_feedback.write,
        ".zip",
        Text("ILIAS 的多重反馈压缩包", "the zip that ILIAS takes as multi feedback"),
        template=True,
        pages=True,
    ),
    "pages": Format(
        pages.write,
        "",
        Text("只有学生页面的文件夹", "a folder of students' pages alone"),
        pages=True,
        ready=pages.ready,
    ),
}


_TABLES: Final = ("csv", "xlsx", "jsonl")  # their suffixes differ, so one name serves all


def target(format: str, folder: Path, template: Path | None) -> Path:
    """The default output of a format: ``marks.csv``, ``marks-canvas.csv``."""
    suffix = FORMATS[format].suffix
    if format == "blackboard" and template is not None:
        suffix = template.suffix  # .xls or .csv, as it was exported
    name = "marks" if format in _TABLES else f"marks-{format}"
    return folder / f"{name}{suffix}"


def _named(format: str) -> Format:
    if format not in FORMATS:
        known = Text(f"可用：{'、'.join(FORMATS)}。", f"There are: {', '.join(FORMATS)}.")
        hint = did_you_mean(format, FORMATS, known)
        raise UsageError(
            Text(
                f"没有名为 {format} 的导出格式。{hint.zh}",
                f"There is no export format {format}. {hint.en}",
            )
        )
    return FORMATS[format]


def export(
    gradebook: Gradebook,
    format: str,
    *,
    out: Path,
    template: Path | None = None,
    column: str | None = None,
    feedback_dir: Path | None = None,
    lang: str = "zh",
    allow_pending: bool = False,
) -> ExportReport:
    """Write `gradebook` to `out`; the report says what was done for every student, and why.

    UsageError for an option that the format lacks or does not take, and for a wrong template.
    """
    chosen = _named(format)
    # Refused rather than ignored: a person who gives an option expects it to count.
    unused = [
        option
        for option, given, taken in (
            ("--template", template, chosen.template),
            ("--column", column, chosen.column),
            ("--feedback-dir", feedback_dir, chosen.pages),
        )
        if given is not None and not taken
    ]
    if unused:
        raise UsageError(
            Text(
                f"格式 {format} 用不到 {'、'.join(unused)}，请去掉。",
                f"The format {format} has no use for {', '.join(unused)}: leave it out.",
            )
        )
    if chosen.pages and feedback_dir is None:
        raise UsageError(
            Text(
                "请用 --feedback-dir 给出评分结果文件夹（其中有 <提交>/feedback.html）。",
                "Give the folder of results, which holds <submission>/feedback.html, with "
                "--feedback-dir.",
            )
        )
    check_target(format, out, template)
    return chosen.write(
        ExportJob(gradebook, out, template, column, feedback_dir, lang, allow_pending)
    )


def check_target(format: str, out: Path, template: Path | None) -> None:
    """UsageError where the output of a format cannot lie at `out`."""
    # Compared as files, because two paths can lead to one.
    if template is not None and out.exists() and template.exists() and out.samefile(template):
        raise UsageError(
            Text(
                f"输出文件 {out} 就是模板，会覆盖平台导出的原件。请换一个名字。",
                f"The output {out} is the template itself: the platform's file would be lost. "
                "Give another name.",
            )
        )
    ready = _named(format).ready
    if ready is not None:
        ready(out)
