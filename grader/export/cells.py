"""A text table whose cells can be changed while every other byte stays as it was.

The csv module reads values and forgets how they were written; here a cell is a span of the
file's text, so the byte order mark, the delimiter, the quoting and the line ends survive.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.core.errors import UsageError
from grader.core.text_decoding import first_fitting
from kit.text import Text, os_reason

MAX_BYTES: Final = 64 * 1024 * 1024
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first bytes of a zip archive (xlsx) and of an OLE file (xls).
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# Canvas writes semicolons where the decimal sign is a comma, Blackboard writes tabs.
_DELIMITERS: Final = ",;\t"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as spans of its text. Rows may differ in length; a blank line is one empty cell."""

    text: str
    encoding: str
    delimiter: str
    rows: tuple[tuple[tuple[int, int], ...], ...]

    def value(self, row: int, column: int) -> str:
        """What a cell holds, without its quotes; empty where the row is shorter."""
        if not 0 <= column < len(self.rows[row]):
            return ""
        start, end = self.rows[row][column]
        raw = self.text[start:end]
        return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw

    def values(self, row: int) -> list[str]:
        """The values of a row."""
        return [self.value(row, column) for column in range(len(self.rows[row]))]

    def filled(self, changes: Mapping[tuple[int, int], str]) -> bytes:
        """The file with the values of some cells replaced, quoted where they were quoted."""
        pieces = []
        done = 0
        for row, column in sorted(changes):
            start, end = self.rows[row][column]
            value = changes[row, column]
            unsafe = any(char in value for char in (self.delimiter, '"', "\r", "\n"))
            if unsafe or self.text.startswith('"', start, end):
                value = '"' + value.replace('"', '""') + '"'
            pieces += [self.text[done:start], value]
            done = end
        return "".join([*pieces, self.text[done:]]).encode(self.encoding)


def load(path: Path) -> Sheet:
    """The table in a platform's file; UsageError where the file holds none."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            Text(
                f"无法读取模板 {path}：{os_reason(error).zh}。请给出从平台导出的成绩文件。",
                f"Cannot read the template {path}: {os_reason(error).en}. Give the file of "
                "marks that the platform exported.",
            )
        ) from error
    if len(data) > MAX_BYTES:
        raise _not_a_template(path, Text("文件超过 64 MB", "it has more than 64 MB"))
    if data.startswith(_WORKBOOKS):
        raise _not_a_template(
            path,
            Text(
                "这是 Excel 工作簿，不是文本表格；请直接使用平台导出的文件，不要另存",
                "it is an Excel workbook, not a table of text; use the file as the platform "
                "exported it, not saved again",
            ),
        )
    text, encoding = _decoded(path, data)
    sheets = [sheet for d in _DELIMITERS if (sheet := parse(text, encoding, d)) is not None]
    if not sheets or not text.strip("\ufeff \r\n"):
        raise _not_a_template(
            path,
            Text(
                "它是空的，或引号没有配对；请重新从平台导出",
                "it is empty or a quote is not closed; export it again from the platform",
            ),
        )
    # The right delimiter is the one that splits the header most.
    return max(sheets, key=lambda sheet: len(sheet.rows[0]))


def parse(text: str, encoding: str, delimiter: str) -> Sheet | None:
    """The spans of `text`; None where its quotes do not fit the delimiter."""
    # Possessive repeats: a file of nothing but quotes cannot make the search go back over itself.
    cell = re.compile(rf'"(?:[^"]|"")*+"|[^"{re.escape(delimiter)}\r\n]*+')
    rows: list[tuple[tuple[int, int], ...]] = []
    row: list[tuple[int, int]] = []
    at = 1 if text.startswith("\ufeff") else 0
    while True:
        found = cell.match(text, at)
        assert found is not None  # an empty cell always fits
        row.append(found.span())
        at = found.end()
        if text.startswith(delimiter, at):
            at += 1
            continue
        rows.append(tuple(row))
        row = []
        if at < len(text) and text[at] not in "\r\n":
            return None  # an unclosed quote, or text behind a closing quote
        at += 2 if text.startswith("\r\n", at) else 1
        if at >= len(text):
            return Sheet(text, encoding, delimiter, tuple(rows))


def _decoded(path: Path, data: bytes) -> tuple[str, str]:
    marked = [encoding for bom, encoding in _BOMS if data.startswith(bom)]
    # The cells that no mark goes into must come out byte for byte as they were.
    found = first_fitting(
        data,
        marked[:1] or ["utf-8", "gb18030"],
        lambda text, encoding: text.encode(encoding) == data,
    )
    if found is not None:
        return found
    raise _not_a_template(
        path,
        Text(
            "编码既不是 UTF-8、UTF-16，也不是 GB18030；请重新从平台导出",
            "its encoding is neither UTF-8 nor UTF-16 nor GB18030; export it again from the "
            "platform",
        ),
    )


def _not_a_template(path: Path, why: Text) -> UsageError:
    return UsageError(
        Text(f"不能用 {path} 作模板：{why.zh}。", f"{path} cannot be the template: {why.en}.")
    )
