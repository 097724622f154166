"""A sheet that came back: a workbook or CSV, as Excel, WPS or LibreOffice saved it.

The file comes from a person's machine: sizes are bounded before anything is parsed, and whatever
cannot be read is refused with its cell.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from grader.core.errors import UsageError
from grader.core.text_decoding import of_spreadsheet
from grader.export.guard import unguarded
from grader.export.workbook import MAX_BYTES, bounded
from grader.feedback.clean import clean_line
from grader.scoring.points import show_points
from kit.text import Text, os_reason

from .sheet import (
    COMMENT,
    HAND_IN,
    MACHINE_COLUMNS,
    VERSIONS,
    Cell,
    ReadRow,
    ReadSheet,
    key_of,
    read_token,
)
from .sheet_writing import MARKER
from .values import trimmed

MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 200
MAX_CELLS: Final = 10_000_000  # with the empty ones that lie between two others in a row
MAX_CELL: Final = 40_000  # characters; a spreadsheet keeps 32,767
_GAP: Final = 1_100_000  # rows of a sheet, most of them empty
_HEADER_ROWS: Final = 10  # somebody may have put a title above

_Table = tuple[list[str], list[str], list[list[Cell]]]
"""The headers, the key of each column ("" for one that is not ours), and the lines below."""


def read(path: Path, criteria: Collection[str]) -> ReadSheet:
    """The lines of `path`; UsageError where it is no sheet of marks."""
    if path.suffix.lower() == ".csv":
        return _csv(path, criteria)
    return _workbook(path, criteria)


def _workbook(path: Path, criteria: Collection[str]) -> ReadSheet:
    data = bounded(path)
    if data is None:
        raise _unreadable(
            path,
            Text(
                "它不是 xlsx 工作簿，或者过大；旧式 xls 请先另存为 xlsx",
                "it is no xlsx workbook, or too large; save an old-style xls as xlsx first",
            ),
        )
    try:
        return _sheet(path, *_pages(data, criteria), criteria)
    except UsageError:
        raise
    except Exception as error:  # openpyxl raises many kinds on a file that is broken
        raise _unreadable(
            path,
            Text(
                f"无法解析（{type(error).__name__}）；请重新导出",
                f"it cannot be parsed ({type(error).__name__}); export it again",
            ),
        ) from error


def _pages(data: bytes, criteria: Collection[str]) -> tuple[_Table | None, list[str]]:
    """The table of a workbook and its tokens, on whatever sheets they are."""
    with warnings.catch_warnings():
        # openpyxl warns of what it leaves out: styles, lists of other programs.
        warnings.simplefilter("ignore")
        # Formulas count by the value that the program stored; without one there is none.
        valued = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        # openpyxl gives either values or formulas, so it reads twice; read-only, it streams.
        written = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        tokens: list[str] = []
        found = None
        for sheet, formulas in zip(valued.worksheets, written.worksheets):
            rows = _cells(sheet, formulas)
            first = next(rows, [])
            if first and first[0].text == MARKER:
                tokens += [row[0].text for row in rows if row]
            elif found is None:
                found = _table(itertools.chain([first], rows), criteria)
    return found, tokens


def _cells(sheet: Any, formulas: Any) -> Iterator[list[Cell]]:
    """The rows of one sheet. Rows without any text count for nothing."""
    # Some programs write the size of a sheet wrongly.
    for one in (sheet, formulas):
        one.reset_dimensions()
    # Without a last column: every row that is not there would be filled up to it.
    rows = zip(sheet.iter_rows(), formulas.iter_rows())
    # Empty rows are counted apart: a format down to the last row makes a million of them.
    filled = wide = 0
    for line, (values, sources) in enumerate(itertools.islice(rows, _GAP), start=1):
        if not values:
            yield []
            continue
        wide += len(values)
        cells = [
            _cell(value.value, value.data_type, source.data_type, f"{get_column_letter(i)}{line}")
            if value.value is not None or source.data_type == "f"
            else Cell("", f"{get_column_letter(i)}{line}")
            for i, (value, source) in enumerate(zip(values[:MAX_COLUMNS], sources), start=1)
        ]
        empty = not any(cell.text or cell.problem for cell in cells)
        filled += not empty
        if filled > MAX_ROWS or wide > MAX_CELLS:
            raise UsageError(
                Text(
                    f"表格超过 {MAX_ROWS} 行，或者太宽。",
                    f"The sheet has more than {MAX_ROWS} lines, or very wide ones.",
                )
            )
        yield [] if empty else cells


def _cell(value: Any, kind: str, source: str, place: str) -> Cell:
    if value is None and source == "f":
        return Cell(
            "",
            place,
            Text(
                "公式没有存下结果；请在表格软件中打开并保存，或直接写数值",
                "the formula has no stored result: open and save the file in a spreadsheet "
                "program, or write the value",
            ),
        )
    if kind == "e":
        return Cell("", place, Text(f"公式出错（{value}）", f"the formula fails ({value})"))
    # Python takes True for 1, so truth values come before numbers.
    if isinstance(value, bool):
        return Cell(str(value), place)
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return Cell(
            "",
            place,
            Text(
                "表格软件把它变成了日期；请把单元格设为文本再写一次",
                "the spreadsheet has turned it into a date: make the cell text and write it again",
            ),
        )
    if isinstance(value, (int, float)):
        return Cell(_number(value), place)
    text = str(value)
    if len(text) > MAX_CELL:
        return Cell("", place, Text("文字太长", "the text is too long"))
    return Cell(unguarded(trimmed(text)), place)


def _number(value: int | float) -> str:
    """A number as a person would write it: a third that a formula computed is one again."""
    try:
        near = Fraction(value).limit_denominator(1000)
    except (ValueError, OverflowError):  # not a number, or infinite
        return str(value)
    if abs(near - Fraction(value)) > Fraction(1, 10**9):
        near = Fraction(round(value * 10**6), 10**6)
    # The rubric permits no negative mark; a negative number is shown as it was written.
    return show_points(near) if near >= 0 else str(value)


def _csv(path: Path, criteria: Collection[str]) -> ReadSheet:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, os_reason(error)) from error
    if len(data) > MAX_BYTES:
        raise _unreadable(path, Text("文件过大", "it is too large"))
    text = of_spreadsheet(data)
    if text is None:
        raise _unreadable(
            path,
            Text(
                "编码既不是 UTF-8、UTF-16，也不是 GB18030",
                "its encoding is neither UTF-8 nor UTF-16 nor GB18030",
            ),
        )
    if text.lower().startswith("sep="):  # a line that Excel alone knows
        text = text.partition("\n")[2]
    tables = []
    # Excel writes the separator of its region, and the file does not say which.
    for delimiter in ",;\t":
        try:
            # A strict reader fails at a broken quote, where another one would guess.
            lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            rows = [
                [
                    Cell(unguarded(trimmed(value)), f"{get_column_letter(i)}{line}")
                    for i, value in enumerate(row[:MAX_COLUMNS], start=1)
                ]
                for line, row in enumerate(itertools.islice(lines, MAX_ROWS + 1), start=1)
            ]
        except csv.Error:
            continue
        if (table := _table(rows, criteria)) is not None:
            tables.append(table)
    # The right delimiter is the one that splits the header most.
    best = max(tables, key=lambda table: len(table[1]), default=None)
    return _sheet(path, best, None, criteria)


def _table(rows: Iterable[list[Cell]], criteria: Collection[str]) -> _Table | None:
    """The first table with a header of ours; None where there is none."""
    known = {*MACHINE_COLUMNS, COMMENT, VERSIONS, *criteria}
    lines = iter(rows)
    for row in itertools.islice(lines, _HEADER_ROWS):
        keys = [key_of(cell.text, known) or "" for cell in row]
        if HAND_IN in keys:
            return [cell.text.strip() for cell in row], keys, [line for line in lines if line]
    return None


def _sheet(
    path: Path,
    table: _Table | None,
    hidden: Sequence[str] | None,
    criteria: Collection[str],
) -> ReadSheet:
    if table is None:
        raise _unreadable(
            path,
            Text(
                "没有找到带 [hand-in] 的表头；请用 grader marks export 导出的文件",
                "no header with [hand-in] was found; use a file of grader marks export",
            ),
        )
    headers, keys, lines = table
    if twice := sorted({key for key in keys if key and keys.count(key) > 1}):
        raise _unreadable(
            path,
            Text(f"有两列都是 {'、'.join(twice)}", f"two columns are called {', '.join(twice)}"),
        )
    # Tokens are found by hand-in, because people sort and cut the visible sheet alone.
    by_hand_in = {token.hand_in: text for text in hidden or () if (token := read_token(text))}
    rows = []
    for line in lines:
        # A row ends with its last cell that holds something: an emptied one is missing there.
        number = line[0].place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        ends = (
            Cell("", f"{get_column_letter(i)}{number}") for i in range(len(line) + 1, len(keys) + 1)
        )
        cells = {key: cell for key, cell in zip(keys, (*line, *ends)) if key}
        named = cells.get(HAND_IN)
        if named is None or not any(cell.text.strip() or cell.problem for cell in cells.values()):
            continue
        if hidden is None:
            versions = cells.pop(VERSIONS, None)
            exported = versions.text.strip() if versions is not None else None
        else:
            exported = by_hand_in.get(named.text.strip())
        rows.append(ReadRow(cells, exported))
    lacking = [id for id in criteria if id not in keys]
    notices = []
    if lacking:
        notices.append(
            Text(
                f"文件里没有这些列，对应的评分不变：{'、'.join(lacking)}",
                f"the file lacks these columns, whose marks stay: {', '.join(lacking)}",
            )
        )
    own = [clean_line(header, 40) for key, header in zip(keys, headers) if header and not key]
    if own:
        names = ", ".join(own)
        notices.append(
            Text(f"不认识的列没有读取：{names}", f"columns of your own were not read: {names}")
        )
    return ReadSheet(tuple(rows), tuple(notices))


def _unreadable(path: Path, why: Text) -> UsageError:
    return UsageError(Text(f"无法读取 {path}：{why.zh}。", f"Cannot read {path}: {why.en}."))
