"""One export as it was requested, and what all writers share."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from grader.core.errors import UsageError
from grader.records.gradebook import Gradebook
from kit.text import Text, joined

from ..feedback.clean import clean_line
from .report import ExportReport, ReportLine, pending_notice

# Bounded, because a template is a file from outside and may hold any text.
_NUMBER: Final = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,9})?")
_REWRITTEN: Final = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]+", re.I)


@dataclass(frozen=True, slots=True)
class ExportJob:
    """One export."""

    gradebook: Gradebook
    out: Path
    template: Path | None = None
    column: str | None = None  # which of the template's columns is filled
    feedback_dir: Path | None = None  # holds <submission id>/feedback.html
    lang: str = "zh"
    allow_pending: bool = False

    @property
    def source(self) -> Path:
        """The template; UsageError where none was given."""
        if self.template is None:
            raise UsageError(
                Text(
                    "这种格式要以平台导出的成绩文件作模板，请用 --template 给出。",
                    "This format fills the file of marks that the platform exported: give it with "
                    "--template.",
                )
            )
        return self.template

    def report(self, lines: Iterable[ReportLine], *notices: Text) -> ExportReport:
        """The report of this export; it warns of marks that are not complete."""
        pending = pending_notice(self.gradebook, self.allow_pending)
        return ExportReport(self.out, tuple(lines), (*notices, *pending))


Writer = Callable[[ExportJob], ExportReport]
"""Writes one format; UsageError where an option or the template is wrong."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column of a template that may be the one to fill."""

    index: int
    header: str
    names: tuple[str, ...] = ()  # other names for it besides its header


def mark_columns(
    headers: Sequence[str], others: Collection[int], words: Collection[str], wanted: str | None
) -> list[Candidate]:
    """The columns called by one of `words`; where a person names one, all but the `others`."""
    return [
        Candidate(index, header)
        for index, header in enumerate(headers)
        if index not in others
        and header.strip()
        # Whoever names a column may mean one that is not known here.
        and (wanted is not None or header.strip().casefold() in words)
    ]


def choose(candidates: Sequence[Candidate], wanted: str | None) -> Candidate:
    """The column to fill; UsageError lists the candidates where that is not certain."""
    if wanted is None:
        fits = list(candidates)
    else:
        # The whole header first: what is the title of one column may be the number of another.
        fits = [c for c in candidates if wanted.strip() == c.header.strip()] or [
            c for c in candidates if wanted.strip() in c.names
        ]
    if len(fits) == 1:
        return fits[0]
    listed = joined(clean_line(c.header) for c in candidates)
    asked = "" if wanted is None else clean_line(wanted)
    raise UsageError(
        Text(
            (f"模板中名为 {asked} 的成绩列有 {len(fits)} 个" if asked else "不能确定填哪一列成绩")
            + f"，请用 --column 指明其中一列：{listed.zh or '（没有）'}。",
            (
                f"{len(fits)} columns of marks in the template are called {asked}"
                if asked
                else "It is not certain which column of marks is meant"
            )
            + f". Name one of these with --column: {listed.en or '-'}.",
        )
    )


def find(headers: Sequence[str], words: frozenset[str]) -> int:
    """The first column whose header is one of `words`; -1 where there is none."""
    for index, header in enumerate(headers):
        # Platforms and their versions differ in letter case.
        if header.strip().casefold() in words:
            return index
    return -1


def lacking(what: Text, headers: Sequence[str]) -> UsageError:
    """The error for a template without a column that it must have."""
    seen = joined(clean_line(header) for header in headers[:20])
    return UsageError(
        Text(
            f"模板里没有{what.zh}；它的表头是：{seen.zh}。请使用平台为这次作业导出的文件。",
            f"The template has no {what.en}; its header is: {seen.en}. Use the file that the "
            "platform exported for this assignment.",
        )
    )


def number(text: str) -> Fraction | None:
    """The number in a cell, with a point or a comma; None where there is another text."""
    text = text.strip()
    return Fraction(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def check_maximum(stated: str, possible: Fraction) -> None:
    """Raise UsageError where the platform's maximum differs from the rubric's total."""
    maximum = number(stated)
    if maximum is not None and maximum != possible:
        raise UsageError(
            Text(
                f"平台上这一列的满分是 {stated.strip()}，评分标准的总分是 {float(possible):g}。"
                "请先在平台上改成一致，再重新导出模板。",
                f"The platform's maximum of this column is {stated.strip()}, the rubric's total "
                f"is {float(possible):g}. Make them the same on the platform and export the "
                "template again.",
            )
        )


def check_id(text: str) -> str:
    """An id from a template; UsageError where a spreadsheet has turned it into a number."""
    if _REWRITTEN.fullmatch(text.strip()):
        raise UsageError(
            Text(
                f"模板中的编号 {text.strip()} 被 Excel 改成了科学计数法，已无法还原。"
                "请重新从平台导出，不要用 Excel 打开后保存。",
                f"A spreadsheet has turned an id of the template into {text.strip()}, which "
                "cannot be undone. Export it again and do not save it with a spreadsheet.",
            )
        )
    return text.strip()


def plain_name(text: str) -> str:
    """A name from a template without the guard that platforms put before a formula."""
    text = text.strip()
    if text.startswith('="') and text.endswith('"'):
        return text[2:-1]
    return text[1:] if re.match(r"'\s*[=+\-@]", text) else text
