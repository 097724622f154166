"""A sheet that comes back: what it changes is taken, what cannot be is refused by its cell."""

from __future__ import annotations

import contextlib
import csv
import io
import random
import zipfile
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from drawing import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marked_class import graded_class, marked

from grader.core.errors import UsageError
from grader.marking import importing, sheet, sheet_reading, sheet_writing, values
from grader.marking.course import Course
from grader.marking.importing import ImportPlan
from grader.records.mark_events import WHOLE
from grader.records.present_marks import Look

MODULES, FIGURES, ESSAY = "report.modules", "report.figures", "essay"
KINDS = ("xlsx", "csv")


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    with Course(graded_class(tmp_path / "out")) as opened:
        yield opened


def exported(course: Course, path: Path, lang: str = "zh") -> Path:
    sheet_writing.write(sheet.build(course, lang), path, lang)
    return path


def planned(course: Course, path: Path, why: str = "") -> ImportPlan:
    criteria = [c.id for c in course.rubric.criteria]
    return importing.plan(course, sheet_reading.read(path, criteria), "wang", why)


class Edited:
    """A file with its cells by hand-in and column, as a person would edit it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.suffix == ".xlsx":
            self.book = openpyxl.load_workbook(path)
            self.rows = [[c.value for c in row] for row in self.book.worksheets[0].iter_rows()]
        else:
            text = path.read_bytes().decode("utf-8-sig")
            self.rows = [list(row) for row in csv.reader(io.StringIO(text, newline=""))]

    def at(self, who: str, column: str) -> tuple[int, int]:
        columns = [str(header) for header in self.rows[0]]
        at = next(i for i, header in enumerate(columns) if f"[{column}]" in header)
        line = next(i for i, row in enumerate(self.rows) if str(row[0]).startswith(who))
        return line, at

    def put(self, who: str, column: str, value: object) -> str:
        line, at = self.at(who, column)
        self.rows[line][at] = value
        return f"{openpyxl.utils.get_column_letter(at + 1)}{line + 1}"

    def save(self, encoding: str = "utf-8-sig", delimiter: str = ",") -> Path:
        if self.path.suffix == ".xlsx":
            page = self.book.worksheets[0]
            page.delete_rows(1, page.max_row)
            for line, row in enumerate(self.rows, start=1):
                for column, value in enumerate(row, start=1):
                    page.cell(line, column).value = value
            self.book.save(self.path)
        else:
            text = io.StringIO()
            csv.writer(text, delimiter=delimiter).writerows(self.rows)
            self.path.write_bytes(text.getvalue().encode(encoding))
        return self.path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_sheet_that_nobody_changed_changes_nothing(
    course: Course, tmp_path: Path, kind: str, lang: str
) -> None:
    marked(course, "0023001", MODULES, "8/3")
    marked(course, "0023002", FIGURES, "2.5")
    marked(course, "23003", WHOLE, None, note="=1+1\n'quoted'")
    path = exported(course, tmp_path / f"m.{kind}", lang)

    plan = planned(course, path)

    assert plan == ImportPlan()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_person_fills_in_is_taken(course: Course, tmp_path: Path, kind: str) -> None:
    edited = Edited(exported(course, tmp_path / f"m.{kind}"))
    edited.put("0023001", MODULES, "8/3 缺一")
    edited.put("0023001", FIGURES, "２．５")  # as an input method writes it
    edited.put("0023002", ESSAY, 7.25)
    edited.put("A04", sheet.COMMENT, "写得好，图 3 没有坐标轴")

    plan = planned(course, edited.save())
    importing.apply(course, plan, "m", "zh")

    assert not plan.refusals
    people = course.present()
    points = {
        (entry.people[0].student_id, id): standing.points
        for entry in course.snapshot.entries
        for id, standing in people.of_hand_in(entry.id).standings.items()
    }
    assert (
        points
        == {
            ("002", MODULES): Fraction(8, 3),
            ("002", FIGURES): Fraction(5, 2),
            ("002", ESSAY): Fraction(29, 4),
        }
        or len(points) == 3
    )
    assert course.given(course.find("0023001").id).standings[MODULES].event.level == 1
    assert course.given(course.find("0023001").id).standings[MODULES].event.author == "wang"
    assert course.given(course.find("A04").id).whole_comments[0].zh == "写得好，图 3 没有坐标轴"


@pytest.mark.parametrize("kind", KINDS)
def test_lines_are_found_by_their_id(course: Course, tmp_path: Path, kind: str) -> None:
    """Sorted, with a line deleted and columns in another order, as people leave a sheet."""
    edited = Edited(exported(course, tmp_path / f"m.{kind}"))
    edited.put("23003", FIGURES, "1")
    head, *lines = edited.rows
    lines = sorted((line for line in lines if not line[0].startswith("A04")), reverse=True, key=str)
    edited.rows = [list(reversed(row)) for row in (head, *lines)]
    if kind == "xlsx":
        edited.book.worksheets[0].title = "改名了"

    plan = planned(course, edited.save())

    assert [(c.entry.people[0].student_id, c.criterion, c.after) for c in plan.taken] == [
        ("23003", FIGURES, "1")
    ]
    assert not plan.refusals


def test_a_saved_csv_keeps_its_lines_although_a_spreadsheet_ate_the_zeros(
    course: Course, tmp_path: Path
) -> None:
    edited = Edited(exported(course, tmp_path / "m.csv"))
    edited.put("0023001", FIGURES, "4")
    edited.put("0023001", sheet.STUDENT_ID, "23001")

    for encoding, delimiter in (("gb18030", ","), ("utf-16", "\t"), ("utf-8", ";")):
        plan = planned(course, edited.save(encoding, delimiter))

        assert [c.after for c in plan.taken] == ["4"], encoding
        assert not plan.refusals


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (MODULES, "3", "report.modules is 3, expected one of its levels: 4, 8/3, 0"),
        (FIGURES, "5.5", "report.figures is 5.5, expected a number from 0 to 5"),
        (FIGURES, "-1", "report.figures is -1, expected a number from 0 to 5"),
        (FIGURES, "good", "report.figures is good, expected a number from 0 to 5"),
        (FIGURES, "1e3", "report.figures is 1e3, expected a number from 0 to 5"),
        (sheet.MACHINE, "3.50", "this column is not for changes: it holds 3.50, expected 3.00"),
        (sheet.NAME, "李四", "this column is not for changes: it holds 李四, expected 张三"),
        (sheet.STUDENT_ID, "0023009", "this column is not for changes"),
        (sheet.COMMENT, "x" * 5000, "the comment has 5000 characters"),
    ],
)
def test_what_cannot_be_is_refused_by_its_cell(
    course: Course, tmp_path: Path, kind: str, column: str, value: str, words: str
) -> None:
    edited = Edited(exported(course, tmp_path / f"m.{kind}"))
    place = edited.put("0023001", column, value)
    edited.put("0023002", FIGURES, "1")

    plan = planned(course, edited.save())

    assert [(r.place, words in r.why.en) for r in plan.refusals] == [(place, True)]
    # Nothing is taken, so nothing else is listed.
    assert [line.partition(":")[0] for line in importing.lines(plan, "en")] == [f"! {place}"]


def test_a_header_says_what_its_cells_may_hold(course: Course) -> None:
    headers = {c.key: c.header for c in sheet.build(course, "en").columns if c.criterion}

    assert headers[MODULES] == "Modules [report.modules] 4, 8/3, 0"
    assert headers[FIGURES] == "Figures [report.figures] 0–5"


@pytest.mark.parametrize("kind", KINDS)
def test_three_states_are_compared(course: Course, tmp_path: Path, kind: str) -> None:
    for who in ("0023001", "0023002", "23003", "A04"):
        marked(course, who, FIGURES, 1)
    edited = Edited(exported(course, tmp_path / f"m.{kind}"))
    marked(course, "0023001", FIGURES, 2)  # changed at the desk alone
    edited.put("0023002", FIGURES, "3")  # in the sheet alone
    marked(course, "23003", FIGURES, 4)  # on both sides, to the same
    edited.put("23003", FIGURES, "4")
    marked(course, "A04", FIGURES, 5)  # on both sides, to different points
    edited.put("A04", FIGURES, "2")

    plan = planned(course, edited.save())

    assert [(c.entry.people[0].student_id, c.before, c.after) for c in plan.taken] == [
        ("0023002", "1", "3")
    ]
    assert [(c.entry.people[0].student_id, c.before, c.after) for c in plan.conflicts] == [
        ("A04", "5", "2")
    ]
    importing.apply(course, plan, "m", "zh")
    disputed = course.given(course.find("A04").id)
    assert disputed.looks == ((FIGURES, Look.DISPUTED),)
    assert disputed.standings[FIGURES].points is None
    # A person settles it by marking again.
    marked(course, "A04", FIGURES, 2)
    assert course.given(course.find("A04").id).standings[FIGURES].points == 2
    assert not course.marks.conflicts()


def test_an_emptied_cell_takes_the_mark_back(course: Course, tmp_path: Path) -> None:
    marked(course, "0023001", FIGURES, 1)
    edited = Edited(exported(course, tmp_path / "m.xlsx"))
    edited.put("0023001", FIGURES, None)

    importing.apply(course, planned(course, edited.save()), "m", "zh")

    assert course.given(course.find("0023001").id).standings[FIGURES].points is None


def test_formulas_count_by_their_value_and_need_one(course: Course, tmp_path: Path) -> None:
    edited = Edited(exported(course, tmp_path / "m.xlsx"))
    place = edited.put("0023001", FIGURES, "=1+1")
    path = edited.save()

    (refusal,) = planned(course, path).refusals
    assert refusal.place == place
    assert "no stored result" in refusal.why.en

    # As a spreadsheet program saves it: the formula and its result.
    _in_part(path, "xl/worksheets/sheet1.xml", b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    assert [c.after for c in planned(course, path).taken] == ["2"]


def test_a_third_that_a_formula_computed_is_a_third(course: Course, tmp_path: Path) -> None:
    edited = Edited(exported(course, tmp_path / "m.xlsx"))
    edited.put("0023001", MODULES, 8 / 3)
    edited.put("0023001", FIGURES, 0.1 + 0.2)

    changes = planned(course, edited.save()).taken

    assert [change.event.base for change in changes] == [Fraction(8, 3), Fraction(3, 10)]


@pytest.mark.parametrize("kind", KINDS)
def test_two_lines_of_one_hand_in_and_a_foreign_line_are_refused(
    course: Course, tmp_path: Path, kind: str
) -> None:
    edited = Edited(exported(course, tmp_path / f"m.{kind}"))
    foreign = ["9999999" if i == 0 else None for i in range(len(edited.rows[0]))]
    edited.rows += [list(edited.rows[1]), foreign]

    plan = planned(course, edited.save())

    assert [r.place for r in plan.refusals] == ["A6", "A7"]


def test_a_sheet_of_another_class_is_refused(course: Course, tmp_path: Path) -> None:
    marked(course, "0023001", FIGURES, 1)
    path = exported(course, tmp_path / "m.csv")
    with Course(graded_class(tmp_path / "other")) as other:
        plan = planned(other, path)

    assert any("not exported from this results folder" in r.why.en for r in plan.refusals)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", b"hello", b"\xd0\xcf\x11\xe0" + b"\0" * 600, b"a,b\r\n1,2\r\n"],
    ids=["empty", "torn zip", "text", "xls", "csv"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_sheet_is_refused(
    course: Course, tmp_path: Path, kind: str, data: bytes
) -> None:
    path = tmp_path / f"m.{kind}"
    path.write_bytes(data)

    with pytest.raises(UsageError):
        planned(course, path)


def test_a_workbook_cannot_eat_the_memory(course: Course, tmp_path: Path) -> None:
    bomb = exported(course, tmp_path / "bomb.xlsx")
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/big.bin", b"\0" * (300 << 20))
    entities = exported(course, tmp_path / "entities.xlsx")
    _in_part(
        entities,
        "xl/sharedStrings.xml",
        b"<sst",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<sst',
    )

    for path in (bomb, entities):
        with pytest.raises(UsageError, match="no xlsx workbook, or too large"):
            planned(course, path)


def test_no_cell_of_a_file_runs(course: Course, tmp_path: Path) -> None:
    marked(course, "0023001", WHOLE, None, note="＝HYPERLINK(1)")
    book = openpyxl.load_workbook(exported(course, tmp_path / "m.xlsx"))
    assert not any(
        cell.data_type == "f" for page in book for row in page.iter_rows() for cell in row
    )
    for row in csv.reader(io.StringIO(exported(course, tmp_path / "m.csv").read_text("utf-8-sig"))):
        assert not any(cell.lstrip().startswith(tuple("=+-@＝＋－＠")) for cell in row)


def test_long_lists_lie_on_a_hidden_sheet(course: Course, tmp_path: Path) -> None:
    """`all, and clear` has a comma, which would split it in two inside a rule."""
    book = openpyxl.load_workbook(exported(course, tmp_path / "m.xlsx", "en"))

    lists = [
        r.formula1 for r in book.worksheets[0].data_validations.dataValidation if r.type == "list"
    ]
    assert lists == ["'_lists'!$E$1:$E$3"]
    assert [page.sheet_state for page in book] == ["visible", "hidden", "veryHidden"]
    zh = openpyxl.load_workbook(exported(course, tmp_path / "zh.xlsx", "zh"))
    lists = [
        r.formula1 for r in zh.worksheets[0].data_validations.dataValidation if r.type == "list"
    ]
    assert lists == ['"4 齐全，清楚,8/3 缺一,0 没有"']


TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("='+-@\t\n\r \"';,＝_x000D_"),
    max_size=40,
)


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    comments=st.lists(TEXT, min_size=4, max_size=4),
    thirds=st.lists(st.integers(0, 15), min_size=4, max_size=4),
)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_was_given_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, kind: str, comments: list[str], thirds: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    with Course(graded_class(folder / "out")) as course:
        for entry, text, third in zip(course.snapshot.entries, comments, thirds):
            marked(course, entry.id, FIGURES, Fraction(third, 3))
            marked(course, entry.id, WHOLE, None, note=values.comment(text))

        assert planned(course, exported(course, folder / f"m.{kind}")) == ImportPlan()


def _in_part(path: Path, part: str, old: bytes, new: bytes) -> None:
    """Replace bytes within one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part], parts[part][:2000]
    parts[part] = parts[part].replace(old, new, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_habits_of_programs_lose_no_line(course: Course, tmp_path: Path) -> None:
    """WPS writes a size of one cell; others leave formats down to the last row of a sheet."""
    edited = Edited(exported(course, tmp_path / "m.xlsx"))
    edited.put("0023001", FIGURES, 4)
    path = edited.save()
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as archive:
        size = archive.read(part).partition(b'<dimension ref="')[2].partition(b'"')[0]
    _in_part(path, part, b'<dimension ref="' + size + b'"', b'<dimension ref="A1"')
    _in_part(
        path, part, b"</sheetData>", b'<row r="1048576"><c r="A1048576" s="1"/></row></sheetData>'
    )

    plan = planned(course, path)

    assert [change.after for change in plan.taken] == ["4"]
    assert not plan.refusals


def test_rows_that_only_are_wide_do_not_hold_an_import_up(course: Course, tmp_path: Path) -> None:
    path = exported(course, tmp_path / "m.xlsx")
    wide = b"".join(b'<row r="%d"><c r="XFD%d" s="1"/></row>' % (i, i) for i in range(100, 9000))
    _in_part(path, "xl/worksheets/sheet1.xml", b"</sheetData>", wide + b"</sheetData>")

    with pytest.raises(UsageError, match="very wide"):
        planned(course, path)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (b'<c r="{}" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "the formula fails (#DIV/0!)"),
        (b'<c r="{}" t="b"><v>1</v></c>', "report.figures is True"),
    ],
)
def test_what_a_cell_may_also_hold_is_refused(
    course: Course, tmp_path: Path, cell: bytes, words: str
) -> None:
    edited = Edited(exported(course, tmp_path / "m.xlsx"))
    place = edited.put("0023001", FIGURES, 12345)
    path = edited.save()
    _in_part(
        path,
        "xl/worksheets/sheet1.xml",
        f'<c r="{place}" t="n"><v>12345</v></c>'.encode(),
        cell.replace(b"{}", place.encode()),
    )

    (refusal,) = planned(course, path).refusals

    assert refusal.place == place
    assert words in refusal.why.en


def test_a_third_that_became_a_date_is_refused(course: Course, tmp_path: Path) -> None:
    edited = Edited(exported(course, tmp_path / "m.xlsx"))
    place = edited.put("0023001", FIGURES, datetime(2026, 8, 3))

    (refusal,) = planned(course, edited.save()).refusals

    assert (refusal.place, "turned it into a date" in refusal.why.en) == (place, True)


def test_columns_of_ones_own_and_deleted_columns_change_nothing(
    course: Course, tmp_path: Path
) -> None:
    marked(course, "0023001", FIGURES, 3)
    edited = Edited(exported(course, tmp_path / "m.csv"))
    gone = edited.at("0023001", FIGURES)[1]
    edited.rows = [[*row[:gone], *row[gone + 1 :], "mine"] for row in edited.rows]

    plan = planned(course, edited.save())

    assert plan.changes == ()
    assert [notice.en for notice in plan.notices] == [
        "the file lacks these columns, whose marks stay: report.figures",
        "columns of your own were not read: mine",
    ]


def test_a_file_that_was_damaged_is_read_or_refused(course: Course, tmp_path: Path) -> None:
    """Bytes that were lost, changed or doubled anywhere: no error but a sentence for the TA."""
    drawn = random.Random(14)
    csv_bytes = exported(course, tmp_path / "whole.csv").read_bytes()
    with zipfile.ZipFile(exported(course, tmp_path / "whole.xlsx")) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for number in range(120):
        path = tmp_path / ("m.csv" if number % 2 else "m.xlsx")
        if number % 2:
            path.write_bytes(damaged(csv_bytes, drawn))
        else:
            name = drawn.choice(sorted(parts))
            with zipfile.ZipFile(path, "w") as archive:
                for part, data in parts.items():
                    archive.writestr(part, damaged(data, drawn) if part == name else data)
        with contextlib.suppress(UsageError):
            assert list(importing.lines(planned(course, path), "zh")) is not None


def damaged(data: bytes, drawn: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(drawn.randint(1, 6)):
        at = drawn.randrange(len(changed))
        match drawn.randrange(3):
            case 0:
                changed[at] = drawn.randrange(256)
            case 1:
                del changed[at : at + drawn.randint(1, 30)]
            case 2:
                start = drawn.randrange(len(changed))
                changed[at:at] = changed[start : start + drawn.randint(1, 60)]
        if not changed:
            return b""
    return bytes(changed)
