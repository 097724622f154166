"""What discovery makes of a class's folder as each platform gives it out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import synthetic_platforms as sp
from click.testing import CliRunner
from synthetic_platforms import PDF, RNN

from grader.cli import main
from grader.core.errors import UsageError
from grader.handins import ClassFolder, HandIn, Person, Roster, discover
from grader.handins.roster import Enrolled

CHINA = timezone(timedelta(hours=8))


def roster(*students: tuple[str, str], **groups: str) -> Roster:
    """(student id, name) ...; groups by student id with an s in front."""
    return Roster(tuple(Enrolled(Person(i, name), groups.get(f"s{i}", "")) for i, name in students))


def by_id(found: ClassFolder) -> dict[str, HandIn]:
    assert len({h.id.casefold() for h in found.hand_ins}) == len(found.hand_ins)
    return {hand_in.id: hand_in for hand_in in found.hand_ins}


def names(hand_in: HandIn) -> list[str]:
    return [piece.name for piece in hand_in.pieces]


def said(hand_in: HandIn) -> str:
    assert all(r.zh and r.en and r.zh != r.en for r in hand_in.reasons)
    return "\n".join(r.en for r in hand_in.reasons)


def put(tmp_path: Path, files: sp.Files, how: str) -> Path:
    if how == "folder":
        return sp.lay(tmp_path / "class", files)
    if how == "alone":
        return sp.lay(tmp_path / "class", {"export.zip": sp.pack(files)})
    (tmp_path / "export.zip").write_bytes(sp.pack(files))
    return tmp_path / "export.zip"


every_way = pytest.mark.parametrize("how", ["folder", "archive", "alone"])


@every_way
@pytest.mark.parametrize("trailing", ["", "_"], ids=["new", "4.0"])
def test_moodle_in_folders(tmp_path: Path, how: str, trailing: str) -> None:
    files = sp.moodle([("San Zhang", 101), ("李四", 102)], trailing=trailing)
    found = discover(put(tmp_path, files, how))

    assert found.layout == "moodle"
    got = by_id(found)
    assert set(got) == {"moodle-101", "moodle-102"}
    assert got["moodle-102"].people == (Person("", "李四", {"moodle": "102"}),)
    assert names(got["moodle-101"]) == ["rnn.py"]


def test_moodle_flat_anonymous_and_nested_files(tmp_path: Path) -> None:
    files = {
        **sp.moodle_flat([("张三", 101)]),
        "参与人_102_assignsubmission_file_rnn.py": RNN,
        "李四_103_assignsubmission_file/src/a.py": RNN,
        "李四_103_assignsubmission_onlinetext/onlinetext.html": b"<p>",
    }
    found = discover(sp.lay(tmp_path / "c", files))
    got = by_id(found)

    assert found.layout == "moodle"
    assert got["moodle-102"].people[0].name == ""
    assert "anonymously" in said(got["moodle-102"])
    assert names(got["moodle-103"]) == ["onlinetext.html", "src/a.py"]


def test_moodle_team_is_looked_up_by_its_group_not_by_its_number(tmp_path: Path) -> None:
    known = Roster(
        (
            Enrolled(Person("001", "张三", {"moodle": "17"}), "Team B"),
            Enrolled(Person("002", "李四", {"moodle": "18"}), "Team A"),
            Enrolled(Person("003", "王五", {"moodle": "19"}), "Team A"),
        )
    )
    files = {
        "Team A_17_assignsubmission_file/rnn.py": RNN,
        "Default group_assignsubmission_file/rnn.py": RNN,
    }
    found = discover(sp.lay(tmp_path / "c", files), roster=known)
    got = {tuple(p.student_id for p in h.people): h for h in found.hand_ins}

    assert ("002", "003") in got
    assert [p.student_id for p in found.missing] == ["001"]
    other = next(h for h in found.hand_ins if h.people[0].name == "Default group")
    assert "default group" in said(other)


def test_moodle_ids_come_from_the_roster(tmp_path: Path) -> None:
    known = Roster((Enrolled(Person("0023001", "张三", {"moodle": "101"})),))
    found = discover(sp.lay(tmp_path / "c", sp.moodle([("三 张", 101)])), roster=known)

    assert list(by_id(found)) == ["0023001"]
    assert found.hand_ins[0].people[0].platform_ids == {"moodle": "101"}


@every_way
def test_canvas(tmp_path: Path, how: str) -> None:
    files = {
        "doejane_4321_98765_rnn.py": RNN,
        "doejane_4321_98766_report.pdf": PDF,
        "张三_LATE_4322_98767_rnn-1.py": RNN,
        "li_si_4323_98768_实验_6.zip": sp.pack({"a.py": RNN}),
        "anon_AbC12_98769_rnn.py": RNN,
        "LATE_anon_XyZ34_98770_rnn.py": RNN,
        "wangwu_4324_text.html": b"<p>",
    }
    found = discover(put(tmp_path, files, how))
    got = by_id(found)

    assert found.layout == "canvas"
    assert {i: h.late for i, h in got.items()} == {
        "canvas-4321": False,
        "canvas-4322": True,
        "canvas-4323": False,
        "canvas-AbC12": False,
        "canvas-XyZ34": True,
        "canvas-4324": False,
    }
    assert names(got["canvas-4321"]) == ["report.pdf", "rnn.py"]
    assert names(got["canvas-4322"]) == ["rnn.py"]
    assert "rnn-1.py is read as rnn.py" in said(got["canvas-4322"])
    assert names(got["canvas-4323"]) == ["实验_6.zip"]
    assert got["canvas-4323"].people[0].name == "li_si"


def test_canvas_group_is_found_by_its_squeezed_name(tmp_path: Path) -> None:
    known = roster(("001", "张三"), ("002", "李四"), s001="Team A", s002="Team A")
    found = discover(sp.lay(tmp_path / "c", {"teama_4321_98765_rnn.py": RNN}), roster=known)

    assert [p.student_id for p in found.hand_ins[0].people] == ["001", "002"]


def test_ids_and_dates_in_plain_names_are_not_canvas(tmp_path: Path) -> None:
    files = {f"张{c}_202300{i}_20240401_rnn.py": RNN for i, c in enumerate("三丰飞")}
    found = discover(sp.lay(tmp_path / "c", files))

    assert found.layout == "plain"
    assert set(by_id(found)) == {"2023000", "2023001", "2023002"}


@every_way
def test_blackboard_newest_attempt_counts(tmp_path: Path, how: str) -> None:
    attempts = [
        ("San Zhang", "zhang_s", "2021-07-20-21-14-05", "my rnn.py"),
        ("San Zhang", "zhang_s", "2021-07-21-09-00-00", "my rnn.py"),
        ("张三(Zhang San) 计算机 (2023001)", "2023001", "2021-07-20-21-14-05", "a.py"),
    ]
    found = discover(put(tmp_path, sp.blackboard("HW_5", attempts), how))
    got = by_id(found)

    assert found.layout == "blackboard"
    newest = got["blackboard-zhang_s"]
    assert newest.attempt == "2021-07-21-09-00-00"
    assert newest.submitted_at == datetime(2021, 7, 21, 8, tzinfo=UTC)  # BST
    assert names(newest) == ["my rnn.py"]
    assert [h.attempt for h in found.superseded] == ["2021-07-20-21-14-05"]
    assert "earlier ones: 2021-07-20-21-14-05" in said(newest)


def test_blackboard_without_txt_or_zone(tmp_path: Path) -> None:
    stamp = "2021-07-20-21-14-05"
    files = {f"HW_5_{user}_attempt_{stamp}_rnn.py": RNN for user in ("zhangs", "lisi")}
    found = discover(sp.lay(tmp_path / "c", files), zone=CHINA)
    got = by_id(found)

    assert set(got) == {"blackboard-zhangs", "blackboard-lisi"}
    assert got["blackboard-lisi"].submitted_at == datetime(2021, 7, 20, 13, 14, 5, tzinfo=UTC)
    assert "UTC+0800" in said(got["blackboard-lisi"])


def test_blackboard_zone_that_means_two_is_not_believed(tmp_path: Path) -> None:
    attempt = ("张三", "2023001", "2021-07-20-21-14-05", "a.py")
    files = sp.blackboard("HW5", [attempt], zone="CST")
    found = discover(sp.lay(tmp_path / "c", files), zone=CHINA)

    assert found.hand_ins[0].submitted_at == datetime(2021, 7, 20, 13, 14, 5, tzinfo=UTC)


@every_way
def test_sakai(tmp_path: Path, how: str) -> None:
    people = [("张", "三", "2023001"), ("Li", "Si", "2023002")]
    found = discover(put(tmp_path, sp.sakai(people, late=["2023002"]), how))
    got = by_id(found)

    assert found.layout == "sakai"
    assert {i: h.late for i, h in got.items()} == {"2023001": False, "2023002": True}
    assert got["2023001"].submitted_at == datetime(2026, 4, 2, 4, 0, 5, tzinfo=UTC)
    assert names(got["2023001"]) == ["rnn.py"]
    assert got["2023002"].people[0].name == "Si Li"


@every_way
def test_gradescope_groups_and_leading_zeros(tmp_path: Path, how: str) -> None:
    files = sp.gradescope(
        {
            456: [("张三", "0023001", "z@x.cn")],
            457: [("李四", "0023002", "l@x.cn"), ("王五", "0023003", "w@x.cn")],
        }
    )
    found = discover(put(tmp_path, files, how))

    assert found.layout == "gradescope"
    assert [[p.student_id for p in h.people] for h in found.hand_ins] == [
        ["0023001"],
        ["0023002", "0023003"],
    ]
    assert found.hand_ins[0].submitted_at == datetime(2026, 4, 2, 4, 0, 5, 123456, tzinfo=UTC)
    assert names(found.hand_ins[0]) == ["rnn.py"]


@pytest.mark.parametrize("deep", ["[" * 300_000, "{a: " * 100_000, "- " * 100_000], ids=len)
def test_a_table_without_a_bottom_ends_nothing(tmp_path: Path, deep: str) -> None:
    files = sp.gradescope({456: [("张三", "1", "z")]})
    files["assignment_123_export/submission_metadata.yml"] = deep.encode()
    found = discover(sp.lay(tmp_path / "c", files))

    assert list(by_id(found)) == ["gradescope-456"]


def test_gradescope_table_that_is_no_table(tmp_path: Path) -> None:
    files = sp.gradescope({456: [("张三", "1", "z")]})
    files["assignment_123_export/submission_metadata.yml"] = b": [\x00 :"
    found = discover(sp.lay(tmp_path / "c", files))

    assert list(by_id(found)) == ["gradescope-456"]
    assert any("submission_metadata.yml" in n.en for n in found.notices)


def test_open_edx(tmp_path: Path) -> None:
    sga = {f"alice_{'a1' * 20}.zip": sp.pack({"a.py": RNN}), f"bob_{'b2' * 20}.py": RNN}
    assert set(by_id(discover(sp.lay(tmp_path / "sga", sga)))) == {"edx-sga-alice", "edx-sga-bob"}
    where = "[1]Section, [1]Subsection, [1]Unit"
    ora2 = {f"{where}/[2] - alice - rnn.py": RNN, f"{where}/[1] - alice - prompt_0.txt": b"x"}
    found = discover(sp.lay(tmp_path / "ora2", ora2))
    assert [(h.id, names(h)) for h in found.hand_ins] == [("edx-ora2-alice", ["rnn.py"])]


@every_way
def test_chaoxing_holds_a_zip_for_each_student(tmp_path: Path, how: str) -> None:
    inner = sp.pack({"rnn.py": RNN})
    files = {"10254700432-张三.zip": inner, "0023001-李四/rnn.py": RNN}
    found = discover(put(tmp_path, files, how))

    assert set(by_id(found)) == {"10254700432", "0023001"}
    assert by_id(found)["0023001"].people == (Person("0023001", "李四"),)


def test_chaoxing_alone_with_a_number_in_its_name(tmp_path: Path) -> None:
    files = {
        f"docx_files/202300{i}-张{c}.zip": sp.pack({"a.py": RNN}) for i, c in enumerate("三丰")
    }
    folder = sp.lay(tmp_path / "c", {"实验6_38123456.zip": sp.pack(files)})
    found = discover(folder)

    assert found.layout == "chaoxing"
    assert set(by_id(found)) == {"2023000", "2023001"}
    assert any("whole class" in n.en for n in found.notices)


def test_tronclass_and_tsinghua(tmp_path: Path) -> None:
    tron = {f"实验6/318010110{i}_张{c}/rnn.py": RNN for i, c in enumerate("三丰")}
    found = discover(sp.lay(tmp_path / "t", tron))
    assert (found.layout, set(by_id(found))) == ("tronclass", {"3180101100", "3180101101"})
    flat = {f"202008008{i}_钱{c}_192{i}.pdf": PDF for i, c in enumerate("致中")}
    found = discover(sp.lay(tmp_path / "q", flat))
    assert (found.layout, set(by_id(found))) == ("tsinghua", {"2020080080", "2020080081"})


def test_what_cannot_be_read_at_all_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        discover(tmp_path / "nothing")
    (tmp_path / "a.rar").write_bytes(b"Rar!\x1a\x07\x00" + b"x" * 50)
    with pytest.raises(UsageError, match="not a zip"):
        discover(tmp_path / "a.rar")
    (tmp_path / "b.zip").write_bytes(sp.pack({"a": b"1" * 1000})[:-30])
    with pytest.raises(UsageError, match="incomplete or damaged"):
        discover(tmp_path / "b.zip")


def test_an_empty_folder_is_a_class_of_nobody(tmp_path: Path) -> None:
    found = discover(tmp_path, roster=roster(("001", "张三")))

    assert found.hand_ins == ()
    assert [p.student_id for p in found.missing] == ["001"]


@pytest.mark.parametrize("option", [[], ["--dry-run"]])
def test_a_class_without_hand_ins_is_an_error(
    tmp_path: Path, secret_file: Path, option: list[str]
) -> None:
    (tmp_path / "class").mkdir()
    env = {"RNN_GRADER_SECRET_FILE": str(secret_file)}
    out = ["--out", str(tmp_path / "out"), "--lang", "en"]
    done = CliRunner().invoke(main, ["batch", str(tmp_path / "class"), *out, *option], env=env)

    assert done.exit_code == 2
    assert "No hand-ins found in" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "files",
    [
        {"zhangsan_101_9999_rnn.py": b"old", "zhangsan_101_10000_rnn.py": b"new",
         "lisi_102_9998_rnn.py": b"other"},
        {"11-999 - San Zhang - Mar 5, 2026 203 PM/rnn.py": b"old",
         "11-1000 - San Zhang - Mar 5, 2026 203 PM/rnn.py": b"new",
         "12-900 - Si Li - Mar 5, 2026 203 PM/rnn.py": b"other"},
    ],
    ids=["Canvas", "Brightspace"],
)  # fmt: skip
def test_of_two_files_of_one_name_the_one_with_the_higher_number_counts(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    found = discover(sp.lay(tmp_path / "c", files))
    read = {h.id: [piece.source.read_bytes() for piece in h.pieces] for h in found.hand_ins}
    assert sorted(read.values()) == [[b"new"], [b"other"]]
