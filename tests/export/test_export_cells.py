"""Filling a cell of a platform's file changes that cell and not one byte beside it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.core.errors import UsageError
from grader.export.cells import load, parse

TEXT = st.text(st.sampled_from('ab张,;\t"\n\r \ufeff=') | st.characters(codec="utf-8"), max_size=40)
DELIMITERS = st.sampled_from(",;\t")
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
VALUES = st.text(st.sampled_from("ab张 é,;\"\n'=1."), max_size=6)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str, list[list[str]]]:
    """A table as text, however quoted, with its delimiter and its values."""
    delimiter, end = draw(DELIMITERS), draw(ENDS)
    rows = draw(st.lists(st.lists(VALUES, min_size=1, max_size=4), min_size=1, max_size=4))
    lines = []
    for row in rows:
        cells = []
        for value in row:
            special = any(c in value for c in (delimiter, '"', "\n", "\r"))
            quoted = special or draw(st.booleans())
            cells.append('"' + value.replace('"', '""') + '"' if quoted else value)
        lines.append(delimiter.join(cells))
    text = end.join(lines) + draw(st.sampled_from(["", end]))
    return draw(st.sampled_from(["", "\ufeff"])) + text, delimiter, rows


@given(TEXT, DELIMITERS, st.sampled_from(["utf-8", "utf-16-le", "gb18030"]))
@example('a,"b""c",\r\n\r\n"d\ne"\r', ",", "utf-8")
def test_filling_no_cell_gives_the_same_bytes(text: str, delimiter: str, encoding: str) -> None:
    sheet = parse(text, encoding, delimiter)

    if sheet is not None:
        assert sheet.filled({}) == text.encode(encoding)
        spans = [span for row in sheet.rows for span in row]
        assert spans == sorted(spans)


@given(tables())
def test_values_are_those_that_the_csv_module_reads(
    table: tuple[str, str, list[list[str]]],
) -> None:
    text, delimiter, rows = table
    sheet = parse(text, "utf-8", delimiter)

    assert sheet is not None
    got = [sheet.values(i) for i in range(len(sheet.rows))]
    assert got == rows or (rows[-1] == [""] and got == rows[:-1])
    plain = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    assert [row or [""] for row in plain] == got or not text.removeprefix("\ufeff")


@given(tables(), st.data(), st.sampled_from(["87.50", "0.00", "87,50", "100.00"]))
def test_a_filled_cell_leaves_all_others(
    table: tuple[str, str, list[list[str]]], data: st.DataObject, value: str
) -> None:
    text, delimiter, _ = table
    sheet = parse(text, "utf-8", delimiter)
    assert sheet is not None
    row = data.draw(st.integers(0, len(sheet.rows) - 1))
    column = data.draw(st.integers(0, len(sheet.rows[row]) - 1))
    start, end = sheet.rows[row][column]

    filled = sheet.filled({(row, column): value}).decode("utf-8")
    assert filled.startswith(text[:start])
    assert filled.endswith(text[end:])
    middle = filled[start : len(filled) - len(text) + end]
    assert middle.strip('"') == value
    again = parse(filled, "utf-8", delimiter)
    assert again is not None
    expected = [sheet.values(i) for i in range(len(sheet.rows))]
    expected[row][column] = value
    assert [again.values(i) for i in range(len(again.rows))] == expected


@pytest.mark.parametrize(
    ("data", "delimiter", "encoding"),
    [
        (b"\xef\xbb\xbfa,b\r\n1,2", ",", "utf-8"),
        ("\ufeffa\tb, c\td\n".encode("utf-16-le"), "\t", "utf-16-le"),
        ("\ufeffa\tb\n".encode("utf-16-be"), "\t", "utf-16-be"),
        ("学号;姓名\n".encode("gb18030"), ";", "gb18030"),
        (b'"a, b";"c"\n', ";", "utf-8"),
    ],
    ids=["utf-8 with mark", "utf-16 le", "utf-16 be", "gb18030", "semicolons"],
)
def test_encoding_and_delimiter_are_found(
    tmp_path: Path, data: bytes, delimiter: str, encoding: str
) -> None:
    (path := tmp_path / "t.csv").write_bytes(data)

    sheet = load(path)
    assert (sheet.delimiter, sheet.encoding) == (delimiter, encoding)
    assert len(sheet.rows[0]) >= 2
    assert sheet.filled({}) == data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b'a,"b\n', "a quote is not closed"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "an Excel workbook"),
        (b"\xff\xfea", "encoding"),
        (b"\x80\xff\xff", "encoding"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    (path := tmp_path / "t.csv").write_bytes(data)

    with pytest.raises(UsageError, match=says):
        load(path)


def test_a_missing_template_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Cannot read the template"):
        load(tmp_path / "none.csv")


def test_many_quotes_take_no_long_time() -> None:
    assert parse('"' * 200_001, "utf-8", ",") is None
    assert parse('"' * 200_000, "utf-8", ",") is not None
