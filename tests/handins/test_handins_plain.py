"""Who is meant by the names that students and teachers give folders, archives and files."""

from __future__ import annotations

import os
import re
import time
import unicodedata
import warnings
from pathlib import Path

import pytest
import synthetic_platforms as sp
from drawing import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from synthetic_platforms import PDF, RNN
from test_handins import by_id, every_way, names, put, roster, said

from grader.handins import discover, labels

CLASS = roster(("0023001", "张三"), ("0023002", "李四"), ("0023003", "王小明"))


@pytest.mark.parametrize(
    "label",
    [
        "0023001-张三-实验6",
        "0023001_张三_lab7",
        "0023001+张三",
        "0023001 张三",
        "张三-0023001",
        "计算机学院-软件工程-0023001-张三-考试",
        "软件工程2021-0023001-张三",
        "h3_1700000012_张三_0023001",
        "第十次作业-0023001-张三-Lv2",
        "循环神经网络-0023001-张三-实验报告1(1)",
        "００２３００１－张三－实验６",
        "张三0023001 - 副本 (2)",
        "0023001",
        "张三",
        "张三实验六",
        "3001张三",
    ],
)
def test_orders_of_names_with_a_roster(label: str) -> None:
    parsed = labels.parse(label, CLASS)

    assert [p.student_id for p in parsed.people] == ["0023001"]
    assert parsed.sure
    assert parsed.doubt is None


@pytest.mark.parametrize(
    ("label", "number", "name"),
    [
        ("0023001-张三-实验6", "0023001", "张三"),
        ("张三_0023001_20240401", "0023001", "张三"),
        ("0023001-张三-13812345678", "0023001", "张三"),
        ("计算机学院-PB20000001-欧阳娜娜-作业", "PB20000001", "欧阳娜娜"),
        ("2023001_Zhang San", "2023001", "Zhang San"),
        ("0023001-阿不都·热合曼-实验六", "0023001", "阿不都·热合曼"),
        ("实验6-张三", "", "张三"),
        ("alice", "", "alice"),
    ],
)
def test_orders_of_names_without_a_roster(label: str, number: str, name: str) -> None:
    (person,) = labels.parse(label, None).people

    assert (person.student_id, person.name) == (number, name)


def test_what_is_ambiguous_is_never_guessed() -> None:
    twins = roster(("0023001", "张三"), ("0023009", "张三"), ("0023002", "李四"))

    for label in ("张三-实验6", "0023002-王五", "20231234-7654321-实验"):
        parsed = labels.parse(label, twins)
        if "王五" in label:  # the number decides where the name is nobody else's
            assert parsed.people[0].student_id == "0023002"
        else:
            assert not parsed.known
            assert parsed.doubt is not None
    clash = labels.parse("0023002-王小明", CLASS)
    assert (clash.known, clash.people[0].student_id) == (False, "")
    assert clash.doubt is not None
    assert labels.parse("0023009 张三", twins).people[0].student_id == "0023009"


def test_the_number_of_the_lab_is_no_student_id() -> None:
    known = roster(("6", "张三"), ("7", "李四"), ("2024", "王五"))

    assert labels.parse("李四-实验6", known).people[0].student_id == "7"
    assert not labels.parse("lab6_alice", known).known
    assert not labels.parse("2024-lab", known).known
    assert labels.parse("6", known).people[0].student_id == "6"
    assert labels.parse("6-张三-lab7", known).people[0].student_id == "6"


def test_a_year_is_not_the_end_of_an_id() -> None:
    known = roster(("20222024", "张三"))

    assert not labels.parse("实验6-2024", known).known
    assert labels.parse("2024-张三", known).people[0].student_id == "20222024"


@every_way
def test_plain_zips_and_folders(tmp_path: Path, how: str) -> None:
    files = {
        "0023001-张三-实验6.zip": sp.pack({"rnn.py": RNN}),
        "李四_0023002/rnn.py": RNN,
        "王小明 0023003.rar": b"Rar!",
        "README.md": b"",
    }
    found = discover(put(tmp_path, files, how), roster=CLASS)

    assert found.layout == "plain"
    assert list(by_id(found)) == ["0023001", "0023002", "0023003"]
    assert found.missing == ()
    assert any("README.md" in n.en for n in found.notices)


def test_code_and_report_in_two_files_belong_together(tmp_path: Path) -> None:
    files = {
        "alice.py": RNN,
        "Alice.pdf": PDF,
        "bob.zip": sp.pack({"a.py": RNN}),
        "bob_report.pdf": PDF,
        "0023001-张三-代码.zip": sp.pack({"a.py": RNN}),
        "0023001-张三-实验报告.pdf": PDF,
        "0023002_李四_rnn.py": RNN,
        "0023002_李四_lstm.py": RNN,
    }
    got = by_id(discover(sp.lay(tmp_path / "c", files)))

    assert {i: len(h.pieces) for i, h in got.items()} == {
        "alice": 2,
        "bob": 2,
        "0023001": 2,
        "0023002": 2,
    }
    assert "alice.py, Alice.pdf" in said(got["alice"])


def test_the_newest_version_counts(tmp_path: Path) -> None:
    files = {
        "0023001-张三-实验6.zip": sp.pack({"a.py": RNN}),
        "0023001-张三-实验6-最终版.zip": sp.pack({"a.py": RNN}),
        "0023002-李四(1).zip": sp.pack({"a.py": RNN}),
        "0023002-李四.zip": sp.pack({"a.py": RNN}),
    }
    folder = sp.lay(tmp_path / "c", files)
    for name in files:
        os.utime(folder / name, (1e9, 1e9))
    os.utime(folder / "0023002-李四.zip", (2e9, 2e9))
    got = discover(folder)

    assert names(by_id(got)["0023001"]) == ["0023001-张三-实验6-最终版.zip"]
    assert "by its name" in said(by_id(got)["0023001"])
    assert names(by_id(got)["0023002"]) == ["0023002-李四.zip"]
    assert "by its date" in said(by_id(got)["0023002"])
    assert len(got.superseded) == 2


def test_a_mark_of_a_copy_tells_more_than_dates_close_together(tmp_path: Path) -> None:
    files = {"张三(1).zip": b"PK", "张三.zip": b"PK", "bob.zip": b"PK"}
    folder = sp.lay(tmp_path / "c", files)
    os.utime(folder / "张三(1).zip", (1e9, 1e9))
    os.utime(folder / "张三.zip", (1e9, 1e9 + 5))
    assert names(by_id(discover(folder))["张三"]) == ["张三(1).zip"]

    os.utime(folder / "张三.zip", (1e9, 1e9 + 5000))
    assert names(by_id(discover(folder))["张三"]) == ["张三.zip"]


def test_files_that_a_browser_renamed_are_all_graded(tmp_path: Path) -> None:
    listed = [
        "hw.zip",
        "hw (1).zip",
        "hw(2).zip",
        "dev1.zip",
        "dev2.zip",
        "alice_v2.py",
        "alice.py",
    ]
    found = discover(sp.lay(tmp_path / "c", dict.fromkeys(listed, b"PK")))

    assert len(found.hand_ins) == len(listed)
    assert found.superseded == ()
    assert "by the same student as hw" in said(by_id(found)["hw"])
    assert said(by_id(found)["dev1"]) == ""


def test_an_archive_and_its_unpacked_folder_are_one(tmp_path: Path) -> None:
    files = {"alice.zip": sp.pack({"a.py": RNN}), "alice/a.py": RNN, "bob.zip": b"PK"}
    found = discover(sp.lay(tmp_path / "c", files))

    assert names(by_id(found)["alice"]) == ["alice.zip"]
    assert "unpacked" in said(by_id(found)["alice"])


def test_two_names_that_claim_one_id_stay_two_students(tmp_path: Path) -> None:
    files = {"0023001-张三.zip": b"PK1", "0023001-李四.zip": b"PK2"}
    found = discover(sp.lay(tmp_path / "c", files))

    assert set(by_id(found)) == {"0023001-张三", "0023001-李四"}
    assert all(h.people[0].student_id == "" for h in found.hand_ins)
    assert all("under another name" in said(h) for h in found.hand_ins)


def test_groups_by_roster_and_by_names_in_the_label(tmp_path: Path) -> None:
    known = roster(
        ("001", "张三"), ("002", "李四"), ("003", "王小明"), ("004", "赵六"), s003="3", s004="3"
    )
    files = {"第3组/rnn.py": RNN, "张三-李四-实验6.zip": b"PK"}
    found = discover(sp.lay(tmp_path / "c", files), roster=known)

    assert sorted(tuple(p.student_id for p in h.people) for h in found.hand_ins) == [
        ("001", "002"),
        ("003", "004"),
    ]
    assert found.missing == ()


def test_folders_that_only_sort_students_give_way(tmp_path: Path) -> None:
    files = {
        f"{section}/00230{i}-张{c}/rnn.py": RNN
        for i, (section, c) in enumerate([("一班", "三"), ("一班", "丰"), ("二班", "飞")], 10)
    }
    found = discover(sp.lay(tmp_path / "c", files))

    assert set(by_id(found)) == {"0023010", "0023011", "0023012"}


@pytest.mark.parametrize("how", ["folder", "archive", "alone"])
def test_one_students_own_folder_is_one_hand_in(tmp_path: Path, how: str) -> None:
    files = {"numpy_rnn.py": RNN, "src/helper.py": RNN, "report.pdf": PDF}
    found = discover(put(tmp_path, files, how))

    assert len(found.hand_ins) == 1
    assert found.superseded == ()
    if how != "alone":  # then the archive itself is the hand-in
        assert names(found.hand_ins[0]) == ["numpy_rnn.py", "report.pdf", "src/helper.py"]


def test_a_students_archive_alone_is_not_taken_for_a_class(tmp_path: Path) -> None:
    inner = sp.pack({f"stage{i}/rnn.py": RNN for i in range(4)})
    found = discover(sp.lay(tmp_path / "c", {"0023001-张三.zip": inner}), roster=CLASS)
    assert list(by_id(found)) == ["0023001"]
    assert len(found.missing) == 2

    inner = sp.pack({"numpy/rnn.py": RNN, "torch/rnn.py": RNN, "code.zip": b"", "pdf.zip": b""})
    found = discover(sp.lay(tmp_path / "d", {"alice.zip": inner}))
    assert list(by_id(found)) == ["alice"]


def test_an_archive_of_the_class_beside_the_teachers_own_files(tmp_path: Path) -> None:
    inner = sp.pack({f"{name}/rnn.py": RNN for name in ("alice", "bob", "carol")})
    files = {"all.zip": inner, "实验6说明.pdf": PDF, "名单.csv": b"x"}
    found = discover(sp.lay(tmp_path / "c", files))

    assert set(by_id(found)) == {"alice", "bob", "carol"}
    assert any("实验6说明.pdf" in n.en for n in found.notices)


def test_results_in_the_same_folder_are_not_graded_again(tmp_path: Path) -> None:
    files = {"alice/rnn.py": RNN, "bob/rnn.py": RNN}
    results = {"out/grades.sqlite": b"", "out/gradebook.csv": b"", "out/alice/staff.html": b""}
    found = discover(sp.lay(tmp_path / "c", {**files, **results}))

    assert set(by_id(found)) == {"alice", "bob"}
    assert any("results" in n.en for n in found.notices)


def test_a_students_file_name_cannot_forge_another_students_attempt(tmp_path: Path) -> None:
    forged = "x_attempt_2030-01-01-00-00-00_rnn.py"
    stamp = "2021-07-20-21-14-05"
    files = sp.blackboard("HW5", [("A", "alice", stamp, forged), ("B", "bob", stamp, "b.py")])
    found = discover(sp.lay(tmp_path / "c", files))

    assert set(by_id(found)) == {"blackboard-alice", "blackboard-bob"}
    assert names(by_id(found)["blackboard-alice"]) == [forged]


@pytest.mark.parametrize("sign", ["箱", "乗"], ids=["u7bb1", "u4e57"])
@pytest.mark.parametrize("known", [True, False], ids=["roster", "none"])
def test_gbk_names_whose_second_byte_is_a_backslash(tmp_path: Path, sign: str, known: bool) -> None:
    name = f"张{sign}" if b"\\" in sign.encode("gbk") else f"謀{sign}"
    assert b"\\" in name.encode("gbk")
    files = {f"0023001-{name}/rnn.py": RNN, "0023002-李四/rnn.py": RNN}
    (tmp_path / "c.zip").write_bytes(sp.pack_in("gbk", files))
    class_list = roster(("0023001", name), ("0023002", "李四")) if known else None
    found = discover(tmp_path / "c.zip", roster=class_list)

    assert by_id(found)["0023001"].people[0].name == name


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "big5hkscs", "cp932"])
def test_the_roster_tells_one_encoding_from_another(tmp_path: Path, encoding: str) -> None:
    files = {f"{name}/rnn.py": RNN for name in ("表山太郎", "能登花子")}
    if encoding != "cp932":
        files = {f"{name}/rnn.py": RNN for name in ("郑功", "許蓋")}
    if encoding == "big5hkscs":
        files = {f"{name}/rnn.py": RNN for name in ("鄭功", "許蓋")}
    people = [name.partition("/")[0] for name in files]
    known = roster(*((f"00{i}", name) for i, name in enumerate(people)))
    (tmp_path / "c.zip").write_bytes(sp.pack_in(encoding, files))
    found = discover(tmp_path / "c.zip", roster=known)

    assert set(by_id(found)) == {"000", "001"}


def test_one_surname_in_gbk_that_is_utf8_by_accident(tmp_path: Path) -> None:
    name = "郑谢"
    name.encode("gbk").decode("utf-8")  # valid, and wrong
    (tmp_path / "c.zip").write_bytes(sp.pack_in("gbk", {f"{name}/rnn.py": RNN}))

    for known in (None, roster(("001", name))):
        found = discover(tmp_path / "c.zip", roster=known)
        assert found.hand_ins[0].people[0].name == name


def test_an_archive_of_mixed_encodings(tmp_path: Path) -> None:
    files = {"0023001-张三/rnn.py": RNN, "0023002-李四/rnn.py": RNN}
    (tmp_path / "c.zip").write_bytes(sp.pack_in(["gbk", "utf-8"], files))
    found = discover(tmp_path / "c.zip")

    assert [h.people[0].name for h in found.hand_ins] == ["张三", "李四"]


def test_names_in_nfd_are_the_same_names(tmp_path: Path) -> None:
    known = roster(("001", "José Müller"), ("002", "Zoë"))
    decomposed = unicodedata.normalize("NFD", "José Müller")
    found = discover(
        sp.lay(tmp_path / "c", {f"{decomposed}/rnn.py": RNN, "Zoë.py": RNN}), roster=known
    )

    assert list(by_id(found)) == ["001", "002"]


def test_names_that_differ_in_case_alone_stay_two(tmp_path: Path) -> None:
    files = {"Alice/rnn.py": RNN, "alice/rnn.py": RNN, "bob/rnn.py": RNN}
    first = by_id(discover(sp.lay(tmp_path / "c", files)))
    again = by_id(discover(sp.lay(tmp_path / "d", dict(reversed(files.items())))))

    assert len(first) == 3
    assert set(first) == set(again)
    assert "bob" in first


def test_an_id_does_not_depend_on_who_else_hands_in(tmp_path: Path) -> None:
    few = {"0023001-张三.zip": b"PK", "=1+2.zip": b"PK"}
    many = {**few, "0023002-李四.zip": b"PK", "x.zip": b"PK", "-rf.zip": b"PK"}
    first = by_id(discover(sp.lay(tmp_path / "few", few)))
    second = by_id(discover(sp.lay(tmp_path / "many", many)))

    assert set(first) < set(second)


HOSTILE = ["con", "nul.py", "-rf", "=1+2", "a\nb", "a\x1b[2Jb", "x" * 240, "...", "~", "index.html"]


@pytest.mark.parametrize("how", ["folder", "archive"])
def test_hostile_names_get_safe_ids_and_lose_nothing(tmp_path: Path, how: str) -> None:
    files = {f"{name}/rnn.py": RNN for name in HOSTILE}
    found = discover(put(tmp_path, files, how))

    assert len(found.hand_ins) == len(HOSTILE)
    for name in by_id(found):
        assert len(name) <= 90
        assert name[0] not in "-=.~"
        assert name.isprintable()
        assert not {"/", "\\", ":"} & set(name)
        assert name.lower().split(".")[0] not in ("con", "nul")
        assert name != "index.html"  # the batch writes one beside the hand-ins


def test_paths_that_climb_out_are_only_labels(tmp_path: Path) -> None:
    files = {"../../etc/a.py": RNN, "/abs/b.py": RNN, "C:\\dir\\c.py": RNN}
    (tmp_path / "c.zip").write_bytes(sp.pack(files))
    found = discover(tmp_path / "c.zip")

    assert all(".." not in p.name for h in found.hand_ins for p in h.pieces)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_bytes(b"x = 1")
    folder = sp.lay(tmp_path / "c", {"alice/rnn.py": RNN, "bob/rnn.py": RNN})
    (folder / "bob" / "link.py").symlink_to(tmp_path / "secret.py")
    (folder / "carol").symlink_to(tmp_path)
    found = discover(folder)

    assert set(by_id(found)) == {"alice", "bob"}
    assert names(by_id(found)["bob"]) == ["rnn.py"]
    assert any("carol" in n.en for n in found.notices)


def test_three_hundred_students_take_no_time(tmp_path: Path) -> None:
    files = {
        f"{20230000 + i}-张三{chr(0x4E00 + i)}/part{j}.py": RNN
        for i in range(300)
        for j in range(5)
    }
    folder = sp.lay(tmp_path / "c", files)
    known = roster(*((str(20230000 + i), f"张三{chr(0x4E00 + i)}") for i in range(301)))
    began = time.process_time()
    found = discover(folder, roster=known)

    assert time.process_time() - began < 10
    assert len(found.hand_ins) == 300
    assert [p.student_id for p in found.missing] == ["20230300"]


WORDS = st.sampled_from(
    ["张三", "0023001", "LATE", "4321", "98765", "assignsubmission_file", "_", "-", "/", "attempt"]
    + [
        "2021-07-20-21-14-05",
        "(",
        ")",
        ".py",
        ".zip",
        ".pdf",
        ".txt",
        "grades.csv",
        "timestamp.txt",
    ]
    + [
        "submission_1",
        "rnn",
        "\n",
        "\x1b",
        "\ud800",
        "é",
        "e\u0301",
        "..",
        "con",
        "副本",
        "(1)",
        "A",
    ]
)
NAMES = st.lists(WORDS | st.text(max_size=6), min_size=1, max_size=9).map("".join)


@given(st.dictionaries(NAMES, st.sampled_from([b"", RNN, b"Name: x (y)\n"]), max_size=12))
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_in_a_name_makes_discovery_fail(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    path = tmp_path_factory.mktemp("h") / "c.zip"
    with warnings.catch_warnings(action="ignore"):  # zipfile says so of a name that comes twice
        path.write_bytes(
            sp.pack({re.sub("[\ud800\0]", "?", n) or "x": d for n, d in files.items()})
        )
    for known in (None, CLASS):
        found = discover(path, roster=known)
        ids = [h.id for h in (*found.hand_ins, *found.superseded)]
        assert len({i.casefold() for i in ids}) == len(ids)
        assert all(h.people for h in found.hand_ins)
        assert all(i and i.isprintable() and "/" not in i for i in ids)
        sole = [h.people[0].student_id for h in found.hand_ins if len(h.people) == 1]
        assert len({i for i in sole if i}) == len([i for i in sole if i])


@given(st.lists(NAMES, max_size=8))
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_name_on_a_disk_makes_discovery_fail(
    tmp_path_factory: pytest.TempPathFactory, listed: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("h")
    for name in listed:
        raw = name.encode("utf-8", "replace").replace(b"\0", b"")
        words = [w[:200] for w in raw.split(b"/") if w not in (b"", b".", b"..")]
        try:
            target = os.path.join(os.fsencode(folder), *words)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "xb") as stream:
                stream.write(RNN)
        except OSError:
            continue
    found = discover(folder, roster=CLASS)
    ids = [h.id.casefold() for h in (*found.hand_ins, *found.superseded)]
    assert len(set(ids)) == len(ids)


def test_files_that_import_each_other_get_their_own_names_back(tmp_path: Path) -> None:
    files = {
        "0023001_张三_RNN.py": b"from my_utils import f\n",
        "0023001_张三_my_utils.py": b"",
        "0023002-李四.py": RNN,
        "0023002-李四-报告.pdf": PDF,
    }
    got = by_id(discover(sp.lay(tmp_path / "c", files), roster=CLASS))

    assert names(got["0023001"]) == ["RNN.py", "my_utils.py"]
    assert "is read as my_utils.py" in said(got["0023001"])
    assert names(got["0023002"]) == ["0023002-李四-报告.pdf", "0023002-李四.py"]


ALIKE = roster(
    ("2023001", "Chen Yu"),
    ("2023002", "Yu Chen"),
    ("2023003", "Ana Maria Silva"),
    ("2023004", "Ana Silva"),
    ("2023005", "Xiao Ming Wang"),
    ("2023006", "Xiao Wang"),
    ("2023007", "王伟1"),
    ("2023008", "王伟2"),
    ("2023009", "Student 1"),
    ("2023010", "Student 2"),
    ("2023011", "Wang Xiao Ming"),
)


@pytest.mark.parametrize(
    ("label", "ids"),
    [
        ("2023001-Chen Yu", {"2023001"}),
        ("2023002-Yu Chen", {"2023002"}),
        ("2023001_yu_chen_lab6", {"2023001"}),
        ("2023001 ChenYu", {"2023001"}),
        ("2023003-Ana Maria Silva-lab6", {"2023003"}),
        ("2023004-Ana Silva", {"2023004"}),
        ("2023005-Xiao Ming Wang", {"2023005"}),
        ("2023011-Wang Xiao Ming", {"2023011"}),
        ("2023007-王伟1", {"2023007"}),
        ("2023008_王伟2_实验6", {"2023008"}),
        ("2023010_student_lab", {"2023010"}),
        ("2023009-Student 1", {"2023009"}),
        ("2023001-Chen Yu-Ana Silva", {"2023001", "2023004"}),
        ("2023007王伟1-Xiao Wang", {"2023007", "2023006"}),
    ],
)
def test_beside_an_id_its_own_name_names_nobody_else(label: str, ids: set[str]) -> None:
    parsed = labels.parse(label, ALIKE)
    assert {person.student_id for person in parsed.people} == ids


@pytest.mark.parametrize(
    ("label", "whose"),
    [
        ("2099009-李明明-lab6", ""),
        ("2099009-Maria Garcia Lopez", ""),
        ("2099009-李明-lab6", "2023001"),  # the id may be mistyped
        ("2099009_Maria Garcia_lab6", "2023002"),
        ("20260305-李明-lab6", "2023001"),
        ("李明-lab6", "2023001"),
        ("2023001-李明明-lab6", "2023001"),
    ],
)
def test_an_unknown_id_beside_a_longer_name_is_a_stranger(label: str, whose: str) -> None:
    parsed = labels.parse(label, roster(("2023001", "李明"), ("2023002", "Maria Garcia")))
    known = {person.student_id for person in parsed.people} & {"2023001", "2023002"}
    assert known == ({whose} if whose else set())
