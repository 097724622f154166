"""The gradebook as a workbook, for people: text cells keep their leading zeros."""

from __future__ import annotations

import datetime
import io
from typing import Final

import xlsxwriter

from ..feedback.atomic import write_bytes
from .job import ExportJob
from .report import ExportReport
from .table import build

_ALWAYS: Final = datetime.datetime(2000, 1, 1)  # the same gradebook gives the same bytes
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def write(job: ExportJob) -> ExportReport:
    """One sheet: a frozen header, text in text cells, marks as numbers."""
    table = build(job)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"created": _ALWAYS})
        head = book.add_format({"bold": True, "num_format": "@", "text_wrap": True})
        # A cell of the format "@" stays text when it is edited, so leading zeros survive.
        text = book.add_format({"num_format": "@"})
        points = book.add_format({"num_format": "0.00"})
        sheet = book.add_worksheet()
        for column, header in enumerate(table.headers):
            sheet.write_string(0, column, header, head)
        for index, cells in enumerate(table.rows, start=1):
            for column, cell in enumerate(cells):
                if column not in table.numbers:
                    sheet.write_string(index, column, cell, text)
                elif cell:
                    sheet.write_number(index, column, float(cell), points)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, len(table.rows), len(table.headers) - 1)
        # In pixels at most, so that a long title does not push the marks off the screen.
        sheet.autofit(300)
    write_bytes(job.out, buffer.getvalue())
    return job.report(table.lines)
