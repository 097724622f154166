"""Students' pages as the archive that Sakai's "upload all" takes back: feedback attachments.

The folders are those of Sakai's own download, which is the template: it finds a student by the id
in brackets at the end of a folder's name, and drops what it cannot find without a word.
"""

from __future__ import annotations

import re
from typing import Final

from grader.core.errors import UsageError
from kit.text import Text

from . import feedback_folders
from .feedback_folders import Folder
from .job import ExportJob
from .report import ExportReport

ATTACHMENTS: Final = "Feedback Attachment(s)"
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
    names = feedback_folders.names_in(job.source)
    found: dict[str, Folder] = {}
    for name in names:
        fits = _FOLDER.fullmatch(name)
        # A name with dots would leave the folder when it is unpacked.
        if fits and ".." not in fits["folder"].split("/"):
            path = f"{fits['folder']}/{ATTACHMENTS}"
            found[fits["eid"]] = Folder(path, fits["eid"], fits["name"].strip(" ,"))
    if not found:
        raise UsageError(
            Text(
                f"{job.source} 不是 Sakai“下载全部”得到的压缩包。",
                f'{job.source} is not the archive that Sakai\'s "download all" gives.',
            )
        )
    in_english = any(f"/{ATTACHMENTS}/" in name for name in names)
    return feedback_folders.write(
        job, "sakai", found, (_UPLOAD,) if in_english else (_LANGUAGE, _UPLOAD)
    )
