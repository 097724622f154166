"""Students' pages in the folders of an archive of the platform's, as Sakai and ILIAS take it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kit.text import Text

from ..feedback.atomic import write_bytes
from .fill import strangers, unmatched
from .job import ExportJob
from .matching import PlatformRow, match
from .pages import FILE, page_of, zipped
from .report import Action, ExportReport, ReportLine, who

_MOST_ENTRIES: Final = 200_000


@dataclass(frozen=True, slots=True)
class Folder:
    """A student's folder in the archive; `path` is where the page goes."""

    path: str
    login: str
    name: str


def names_in(path: Path) -> list[str]:
    """What an archive holds; empty where it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()[:_MOST_ENTRIES]
    except (OSError, zipfile.BadZipFile, ValueError):
        return []


def write(
    job: ExportJob, platform: str, folders: Mapping[str, Folder], notices: tuple[Text, ...]
) -> ExportReport:
    """A page in the folder of each student; `folders` are by the platform's own ids."""
    rows = [
        PlatformRow(index, platform_id=id, login=folder.login, name=folder.name)
        for index, (id, folder) in enumerate(folders.items())
    ]
    matching = match(rows, job.gradebook.marks, platform)
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
        made[f"{folders[row.platform_id].path}/{FILE}"] = page
        said = note if any(note) else Text(row.platform_id, row.platform_id)
        lines.append(ReportLine(Action.WRITTEN, who(mark), "", said))
    write_bytes(job.out, zipped(made))
    return ExportReport(job.out, (*lines, *strangers(matching)), notices)
