"""Reading the roster: encodings, separators, headers, platforms' own exports, spoiled files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grader.core.errors import UsageError
from grader.handins import Roster, discover, read_roster
from grader.handins.times import worksheet_time

PLAIN = "学号,姓名,组,邮箱\n0023001,张三,1,zs@x.cn\n0023002,李四,1,ls@x.cn\n"


def load(tmp_path: Path, text: str, encoding: str = "utf-8") -> Roster:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, mark: str) -> None:
    got = load(tmp_path, PLAIN.replace(",", mark), encoding)

    assert [(s.person.student_id, s.person.name) for s in got.students] == [
        ("0023001", "张三"),
        ("0023002", "李四"),
    ]
    assert [s.group for s in got.students] == ["1", "1"]
    assert got.notices == ()


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Student ID,Name,Group,E-mail,Username,Canvas ID", "001,Zhang San,A,z@x,zs,4321"),
        ("Username;Last Name;First Name;Student Number", "zs;Zhang;San;001"),
        ("序号,学号,姓名,用户名", "1,001,Zhang San,zs"),
        ("序 号,学 号,姓　名,用 户 名", "1,001,Zhang San,zs"),
    ],
)
def test_headers(tmp_path: Path, header: str, row: str) -> None:
    got = load(tmp_path, f"{header}\n{row}\n")
    student = got.by_student_id("001")

    assert student is not None
    assert "Zhang" in student.person.name
    assert got.by_login("ZS") is student


@pytest.mark.parametrize(
    ("header", "rows", "name"),
    [
        ("Name;Vorname;Matrikelnummer", "Schmidt;Jan;001\nSchmidt;Uwe;002", "Jan Schmidt"),
        ("Vorname;Name;Matrikel-Nr.", "Jan;Schmidt;001\nUwe;Schmidt;002", "Jan Schmidt"),
        ("Matrikelnummer;Familienname;Vorname", "001;Schmidt;Jan\n002;Schmidt;Uwe", "Jan Schmidt"),
        ("Nom;Prénom;N° étudiant", "Petit;Jean;001\nPetit;Luc;002", "Jean Petit"),
        ("Matricola;Cognome;Nome", "001;Rossi;Ada\n002;Rossi;Ivo", "Ada Rossi"),
        ("SIS ID,Name,First name", "001,Ann Lee,Ann\n002,Bob Ray,Bobby", "Ann Lee"),
        ("学号,姓名,名", "001,张三,三\n002,李四,四", "张三"),
    ],
)
def test_surnames_and_given_names_are_joined(
    tmp_path: Path, header: str, rows: str, name: str
) -> None:
    student = load(tmp_path, f"{header}\n{rows}\n").by_student_id("001")

    assert student is not None
    assert student.person.name == name


def test_moodle_worksheet(tmp_path: Path) -> None:
    text = (
        '标识符,全名,学号,电子邮件地址,状态,成绩,最高分,"上次修改（评分）",反馈意见\n'
        '参与人123456,张三,0023001,z@x.cn,"已提交请评分 - ",,100.00,-,\n'
    )
    (student,) = load(tmp_path, text, "utf-8-sig").students

    assert student.person.platform_ids == {"moodle": "123456"}
    assert (student.person.student_id, student.person.name) == ("0023001", "张三")


def test_canvas_gradebook(tmp_path: Path) -> None:
    text = (
        "Student,ID,SIS User ID,SIS Login ID,Section,实验6 (12345),Final Score\n"
        "    Points Possible,,,,,100,(read only)\n"
        '"张, 三",4321,0023001,zs,Sec1,,\n"Li, Si",4322,0023002,ls,Sec1,,\n'
        '"Student, Test",4323,,abc,Sec1,,\n'
    )
    got = load(tmp_path, text)

    assert [s.person.name for s in got.students] == ["张三", "Si Li"]
    assert got.by_platform("canvas", "4322") is got.students[1]
    assert got.by_login("ls") is got.students[1]


def test_blackboard_gradebook(tmp_path: Path) -> None:
    header = (
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"HW5 [Total Pts: 15 Score] |409581"'
    )
    got = load(tmp_path, f'{header}\n"张"\t"三"\t"zhang_s"\t"0023001"\t""\n', "utf-16")

    assert got.students[0].person.platform_ids == {"blackboard": "zhang_s"}
    assert got.students[0].person.name == "张三"
    assert got.by_login("zhang_s") is got.students[0]


def test_sakai_grades(tmp_path: Path) -> None:
    text = (
        '"Lab 6","SCORE_GRADE_TYPE"\n""\n"Display ID","ID","Last Name","First Name","grade"\n'
        '"0023001","0023001","张","三",""\n'
    )
    (student,) = load(tmp_path, text, "utf-8-sig").students

    assert (student.person.student_id, student.person.name) == ("0023001", "张三")
    assert student.person.platform_ids == {"sakai": "0023001"}


def test_formula_guards_are_taken_off(tmp_path: Path) -> None:
    got = load(tmp_path, "学号,姓名\n=\"0023001\",'=cmd\n'0023002,李四\n")

    assert [(s.person.student_id, s.person.name) for s in got.students] == [
        ("0023001", "=cmd"),
        ("0023002", "李四"),
    ]


def test_repeated_ids_and_shared_names_are_reported(tmp_path: Path) -> None:
    got = load(tmp_path, "学号,姓名\n001,张三\n001,李四\n002,张三\n")

    assert [s.person.student_id for s in got.students] == ["001", "002"]
    assert len(got.named("张三")) == 2
    said = "\n".join(n.en for n in got.notices)
    assert "001 is on the roster more than once (张三, 李四)" in said
    assert "share" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 an xlsx", "Save As, CSV UTF-8"),
        ("学号,姓名\n2.02301E+11,张三\n".encode(), "Excel has spoiled"),
        (b"a,b\n1,2\n", "no header"),
        ("班级,成绩\n1,2\n".encode(), "first line is: 班级, 成绩"),
        ("学号,姓名\n,\n".encode(), "no students"),
        (b"", "no header"),
        ("学号,姓名\n1,\ufffd\ufffd\n".encode(), "encoding"),
        (b"student id,name\n1,??\n", "encoding"),
    ],
    ids=["xlsx", "spoiled", "header", "shown", "nobody", "empty", "replaced", "asked"],
)
def test_what_is_no_roster_is_said_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_roster(path)

    assert words in caught.value.text.en
    assert caught.value.text.zh


def test_groups_however_they_are_written(tmp_path: Path) -> None:
    got = load(tmp_path, "学号,姓名,组\n001,张三,3\n002,李四,第3组\n003,王五,13\n")

    for name in ("第3组", "Group 3", "3", "03组", "team 3"):
        assert [s.person.student_id for s in got.members(name)] == ["001", "002"], name


WORKSHEET = (
    'Identifier,"Full name","ID number",Status,Grade,"Last modified (submission)",'
    '"Last modified (grade)"\n'
    '"Participant 101","San Zhang",2023001,"Submitted for grading - ",,{time},-\n'
)


@pytest.mark.parametrize(
    "time",
    [
        "Tuesday, 5 March 2024, 2:03 PM",
        "Tuesday, 5 March 2024, 2:03\u202fPM",
        "Tuesday, March 5, 2024, 2:03 PM",
        "Tuesday, 5 March 2024, 14:03",
        "2024年03月5日 星期二 14:03",
        "2024年 03月 5日(火曜日) 14:03",
        "2024년 03월 5일 화요일 14:03",
        "wtorek, 5 marca 2024, 14:03",
        "tirsdag den 5. marts 2024, 14:03",
        "Τρίτη, 5 Μαρτίου 2024, 2:03 PM",
    ],
)
def test_moodles_worksheet_says_when(tmp_path: Path, time: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    folder = tmp_path / "class" / "San Zhang_101_assignsubmission_file"
    folder.mkdir(parents=True)
    (folder / "numpy_rnn.py").write_text("x = 1\n")
    text = WORKSHEET.format(time=f'"{time}"')
    if "年" in time:
        text = text.replace("Last modified (submission)", "上次修改（作业）")

    (hand_in,) = discover(tmp_path / "class", roster=load(tmp_path, text), zone=zone).hand_ins

    assert hand_in.submitted_at == datetime(2024, 3, 5, 14, 3, tzinfo=zone)
    assert any("without a time zone" in reason.en for reason in hand_in.reasons)


@pytest.mark.parametrize(
    "time",
    [
        "-",
        "",
        "Monday, 5 March 2024, 2:03 PM",  # it was a Tuesday
        "Tuesday, 5 March 2024, 2:03",
        "Tuesday, 5 March 2024, 14:03 PM",
        "05/03/2024 14:03",
        "2024年13月5日 星期二 14:03",
        "2024年3月5日 14:03",
    ],
)
def test_a_time_that_is_not_certain_is_none(time: str) -> None:
    assert worksheet_time(time, None) == (None, [])


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ("Identifikation,Vollständiger Name,ID-Nummer,Zuletzt geändert (Abgabe)", "Teilnehmer/in"),
        ("Identificatie,Volledige naam,ID-nummer,Laatst gewijzigd (inzending)", "Deelnemer "),
        ("Identificatore,Nome completo,Codice identificativo,Stato", "Partecipante "),
        ("Identificador,Nome completo,Número de identificação,Status", "Participante "),
        ("Identifierare,Fullständigt namn,ID-nummer,Senast ändrad (inlämning)", "Deltagare "),
        ("Идентификатор,Полное имя,Индивидуальный номер,Статус", "Участник"),
        ("識別碼,全名,學號,最後修改(繳交)", "參與者"),
    ],
)
@pytest.mark.parametrize("empty", [0, 1, 2])
def test_moodles_worksheet_in_any_language(
    tmp_path: Path, columns: str, word: str, empty: int
) -> None:
    """Moodle's number of a participant is in the first column, whatever that is called."""
    numbers = ["" if k < empty else f"202300{k}" for k in range(3)]
    names = ["Eva Gross", "Max Klein", "Li Si"]
    lines = [f"{word}{100 + k},{names[k]},{numbers[k]},-" for k in range(3)]
    folder = tmp_path / "c"
    for k, name in enumerate(names):
        path = folder / f"{name}_{100 + k}_assignsubmission_file" / "rnn.py"
        path.parent.mkdir(parents=True)
        path.write_text(f"# {k}\n", "utf-8")

    found = discover(folder, roster=load(tmp_path, "\n".join([columns, *lines])))

    said = {h.people[0].platform_ids["moodle"]: h.people[0] for h in found.hand_ins}
    assert [said[f"{100 + k}"].student_id for k in range(3)] == numbers
    assert [said[f"{100 + k}"].name for k in range(3)] == names
    assert found.missing == ()


BLIND = {
    "Participant ": (
        'Identifier,Status,Grade,"Maximum grade","Last modified (submission)"',
        "Tuesday, 5 March 2024, 2:03 PM",
    ),
    "参与人": ("标识符,状态,成绩,最高分,上次修改（作业）", "2024年03月5日 星期二 14:03"),
    "Teilnehmer/in": (
        "ID;Status;Bewertung;Bestwertung;Zuletzt geändert (Abgabe)",
        "Dienstag, 5. März 2024, 14:03",
    ),
    "Teilnehmer": ("ID,Status,Bewertung,Bestwertung,Zuletzt geändert (Abgabe)", "-"),
    "Uczestnik ": ("Identyfikator;Status;Ocena;Ocena maksymalna;Feedback", "x"),
    "ผู้เข้าร่วม": ("รหัส,สถานะ,คะแนน,คะแนนสูงสุด,x", "x"),
}


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("word", BLIND)
def test_a_worksheet_that_hides_the_names(tmp_path: Path, word: str, count: int) -> None:
    columns, time = BLIND[word]
    cell = ";" if ";" in columns else ","
    lines = [cell.join((f"{word}{n}", "-", "", "100", f'"{time}"')) for n in range(101, 106)]
    folder = tmp_path / "c"
    for number in range(101, 101 + count):
        name = f"{word.strip().replace('/', '')}_{number}_assignsubmission_file"
        (folder / name).mkdir(parents=True)
        (folder / name / "rnn.py").write_text("x = 1\n", "utf-8")

    found = discover(folder, roster=load(tmp_path, "\n".join([columns, *lines])))

    said = [(h.id, h.people[0].name, h.people[0].platform_ids) for h in found.hand_ins]
    here = range(101, 101 + count)
    assert said == [(f"moodle-{n}", "", {"moodle": f"{n}"}) for n in here]
    assert all("anonymously" in h.reasons[0].en for h in found.hand_ins)
    assert all((h.submitted_at is not None) is (len(time) > 1) for h in found.hand_ins)
    assert [p.platform_ids for p in found.missing] == [
        {"moodle": f"{n}"} for n in range(101 + count, 106)
    ]
    assert [p.known_as for p in found.missing] == [f"moodle-{n}" for n in range(101 + count, 106)]


def test_names_that_were_revealed_since_are_no_words_for_everybody(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    for number, name in ((101, "Eva Gross"), (102, "Max Klein")):
        (folder / f"{name}_{number}_assignsubmission_file").mkdir(parents=True)
        (folder / f"{name}_{number}_assignsubmission_file" / "a.py").write_text("x = 1\n", "utf-8")
    sheet = "Identifier,Status\nParticipant 101,-\nParticipant 102,-\n"

    found = discover(folder, roster=load(tmp_path, sheet))

    assert [h.people[0].name for h in found.hand_ins] == ["Eva Gross", "Max Klein"]


def test_a_time_of_the_worksheet_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "c" / "San Zhang_101_assignsubmission_file"
    folder.mkdir(parents=True)
    (folder / "numpy_rnn.py").write_text("x = 1\n")
    roster = load(tmp_path, WORKSHEET.format(time='"05/03/2024 14:03"'))

    (hand_in,) = discover(tmp_path / "c", roster=roster).hand_ins

    assert hand_in.submitted_at is None
    assert any("05/03/2024 14:03" in r.en and "cannot be read" in r.en for r in hand_in.reasons)
    assert any("无法确定" in r.zh for r in hand_in.reasons)


def test_the_first_column_is_no_participants_where_it_repeats_itself(tmp_path: Path) -> None:
    roster = load(
        tmp_path, "Klasse,学号,姓名\nSection 101,2023001,张三\nSection 101,2023002,李四\n"
    )
    assert [s.person.platform_ids for s in roster.students] == [{}, {}]


@pytest.mark.parametrize(
    "table",
    [
        "Student 1,90\nStudent 2,80\n",
        "a;b\nTeam 1;x\nTeam 2;y\n",
        "Lab 1\nLab 2\n",
        "Lab,Grade\nLab 1,90\nLab 2,80\n",
        "Identifier\nParticipant 1\nParticipant 2\n",
        "id,x\nTeam 1,90\nTeam 2,80\n",
    ],
)
def test_words_with_numbers_are_no_students(tmp_path: Path, table: str) -> None:
    """Only a worksheet of Moodle's hides names, and it has more headers than one."""
    with pytest.raises(UsageError, match="no header that is known"):
        load(tmp_path, table)


@pytest.mark.parametrize("word", ["Seat ", "座位", "Desk", "Group ", "Computer "])
@pytest.mark.parametrize("column", ["Seat", "Place", "id", "identifier"])
def test_a_column_of_words_with_numbers_is_no_column_of_participants(
    tmp_path: Path, word: str, column: str
) -> None:
    rows = [f"{word}{k},202300{k},{name}" for k, name in enumerate(("Eva Gross", "Max Klein"), 1)]
    got = load(tmp_path, "\n".join([f"{column},Student ID,Name", *rows]))

    assert [s.person.platform_ids for s in got.students] == [{}, {}]
    files = {f"{n}_{k}_assignsubmission_file/a.py": b"" for k, n in ((2, "Eva Gross"), (7, "Bo"))}
    for name in files:
        (tmp_path / "c" / name).parent.mkdir(parents=True)
        (tmp_path / "c" / name).write_bytes(b"x = 1")
    found = discover(tmp_path / "c", roster=got)
    assert [h.people[0].student_id for h in found.hand_ins] == ["2023001", ""]
