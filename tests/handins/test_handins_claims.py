"""What a student may write (names of files, the name shown) gives nobody another's work."""

from __future__ import annotations

from pathlib import Path

import pytest
import synthetic_platforms as sp
from test_handins import roster, said
from test_handins_whose import code, listed, owners

from grader.core.errors import UsageError
from grader.handins import discover

BOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section\n"
    '"Zhang, San",4321,2023001,zs,S\n"Li, Si",4322,2023002,ls,S\n"Wang, Wu",4323,2023003,ww,S\n'
    '"Zhao, Liu",4324,2023004,zl,S\n"Qian, Qi",4325,2023005,qq,S\n'
)
NAMES = ("zhangsan", "lisi", "wangwu", "zhaoliu", "qianqi")
CANVAS = {f"{n}_432{i}_9800{i}_rnn.py": code(i) for i, n in enumerate(NAMES, 1)}
STAMPED = "2023002_LiSi_attempt_2026-03-05-10-10-10_b.py"


@pytest.mark.parametrize("handed_in", [True, False])
@pytest.mark.parametrize("shown", ["zhangsan", "nick"])
@pytest.mark.parametrize("file", [STAMPED, "2023002_attempt_2026-03-05-10-10-10_b.py"])
def test_a_file_that_looks_like_blackboards_is_its_canvas_users(
    tmp_path: Path, file: str, shown: str, handed_in: bool
) -> None:
    known = listed(tmp_path, BOOK)
    files = {name: data for name, data in CANVAS.items() if handed_in or "_4322_" not in name}
    files[f"{shown}_4321_98009_{file}"] = code(1)
    owned = owners(discover(sp.lay(tmp_path / "c", files), roster=known))

    expected = {f"202300{i}": {str(i)} for i in range(1, 6) if handed_in or i != 2}
    assert owned == expected


def test_what_the_platform_did_not_name_is_a_claim(tmp_path: Path) -> None:
    known = roster(*((f"202300{i}", f"Stu Nam{chr(96 + i)}") for i in range(1, 7)))
    files = {
        f"Stu Nam{chr(96 + i)}_10{i}_assignsubmission_file/rnn.py": code(i) for i in range(1, 6)
    }
    files["2023006-Stu Namf.zip"] = sp.pack({"rnn.py": code(6)})
    place = sp.lay(tmp_path / "c", files)
    found = discover(place, roster=known)

    (claim,) = (h for h in found.hand_ins if not h.people[0].student_id)
    assert "anybody may have chosen that name" in said(claim)
    assert [person.student_id for person in found.missing] == ["2023006"]
    for wish in (f"{claim.people[0].name}=2023006", claim.people[0].name):
        again = discover(place, roster=known, prefer=[wish])
        assert not again.missing


def test_one_students_many_files_do_not_make_the_class_another_platforms(tmp_path: Path) -> None:
    for i, names in enumerate(
        (
            [
                f"zhangsan_4321_98{100 + k}_HW5_x{k}_attempt_2026-03-05-10-10-10_a.py"
                for k in range(24)
            ],
            [f"48362_4321_98{100 + k}_a{k}.py" for k in range(24)],
        )
    ):
        files = dict(CANVAS) | dict.fromkeys(names, code(1))
        place = sp.lay(tmp_path / str(i), files)
        found = discover(place, roster=listed(tmp_path, BOOK), layout="canvas")
        assert owners(found) == {f"202300{k}": {str(k)} for k in range(1, 6)}
    assert discover(place, roster=listed(tmp_path, BOOK)).layout == "canvas"
    with pytest.raises(UsageError, match="blackboard, canvas"):
        discover(tmp_path / "0", roster=listed(tmp_path, BOOK))


@pytest.mark.parametrize("known", [True, False])
def test_a_shown_name_with_anothers_number_is_asked_about(tmp_path: Path, known: bool) -> None:
    book = listed(tmp_path, BOOK) if known else None
    files = {name: data for name, data in CANVAS.items() if "_4321_" not in name}
    files |= {"bob_4322_4321_98001_a.py": code(1), "bob_4322_4321_98011_b.py": code(1)}
    found = discover(sp.lay(tmp_path / "c", files), roster=book)

    assert found.layout == "canvas"
    (held,) = (h for h in found.hand_ins if "may be that of its Canvas user" in said(h))
    assert {p.source.name[:3] for p in held.pieces} == {"bob"}
    assert len(found.hand_ins) == 5


def test_one_name_of_two_users_whom_the_gradebook_knows(tmp_path: Path) -> None:
    files = {"lisi_4321_98001_rnn.py": code(1), "lisi_4322_98002_rnn.py": code(2)}
    found = discover(sp.lay(tmp_path / "c", files), roster=listed(tmp_path, BOOK))

    assert found.layout == "canvas"
    assert all(whose == {i[-1]} for i, whose in owners(found).items() if i)


@pytest.mark.parametrize("shown", ["x 2023004", "2023004", "zl", "Zed (zl@x.edu)"])
def test_an_id_in_a_shown_name_is_asked_about(tmp_path: Path, shown: str) -> None:
    text = "Student ID,Name,Username,Email\n" + "".join(
        f"202300{i},Stu Nam{chr(96 + i)},{login},{login}@x.edu\n"
        for i, login in enumerate(("zha", "lis", "wan", "zl"), 1)
    )
    known = listed(tmp_path, text)
    people = [("Stu Nama", 11), ("Stu Namb", 12), (shown, 13)]
    found = discover(sp.lay(tmp_path / "c", sp.moodle(people)), roster=known)

    assert [h.people[0].student_id for h in found.hand_ins] == ["2023001", "2023002", ""]
    everybody = [(f"Stu Nam{chr(96 + i)} 202300{i}", 10 + i) for i in range(1, 4)]
    numbers = [(f"202300{i}", 10 + i) for i in range(1, 5)]
    for i, names in enumerate((everybody, numbers)):  # a school may write ids into names
        found = discover(sp.lay(tmp_path / str(i), sp.moodle(names)), roster=known)
        assert all(h.people[0].student_id for h in found.hand_ins)


def test_on_gradescope_a_typed_id_does_not_beat_a_name(tmp_path: Path) -> None:
    known = roster(("2023001", "San Zhang"), ("2023002", "Si Li"))
    files = sp.gradescope(
        {1: [("Mallory", "2023002", "m@x.edu")], 2: [("Si Li", "''", "ls@x.edu")]}
        | {3: [("San Zhang", "2023001", "z@x.edu")]}
    )
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert [h.people[0].student_id for h in found.hand_ins] == ["2023001", "", ""]


ILIAS = {  # the folder's front -> whose it is
    "Li_Wei_li_wei": "1",
    "Wei_Hao_wei": "2",
    "Abe_Bo_abo": "3",
    "Abe_Bo_Carl_abo": "3",
    "Li_Wei_lee_wei": "",
    "Wei_Hao_Peter_wei": "2",
}


@pytest.mark.parametrize("front", ILIAS)
def test_logins_of_ilias_may_hold_underscores(tmp_path: Path, front: str) -> None:
    known = listed(
        tmp_path,
        "Student ID,Name,Login\n1,Wei Li,li_wei\n2,Hao Wei,wei\n3,Bo Abe,abo\n4,Cy Dee,cd\n",
    )
    files = {f"{front}_1234/rnn.py": code(""), "Dee_Cy_cd_1239/rnn.py": code("4")}
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert [h.people[0].student_id for h in found.hand_ins] == sorted(
        [ILIAS[front], "4"], key=lambda i: (not i, i)
    )
