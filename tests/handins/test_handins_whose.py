"""Whose a hand-in is, whatever the order of a name and whatever a student may write."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
import synthetic_platforms as sp
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_platforms import RNN
from test_handins import by_id, roster, said

from grader import ROOT
from grader.handins import ClassFolder, Person, Reader, Roster, discover, read_roster
from grader.handins.name_words import joins
from grader.handins.roster import Enrolled

NUMPY = (ROOT / "solutions" / "numpy_rnn.py").read_bytes() + b"# "
ORDERS = (("Chen", "Yu"), ("Ana Maria", "Li"), ("三", "张"), ("O'Neil", "Mary-Ann"))


def code(owner: object) -> bytes:
    return RNN + f"# owner {owner}\n".encode()


def owners(found: ClassFolder) -> dict[str, set[str]]:
    """Student id -> whose files count for that student; "" for those that count for nobody."""
    owned: dict[str, set[str]] = {}
    with Reader() as reader:
        for hand_in in found.hand_ins:
            for piece in hand_in.pieces:
                data = reader.read(piece.source, piece.member, 1_000_000)
                whose = data.partition(b"# owner ")[2].split(b"\n")[0].decode()
                for person in hand_in.people:
                    owned.setdefault(person.student_id, set()).add(whose)
    return owned


def listed(folder: Path, text: str) -> Roster:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "roster.csv").write_text(text, "utf-8")
    return read_roster(folder / "roster.csv")


# ---------------------------------------------------------------- in which order a name is read


@pytest.mark.parametrize(("last", "first"), ORDERS)
def test_a_name_that_is_two_students_in_another_order_decides_nothing(
    tmp_path: Path, last: str, first: str
) -> None:
    one, other = f"{first} {last}", f"{last} {first}"
    known = roster(("2023001", one), ("2023002", other), ("2023003", "Bo Li"))
    squeezed = "".join(c for c in f"{last}{first}".casefold() if c.isalnum())
    classes: dict[str, dict[str, bytes]] = {
        "canvas": {f"{squeezed}_4321_98765_rnn.py": RNN, "libo_4322_98766_rnn.py": RNN},
        "moodle": sp.moodle([(one, 71), ("Bo Li", 72)]),
        "plain": {f"{one}/rnn.py": RNN, "Bo Li.zip": sp.pack({"rnn.py": RNN})},
        "mail": {f"lab6_{one}/rnn.py": RNN, "Bo Li/rnn.py": RNN},
    }
    if last == "三":  # Chinese runs of characters in labels are names as they are
        del classes["plain"], classes["mail"]
    for kind, files in classes.items():
        found = discover(sp.lay(tmp_path / kind, files), roster=known)

        assert [h.people[0].student_id for h in found.hand_ins] == ["2023003", ""], kind
        assert "by which word is the surname" in said(found.hand_ins[1]), kind


@pytest.mark.parametrize(("last", "first"), ORDERS)
def test_canvas_writes_the_surname_first_so_a_split_roster_decides(
    tmp_path: Path, last: str, first: str
) -> None:
    known = listed(
        tmp_path,
        f"Student ID,Last name,First name\n2023001,{last},{first}\n2023002,{first},{last}\n",
    )
    written = [
        "".join(filter(str.isalnum, name.casefold())) for name in (last + first, first + last)
    ]
    files = {f"{name}_432{i}_9876{i}_rnn.py": code(i) for i, name in enumerate(written, 1)}
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert owners(found) == {"2023001": {"1"}, "2023002": {"2"}}
    assert ("surname first" in said(found.hand_ins[0])) is last.isascii()


def test_the_gradebooks_ids_decide_whatever_the_order(tmp_path: Path) -> None:
    rows = '"Yu, Chen",4321,2023001,u1,L\n"Chen, Yu",4322,2023002,u2,L\n'
    known = listed(tmp_path, f"Student,ID,SIS User ID,SIS Login ID,Section\n{rows}")
    for names in (("yuchen", "chenyu"), ("chenyu", "yuchen"), ("x", "y")):
        files = {f"{name}_432{i}_9876{i}_rnn.py": code(i) for i, name in enumerate(names, 1)}
        found = discover(sp.lay(tmp_path / names[0], files), roster=known)

        assert owners(found) == {"2023001": {"1"}, "2023002": {"2"}}


def test_each_word_of_a_label_is_used_once(tmp_path: Path) -> None:
    known = roster(
        *(("1001001", "Chen Yu"), ("1001002", "Yu Chen"), ("1001003", "Ana Silva")),
        *(("1001004", "Ana Maria Silva"), ("1001005", "Li Wei"), ("1001006", "Wei Zhang")),
    )
    expected = {
        "Chen Yu and Yu Chen": {"1001001", "1001002"},
        "chenyu_yuchen": {"1001001", "1001002"},
        "1001002 Chen Yu": {"1001002"},
        "Ana Maria Silva": {"1001004"},
        "Ana Maria Silva + Ana Silva": {"1001003", "1001004"},
        "Silva Ana": {"1001003"},
        "Li Wei Zhang": {""},
        "Zhang Wei": {"1001006"},
        "Yu Chen": {""},
    }
    for i, (label, whose) in enumerate(expected.items()):
        files = {f"{label}/rnn.py": RNN, "other/rnn.py": RNN, "another/rnn.py": RNN}
        found = discover(sp.lay(tmp_path / str(i), files), roster=known)
        (mine,) = (h for h in found.hand_ins if label in str(h.pieces[0].source.parent.name))

        assert {p.student_id for p in mine.people} == whose, label


@given(st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=5))
@settings(max_examples=examples(50))
def test_a_name_is_found_in_each_of_its_orders(words: list[str]) -> None:
    name = " ".join(words)
    known = roster(("1", name), ("2", "zz zz"))

    assert [s.person.student_id for s in known.read_as(name)] == ["1"]
    for join in joins(words):
        assert [s.person.student_id for s in known.read_as(join)] == ["1"]


# ---------------------------------------------------------------- ids against names

GROUPS = (
    "Student ID,Name,Group,Moodle ID,Canvas ID,Brightspace ID,Username,Email\n"
    "2023001,San Zhang,Y-Team,101,4321,71,zhangs,zs@x.edu\n"
    "2023002,Si Li,Y-Team,102,4322,72,lisi,ls@x.edu\n"
    "2023003,Wu Wang,X-Team,103,4323,73,wangw,ww@x.edu\n"
    "2023004,Liu Zhao,X-Team,104,4324,74,zhaol,zl@x.edu\n"
)
STUDENTS = (("San", "Zhang", "zhangs"), ("Si", "Li", "lisi"), ("Wu", "Wang", "wangw"))
SHOWN = (
    *("Y-Team", "X-Team", "2023002", "Si Li", "Li Si", "lisi", "ls@x.edu", "102", "4322", "Zed"),
    *("2023002 Si Li", "Si Li Wu Wang", "San Zhang", "72", "Mar 1, 2026 200 PM"),
)
Names = Mapping[int, str]
Make = Callable[[Names, str], dict[str, bytes]]


def shown(names: Names, i: int) -> str:
    return names.get(i, " ".join(STUDENTS[i][:2]))


def _moodle(names: Names, file: str) -> dict[str, bytes]:
    return {
        f"{shown(names, i)}_{101 + i}_assignsubmission_file/{file}": code(i)
        for i in range(len(STUDENTS))
    }


def _canvas(names: Names, file: str) -> dict[str, bytes]:
    return {
        f"{shown(names, i)}_{4321 + i}_{98760 + i}_{file}": code(i) for i in range(len(STUDENTS))
    }


def _blackboard(names: Names, file: str) -> dict[str, bytes]:
    stamp = "2026-03-05-10-00-00"
    made: dict[str, bytes] = {}
    for i, (_, _, login) in enumerate(STUDENTS):
        stored = f"HW5_{login}_attempt_{stamp}_{file}"
        made[stored] = code(i)
        note = sp.blackboard_txt(shown(names, i), login, stamp, stored, file, "CET")
        made[f"HW5_{login}_attempt_{stamp}.txt"] = note.encode()
    return made


def _brightspace(names: Names, file: str) -> dict[str, bytes]:
    return {
        f"{71 + i}-90{i} - {shown(names, i)} - Mar 5, 2026 203 PM - {file}": code(i)
        for i in range(len(STUDENTS))
    }


def _sakai(names: Names, file: str) -> dict[str, bytes]:
    made: dict[str, bytes] = {"grades.csv": b""}
    for i, (_, _, login) in enumerate(STUDENTS):
        made[f"{shown(names, i)}({login})/Submission attachment(s)/{file}"] = code(i)
    return made


def _gradescope(names: Names, file: str) -> dict[str, bytes]:
    emails = ("zs@x.edu", "ls@x.edu", "ww@x.edu")
    people = {i: [(shown(names, i), "", emails[i])] for i in range(len(STUDENTS))}
    made = sp.gradescope(people)
    for i in range(len(STUDENTS)):
        del made[f"assignment_123_export/submission_{i}/rnn.py"]
        made[f"assignment_123_export/submission_{i}/{file}"] = code(i)
    return made


EXPORTS: dict[str, Make] = {
    **{"moodle": _moodle, "canvas": _canvas, "blackboard": _blackboard},
    **{"brightspace": _brightspace, "sakai": _sakai, "gradescope": _gradescope},
}


@pytest.mark.parametrize("layout", EXPORTS)
@given(
    who=st.integers(0, 2),
    name=st.sampled_from(SHOWN),
    file=st.sampled_from(
        ("rnn.py", "4322_99_rnn.py", "2023002_Si Li_rnn.py", "Mar 1, 2026 200 PM.py")
    ),
)
@settings(max_examples=examples(40))
def test_what_a_student_may_write_makes_no_file_anothers(
    tmp_path_factory: pytest.TempPathFactory, layout: str, who: int, name: str, file: str
) -> None:
    """The roster knows the platform's ids: a name that contradicts one leaves it to a person."""
    folder = tmp_path_factory.mktemp("w")
    known = listed(folder, GROUPS)
    files = EXPORTS[layout]({who: name}, file)
    found = discover(sp.lay(folder / "c", files), roster=known, layout=layout)
    owned = owners(found)

    for student_id, whose in owned.items():
        if student_id:
            assert whose == {str(int(student_id[-1]) - 1)}, owned
    for other in {0, 1, 2} - {who}:
        assert f"202300{other + 1}" in owned, owned


def test_an_id_beats_the_name_of_a_group(tmp_path: Path) -> None:
    known = listed(tmp_path, GROUPS)
    for layout in ("moodle", "canvas", "brightspace", "sakai", "blackboard"):
        files = EXPORTS[layout]({0: "X-Team"}, "rnn.py")
        found = discover(sp.lay(tmp_path / layout, files), roster=known)

        assert owners(found) == {f"202300{i + 1}": {str(i)} for i in range(3)}, layout


def test_a_name_of_a_group_in_a_class_of_students_is_no_group(tmp_path: Path) -> None:
    """Even where the roster knows no id of the platform's."""
    known = listed(tmp_path, "Student ID,Name,Group\n1001,San Zhang,A\n1002,Si Li,A\n1003,Wu W,B\n")
    files = sp.moodle([("Group B", 71), ("San Zhang", 72), ("Si Li", 73)])
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert [h.people[0].student_id for h in found.hand_ins] == ["1001", "1002", ""]
    assert [person.student_id for person in found.missing] == ["1003"]


def test_teams_of_moodle_have_numbers_of_their_own(tmp_path: Path) -> None:
    known = listed(tmp_path, GROUPS)
    for extra in ({}, {"Default group_assignsubmission_file/rnn.py": code("")}):
        files = {
            "X-Team_101_assignsubmission_file/rnn.py": code("X"),
            "Y-Team_103_assignsubmission_file/rnn.py": code("Y"),
            **extra,
        }
        found = discover(sp.lay(tmp_path / f"c{len(extra)}", files), roster=known)
        owned = owners(found)

        assert {owned[f"202300{i}"].pop() for i in (1, 2)} == {"Y"}
        assert {owned[f"202300{i}"].pop() for i in (3, 4)} == {"X"}

    ungrouped = roster(("2023001", "San Zhang"))
    numbered = Roster((Enrolled(Person("2023001", "San Zhang", {"moodle": "17"})),))
    teams = sp.moodle([("Alpha", 17), ("Beta", 18), ("Gamma", 19)])
    for known in (ungrouped, numbered):
        found = discover(sp.lay(tmp_path / "teams", teams), roster=known)
        assert all(not h.people[0].student_id for h in found.hand_ins)
        assert [person.student_id for person in found.missing] == ["2023001"]


@pytest.mark.parametrize("shown_name", ["San Zhang", "Zhang San", "zhangsan", "San Zhang (L1)"])
@pytest.mark.parametrize("layout", ["moodle", "canvas"])
def test_an_id_that_is_not_the_students_makes_a_name_doubtful(
    tmp_path: Path, layout: str, shown_name: str
) -> None:
    known = listed(tmp_path, GROUPS)
    files = {
        "moodle": {f"{shown_name}_999_assignsubmission_file/rnn.py": code("?")},
        "canvas": {f"{shown_name}_999_98769_rnn.py": code("?")},
    }[layout]
    others = EXPORTS[layout]({}, "rnn.py")
    files |= {name: data for name, data in others.items() if data != code(0)}
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert owners(found) == {"": {"?"}, "2023002": {"1"}, "2023003": {"2"}}
    (stranger,) = (h for h in found.hand_ins if not h.people[0].student_id)
    assert "is not this student's" in said(stranger)


def test_a_login_that_is_another_students_makes_a_name_doubtful(tmp_path: Path) -> None:
    known = listed(tmp_path, GROUPS)
    files = _blackboard({}, "rnn.py")
    files = {name.replace("_lisi_", "_other_"): data for name, data in files.items()}
    files = {name: data.replace(b"(lisi)", b"(other)") for name, data in files.items()}
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert owners(found).keys() == {"2023001", "2023003", ""}


def test_logins_of_another_system_say_nothing_against_a_name(tmp_path: Path) -> None:
    text = "Student ID,Name,Username\n1001,San Zhang,a1\n1002,Si Li,b2\n1003,Wu Wang,c3\n"
    known = listed(tmp_path, text)
    for layout in ("blackboard", "sakai"):
        files = EXPORTS[layout]({}, "rnn.py")
        found = discover(sp.lay(tmp_path / layout, files), roster=known)

        assert owners(found) == {f"100{i + 1}": {str(i)} for i in range(3)}, layout


@pytest.mark.parametrize("layout", ["moodle", "canvas"])
def test_numbers_of_another_assignment_say_nothing_against_a_name(
    tmp_path: Path, layout: str
) -> None:
    names = ("San Zhang", "Si Li", "Wu Wang")
    known = Roster(
        tuple(
            Enrolled(Person(f"100{i}", name, {layout: f"5{i}"})) for i, name in enumerate(names, 1)
        )
    )
    found = discover(
        sp.lay(tmp_path / "c", EXPORTS[layout]({}, "rnn.py")), layout=layout, roster=known
    )

    assert owners(found) == {f"100{i + 1}": {str(i)} for i in range(3)}


def test_ids_of_two_students_are_asked_about(tmp_path: Path) -> None:
    """On Gradescope a student enters the student id; the address is the account's."""
    known = listed(tmp_path, GROUPS)
    people = [("San Zhang", "2023002", "zs@x.edu"), ("Wu Wang", "2023003", "ww@x.edu")]
    files = sp.gradescope({i: [person] for i, person in enumerate(people)})
    found = discover(sp.lay(tmp_path / "c", files), roster=known)
    got = by_id(found)

    assert [h.people[0].student_id for h in found.hand_ins].count("2023002") <= 1
    assert "2023003" in got
    (held,) = (h for h in found.hand_ins if h is not got["2023003"])
    assert "belong to different students" in said(held)


# ---------------------------------------------------------------- Brightspace's two numbers

FORMS = ("{u}-{s}", "{s}-{u}", "{u}-900", "900-{u}")
CLASS = ("Ann Able", "Bob Best", "Cy Cole", "Dan Dean", "Eve Eliot")


def handed_in(form: str, names: Mapping[tuple[int, int], str], twice: frozenset[int]) -> sp.Files:
    """Everybody's first attempt and the second one of some; what is in them says whose they are."""
    files: dict[str, bytes] = {}
    for i, name in enumerate(CLASS):
        for attempt in (0, 1) if i in twice else (0,):
            numbers = form.format(u=71 + i, s=1000 + 10 * attempt + i)
            shown_name = names.get((i, attempt), name)
            files[f"{numbers} - {shown_name} - Mar {5 + attempt}, 2026 203 PM/rnn.py"] = (
                code(i) + f"# {attempt}\n".encode()
            )
    return files


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("known", [False, True], ids=["names", "ids"])
@given(
    who=st.integers(0, 4),
    other=st.integers(0, 4),
    twice=st.frozensets(st.integers(0, 4)),
    attempts=st.sets(st.integers(0, 1), min_size=1),
)
@settings(max_examples=examples(25))
def test_one_who_changes_the_name_shown_changes_nothing_for_others(
    tmp_path_factory: pytest.TempPathFactory,
    form: str,
    known: bool,
    who: int,
    other: int,
    twice: frozenset[int],
    attempts: set[int],
) -> None:
    column = ",Brightspace ID" if known else ""
    rows = [
        f"1001{i},{name}" + (f",{71 + i}" if known else "") + "\n" for i, name in enumerate(CLASS)
    ]
    folder = tmp_path_factory.mktemp("b")
    roster_ = listed(folder, f"Student ID,Name{column}\n{''.join(rows)}")
    name = CLASS[other] if other != who else "Zed Zorn"
    renamed = {(who, attempt): name for attempt in attempts}
    found = discover(sp.lay(folder / "c", handed_in(form, renamed, twice)), roster=roster_)
    owned = owners(found)

    for i in set(range(5)) - {who}:
        mine = owned.get(f"1001{i}")
        # Whose name is shown by another user, and is known by the name alone, is asked about.
        alone = i == other and not known
        assert mine == {str(i)} or (alone and mine in (None, {str(who)})), owned
        if alone and mine == {str(who)}:
            raise AssertionError("another's files")
    latest = [
        h.pieces[0].source.read_bytes().splitlines()[-1]
        for h in found.hand_ins
        if h.people[0].student_id not in ("", f"1001{who}")
    ]
    if other == who:
        assert sorted(latest) == sorted(
            b"# 1" if i in twice else b"# 0" for i in range(5) if i != who
        )


@pytest.mark.parametrize("form", FORMS)
def test_many_who_change_their_names_stay_themselves(tmp_path: Path, form: str) -> None:
    renamed = {(i, 1): f"Zed{i}" for i in range(2)}
    everybody = frozenset(range(5))
    found = discover(sp.lay(tmp_path / "c", handed_in(form, renamed, everybody)))

    assert len(found.hand_ins) == 5
    assert len(found.superseded) == 5


@pytest.mark.parametrize("form", FORMS)
def test_two_users_are_never_one_by_name(tmp_path: Path, form: str) -> None:
    known = roster(*((f"1001{i}", name) for i, name in enumerate(CLASS)))
    renamed = {(0, 1): CLASS[1], (2, 1): CLASS[3]}
    found = discover(
        sp.lay(tmp_path / "c", handed_in(form, renamed, frozenset(range(5)))), roster=known
    )

    for student_id, whose in owners(found).items():
        assert student_id in ("", *(f"1001{i}" for i in whose))


FLAT = "71-900 - {} - {}"
TIME = "Mar {}, 2026 203 PM"


def test_a_name_that_ends_with_a_date_makes_up_no_time(tmp_path: Path) -> None:
    """The first attempt was in time and showed the name without the date."""
    early, late = TIME.format(5), TIME.format(9)
    files = {f"{FLAT.format('Ann Able', early)} - a.py": code(0)}
    files[f"{FLAT.format(f'Ann Able - {early}', late)} - b.py"] = code(0) + b"# late\n"
    files |= {f"7{i}-900 - {CLASS[i]} - {early} - a.py": code(i) for i in range(2, 5)}
    known = roster(*((f"1001{i}", name) for i, name in enumerate(CLASS)))
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert "10010" not in owners(found)
    held = [h for h in found.hand_ins if not h.people[0].student_id]
    assert len(held) == 2
    assert found.superseded == ()


@pytest.mark.parametrize(
    "own", ["2026-03-04 1430-report.py", "Mar 4, 2026 200 PM.py", "5 March, 2026 1403 - a.py"]
)
def test_a_date_in_the_name_of_a_file_is_that_of_the_file(tmp_path: Path, own: str) -> None:
    early = TIME.format(5)
    files = {f"{FLAT.format('Ann Able', early)} - {name}": code(0) for name in ("a.py", own)}
    files |= {f"7{i}-900 - {CLASS[i]} - {early} - a.py": code(i) for i in range(2, 5)}
    known = roster(*((f"1001{i}", name) for i, name in enumerate(CLASS)))
    found = discover(sp.lay(tmp_path / "c", files), roster=known)
    own_files = {piece.name for piece in by_id(found)["10010"].pieces}

    assert own_files == {"a.py", own}
    assert by_id(found)["10010"].submitted_at is not None


@pytest.mark.parametrize("when", ["3/5/26 203 PM", "05.03.26 1403", "26-3-5 1403"])
@pytest.mark.parametrize("sign", ["/", "\\"])
def test_years_of_two_digits_and_backslashes_of_brightspace(
    tmp_path: Path, when: str, sign: str
) -> None:
    when = when.replace("/", ".")
    files = {f"7{i}-900 - {name} - {when}{sign}rnn.py": code(i) for i, name in enumerate(CLASS, 1)}
    (tmp_path / "class.zip").write_bytes(sp.pack({"index.html": b"", **files}))
    found = discover(tmp_path / "class.zip")

    assert found.layout == "brightspace"
    assert [h.people[0].name for h in found.hand_ins] == list(CLASS)
    assert all("cannot be read with certainty" in said(h) for h in found.hand_ins)


def test_a_backslash_in_the_name_of_a_file_makes_up_no_time(tmp_path: Path) -> None:
    early, late = TIME.format(1), TIME.format(9)
    files = {f"{FLAT.format('Ann Able', late)} - {early}\\a.py": code(0)}
    files |= {f"7{i}-900 - {CLASS[i]} - {late} - a.py": code(i) for i in range(2, 5)}
    (tmp_path / "class.zip").write_bytes(sp.pack(files))
    found = discover(tmp_path / "class.zip")
    (mine,) = (h for h in found.hand_ins if h.people[0].platform_ids["brightspace"] == "71")

    assert mine.submitted_at is None
    assert "holds several dates" in said(mine)


@pytest.mark.parametrize("end", ["0305", "1230", "0503", "260305", "050326", "2026"])
def test_what_may_be_a_date_is_no_end_of_an_id(tmp_path: Path, end: str) -> None:
    number = f"10254{end}"
    known = roster((number, "San Zhang"), ("102548765", "Si Li"))
    files = {f"lab6_{end}.zip": sp.pack({"a.py": RNN}), "lab6_8765.zip": sp.pack({"b.py": RNN})}
    found = discover(sp.lay(tmp_path / "c", files), roster=known)
    given = {h.people[0].student_id for h in found.hand_ins}
    assert len(found.hand_ins) == 2
    assert "102548765" in given
    assert number not in given

    files[f"lab6_San Zhang_{end}.zip"] = files.pop(f"lab6_{end}.zip")
    found = discover(sp.lay(tmp_path / "d", files), roster=known)
    assert sorted(h.people[0].student_id for h in found.hand_ins) == sorted((number, "102548765"))


@pytest.mark.parametrize(("old", "new"), [("12月30日", "1月2日"), ("1230", "0102")])
@pytest.mark.parametrize("later", [0, 3600])
def test_dates_without_a_year_on_both_sides_of_new_year(
    tmp_path: Path, old: str, new: str, later: int
) -> None:
    files = {f"2023001-张三-{day}.py": NUMPY + day.encode() + b"\n" for day in (old, new)}
    files |= {f"202300{i}-{name}.py": NUMPY for i, name in ((2, "李四"), (3, "王五"))}
    folder = sp.lay(tmp_path / "c", files)
    for path in folder.iterdir():
        time = 1.7e9 + (later if new in path.name else 0)
        os.utime(path, (time, time))
    known = roster(("2023001", "张三"), ("2023002", "李四"), ("2023003", "王五"))
    found = discover(folder, roster=known)
    mine = [h for h in found.hand_ins if "张三" in h.pieces[0].source.name]

    if later:
        assert [new in h.pieces[0].source.name for h in mine] == [True]
        assert len(found.superseded) == 1
    else:
        assert len(mine) == 2
        assert all("--prefer NAME" in said(h) for h in mine)


@pytest.mark.parametrize("sign", ["_", "、", "+", " & ", "，"])
def test_a_member_who_is_not_found_is_named(tmp_path: Path, sign: str) -> None:
    known = roster(
        ("1001001", "张三"), ("1001002", "王五"), ("1001003", "王五"), ("1001004", "赵六")
    )
    labels = {f"张三{sign}李四": "李四", f"王五{sign}赵六": "王五", f"赵六{sign}张三-方法": ""}
    labels |= {f"1001003{sign}王五": "", "1001002 王五": ""}
    for i, (label, lost) in enumerate(labels.items()):
        files = {f"{label}/a.py": RNN, "x/a.py": RNN, "y/a.py": RNN}
        found = discover(sp.lay(tmp_path / str(i), files), roster=known)
        (mine,) = (h for h in found.hand_ins if h.pieces[0].source.parent.name == label)

        assert mine.people[0].student_id, label
        assert f"{lost} in {label}".replace("，", ",") in said(mine) or not lost, label
        assert ("not taken as an author" in said(mine)) is bool(lost), label


# ---------------------------------------------------------------- user names, groups

LOGIN_FORMS = (  # the roster's user name and address, and the platform's user name
    ("u{i}", "st{i}@x.edu", "st{i}"),
    ("u{i}", "st{i}@x.edu", "st{i}@x.edu"),
    ("st{i}", "", "st{i}@x.edu"),
    ("st{i}@x.edu", "", "st{i}"),
    ("st{i}", "other{i}@x.edu", "st{i}"),
)


@pytest.mark.parametrize("layout", ["blackboard", "sakai"])
@pytest.mark.parametrize("form", LOGIN_FORMS)
def test_a_user_name_that_means_a_student_is_no_other_id(
    tmp_path: Path, form: tuple[str, str, str], layout: str
) -> None:
    rows = [
        f"202300{i + 1},{first} {last},{form[0].format(i=i)},{form[1].format(i=i)}\n"
        for i, (first, last, _) in enumerate(STUDENTS)
    ]
    known = listed(tmp_path, f"Student ID,Name,Username,Email\n{''.join(rows)}")
    files = EXPORTS[layout]({}, "rnn.py")
    for i, (_, _, login) in enumerate(STUDENTS):
        user = form[2].format(i=i)
        files = {
            name.replace(f"_{login}_", f"_{user}_").replace(f"({login})", f"({user})"): (
                data.replace(f"({login})".encode(), f"({user})".encode())
            )
            for name, data in files.items()
        }
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert owners(found) == {f"202300{i + 1}": {str(i)} for i in range(3)}


@pytest.mark.parametrize("layout", ["moodle", "canvas"])
def test_groups_beside_more_students(tmp_path: Path, layout: str) -> None:
    rows = [
        f"10{i:02d},Stu Nam{chr(97 + i)},{f'Team {i // 2 + 1}' if i < 6 else ''}\n"
        for i in range(12)
    ]
    known = listed(tmp_path, f"Student ID,Name,Group\n{''.join(rows)}")

    def found(teams: Sequence[int], singles: Sequence[int]) -> dict[str, set[str]]:
        shown_names = [(f"Team {t}", f"t{t}") for t in teams]
        shown_names += [(f"Stu Nam{chr(97 + i)}", str(i)) for i in singles]
        form = {"moodle": "{n}_{k}_assignsubmission_file/rnn.py", "canvas": "{n}_{k}_98{k}_rnn.py"}
        files = {
            form[layout].format(n=name, k=100 + k): code(whose)
            for k, (name, whose) in enumerate(shown_names)
        }
        folder = tmp_path / f"{teams}{singles}"
        return owners(discover(sp.lay(folder, files), roster=known))

    owned = found((1, 2, 3), range(6, 12))
    assert owned == {f"10{i:02d}": {f"t{i // 2 + 1}" if i < 6 else str(i)} for i in range(12)}
    # One alone, or one whose member is there, may be a student who shows the group's name.
    assert found((1,), range(6, 12))[""] == {"t1"}
    assert found((1, 2), range(3, 12))[""] == {"t2"}
