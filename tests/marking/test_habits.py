"""Files as Excel and WPS write them: imitated, since neither program runs where these tests do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from marked_class import graded_class
from test_sheets import FIGURES, Edited, _in_part, exported, planned

from grader.marking.course import Course

SHEET = "xl/worksheets/sheet1.xml"
WHO = "0023001"


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    with Course(graded_class(tmp_path / "out")) as opened:
        yield opened


def with_cell(course: Course, path: Path, column: str, cell: str) -> Path:
    """The workbook with the XML `cell` in place of a cell; {} is its place."""
    edited = Edited(exported(course, path))
    place = edited.put(WHO, column, 12345)
    edited.save()
    old = f'<c r="{place}" t="n"><v>12345</v></c>'
    _in_part(path, SHEET, old.encode(), cell.replace("{}", place).encode())
    return path


def inline(text: str) -> str:
    return f'<c r="{{}}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


@pytest.mark.parametrize(
    "cell",
    [
        inline("4"),
        inline("  4 \u00a0"),
        inline("4\u3000"),
        inline("４"),
        inline("\ufeff4"),
        inline("4\u200b"),
        '<c r="{}" t="inlineStr"><is><r><t>4</t></r><r><rPr><b/></rPr><t> </t></r></is></c>',
        '<c r="{}" s="1" t="str"><f>TEXT(4,"0")</f><v>4</v></c>',
        '<c r="{}" t="str"><v>4</v></c>',
        '<c r="{}"><f>1.5+2.5</f><v>4</v></c>',
        '<c r="{}"><f t="array" ref="{}">SUM(2,2)</f><v>4</v></c>',
        '<c r="{}"><f t="shared" ref="{}" si="0">2+2</f><v>4</v></c>',
        '<c r="{}"><v>4.0000000000000001</v></c>',
        '<c r="{}"><v>3.9999999999999996</v></c>',
        '<c r="{}"><v>4E0</v></c>',
    ],
)
def test_one_mark_in_all_its_forms(course: Course, tmp_path: Path, cell: str) -> None:
    plan = planned(course, with_cell(course, tmp_path / "m.xlsx", FIGURES, cell))

    assert not plan.refusals
    assert [(change.before, change.after) for change in plan.taken] == [("", "4")]


@pytest.mark.parametrize("mark", ["{} ", " {}", "{}\u00a0", "\ufeff{}", "{}\u200b", "\t{}"])
def test_an_id_with_blanks_that_nobody_sees(course: Course, tmp_path: Path, mark: str) -> None:
    for kind in ("xlsx", "csv"):
        edited = Edited(exported(course, tmp_path / f"m.{kind}"))
        edited.put(WHO, FIGURES, "4")
        line, at = edited.at(WHO, "hand-in")
        edited.rows[line][at] = mark.format(edited.rows[line][at])

        plan = planned(course, edited.save())

        assert not plan.refusals, kind
        assert [change.after for change in plan.taken] == ["4"], kind


def test_an_id_that_became_a_date_or_a_number_is_refused(course: Course, tmp_path: Path) -> None:
    for cell in ('<c r="{}" s="9"><v>46000</v></c>', '<c r="{}"><v>23001</v></c>'):
        path = with_cell(course, tmp_path / "m.xlsx", "hand-in", cell.replace(' s="9"', ""))

        plan = planned(course, path)

        assert not plan.taken
        assert [refusal.place for refusal in plan.refusals] == ["A2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep={}\r\n"])
def test_a_csv_of_any_country(
    course: Course, tmp_path: Path, encoding: str, delimiter: str, first: str
) -> None:
    edited = Edited(exported(course, tmp_path / "m.csv"))
    # Where the comma separates decimals, the semicolon separates cells.
    edited.put(WHO, FIGURES, "2,5" if delimiter == ";" else "2.5")
    path = edited.save("utf-8", delimiter)
    text = path.read_text("utf-8")
    path.write_bytes((first.replace("{}", delimiter) + text).encode(encoding))

    plan = planned(course, path)

    assert not plan.refusals
    assert [change.after for change in plan.taken] == ["2.5"]


def test_strings_that_are_shared_have_runs_and_readings(course: Course, tmp_path: Path) -> None:
    """As Excel keeps a text of which a part was made bold, or one with a phonetic guide."""
    path = exported(course, tmp_path / "m.xlsx")
    _in_part(
        path,
        "xl/sharedStrings.xml",
        "<si><t>张三</t></si>".encode(),
        '<si><r><t>张</t></r><r><rPr><b/></rPr><t>三</t></r><rPh sb="0" eb="1"><t>zhang</t>'
        "</rPh></si>".encode(),
    )

    plan = planned(course, path)

    assert not plan.refusals
    assert not plan.changes
