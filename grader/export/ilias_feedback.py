"""Students' pages as the archive that ILIAS takes under "Multi Feedback".

The template is the empty structure that ILIAS gives there. ILIAS reads the folder whose name begins
with ``multi_feedback``, and finds a member by the number at the end of the name of a folder in it.
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

# ILIAS writes its names in ASCII. A login may hold underscores, so only the number is certain; the
# last name comes first.
_FOLDER: Final = re.compile(
    r"(?P<folder>multi_feedback[ -.0-~]*/(?P<person>[ -.0-~]+)_(?P<uid>\d+))/[ -~]*", re.ASCII
)
_PERSON: Final = re.compile(r"(?P<last>[^_]+)_(?P<first>[^_]+)_(?P<login>[^_]+)")
_TICK: Final = Text(
    "上传之后，在 ILIAS 的确认页面里勾选全部文件再保存。",
    "After the upload tick all files on the page by which ILIAS asks, and save.",
)


def write(job: ExportJob) -> ExportReport:
    """A page in the folder of each student that the template has."""
    found: dict[str, Folder] = {}
    for entry in feedback_folders.names_in(job.source):
        fits = _FOLDER.fullmatch(entry)
        # A name with dots would leave the folder when it is unpacked.
        if fits and ".." not in fits["folder"].split("/"):
            person = _PERSON.fullmatch(fits["person"])
            login = person["login"] if person else ""
            name = f"{person['last']}, {person['first']}" if person else ""
            found[fits["uid"]] = Folder(fits["folder"], login, name)
    if not found:
        raise UsageError(
            Text(
                f"{job.source} 不是 ILIAS“多重反馈”页面上下载的压缩包。",
                f'{job.source} is not the archive that ILIAS gives under "Multi Feedback".',
            )
        )
    return feedback_folders.write(job, "ilias", found, (_TICK,))
