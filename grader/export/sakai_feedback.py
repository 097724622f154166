"""Students' pages as the archive that Sakai's "upload all" takes back: feedback attachments.

The folders are those of Sakai's own download, which is the template: it finds a student by the id
in brackets at the end of a folder's name, and drops what it cannot find without a word.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final

from grader.core.errors import UsageError
from kit.text import Text

from ..feedback.atomic import write_bytes
from .fill import strangers, unmatched
from .job import ExportJob
from .matching import PlatformRow, match
from .pages import FILE, page_of, zipped
from .report import Action, ExportReport, ReportLine, who

ATTACHMENTS: Final = "Feedback Attachment(s)"
_MOST_ENTRIES: Final = 200_000
# Sakai strips what is not ASCII from its names.
_FOLDER: Final = re.compile(r"(?P<folder>[ -.0-~]+/(?P<name>[ -.0-~]*)\((?P<eid>[!-~]+)\))/[ -~]*")

_LANGUAGE: Final = Text(
    f"模板里没有名为 {ATTACHMENTS} 的文件夹：请在英文界面里下载和上传。",
    f"The template has no folder {ATTACHMENTS}: download and upload with Sakai in English.",
)
_UPLOAD: Final = Text(
    "上传全部时只勾选反馈附件（Feedback attachments）。",
    "In the upload tick the feedback attachments and nothing else.",
)


def write(job: ExportJob) -> ExportReport:
    """A page in the folder of each student that the template has."""
    folders, in_english = _folders(job.source)
    rows = [
        PlatformRow(index, platform_id=eid, login=eid, name=name)
        for index, (eid, (name, _)) in enumerate(folders.items())
    ]
    matching = match(rows, job.gradebook.marks, "sakai")
    made: dict[str, bytes] = {}
    lines = []
    for row in rows:
        if row.index not in matching.pairs:
            lines.append(unmatched(row, matching))
            continue
        mark, note = matching.pairs[row.index]
        page = page_of(job, mark)
        if isinstance(page, Text):
            lines.append(ReportLine(Action.LEFT, who(mark), "", page))
            continue
        folder = folders[row.platform_id][1]
        made[f"{folder}/{ATTACHMENTS}/{FILE}"] = page
        said = note if any(note) else Text(row.platform_id, row.platform_id)
        lines.append(ReportLine(Action.WRITTEN, who(mark), "", said))
    write_bytes(job.out, zipped(made))
    notices = (_UPLOAD,) if in_english else (_LANGUAGE, _UPLOAD)
    return ExportReport(job.out, (*lines, *strangers(matching)), notices)


def _folders(path: Path) -> tuple[dict[str, tuple[str, str]], bool]:
    """Id -> name and folder of each student in Sakai's archive; whether it is in English."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:_MOST_ENTRIES]
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise _no_download(path) from error
    found: dict[str, tuple[str, str]] = {}
    for name in names:
        fits = _FOLDER.fullmatch(name)
        # A name with dots would leave the folder when it is unpacked.
        if fits and ".." not in fits["folder"].split("/"):
            found[fits["eid"]] = (fits["name"].strip(" ,"), fits["folder"])
    if not found:
        raise _no_download(path)
    return found, any(f"/{ATTACHMENTS}/" in name for name in names)


def _no_download(path: Path) -> UsageError:
    return UsageError(
        Text(
            f"{path} 不是 Sakai“下载全部”得到的压缩包。",
            f'{path} is not the archive that Sakai\'s "download all" gives.',
        )
    )
