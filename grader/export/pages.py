"""Students' pages and nothing else: a folder with one for each, and the table for a mail merge.

In the folder of results a page lies beside those of the staff. Here nobody can send a wrong one.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from grader.core.errors import UsageError
from grader.core.model import Status
from grader.records.gradebook import StudentMark
from kit.text import Text, os_reason

from ..feedback import STUDENT_PAGE
from ..feedback.atomic import write_bytes
from .job import ExportJob
from .naming import folder_name, unused
from .report import Action, ExportReport, ReportLine, who
from .table import dumps_csv, safe

FILE: Final = STUDENT_PAGE
TABLE: Final = "mail.csv"
HEADERS: Final = ("address", "file", "student id", "name")
MAX_PAGE_BYTES: Final = 32 * 1024 * 1024
_ALWAYS: Final = (1980, 1, 1, 0, 0, 0)  # the same feedback gives the same bytes

_NO_ADDRESS: Final = Text(
    "没有邮箱：请在名单里加上邮箱一列", "no address: give it in a column of the roster"
)


def write(job: ExportJob) -> ExportReport:
    """``<student>.html`` for everyone with a page, and ``mail.csv``: address, file, who."""
    _clear(job.out)
    used: set[str] = set()
    rows, lines = [], []
    for mark in job.gradebook.marks:
        page = page_of(job, mark)
        if isinstance(page, Text):
            lines.append(ReportLine(Action.LEFT, who(mark), "", page))
            continue
        person = mark.person
        file = f"{unused(folder_name(person.student_id or mark.submission_id), used)}.html"
        write_bytes(job.out / file, page)
        rows.append([safe(person.email), file, safe(person.student_id), safe(person.name)])
        why = Text(file, file) if person.email else _NO_ADDRESS
        lines.append(ReportLine(Action.WRITTEN, who(mark), "", why))
    dumps_csv(job.out / TABLE, HEADERS, rows, frozenset())
    return ExportReport(job.out, tuple(lines))


def ready(folder: Path) -> None:
    """UsageError where the folder holds anything but the pages of an earlier export."""
    _old(folder)


def _old(folder: Path) -> list[Path]:
    try:
        old = list(folder.iterdir()) if folder.exists() else []
        known = {TABLE}
        if folder / TABLE in old:
            text = (folder / TABLE).read_text("utf-8-sig")
            known |= {row["file"] for row in csv.DictReader(io.StringIO(text))}
        if any(path.name not in known or not path.is_file() for path in old):
            # A page of the staff among them would be sent to students.
            raise UsageError(
                Text(
                    f"{folder} 里有别的文件，请换一个空文件夹。",
                    f"{folder} holds other files: name an empty folder.",
                )
            )
    except (OSError, KeyError, ValueError) as error:
        raise _not_cleared(folder) from error
    return old


def _clear(folder: Path) -> None:
    for path in _old(folder):
        try:
            path.unlink()
        except OSError as error:
            raise _not_cleared(folder) from error


def _not_cleared(folder: Path) -> UsageError:
    return UsageError(
        Text(
            f"无法清空文件夹 {folder}，请换一个空文件夹。",
            f"The folder {folder} cannot be cleared: name an empty one.",
        )
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files, by their names in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _ALWAYS)
            info.compress_type = zipfile.ZIP_DEFLATED
            # Without a mode some programs unpack the file with no permission to read it.
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def page_of(job: ExportJob, mark: StudentMark) -> bytes | Text:
    """A student's page, or why there is none."""
    assert job.feedback_dir is not None  # as the registry makes sure
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
