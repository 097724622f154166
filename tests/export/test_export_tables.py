"""General formats: what a spreadsheet opens, what a program reads, nothing that runs."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from export_cases import book, check, mark, person, row
from hypothesis import given
from hypothesis import strategies as st

from grader.core.model import Diagnosis, Outcome, Status
from grader.export.formats import FORMATS, export, target
from grader.export.naming import folder_name, unused
from grader.export.report import Action, ExportReport
from grader.export.table import safe
from grader.records.gradebook import Gradebook
from kit.text import Text

NFD = unicodedata.normalize("NFD", "José")
NAMES = [
    "张三",
    "张, 三",
    'A "B" C',
    "第一行\n第二行",
    "=HYPERLINK(0)",
    "＝1+1",
    " +1",
    "\u00a0\u200d@SUM(1)",
    "\x07\x00响",
    "\tabc",
    NFD,
    "\ud800",
    "-",
    "a\u2028b",
    "]]></failure>",
]
CLASS = book(
    *(mark(person(f"{i:05}", name), Fraction(80 + i)) for i, name in enumerate(NAMES)),
    mark(person("=1+1", "编号是公式"), Fraction(99999, 1000), late=Text("迟交 1 天", "1 day late")),
    mark(
        person("00100", "待评"),
        30,
        pending=25,
        rows=(row("code", 30, 30), row("report", 0, 25, 25)),
    ),
    mark(person("00101", "未交"), None, Status.MISSING, submission_id=""),
    mark(person("00102", "故障"), None, Status.GRADER_ERROR),
    row_ids=("code", "report"),
)


def run(
    tmp_path: Path, gradebook: Gradebook, format: str, **more: Any
) -> tuple[ExportReport, bytes]:
    out = tmp_path / f"out{FORMATS[format].suffix}"
    report = export(gradebook, format, out=out, **more)
    assert len(report.lines) == len(gradebook.marks)
    return report, out.read_bytes() if out.is_file() else b""


def test_csv_opens_right_and_runs_nothing(tmp_path: Path) -> None:
    report, data = run(tmp_path, CLASS, "csv")

    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0] == (
        [
            "学号",
            "姓名",
            "提交",
            "提交时间",
            "状态",
            "代码",
            "代码",
            "已得",
            "待评",
            "满分",
            "迟交",
            "人工改判",
            "目前成绩（扣除迟交后）",
            "成绩",
        ]
    )
    assert len({len(r) for r in rows}) == 1
    assert len(rows) == len(CLASS.marks) + 1
    for cells in rows[1:]:
        assert not any(c.lstrip()[:1] in {*"=+-@＝＋－＠", "\t"} - {""} for c in cells if c)
        assert all("\n" not in cell and "\x00" not in cell for cell in cells)
    assert [r[0] for r in rows[1:4]] == ["00000", "00001", "00002"]
    assert [r[1] for r in rows[1:7]] == [
        "张三",
        "张, 三",
        'A "B" C',
        "第一行 第二行",
        "'=HYPERLINK(0)",
        "'＝1+1",
    ]
    assert rows[11][1] == NFD
    assert rows[-3][4:] == [
        "待人工评分",
        "30.00",
        "",
        "30.00",
        "25.00",
        "100.00",
        *["", ""],
        "30.00",
        "",
    ]
    assert rows[-2][4:] == ["未提交", "", "", "", "0.00", "100.00", *[""] * 4]
    assert rows[-4][10:] == ["迟交 1 天", "", "99.99", "99.99"]
    assert b",99.99\r\n" in data  # bare numbers
    assert [line.action for line in report.lines[-3:]] == [Action.NO_MARK] * 3
    assert report.render("en").splitlines()[-1] == "written 16; listed without a mark 3"


def test_xlsx_keeps_identifiers_as_text_and_marks_as_numbers(tmp_path: Path) -> None:
    _, data = run(tmp_path, CLASS, "xlsx", lang="en")

    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    header = [cell.value for cell in sheet[1]]
    assert header[:2] == ["Student id", "Name"]
    assert header[-1] == "Mark"
    cells = [cell for r in sheet.iter_rows(min_row=2) for cell in r if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.data_type == "f" for cell in cells)
    assert sheet["A2"].value == "00000"
    assert sheet["A2"].number_format == "@"
    assert sheet["B6"].value == "'=HYPERLINK(0)"
    assert (sheet["N2"].value, sheet["N2"].data_type) == (80, "n")
    assert sheet["N2"].number_format == "0.00"
    assert sheet["N17"].value == 99.99
    assert sheet["N18"].value is None
    assert sheet["M18"].value == 30
    assert run(tmp_path, CLASS, "xlsx", lang="en")[1] == data


def test_json_lines_are_exact(tmp_path: Path) -> None:
    _, data = run(tmp_path, CLASS, "jsonl")

    lines = data.decode("utf-8").split("\n")
    assert lines[-1] == ""
    students = [json.loads(line) for line in lines[:-1]]
    assert len(students) == len(CLASS.marks)
    assert data.decode("utf-8").splitlines() == lines[:-1]  # no line separator inside a line
    assert students[-4]["final"] == {"decimal": "99.99", "fraction": "99999/1000"}
    assert students[-4]["mark"] == "99.99"
    assert students[-3]["mark"] is None
    assert students[-3]["rows"][1]["pending"] == {"decimal": "25.00", "fraction": "25"}
    assert students[-2]["raw"] is None


@pytest.fixture
def graded() -> Gradebook:
    hostile = "说明\x00\x1b[31m ]]> <b> & \ufffe\ud800"
    named = check(Outcome.CRASHED, hostile, "poems.b")
    diagnosed = Diagnosis("wrong_h", Text("你用了 h_t", "you used h_t"))
    failed = check(Outcome.FAILED, "dWx 0.5", "poems.c")
    failed = replace(failed, result=replace(failed.result, diagnosis=(diagnosed,)))
    checks = (
        check(Outcome.PASSED),
        named,
        failed,
        check(Outcome.BLOCKED, "", "poems.d"),
        check(Outcome.SKIPPED, "", "poems.e"),
    )
    when = datetime(2026, 12, 6, 12, tzinfo=UTC)
    rows = (row("code", 30, 30),)
    return book(
        mark(person("0023001", "张\x00三"), 75, checks=checks, rows=rows, submitted_at=when),
        mark(person("0023002", "李四"), None, Status.MISSING, submission_id=""),
    )


def test_junit_is_legal_xml_with_a_suite_for_each_student(
    tmp_path: Path, graded: Gradebook
) -> None:
    _, data = run(tmp_path, graded, "junit")

    root = ET.fromstring(data)
    suites = root.findall("testsuite")
    assert [s.get("name") for s in suites] == ["0023001", "0023002"]
    first = suites[0]
    counts = {k: first.get(k) for k in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "2",
        "time": "1.250",
    }
    cases = first.findall("testcase")
    assert len({(c.get("classname"), c.get("name")) for c in cases}) == 5
    assert all(c.get("classname") == "0023001.poems" for c in cases)
    error = cases[1].find("error")
    assert error is not None
    assert error.text is not None
    assert "\\x00\\x1b[31m ]]> <b> &" in error.text
    failure = cases[2].findtext("failure") or ""
    assert "dWx 0.5" in failure
    assert "你用了 h_t" in failure
    facts = {p.get("name"): p.get("value") for p in first.iter("property")}
    assert (facts["mark"], facts["name"]) == ("75.00", "张\\x00三")
    assert suites[1].get("tests") == "0"


@given(st.text(st.characters(), max_size=30))
def test_junit_holds_any_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    out = tmp_path_factory.getbasetemp() / "any.xml"
    marks = book(mark(person(text, text), checks=(check(Outcome.FAILED, text),)))

    export(marks, "junit", out=out)
    ET.fromstring(out.read_bytes())


def test_gradescope_without_a_mark_says_that_no_file_was_written(tmp_path: Path) -> None:
    report, _ = run(tmp_path, book(mark(person("1", "甲"), 30, pending=25)), "gradescope")

    assert not report.out.exists()
    assert "No file was written" in report.render("en")


@pytest.mark.parametrize(
    ("format", "name"),
    [("csv", "marks.csv"), ("junit", "marks-junit.xml"), ("gradescope", "marks-gradescope")],
)
def test_files_are_named_for_what_they_hold(tmp_path: Path, format: str, name: str) -> None:
    assert target(format, tmp_path, None) == tmp_path / name
    assert target("blackboard", tmp_path, Path("a.csv")).name == "marks-blackboard.csv"


def test_gradescope_has_a_file_for_each_mark(tmp_path: Path, graded: Gradebook) -> None:
    two = mark(person("../0023001", "同号"), Fraction(99999, 1000), submission_id="s")

    report, _ = run(tmp_path, book(*graded.marks, two), "gradescope")

    files = sorted(p.relative_to(tmp_path / "out") for p in (tmp_path / "out").rglob("*.json"))
    assert files == [Path("0023001/results.json"), Path("0023001-2/results.json")]
    data = json.loads((tmp_path / "out/0023001/results.json").read_text("utf-8"))
    assert data["score"] == 75
    assert [t["status"] for t in data["tests"][:3]] == ["passed", "failed", "failed"]
    assert "dWx 0.5" not in data["tests"][2]["output"]  # a hidden check keeps its numbers
    assert "你用了 h_t" in data["tests"][2]["output"]
    assert data["tests"][2]["visibility"] == "after_published"
    assert "score" not in data["tests"][4]
    assert (
        json.loads((tmp_path / "out/0023001-2/results.json").read_text("utf-8"))["score"] == 99.99
    )
    assert [line.action for line in report.lines] == [Action.WRITTEN, Action.LEFT, Action.WRITTEN]


def test_a_total_below_the_maximum_is_never_the_maximum(tmp_path: Path) -> None:
    nearly = book(mark(person("1", "甲"), 100 - Fraction(1, 10**9)))

    for format in ("csv", "jsonl"):
        _, data = run(tmp_path, nearly, format)
        assert b"99.99" in data


@given(st.text(st.characters(), max_size=20))
def test_no_text_runs_in_a_spreadsheet(text: str) -> None:
    shown = safe(text)

    start = unicodedata.normalize("NFKC", shown.lstrip("\u200c\u200d\ufeff\u00a0 "))[:1]
    assert start not in {"=", "+", "-", "@", "\t", "\r", "\n"}
    assert not set(shown) & set("\r\n\t\x00")
    shown.encode("utf-8")


@pytest.mark.parametrize("text", ["张三", "0023", "Zhang San", "'=x", "\u4e00\u00b7\u4e8c"])
def test_ordinary_text_stays(text: str) -> None:
    assert safe(text) == text


@given(st.text(st.characters(), max_size=80))
def test_folder_names_are_safe(text: str) -> None:
    name = folder_name(text)

    assert name
    assert name not in (".", "..")
    assert not set(name) & set('/\\:*?"<>|\x00\n')
    assert len(name.encode("utf-8")) <= 150


def test_folder_names_differ_whatever_the_case() -> None:
    used: set[str] = set()

    assert [unused(n, used) for n in ("a", "A", "a", "con")] == ["a", "A-2", "a-3", "con"]
    assert folder_name("con.txt") == folder_name("..") == "student"
