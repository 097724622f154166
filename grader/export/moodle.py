"""Moodle: the offline grading worksheet with its column of marks filled.

Moodle compares the header with the words of the uploader's language, and skips without a warning
any row that it does not accept, so the report names those rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from grader.core.errors import UsageError
from kit.text import Text

from . import moodle_columns
from .cells import Sheet, load
from .fill import ReadTemplate, fill
from .job import (
    Candidate,
    ExportJob,
    check_id,
    check_maximum,
    choose,
    find,
    lacking,
    number,
    plain_name,
)
from .matching import PlatformRow
from .report import ExportReport


@dataclass(frozen=True, slots=True)
class Words:
    """The header of a worksheet in one language."""

    language: str
    identifier: str
    grade: str
    modified: str  # of the grade


LANGUAGES: Final = (
    Words("English", "Identifier", "Grade", "Last modified (grade)"),
    Words("简体中文", "标识符", "成绩", "上次修改（评分）"),
    Words("日本語", "ID", "評点", "最終更新日時 (評定)"),
    Words("Deutsch", "ID", "Bewertung", "Zuletzt geändert (Bewertung)"),
    Words("Français", "Identifiant", "Note", "Dernière modification (note)"),
    Words("Español", "Identificador", "Calificación", "Última modificación (calificación)"),
    Words("Русский", "Идентификатор", "Оценка", "Последнее изменение (оценка)"),
)

# Words beside the three that the importer needs: they only help to tell students apart.
_NAMES: Final = frozenset(
    ("full name", "全名", "フルネーム", "vollständiger name", "nom complet", "nombre completo")
    + ("полное имя",)
)
_STUDENT_IDS: Final = frozenset(
    ("id number", "学号", "id 号", "idナンバー", "id-nummer", "numéro d'identification")
    + ("número de id", "индивидуальный номер")
)
_EMAILS: Final = frozenset(
    ("email address", "电子邮件地址", "メールアドレス", "e-mail-adresse", "adresse de courriel")
    + ("dirección de correo", "адрес электронной почты")
)
_LOCKS: Final = frozenset(
    ("grade can be changed", "允许更改成绩", "bewertung kann geändert werden")
    + ("la note peut être modifiée",)
)
_NO: Final = frozenset(("no", "否", "nein", "non"))

_DOWNLOADED: Final = Text("下载工作表时的语言", "the language in which it was downloaded")
_OVERWRITE: Final = Text(
    "工作表中已有评分记录：上传时请勾选“更新修改时间更晚的记录”，"
    "否则 Moodle 会直接跳过这些行，并且不提示。",
    "Some rows were graded before: tick “Allow updating records that have been modified more "
    "recently” when uploading, or Moodle skips them without a word.",
)


@dataclass(frozen=True, slots=True)
class Worksheet:
    """What an export needs of a worksheet."""

    sheet: Sheet
    headers: list[str]
    grade: int
    rows: tuple[PlatformRow, ...]
    modified: int  # column
    language: Text


def read(job: ExportJob) -> Worksheet:
    """The worksheet that is the template; UsageError where it is none that Moodle would take."""
    sheet = load(job.source)
    headers = [header.strip() for header in sheet.values(0)]
    known = next((w for w in LANGUAGES if {w.identifier, w.grade} <= set(headers)), None)
    if known is not None and known.modified not in headers:
        what = known.modified
        raise lacking(
            Text(f"“{what}”列，Moodle 会拒收", f"column “{what}”, and is refused"), headers
        )
    lines = [sheet.values(row) for row in range(1, len(sheet.rows)) if any(sheet.values(row))]
    places = None
    # A header with a part of the words of a known language was changed: Moodle would refuse it.
    if known is None and not {words.modified for words in LANGUAGES} & set(headers):
        places = moodle_columns.by_cells(headers, lines)
    if places is not None:
        choose([Candidate(places.grade, headers[places.grade])], job.column)
    if known is not None:
        grades = [Candidate(i, header) for i, header in enumerate(headers) if header == known.grade]
        places = moodle_columns.Places(
            headers.index(known.identifier),
            choose(grades, job.column).index,
            headers.index(known.modified),
            find(headers, _NAMES),
            find(headers, _STUDENT_IDS),
            find(headers, _EMAILS),
        )
    if places is None:
        raise lacking(
            Text(
                f"标识符和成绩列（认识的界面语言：{'、'.join(w.language for w in LANGUAGES)}；"
                "其他语言按各列的内容辨认，这里辨认不出）",
                "columns Identifier and Grade in a language that is known "
                f"({', '.join(w.language for w in LANGUAGES)}); in others they are told by what "
                "the columns hold, which is not clear here",
            ),
            headers,
        )
    rows = tuple(
        PlatformRow(
            row,
            platform_id=_participant(sheet.value(row, places.identifier)),
            student_id=check_id(sheet.value(row, places.student_id)),
            email=sheet.value(row, places.email).strip(),
            name=plain_name(sheet.value(row, places.name)),
        )
        for row in range(1, len(sheet.rows))
        if any(sheet.values(row))
    )
    language = _DOWNLOADED if known is None else Text(known.language, known.language)
    return Worksheet(sheet, headers, places.grade, rows, places.modified, language)


def write(job: ExportJob) -> ExportReport:
    """The filled worksheet."""
    work = read(job)
    sheet = work.sheet
    # Moodle writes the maximum beside the mark, in each row.
    maxima = {sheet.value(row.index, work.grade + 1) for row in work.rows}
    for maximum in sorted(maxima):
        # A scale has words in place of points, so no number can be written there.
        if number(maximum) is None:
            raise UsageError(
                Text(
                    f"这次作业用等级评分（{maximum[:60]!r}），不能写入分数。",
                    f"The assignment is marked by a scale ({maximum[:60]!r}): points cannot be "
                    "written.",
                )
            )
        check_maximum(maximum, job.gradebook.possible)
    lock = find(work.headers, _LOCKS)
    locked = {
        row.index: Text("Moodle 已锁定该成绩", "Moodle has locked the grade")
        for row in work.rows
        if sheet.value(row.index, lock).strip().casefold() in _NO
    }
    notices = [
        Text(
            f"上传时 Moodle 的界面语言须为 {work.language.zh}，否则会被拒收。",
            f"Upload it with Moodle's interface in {work.language.en}, or it is refused.",
        )
    ]
    if any(sheet.value(row.index, work.modified).strip() not in ("", "-") for row in work.rows):
        notices.append(_OVERWRITE)
    comma = any("," in maximum for maximum in maxima)
    template = ReadTemplate(sheet, work.rows, work.grade, locked, tuple(notices), comma)
    # A participant's number is valid in one assignment only.
    return fill(job, "moodle", template, local_ids=True)


def _participant(identifier: str) -> str:
    """The participant's number: ``Participant 123``, ``参与人123``."""
    found = re.search(r"([0-9]+)\s*$", identifier)
    return found[1] if found else ""
