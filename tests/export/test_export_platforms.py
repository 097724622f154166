"""Platforms' files, synthetic: the right cell of the right row, and every other byte as it was."""

from __future__ import annotations

import csv
import difflib
import io
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from export_cases import book, mark, person, saved

from grader.core.errors import UsageError
from grader.core.model import Status
from grader.export.formats import FORMATS, export
from grader.export.report import Action, ExportReport
from grader.handins.records import Person
from grader.records.gradebook import Gradebook

CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,实验5 (12344),实验6 (12345),"
    "Assignments Current Score,Final Score\r\n"
    "    Points Possible,,,,,10,100,(read only),(read only)\r\n"
    '"张, 三",4321,0023001,zs,Sec1,9.5,,77.1,77.1\r\n'
    '李四,4322,0023002,ls,Sec1,,"",,\r\n'
    '"=""=1+1""",4323,0023003,ww,"Sec ""1""\n晚上",,70.00,,\r\n'
    "赵六,4324,0023004,zl,Sec1,,EX,,\r\n"
    "钱七,4325,0023005,qq,Sec1,,88,,\r\n"
    '"Student, Test",9999,,x,Sec1,,,,'
)

MOODLE = (
    '\ufeffIdentifier,"Full name","ID number","Email address",Status,Grade,"Maximum grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
    '"Feedback comments"\n'
    '"Participant 101",张三,0023001,z@x.cn,"Submitted for grading - ",,100.00,Yes,'
    '"Tuesday, 5 March 2024, 2:03 PM",-,\n'
    '"Participant 102",\'=李四,,l@x.cn,"Submitted - 2 days late",,100.00,Yes,-,-,'
    '"one, ""two""\nthree"\n'
    '"Participant 103",王五,0023003,w@x.cn,-,50.00,100.00,No,-,"Tuesday, 5 March 2024",\n'
)
ZH = (
    "标识符,全名,学号,电子邮件地址,状态,成绩,最高分,允许更改成绩,上次修改（作业）,"
    "上次修改（评分）,反馈意见\n参与人101,张三,0023001,z@x.cn,已提交,,100.00,是,-,-,\n"
)
BLACKBOARD = (
    '\ufeff"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
    '"实验6 [Total Pts: 100 Score] |409581"\t"备注 [Total Pts: 0 Text] |409582"\t'
    '"Total [Total Pts: up to 100 Score] |409583"\r\n'
    '"张"\t"三"\t"zs"\t"0023001"\t"2026-11-01"\t"Yes"\t""\t"a\tb"\t"1"\r\n'
    '"Li"\t"Si"\t"LS"\t""\t""\t"Yes"\t"Needs Grading"\t""\t""\r\n'
)


def run(
    tmp_path: Path, gradebook: Gradebook, format: str, template: Path | None, **more: Any
) -> tuple[ExportReport, bytes]:
    out = tmp_path / f"out{FORMATS[format].suffix}"
    report = export(gradebook, format, template=template, out=out, **more)
    for lang in ("zh", "en"):
        assert report.render(lang).count("\n") >= len(report.lines)
    return report, out.read_bytes()


def changed(before: str, after: str) -> list[tuple[str, str]]:
    """What was replaced by what; nothing else differs."""
    codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [(before[a:b], after[c:d]) for kind, a, b, c, d in codes if kind != "equal"]


def test_canvas_gets_one_column_filled(tmp_path: Path) -> None:
    marks = book(
        mark(person("0023001", "张三"), Fraction(175, 2)),
        mark(person("", "李四", canvas="4322"), Fraction(99999, 1000)),
        mark(person("0023003", "王五", canvas="4323"), 70),
        mark(person("0023004", "赵六"), 60),
        mark(person("0023005", "钱七"), 60, pending=25),
        mark(person("0023999", "外人"), 60),
    )

    report, data = run(tmp_path, marks, "canvas", saved(tmp_path, CANVAS), column="实验6")

    expected = CANVAS.replace("Sec1,9.5,,77.1", "Sec1,9.5,87.50,77.1")
    expected = expected.replace('Sec1,,"",,', 'Sec1,,"99.99",,')
    assert data == expected.encode()
    assert [line.action for line in report.lines] == [
        Action.WRITTEN,
        Action.WRITTEN,
        Action.SAME,
        Action.LEFT,
        Action.LEFT,
        Action.ROW_ONLY,
        Action.MARK_ONLY,
    ]
    text = report.render("en")
    assert "excused" in text
    assert "25.00 points still wait for a person" in text
    assert "Student, Test" in text
    assert "0023999 外人" in text


def test_pending_points_may_be_allowed(tmp_path: Path) -> None:
    marks = book(mark(person("0023005", "钱七"), 60, pending=25))
    template = saved(tmp_path, CANVAS)

    report, data = run(tmp_path, marks, "canvas", template, column="12345", allow_pending=True)

    assert data == CANVAS.replace(",,88,,", ",,60.00,,").encode()
    assert "was 88" in report.render("en")
    assert "counts 0" in report.render("en")


def test_a_late_mark_of_which_points_are_pending_is_never_written(tmp_path: Path) -> None:
    """Whoever adds the rest by hand would add it to a number that lateness has reduced already."""
    marks = book(mark(person("0023005", "钱七"), 60, pending=25, late_days=1))
    template = saved(tmp_path, CANVAS)

    report, data = run(tmp_path, marks, "canvas", template, column="12345", allow_pending=True)

    assert data == CANVAS.encode()
    assert "mark what is pending first" in report.render("en")


@pytest.mark.parametrize("status", [Status.MISSING, Status.GRADER_ERROR, Status.NOT_GRADABLE])
def test_without_a_mark_the_cell_stays(tmp_path: Path, status: Status) -> None:
    marks = book(
        mark(person("0023001", "张三"), 0, status),
        mark(person("0023002", "李四"), None),
    )

    report, data = run(
        tmp_path, marks, "canvas", saved(tmp_path, CANVAS), column="实验6", allow_pending=True
    )

    assert data == CANVAS.encode()
    assert [line.action for line in report.lines][:2] == [Action.LEFT, Action.LEFT]


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (None, "not certain which column"),
        ("实验7", "0 columns of marks"),
        ("Final Score", "0 columns"),
        ("实验5", "maximum of this column is 10"),
    ],
)
def test_canvas_refuses_a_doubtful_column(tmp_path: Path, column: str | None, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        run(tmp_path, book(), "canvas", saved(tmp_path, CANVAS), column=column)

    if "column" in says:
        assert "实验5 (12344)、实验6 (12345)" in caught.value.text.zh or column == "实验5"
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(("title", "warned"), [("Final", True), ("Final exam", False)])
def test_canvas_may_ignore_a_column_named_like_its_own(
    tmp_path: Path, title: str, warned: bool
) -> None:
    named = CANVAS.replace("实验6 (12345)", f"{title} (12345)")
    marks = book(mark(person("0023001", "张三"), 60))
    report, _ = run(tmp_path, marks, "canvas", saved(tmp_path, named), column=title)

    assert ("may be ignored in an upload" in report.render("en")) == warned


def test_canvas_with_semicolons_and_names_in_two_columns(tmp_path: Path) -> None:
    text = (
        "LastName;FirstName;ID;SIS User ID;SIS Login ID;Section;实验6 (5)\n"
        "Points Possible;;;;;;100,0\nZhang;San;1;;zs;S;\n"
    )

    report, data = run(
        tmp_path, book(mark(person("", "San Zhang"), 9)), "canvas", saved(tmp_path, text)
    )

    assert data == text.replace("zs;S;", "zs;S;9.00").encode()
    assert "name alone" in report.lines[0].why.en


def test_another_platforms_file_is_refused(tmp_path: Path) -> None:
    for format in ("canvas", "blackboard", "tronclass"):
        with pytest.raises(UsageError, match="The template has no"):
            run(tmp_path, book(), format, saved(tmp_path, MOODLE))
    with pytest.raises(UsageError, match="The template has no"):
        run(tmp_path, book(), "moodle", saved(tmp_path, CANVAS))


def test_an_id_that_excel_rewrote_is_refused(tmp_path: Path) -> None:
    broken = CANVAS.replace("0023001", "2.02301E+11")

    with pytest.raises(UsageError, match="spreadsheet has turned an id"):
        run(tmp_path, book(), "canvas", saved(tmp_path, broken), column="实验6")


def test_moodles_worksheet_is_filled(tmp_path: Path) -> None:
    marks = book(
        mark(person("0023001", "张三", moodle="101"), Fraction(1, 3)),
        mark(person("", "=李四"), 100),
        mark(person("0023003", "王五"), 60),
    )

    report, data = run(tmp_path, marks, "moodle", saved(tmp_path, MOODLE))

    expected = MOODLE.replace('for grading - ",,100', 'for grading - ",0.33,100')
    expected = expected.replace('2 days late",,100', '2 days late",100.00,100')
    assert data == expected.encode()
    assert [line.action for line in report.lines] == [Action.WRITTEN, Action.WRITTEN, Action.LEFT]
    text = report.render("en")
    assert "locked" in text
    assert "in English" in text
    assert "Allow updating records" in text


def test_moodles_worksheet_that_hides_the_names_is_filled(tmp_path: Path) -> None:
    """By the participant's number alone; and it still is after the names were revealed."""
    marks = book(
        mark(person("", "", moodle="101"), 40, submission_id="moodle-101"),
        mark(person("", "", moodle="103"), 60, submission_id="moodle-103"),
        mark(person("", "", moodle="102"), None, Status.MISSING, submission_id=""),
    )
    columns = (0, 4, 5, 6, 7, 8, 9, 10)
    rows = csv.reader(io.StringIO(MOODLE.replace(",No,", ",Yes,")))
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([row[i] for i in columns] for row in rows)

    for sheet in (stream.getvalue(), MOODLE.replace(",No,", ",Yes,")):
        _, data = run(tmp_path, marks, "moodle", saved(tmp_path, sheet))
        lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        assert [line["Grade"] for line in lines] == ["40.00", "", "60.00"]


def test_moodles_worksheet_of_another_assignment_is_noticed(tmp_path: Path) -> None:
    marks = book(mark(person("0023009", "孙八", moodle="101"), 50))

    report, data = run(tmp_path, marks, "moodle", saved(tmp_path, MOODLE))

    assert data == MOODLE.encode()
    assert "is it the file of this assignment?" in report.render("en")


def test_moodle_in_chinese(tmp_path: Path) -> None:
    marks = book(mark(person("0023001", "张三"), 50))

    report, data = run(tmp_path, marks, "moodle", saved(tmp_path, ZH))

    assert data.decode() == ZH.replace("已提交,,100", "已提交,50.00,100")
    assert "简体中文" in report.render("zh")


@pytest.mark.parametrize(
    "header",
    [
        "ID,評点,最高評点,最終更新日時 (評定)",
        "ID,Bewertung,Höchstbewertung,Zuletzt geändert (Bewertung)",
        "Identifiant,Note,Note maximale,Dernière modification (note)",
        "Identificador,Calificación,Calificación máxima,Última modificación (calificación)",
        "Идентификатор,Оценка,Максимальная оценка,Последнее изменение (оценка)",
    ],
    ids=["ja", "de", "fr", "es", "ru"],
)
def test_moodle_in_other_languages(tmp_path: Path, header: str) -> None:
    text = f'{header}\r\nTeilnehmer/in 7,,"100,00",-\r\n'

    _, data = run(
        tmp_path, book(mark(person("", "", moodle="7"), 55)), "moodle", saved(tmp_path, text)
    )

    assert data.decode() == text.replace("in 7,,", 'in 7,"55,00",')


UNKNOWN = {
    "pl": (
        "Identyfikator,Pełna nazwa,Numer ID,Adres e-mail,Status,Ocena,Maksymalna ocena,"
        "Ocena może być zmieniona,Ostatnio modyfikowane (przesłane zadanie),"
        "Ostatnio modyfikowane (ocena),Komentarz zwrotny",
        ("Uczestnik ", "Tak", "wtorek, 5 marca 2024, 14:03"),
    ),
    "ko": (
        "식별자,성명,학번,이메일 주소,상태,성적,최고 성적,성적 변경 가능,최종 수정 (제출),"
        "최종 수정 (성적),피드백",
        ("참여자 ", "예", "2024년 3월 5일 화요일 오후 2:03"),
    ),
    "pt": (
        "Identificador,Nome completo,Número de identificação,Endereço de e-mail,Estado,Nota,"
        "Nota máxima,A nota pode ser alterada,Última modificação (envio),Última modificação (nota),"
        "Comentários",
        ("Participante ", "Sim", "terça-feira, 5 de março de 2024, 14:03"),
    ),
    "it": (
        "Identificatore,Nome completo,Codice identificativo,Indirizzo email,Stato,Valutazione,"
        "Valutazione massima,La valutazione può essere modificata,Ultima modifica (consegna),"
        "Ultima modifica (valutazione),Commenti",
        ("Partecipante ", "Sì", "martedì, 5 marzo 2024, 14:03"),
    ),
    "nl": (
        "Identificatie,Volledige naam,ID-nummer,E-mailadres,Status,Cijfer,Maximumcijfer,"
        "Cijfer kan gewijzigd worden,Laatst gewijzigd (inzending),Laatst gewijzigd (cijfer),"
        "Feedback",
        ("Deelnemer ", "Ja", "dinsdag, 5 maart 2024, 14:03"),
    ),
    "zh_tw": (
        "識別碼,全名,學號,電子郵件位址,狀態,成績,最高分,可更改成績,最後修改（繳交）,最後修改（評分）,評語",
        ("參與者", "是", "2024年 03月 5日 週二 14:03"),
    ),
}


@pytest.mark.parametrize("language", UNKNOWN)
@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize("comma", [True, False])
@pytest.mark.parametrize(
    "known",
    [Person("", "", {"moodle": "102"}), Person("0023002", ""), Person("", "", {}, "b@x.cn")],
)
def test_moodle_in_a_language_that_is_told_by_the_cells(
    tmp_path: Path, language: str, people: int, comma: bool, known: Person
) -> None:
    header, (word, yes, time) = UNKNOWN[language]
    most, given = ('"100,00"', '"55,00"') if comma else ("100.00", "55.00")
    line = (
        f'{word}{{0}},"San, Zhang",{{1}},{{2}}@x.cn,"x - ",{{3}},{most},{yes},'
        f'"{time}",{{4}},"good: 2024"\r\n'
    )
    rows = [(102, "0023002", "b", "", "-"), (101, "0023001", "a", "", "-")]
    rows += [(103, "0023003", "c", "7", f'"{time}"')]
    text = header + "\r\n" + "".join(line.format(*row) for row in rows[:people])
    marks = book(mark(known, 55))

    report, data = run(tmp_path, marks, "moodle", saved(tmp_path, text))

    filled = line.format(102, "0023002", "b", given, "-")
    assert data.decode() == text.replace(line.format(*rows[0]), filled)
    assert "the language in which it was downloaded" in report.render("en")
    assert ("Allow updating records" in report.render("en")) == (people == 3)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Uczestnik 2", "Uczestnik 1"),  # the same participant twice
        ("Uczestnik 2", "Li Si"),
        ("Uczestnik 2", ""),
        (",100.00,Tak,-,-,\r\nU", ",50.00,Tak,-,-,\r\nU"),  # no maximum
        (",100.00,Tak", ",,Tak"),
        (",,100.00,Tak,-,-,", ",dobry,100.00,Tak,-,-,"),
        (",,100.00,Tak", ",100.00,100.00,100.00"),  # which of three?
        (",Tak,-,-,", ",Tak,,,"),
        ("Maksymalna ocena", "Ocena"),
    ],
)
def test_what_the_cells_leave_in_doubt_is_refused(tmp_path: Path, old: str, new: str) -> None:
    header = UNKNOWN["pl"][0]
    rows = "".join(f"Uczestnik {i},A B,002300{i},a{i}@x,-,,100.00,Tak,-,-,\r\n" for i in (1, 2))
    text = f"{header}\r\n{rows}"
    marks = book(mark(person("0023001", ""), 50))
    run(tmp_path, marks, "moodle", saved(tmp_path, text))
    assert old in text

    with pytest.raises(UsageError, match="no columns Identifier and Grade"):
        run(tmp_path, marks, "moodle", saved(tmp_path, text.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("100.00", "20.00", "maximum of this column is 20.00"),
        ("100.00", '"差, 良, 优"', "marked by a scale"),
        ("上次修改（评分）", "别的", "column “上次修改（评分）”"),
        ("标识符", "Nummer", "no columns Identifier and Grade"),
    ],
)
def test_moodle_would_refuse_it_so_it_is_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        run(tmp_path, book(), "moodle", saved(tmp_path, ZH.replace(old, new)))


def test_blackboards_xls_is_text_in_utf16(tmp_path: Path) -> None:
    marks = book(
        mark(person("0023001", "张三"), 80),
        mark(person("", "Si Li", blackboard="ls"), 70),
    )

    report, data = run(
        tmp_path, marks, "blackboard", saved(tmp_path, BLACKBOARD, "utf-16-le", "gc.xls")
    )

    expected = BLACKBOARD.replace('"Yes"\t""\t"a', '"Yes"\t"80.00"\t"a')
    assert data == expected.replace("Needs Grading", "70.00").encode("utf-16-le")
    assert data.startswith(b"\xff\xfe")
    assert not report.unmatched
    assert "was Needs Grading" in report.render("en")


def test_blackboards_csv_and_its_columns(tmp_path: Path) -> None:
    text = BLACKBOARD.replace("\t", ",").replace("Total Pts: 100 Score", "Total Pts: 100")
    template = saved(tmp_path, text, name="gc.csv")

    _, data = run(
        tmp_path, book(mark(person("zs", ""), 5)), "blackboard", template, column="409581"
    )

    assert changed(text, data.decode()) == [("", "5.00")]
    with pytest.raises(UsageError, match="0 columns of marks"):
        run(tmp_path, book(), "blackboard", template, column="备注")


def chaoxing(tmp_path: Path, edit: Callable[[Any], None] = lambda sheet: None) -> Path:
    """An exported table of marks as far as one is known: data from row 4."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["A1"] = "实验6"
    sheet.merge_cells("A1:Q1")
    for column, header in (
        ("A", "学号"),
        ("B", "姓名"),
        ("I", "分数"),
        ("J", "状态"),
        ("Q", "简答题得分"),
    ):
        sheet[f"{column}3"] = header
    students = [
        ("0023001", "张三", "待批"),
        ("0023002", "李四", "未交"),
        ("0023003", "王五", "完成"),
        ("0023004", "赵六", "待重做"),
        ("0023005", "钱七", "待批"),
    ]
    for index, (student, name, state) in enumerate(students, start=4):
        sheet[f"A{index}"], sheet[f"B{index}"], sheet[f"J{index}"] = student, name, state
    sheet["C4"].data_type = "s"
    sheet["C4"]._value = "=1+1"  # a text that looks like a formula
    edit(sheet)
    path = tmp_path / "template.xls"
    buffer = io.BytesIO()
    workbook.save(buffer)
    path.write_bytes(buffer.getvalue())
    return path


def test_chaoxing_keeps_only_rows_that_carry_a_mark(tmp_path: Path) -> None:
    marks = book(
        mark(person("0023001", "张三"), 80),
        mark(person("0023002", "李四"), 70),
        mark(person("0023003", "王五"), Fraction(123, 2)),
        mark(person("0023004", "赵六"), 60),
        mark(person("0023005", "钱七"), 60, pending=5),
    )

    report, data = run(tmp_path, marks, "chaoxing", chaoxing(tmp_path))

    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    rows = [[sheet[f"{c}{r}"].value for c in "ABIJQ"] for r in range(3, sheet.max_row + 1)]
    assert rows == [
        ["学号", "姓名", "分数", "状态", "简答题得分"],
        ["0023001", "张三", 80, "待批", 80],
        ["0023003", "王五", 61.5, "完成", 61.5],
    ]
    assert (sheet["C4"].value, sheet["C4"].data_type) == ("=1+1", "s")
    assert sheet["A4"].data_type == "s"
    assert [line.action for line in report.lines] == [
        Action.WRITTEN,
        Action.LEFT,
        Action.WRITTEN,
        Action.LEFT,
        Action.LEFT,
    ]
    assert "import would make it graded" in report.render("en")


def test_chaoxing_refuses_what_it_cannot_divide_or_protect(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be divided"):
        run(
            tmp_path,
            book(),
            "chaoxing",
            chaoxing(tmp_path, lambda s: s.__setitem__("R3", "填空题得分")),
        )
    with pytest.raises(UsageError, match="学号 and 状态"):
        run(tmp_path, book(), "chaoxing", chaoxing(tmp_path, lambda s: s.__setitem__("J3", "备注")))
    with pytest.raises(UsageError, match="no xlsx workbook"):
        run(tmp_path, book(), "chaoxing", saved(tmp_path, MOODLE))
    with pytest.raises(UsageError, match="ends in .xls"):
        export(book(), "chaoxing", template=chaoxing(tmp_path), out=tmp_path / "o.xlsx")


def test_tronclass_with_and_without_a_template(tmp_path: Path) -> None:
    marks = book(
        mark(person("0031", "=cmd|' /C calc'!A0"), 98),
        mark(person("0032", "李四"), status=Status.MISSING, final=None),
        mark(person("", "无名"), 50),
    )

    report, data = run(tmp_path, marks, "tronclass", None)

    expected = '\ufeff"人员编号","姓名","成绩"\r\n"0031","\'=cmd|\' /C calc\'!A0",98.00\r\n'
    assert data.decode() == expected
    assert [line.action for line in report.lines] == [Action.WRITTEN, Action.LEFT, Action.LEFT]
    text = "人员编号,姓名,成绩\n0031,张三,\n0032,李四,\n"
    _, data = run(tmp_path, marks, "tronclass", saved(tmp_path, text))
    assert data.decode() == text.replace("张三,", "张三,98.00")


def test_the_feedback_zip_has_moodles_layout(tmp_path: Path) -> None:
    pages = tmp_path / "results"
    for name in ("0023001", "team", "lost"):
        (pages / name).mkdir(parents=True)
        (pages / name / "feedback.html").write_text(f"<p>{name}</p>", "utf-8")
    marks = book(
        mark(person("0023001", "张_三/../", moodle="101"), pending=25),
        mark(person("0023003", "王五"), submission_id="team"),
        mark(person("", "'=李四", moodle="9"), submission_id="team"),
        mark(person("", "=李四"), submission_id="team"),
        mark(person("0023009", "孙八"), submission_id="lost"),
    )
    template = saved(tmp_path, MOODLE)

    report, data = run(tmp_path, marks, "moodle-feedback", template, feedback_dir=pages)

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {i.filename: archive.read(i).decode() for i in archive.infolist()} == {
            "张 三_101_assignsubmission_file/feedback.html": "<p>0023001</p>",
            "王五_103_assignsubmission_file/feedback.html": "<p>team</p>",
        }
        assert all(i.flag_bits & 0x800 for i in archive.infolist())
    assert len(report.of(Action.WRITTEN)) == 2
    again, same = run(tmp_path, marks, "moodle-feedback", template, feedback_dir=pages)
    assert (again, same) == (report, data)


def test_without_a_worksheet_a_number_that_several_have_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "0023001").mkdir()
    (tmp_path / "0023001" / "feedback.html").write_text("x", "utf-8")
    marks = book(
        mark(person("0023001", "甲", moodle="17")),
        mark(person("0023002", "乙", moodle="18")),
        mark(person("0023003", "丙", moodle="18")),
        mark(person("0023004", "丁", moodle="../1")),
        mark(person("0023005", "戊", moodle="19")),
        mark(person("0023006", "己", moodle="20"), None, Status.GRADER_ERROR),
    )

    report, data = run(tmp_path, marks, "moodle-feedback", None, feedback_dir=tmp_path)

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["甲_17_assignsubmission_file/feedback.html"]
    text = report.render("en")
    assert len(report.of(Action.LEFT)) == 5
    assert "a team's" in text
    assert "cannot read 0023005/feedback.html" in text


@pytest.mark.parametrize(
    ("format", "more", "says"),
    [
        ("canvs", {}, "Did you mean canvas?"),
        ("canvas", {}, "--template"),
        ("csv", {"column": "x", "template": Path("t")}, "no use for --template, --column"),
        ("moodle-feedback", {}, "--feedback-dir"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    tmp_path: Path, format: str, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        export(book(), format, out=tmp_path / "o.csv", **more)


def test_the_template_is_never_overwritten(tmp_path: Path) -> None:
    template = saved(tmp_path, CANVAS)

    with pytest.raises(UsageError, match="the template itself"):
        export(book(), "canvas", template=template, out=template, column="实验6")
    assert template.read_bytes() == CANVAS.encode()
