"""A sheet as a workbook or as CSV, both safe to open and readable again after any editing."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

import xlsxwriter

from grader.export.guard import guarded
from grader.feedback.atomic import write_bytes, write_text
from kit.text import Text

from . import values
from .sheet import COMMENT, MACHINE_COLUMNS, Column, Sheet, versions_header

MARKER: Final = "rnn-lab-grader marks 1"
"""The first cell of the hidden sheet with the tokens, whatever that sheet is called."""

_MAX_LIST: Final = 255  # characters that a list may have inside its cell's rule
# A name such as `=1+1` or `http://...` stays the text that it is.
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_PICK: Final = Text("从列表中选一档，或只写分值", "Choose a level, or write its points alone")


def write(sheet: Sheet, path: Path, lang: str) -> None:
    """Write `sheet` to a file whose name ends in .xlsx or .csv."""
    if path.suffix.lower() == ".csv":
        write_text(path, _csv(sheet, lang))
    else:
        write_bytes(path, _workbook(sheet, lang))


def _csv(sheet: Sheet, lang: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([*(column.header for column in sheet.columns), versions_header(lang)])
    for row in sheet.rows:
        cells = [guarded(row.cells[column.key]) for column in sheet.columns]
        writer.writerow([*cells, row.token])
    # Excel on Windows reads a file without the mark in the code page of the system.
    return "\ufeff" + text.getvalue()


def _workbook(sheet: Sheet, lang: str) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        page = book.add_worksheet(Text("评分", "Marks").pick(lang))
        lists = book.add_worksheet("_lists")
        tokens = book.add_worksheet("_versions")
        head = book.add_format(
            {"bold": True, "num_format": "@", "text_wrap": True, "valign": "top"}
        )
        # Of the format "@" a cell stays text when it is edited: leading zeros and 1/3 survive.
        text = book.add_format({"num_format": "@"})
        machine = book.add_format({"num_format": "@", "bg_color": "#EEF1F4"})
        wrapped = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        for index, column in enumerate(sheet.columns):
            page.write_string(0, index, column.header, head)
            kind = machine if column.key in MACHINE_COLUMNS else text
            kind = wrapped if column.key == COMMENT else kind
            page.set_column(index, index, _width(column), kind)
            for line, row in enumerate(sheet.rows, start=1):
                value = row.cells[column.key]
                if not value:
                    page.write_blank(line, index, None, kind)
                else:
                    page.write_string(line, index, guarded(value), kind)
            if column.criterion is not None and sheet.rows:
                rule = _rule(column, index, lists, lang)
                page.data_validation(1, index, len(sheet.rows), index, rule)
        tokens.write_string(0, 0, MARKER)
        for line, row in enumerate(sheet.rows, start=1):
            tokens.write_string(line, 0, row.token)
        # Marks are text on purpose, and Excel would put a green corner on every one of them.
        page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        # The header and the columns that say whose line it is stay in view.
        page.freeze_panes(1, 3)
        page.autofilter(0, 0, max(1, len(sheet.rows)), len(sheet.columns) - 1)
        lists.hide()
        # No menu shows a very hidden sheet, so that it is not deleted by mistake.
        tokens.very_hidden()
        page.activate()
    return buffer.getvalue()


def _rule(
    column: Column, index: int, lists: xlsxwriter.worksheet.Worksheet, lang: str
) -> dict[str, object]:
    """What a spreadsheet offers in the cells of a criterion."""
    assert column.criterion is not None
    if not column.choices:
        return {
            "validate": "decimal",
            "criteria": "between",
            "minimum": 0,
            "maximum": float(column.criterion.points),
            "show_error": False,  # an import says it better, and knows thirds
        }
    rule: dict[str, object] = {
        "validate": "list",
        "input_title": values.show(column.criterion.points),
        "input_message": _PICK.pick(lang),
        # A level's points alone are right as well, and quicker to type.
        "show_error": False,
    }
    inline = ",".join(column.choices)
    # A comma would split a choice in two.
    if len(inline) <= _MAX_LIST and not any("," in choice for choice in column.choices):
        return rule | {"source": list(column.choices)}
    for line, choice in enumerate(column.choices):
        lists.write_string(line, index, choice)
    letter = xlsxwriter.utility.xl_col_to_name(index)
    return rule | {"source": f"='_lists'!${letter}$1:${letter}${len(column.choices)}"}


def _width(column: Column) -> int:
    if column.key == COMMENT:
        return 50
    return 18 if column.criterion is None else 24
