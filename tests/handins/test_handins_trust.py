"""A hand-in says nothing about another one, whatever lies in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
import synthetic_platforms as sp
from synthetic_platforms import RNN
from test_handins import by_id, names, roster, said

from grader.core.errors import UsageError
from grader.handins import ClassFolder, Person, discover
from grader.handins.roster import Enrolled, Roster, read_roster

PLAIN = {f"202300{i}-{name}/rnn.py": RNN for i, name in enumerate(("张三", "李四", "赵六"), 1)}


def ids(found: ClassFolder) -> list[str]:
    return [h.people[0].student_id for h in found.hand_ins if h.people[0].student_id]


@pytest.mark.parametrize("name", ["submission_metadata.yml", "x/submission_metadata.yml"])
def test_a_table_inside_a_submission_is_its_students_data(tmp_path: Path, name: str) -> None:
    files = sp.gradescope({111: [("Mallory", "2023111", "m")], 222: [("Alice", "2023222", "a")]})
    forged = sp.gradescope({111: [("Alice", "2023222", "a")], 222: [("M", "2023111", "m")]})
    top = "assignment_123_export"
    files[f"{top}/submission_111/{name}"] = forged[f"{top}/submission_metadata.yml"]
    for way in (files, {path.removeprefix(f"{top}/"): data for path, data in files.items()}):
        found = discover(sp.lay(tmp_path / str(len(next(iter(way)))), way))
        got = {h.people[0].platform_ids["gradescope"]: h for h in found.hand_ins}
        assert got["111"].people[0].student_id == "2023111"
        assert got["222"].people[0].student_id == "2023222"


def test_without_its_own_table_gradescope_says_nobody(tmp_path: Path) -> None:
    files = sp.gradescope({111: [("M", "1", "")], 222: [("A", "2", "")]})
    table = files.pop("assignment_123_export/submission_metadata.yml")
    files["assignment_123_export/submission_111/submission_metadata.yml"] = table
    found = discover(sp.lay(tmp_path / "c", files))

    assert ids(found) == []


def test_sakais_table_inside_a_folder_is_its_students_data(tmp_path: Path) -> None:
    files = sp.sakai([("Zhang", "San", "2023001"), ("Li", "Si", "2023002")], late=["2023001"])
    forged = sp.sakai([("Zhang", "San", "2023001"), ("Li", "Si", "2023002")], late=["2023002"])
    inside = "Lab 6/Zhang, San(2023001)/Submission attachment(s)/grades.csv"
    for name in (inside, "Lab 6/Zhang, San(2023001)/grades.csv"):
        files[name] = forged["Lab 6/grades.csv"]
    got = by_id(discover(sp.lay(tmp_path / "c", files)))

    assert {i: h.late for i, h in got.items()} == {"2023001": True, "2023002": False}


def test_sixty_files_in_one_folder_are_one_vote(tmp_path: Path) -> None:
    hijack = {f"2023009-M/a(b)/Submission attachment(s)/f{i}.py": RNN for i in range(60)}
    hijack |= {f"2023009-M/x_1{i}_assignsubmission_file/f.py": RNN for i in range(60)}
    found = discover(sp.lay(tmp_path / "c", {**PLAIN, **hijack}))

    assert found.layout == "plain"
    assert ids(found) == ["2023001", "2023002", "2023003", "2023009"]


def test_what_is_nested_in_a_folder_of_nobodys_is_a_claim(tmp_path: Path) -> None:
    nested = {f"mallory/{name}": RNN for name in PLAIN if "2023003" not in name}
    folder = sp.lay(tmp_path / "c", {**PLAIN, **nested})
    for path in folder.rglob("mallory/**/*"):
        os.utime(path, (2e9, 2e9))
    found = discover(folder)
    got = by_id(found)

    assert set(got) == {"2023001", "2023002", "2023003", "mallory"}
    assert found.superseded == ()
    assert "mallory holds work under the names of 2023001, 2023002" in said(got["mallory"])

    preferred = discover(folder, prefer=["mallory/2023001-张三"])
    assert "mallory" in str(by_id(preferred)["2023001"].pieces[0].source)
    assert "mallory" not in str(by_id(preferred)["2023002"].pieces[0].source)


def test_a_folder_of_late_work_does_not_replace_either(tmp_path: Path) -> None:
    files = {**PLAIN, "补交/2023001-张三/rnn.py": RNN, "补交/2023004-王五/rnn.py": RNN}
    got = by_id(discover(sp.lay(tmp_path / "c", files)))

    assert "补交" not in str(got["2023001"].pieces[0].source)
    assert names(got["2023004"]) == ["rnn.py"]
    assert "whose own name names no student" in said(got["2023004"])


def test_a_students_archive_beside_reports_is_not_the_class(tmp_path: Path) -> None:
    inner = sp.pack({f"202300{i}-张三/rnn.py": RNN for i in (1, 2, 3)})
    files = {"2023001-张三/report.pdf": sp.PDF, "2023002-李四/a.pdf": sp.PDF, "m/all.zip": inner}
    found = discover(sp.lay(tmp_path / "c", files))

    assert set(by_id(found)) == {"2023001", "2023002", "m"}


def test_the_only_folder_beside_archives_is_one_hand_in(tmp_path: Path) -> None:
    files = {f"202300{i}-{n}.zip": sp.pack({"a.py": RNN}) for i, n in enumerate("张李")}
    files |= {f"mallory/x_10{i}_assignsubmission_file/rnn.py": RNN for i in range(9)}
    found = discover(sp.lay(tmp_path / "c", files))

    assert found.layout == "plain"
    assert set(by_id(found)) == {"2023000", "2023001", "mallory"}


def test_two_layouts_that_fit_are_asked_about(tmp_path: Path) -> None:
    files = {f"Zhang_{c}_zs{i}_17{i}(1{i})/rnn.py": RNN for i, c in enumerate("ABC")}
    files |= {"grades.csv": b""}
    folder = sp.lay(tmp_path / "c", files)
    assert discover(folder).layout == "sakai"

    files = {f"Lab_{i}_4{i}12_attempt_2021-07-20-21-14-05_rnn.py": RNN for i in range(3)}
    assert discover(sp.lay(tmp_path / "d", files)).layout == "blackboard"

    files = {f"123-45{i} - S - Mar 5, 2026 203 PM - {'a' * 39}{i}_{'b' * 40}": RNN for i in (1, 2)}
    both = sp.lay(tmp_path / "e", files)
    with pytest.raises(UsageError, match="fits several layouts") as caught:
        discover(both)
    assert "brightspace, edx-sga, plain" in caught.value.text.en
    assert "brightspace、edx-sga、plain" in caught.value.text.zh
    assert discover(both, layout="brightspace").layout == "brightspace"
    assert discover(both, layout="edx-sga").layout == "edx-sga"
    assert discover(both, layout="plain").layout == "plain"


def test_a_chosen_layout_that_fits_nothing_is_an_error(tmp_path: Path) -> None:
    folder = sp.lay(tmp_path / "c", PLAIN)
    with pytest.raises(UsageError, match="fits --layout canvas"):
        discover(folder, layout="canvas")


def test_a_layout_that_explains_too_little_is_named(tmp_path: Path) -> None:
    files = {**sp.moodle([("San Zhang", 1), ("Si Li", 2), ("Wu W", 3)]), "alice/a.py": RNN}
    folder = sp.lay(tmp_path / "c", files)
    found = discover(folder)

    assert found.layout == "plain"
    assert any("Only 3 of 4 items fit the layout moodle" in n.en for n in found.notices)
    assert len(discover(folder, layout="moodle").hand_ins) == 3


def test_a_hand_in_added_by_hand_to_an_export_is_not_lost(tmp_path: Path) -> None:
    known = roster(("2023001", "张三"), ("2023002", "李四"))
    files = sp.moodle([(f"S{i}", i) for i in range(1, 9)])
    files["2023001-张三-补交.zip"] = sp.pack({"a.py": RNN})
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert found.layout == "moodle"
    (added,) = (h for h in found.hand_ins if h.people[0].name == "2023001-张三-补交")
    assert "not named as the platform names" in said(added)
    found = discover(tmp_path / "c", roster=known, prefer=["2023001-张三-补交=2023001"])
    assert "2023001" in by_id(found)


@pytest.mark.parametrize(
    "name", ["Lab6.pdf", "实验6.docx", "实验6说明.pdf", "hw_6.pdf", "名单.csv"]
)
def test_a_teachers_document_beside_the_folder_of_the_class(tmp_path: Path, name: str) -> None:
    files = {f"提交/{who}/rnn.py": RNN for who in ("alice", "bob", "carol")}
    found = discover(sp.lay(tmp_path / "c", {**files, name: b""}))

    assert set(by_id(found)) == {"alice", "bob", "carol"}
    assert any(name in notice.en for notice in found.notices)


def test_a_student_of_many_files_is_looked_at_within_bounds(tmp_path: Path) -> None:
    files = {f"2023001-张三-f{i}.py": b"def f(): pass\n" for i in range(200)}
    found = discover(sp.lay(tmp_path / "c", {**files, **PLAIN}))

    assert len(found.hand_ins) == 3


# ---------------------------------------------------------------- names that two users share

NAMESAKES = [(71, "Wei Zhang", 5, b"# 71\n"), (72, "Bo Li", 5, b"# 72\n")]
EVIL = (76, "Wei Zhang", 6, b"# evil\n")


def brightspace(form: str, people: list[tuple[int, str, int, bytes]]) -> dict[str, bytes]:
    return {
        f"{form.format(u=u, s=900 + i)} - {name} - Mar {day}, 2026 203 PM/rnn.py": RNN + own
        for i, (u, name, day, own) in enumerate(people)
    }


@pytest.mark.parametrize("form", ["{u}-{s}", "{s}-{u}", "{u}-900", "900-{u}"])
@pytest.mark.parametrize("twice", [False, True])
def test_brightspace_keeps_namesakes_apart(tmp_path: Path, form: str, twice: bool) -> None:
    again = [(71, "Wei Zhang", 7, b"# 71 again\n")] if twice else []
    found = discover(sp.lay(tmp_path / "c", brightspace(form, [*NAMESAKES, *again, EVIL])))
    got = {h.pieces[0].source.read_bytes().splitlines()[-1] for h in found.hand_ins}

    assert got == {b"# 71 again" if twice else b"# 71", b"# 72", b"# evil"}
    assert len({h.id for h in found.hand_ins}) == 3
    assert len(found.superseded) == len(again)


@pytest.mark.parametrize(
    "layout", ["brightspace", "moodle", "canvas", "blackboard", "sakai", "ilias"]
)
def test_a_shared_name_makes_nobody_replace_anybody(tmp_path: Path, layout: str) -> None:
    """The roster knows names alone, so both users look like the one student."""
    files = {
        "brightspace": brightspace("{u}-900", [*NAMESAKES, EVIL]),
        "moodle": sp.moodle([("Wei Zhang", 71), ("Bo Li", 72), ("Wei Zhang", 76)]),
        "canvas": {f"{n}_{u}_9{u}_rnn.py": RNN for u, n, _, _ in [*NAMESAKES, EVIL]},
        "blackboard": sp.blackboard(
            "HW5",
            [(n, f"u{u}", f"2026-03-0{d}-10-00-00", "rnn.py") for u, n, d, _ in [*NAMESAKES, EVIL]],
        ),
        "sakai": sp.sakai([("Zhang", "Wei", "u71"), ("Li", "Bo", "u72"), ("Zhang", "Wei", "u76")]),
        "ilias": {
            f"{n.split()[1]}_{n.split()[0]}_u{u}_{u}/rnn.py": RNN
            for u, n, _, _ in [*NAMESAKES, EVIL]
        },
    }[layout]
    folder = sp.lay(tmp_path / "c", files)
    found = discover(folder, roster=roster(("2023001", "Wei Zhang"), ("2023002", "Bo Li")))

    assert found.layout == layout
    assert ids(found) == ["2023002"]
    assert len(found.hand_ins) == 3
    assert found.superseded == ()
    held = [h for h in found.hand_ins if not h.people[0].student_id]
    assert all("Several users of the platform look like one student" in said(h) for h in held)


def test_a_user_name_is_taken_whole(tmp_path: Path) -> None:
    users = ("bob", "bob_v2", "bob-final", "bob_copy", "bob-latest")
    files = {f"{user}_{str(i) * 40}.py": RNN for i, user in enumerate(users)}
    found = discover(sp.lay(tmp_path / "c", files))

    assert {h.people[0].platform_ids["edx"] for h in found.hand_ins} == set(users)
    assert found.superseded == ()


def test_a_flat_name_of_sakai_says_no_time(tmp_path: Path) -> None:
    files = sp.sakai([("Zhang", "San", "2023001")])
    files = {"grades.csv": files["Lab 6/grades.csv"]}
    front = "Zhang, San(2023001)_Submission attachment(s)_"
    files |= {f"{front}rnn.py": RNN, f"{front}timestamp.txt": b"2000-01-01T00:00:00Z"}
    (hand_in,) = discover(sp.lay(tmp_path / "c", files)).hand_ins

    assert hand_in.submitted_at is not None
    assert hand_in.submitted_at.year == 2026
    assert names(hand_in) == ["rnn.py", "timestamp.txt"]


def test_whom_the_roster_knows_by_an_id_is_not_held_for_a_namesake(tmp_path: Path) -> None:
    files = sp.gradescope(
        {
            1: [("Wei Zhang", "2023001", "wz@x.edu")],
            2: [("Wei Zhang", "", "evil@y.org")],  # with a name of one's own choice
        }
    )
    place = sp.lay(tmp_path / "c", files)
    found = discover(place, roster=roster(("2023001", "Wei Zhang"), ("2023002", "Bo")))
    assert ids(found) == []  # without the address of the account the id may be typed by anybody

    person = Person("2023001", "Wei Zhang", {}, "wz@x.edu")
    found = discover(place, roster=Roster((Enrolled(person), Enrolled(Person("2023002", "Bo")))))
    (own,) = [h for h in found.hand_ins if h.people[0].student_id == "2023001"]
    (other,) = [h for h in found.hand_ins if h is not own]

    assert own.people[0].platform_ids == {"gradescope": "1"}
    assert "Several users of the platform" in said(other)
    assert found.superseded == ()


def test_two_attempts_of_one_account_are_attempts(tmp_path: Path) -> None:
    files = sp.gradescope({n: [("Wei Zhang", "2023001", "wz@x.edu")] for n in (1, 2)})
    table = "assignment_123_export/submission_metadata.yml"
    files[table] = files[table].replace(b"12:00:05", b"13:00:05", 1)
    found = discover(sp.lay(tmp_path / "c", files))

    assert ids(found) == ["2023001"]
    assert len(found.superseded) == 1


CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section\n" + "".join(
    f'"{name}",432{i},202300{i},u{i},L1\n' for i, name in enumerate("甲乙丙丁戊己", 1)
)


def gradebook(folder: Path) -> Roster:
    (folder / "gradebook.csv").write_text(CANVAS, "utf-8")
    return read_roster(folder / "gradebook.csv")


@pytest.mark.parametrize("shown", ["77", "2023001", "2023-001", "2023002", "4322", "张三"])
@pytest.mark.parametrize("late", ["", "LATE_"])
def test_a_name_that_is_shown_as_a_number_hides_nothing(
    tmp_path: Path, shown: str, late: str
) -> None:
    files = {f"{name}_432{i}_900{i}_rnn.py": RNN for i, name in enumerate("甲乙丙丁戊己", 1)}
    del files["甲_4321_9001_rnn.py"]
    files[f"{shown}_{late}4321_9001_rnn.py"] = RNN
    known = gradebook(tmp_path)
    got = by_id(discover(sp.lay(tmp_path / "c", files), roster=known))

    assert {id: hand_in.late for id, hand_in in got.items()} == {
        f"202300{i}": i == 1 and bool(late) for i in range(1, 7)
    }


def test_a_class_that_is_shown_as_numbers_keeps_who_is_late(tmp_path: Path) -> None:
    files = {f"202300{i}_{'LATE_' if i % 2 else ''}432{i}_900{i}_rnn.py": RNN for i in range(1, 7)}
    known = gradebook(tmp_path)
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert found.layout == "canvas"
    assert {id: h.late for id, h in by_id(found).items()} == {
        f"202300{i}": bool(i % 2) for i in range(1, 7)
    }


def classroom(users: Sequence[str], cell: str = "{}") -> str:
    """A roster of GitHub Classroom whose column of user names has them as `cell`."""
    return "identifier,github_username,github_id,name\n" + "".join(
        f"202300{i},{cell.format(user)},{i},{name}\n"
        for i, (user, name) in enumerate(zip(users, "张李王赵", strict=True), 1)
    )


USERS = ("zhangs", "li-si", "si", "zhao")
CLASSROOM = classroom(USERS)
OUTSIDERS = ("x-zhangs", "final-zhangs", "zhangs-2", "zhangs-", "2023001", "zhao-li-si")


@pytest.mark.parametrize("outsider", OUTSIDERS)
@pytest.mark.parametrize("form", ["lab6-{}", "lab-6_{}", "lab6-{}-main", "{}"])
@pytest.mark.parametrize("later", [-1e6, 0, 1e6])
def test_a_user_of_github_whom_the_roster_does_not_have_replaces_nobody(
    tmp_path: Path, outsider: str, form: str, later: float
) -> None:
    files = {f"{form.format(user)}/numpy_rnn.py": RNN for user in USERS}
    other = form.format(outsider)
    folder = sp.lay(tmp_path / "c", files | {f"{other}/numpy_rnn.py": RNN + b"# other"})
    for path in folder.rglob("*.py"):
        time = 1.7e9 + (later if path.parent.name == other else 0)
        os.utime(path, (time, time))
    (tmp_path / "roster.csv").write_text(CLASSROOM, "utf-8")
    known = read_roster(tmp_path / "roster.csv")
    found = discover(folder, roster=known)

    assert found.superseded == ()
    own = {h.people[0].student_id: h for h in found.hand_ins if h.people[0].student_id}
    assert {id: str(h.pieces[0].source.parent.name) for id, h in own.items()} == {
        f"202300{i}": form.format(user) for i, user in enumerate(USERS, 1)
    }
    (apart,) = (h for h in found.hand_ins if not h.people[0].student_id)
    assert other in said(apart)

    if outsider != "zhao-li-si":  # which is nobody's alone
        preferred = discover(folder, roster=known, prefer=[other])
        assert len(preferred.hand_ins) == len(USERS)


@pytest.mark.parametrize("users", [USERS, ("zhangs_thu", "li-si_thu", "si_thu", "Zhao_thu")])
@pytest.mark.parametrize(
    "cell",
    [
        *("{}", "@{}", "https://github.com/{}", "https://github.com/{}/", "github.com/{}"),
        *("http://www.GitHub.com/{}", "https://github.com/{}?tab=repositories"),
    ],
)
def test_user_names_of_github_are_read_as_people_give_them(
    tmp_path: Path, users: tuple[str, ...], cell: str
) -> None:
    """Users whom a company or university manages have its name behind a ``_``."""
    (tmp_path / "roster.csv").write_text(classroom(users, cell), "utf-8")
    known = read_roster(tmp_path / "roster.csv")
    assert [student.github for student in known.students] == list(users)

    outsider = f"x-{users[0]}"
    files = {f"lab6-{user.lower()}/numpy_rnn.py": RNN for user in (*users, outsider)}
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert found.superseded == ()
    own = {h.people[0].student_id: h for h in found.hand_ins if h.people[0].student_id}
    assert {id: str(h.pieces[0].source.parent.name) for id, h in own.items()} == {
        f"202300{i}": f"lab6-{user.lower()}" for i, user in enumerate(users, 1)
    }
    (apart,) = (h for h in found.hand_ins if not h.people[0].student_id)
    assert f"lab6-{outsider}" in said(apart)


@pytest.mark.parametrize("name", ["Wei Zhang", "王伟"])
def test_namesakes_alone_keep_their_name(tmp_path: Path, name: str) -> None:
    """One name for all of a Moodle export is no sign that names are hidden."""
    folder = sp.lay(tmp_path / "c", sp.moodle([(name, number) for number in (71, 72, 73)]))

    found = discover(folder, roster=roster(("2023001", name), ("2023002", "Bo Li")))
    alone = discover(folder)

    assert [h.people[0].name for h in alone.hand_ins] == [name] * 3
    assert len(found.hand_ins) == 3
    assert ids(found) == []
    assert not any("anonymously" in said(h) for h in (*found.hand_ins, *alone.hand_ins))


def test_a_word_for_everybody_hides_the_names_however_many_they_are(tmp_path: Path) -> None:
    for count, word in ((1, "Participant"), (3, "Teilnehmerin"), (3, "参与人")):
        files = sp.moodle([(word, number) for number in range(71, 71 + count)])
        found = discover(sp.lay(tmp_path / f"{word}{count}", files))

        assert [h.people[0].name for h in found.hand_ins] == [""] * count
        assert all("anonymously" in said(h) for h in found.hand_ins)
