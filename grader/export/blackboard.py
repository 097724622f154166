"""Blackboard: the Grade Centre's file with one column filled.

Its ``.xls`` is tab-separated text in UTF-16. A column is identified by the number behind the last
``|`` of its header; an upload turns one without into a new text column without points.
"""

from __future__ import annotations

import re
from typing import Final

from kit.text import Text

from .cells import load
from .fill import ReadTemplate, fill
from .job import Candidate, ExportJob, check_id, check_maximum, choose, find, lacking, plain_name
from .matching import PlatformRow
from .report import ExportReport

# Headers exist in many languages; the kind in brackets and the number behind the bar are the same.
_COLUMN: Final = re.compile(r"(?P<title>.*?)\s*(?:\[(?P<kind>[^\[\]]*)\])?\s*\|(?P<id>\d+)", re.S)
_TOTAL: Final = re.compile(r"\d+(?:[.,]\d+)?")
_USERNAMES: Final = frozenset(
    ("username", "user name", "用户名", "nombre de usuario", "nom d'utilisateur", "benutzername")
)
_STUDENT_IDS: Final = frozenset(("student id", "学号", "学生 id", "学生id"))
_FAMILY_NAMES: Final = frozenset(("last name", "姓", "姓氏", "apellidos", "nom", "nachname"))
_GIVEN_NAMES: Final = frozenset(("first name", "名", "名字", "nombre", "prénom", "vorname"))


def write(job: ExportJob) -> ExportReport:
    """The filled file."""
    sheet = load(job.source)
    headers = sheet.values(0)
    username = find(headers, _USERNAMES)
    if username < 0:
        raise lacking(Text("用户名（Username）列", "column Username"), headers)
    columns = {c.index: c for c in _columns(headers)}
    chosen = choose(list(columns.values()), job.column)
    kind = _COLUMN.fullmatch(chosen.header.strip())
    if kind and (total := _TOTAL.search(kind["kind"] or "")):
        # The file names the maximum nowhere else.
        check_maximum(total[0], job.gradebook.possible)
    family, given = find(headers, _FAMILY_NAMES), find(headers, _GIVEN_NAMES)
    rows = []
    for row in range(1, len(sheet.rows)):
        # The file may end in blank lines.
        if not any(sheet.values(row)):
            continue
        names = [plain_name(sheet.value(row, i)) for i in (family, given)]
        rows.append(
            PlatformRow(
                row,
                # The username is Blackboard's key, and at many schools the student id as well.
                platform_id=check_id(sheet.value(row, username)),
                student_id=check_id(sheet.value(row, find(headers, _STUDENT_IDS))),
                login=sheet.value(row, username).strip(),
                name=", ".join(filter(None, names)),
            )
        )
    return fill(job, "blackboard", ReadTemplate(sheet, tuple(rows), chosen.index))


def _columns(headers: list[str]) -> list[Candidate]:
    """The columns that take points, unlike text columns and calculated totals."""
    found = []
    for index, header in enumerate(headers):
        parts = _COLUMN.fullmatch(header.strip())
        kind = (parts["kind"] or "").casefold() if parts else ""
        # A calculated total says "up to" in its header: Blackboard computes it and takes no marks.
        if parts and not kind.endswith(" text") and "up to" not in kind:
            found.append(Candidate(index, header, (parts["title"].strip(), parts["id"])))
    return found
