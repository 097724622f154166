"""Of several attempts the newest counts, or it is asked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import synthetic_platforms as sp
from click.testing import CliRunner
from drawing import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_handins import CHINA, by_id, names, roster, said

from grader import ROOT
from grader.cli import main
from grader.core.errors import UsageError
from grader.handins import ClassFolder, Due, discover
from grader.handins.discovery import LAYOUT_IDS
from grader.handins.version_names import order_of_dates, order_of_names, version_name

NUMPY = (ROOT / "solutions" / "numpy_rnn.py").read_bytes()
LSTM = (ROOT / "solutions" / "char_lstm.py").read_bytes()
STARTER = (ROOT / "starter" / "numpy_rnn.py").read_bytes()
KNOWN = roster(("2023001", "张三"), ("2023002", "李四"))


def lay(folder: Path, files: Mapping[str, bytes], stamp: float = 1.7e9) -> Path:
    """The files, all of one time, as after a copy."""
    sp.lay(folder, files)
    for path in folder.rglob("*"):
        os.utime(path, (stamp, stamp))
    return folder


def one(found: ClassFolder) -> list[str]:
    assert [h.id for h in found.hand_ins] == ["2023001"], [said(h) for h in found.hand_ins]
    return names(found.hand_ins[0])


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("实验6-20260305", "实验6-20260306"),
        ("实验6-2026-03-05", "实验6-2026-03-16"),
        ("实验6 2026.3.5", "实验6 2026.3.16"),
        ("实验6_2026年3月5日", "实验6_2026年12月1日"),
        ("lab 5.3.2026", "lab 1.12.2026"),
        ("lab_20260305_0903", "lab_20260305_1403"),
        ("delivery-1", "delivery-10"),
        ("delivery-9", "delivery-10"),
        ("实验6-0305", "实验6-0306"),
        ("实验6-v2", "实验6-v10"),
        ("实验6第一次", "实验6第二次"),
        ("实验6-第2次提交", "实验6-第10次提交"),
        ("实验6", "实验6-2"),
        ("实验6", "实验6-最终版"),
        ("实验6-初稿", "实验6"),
        ("实验6-修改版", "实验6-最终版"),
        ("rnn", "rnn_final"),
        ("rnn-draft", "rnn-revised"),
        ("rnn-versuch-1", "rnn-versuch-2"),
        ("rnn Tentative 1", "rnn Tentative 2"),
        ("rnn_poging_1", "rnn_poging_2"),
        ("rnn_intento_3", "rnn_intento_12"),
        ("实验6_尝试1", "实验6_尝试2"),
        ("实验6_attempt_2019-03-11-00-00-47", "实验6_attempt_2019-03-12-00-00-47"),
        ("实验6", "实验6 (1)"),
        ("实验6第九次", "实验6第十次"),
        ("实验6第十次提交", "实验6第十一次提交"),
        ("实验6-第十一次", "实验6-第二十一次"),
        ("实验6一稿", "实验6二稿"),
        ("实验6-二稿", "实验6-三稿"),
        ("实验6-第九稿", "实验6-第十稿"),
        ("实验6初稿", "实验6二稿"),
        ("实验6-二稿", "实验6-终稿"),
        ("实验6-十二稿", "实验6-定稿"),
        ("实验6-第3版", "实验6-第12版"),
        ("实验6-第３版", "实验6-第１２版"),
        ("实验6-二版", "实验6-三版"),
        ("实验６-ｖ９", "实验６-ｖ１０"),
        ("实验6-草稿", "实验6-二稿"),
        ("rnn_final", "rnn_final(1)"),
        ("实验6 (9)", "实验6 (10)"),
    ],
)
@pytest.mark.parametrize("ending", [".py", ".zip"])
@pytest.mark.parametrize("listed", [True, False], ids=["roster", "none"])
def test_a_date_a_number_or_a_word_makes_an_attempt(
    tmp_path: Path, older: str, newer: str, ending: str, listed: bool
) -> None:
    packed = ending == ".zip"
    files = {
        f"2023001-张三-{label}{ending}": sp.pack({"numpy_rnn.py": data}) if packed else data
        for label, data in ((older, NUMPY + b"#1"), (newer, NUMPY + b"#2"))
    }
    found = discover(lay(tmp_path / "c", files), roster=KNOWN if listed else None)

    assert one(found) == [f"2023001-张三-{newer}{ending}"]
    assert [names(h) for h in found.superseded] == [[f"2023001-张三-{older}{ending}"]]


@pytest.mark.parametrize(
    ("one_label", "other_label"),
    [
        ("rnn_v3", "rnn_final"),
        ("实验6-2", "实验6-最终版"),
        ("实验6第二次提交", "实验6最终版"),
        ("rnn2", "rnn_new"),
        ("rnn_v2_old", "rnn"),
        ("初稿3", "定稿"),
        ("rnn1", "rnn(2)"),
        ("entwurf 2", "endgültig"),
        ("rnn_final", "rnn(1)"),
        ("实验6-最终版", "实验6-20260306"),
        ("实验6-最终版", "实验6 (2)"),
        ("rnn_new", "rnn_2026-03-06"),
        ("rnn_v2", "rnn_20260306"),
        ("rnn(1)", "rnn_20260306"),
        ("实验6二稿", "实验6最终版"),
        ("实验6二稿", "实验6-20260306"),
        ("实验6", "实验6-1"),
        ("实验6第一次", "实验6"),
        ("rnn_final", "rnn - 副本"),
    ],
)
def test_a_number_and_a_word_that_disagree_decide_nothing(
    tmp_path: Path, one_label: str, other_label: str
) -> None:
    labels = [f"2023001-张三-{label}.py" for label in (one_label, other_label)]
    files = {label: NUMPY + f"#{i}".encode() for i, label in enumerate(labels)}
    folder = lay(tmp_path / "c", files)

    found = discover(folder, roster=KNOWN)
    assert len(found.hand_ins) == 2
    assert all(not h.people[0].student_id for h in found.hand_ins)

    for label in labels:
        chosen = discover(folder, roster=KNOWN, prefer=[label])
        assert [h.id for h in chosen.hand_ins] == ["2023001"]

    os.utime(folder / labels[0], (1.8e9, 1.8e9))  # a time decides, where there is one
    assert one(discover(folder, roster=KNOWN)) == [labels[0]]


def test_the_mark_of_a_copy_says_less_than_numbers(tmp_path: Path) -> None:
    labels = ["2023001-张三-rnn_v3 - 副本.py", "2023001-张三-rnn_v4.py"]
    files = {label: NUMPY + label.encode() for label in labels}
    assert one(discover(lay(tmp_path / "c", files), roster=KNOWN)) == [labels[1]]


def test_the_date_in_a_name_tells_more_than_the_file_systems(tmp_path: Path) -> None:
    files = {f"2023001-张三-2026030{day}.py": NUMPY for day in (5, 6)}
    folder = lay(tmp_path / "c", files)
    os.utime(folder / "2023001-张三-20260305.py", (1.8e9, 1.8e9))

    assert one(discover(folder)) == ["2023001-张三-20260306.py"]


@pytest.mark.parametrize("ending", [".py", ".zip"])
def test_numbered_parts_of_the_lab_are_no_attempts(tmp_path: Path, ending: str) -> None:
    def put(data: bytes) -> bytes:
        return sp.pack({"a.py": data}) if ending == ".zip" else data

    files = {f"2023001-张三-task1{ending}": put(NUMPY), f"2023001-张三-task2{ending}": put(LSTM)}
    files |= (
        {} if ending == ".zip" else {"2023001-张三-helper1.py": b"", "2023001-张三-helper2.py": b""}
    )
    found = discover(lay(tmp_path / "c", files))

    assert len(one(found)) == len(files)
    assert found.superseded == ()


def test_a_stub_is_no_attempt_at_a_part(tmp_path: Path) -> None:
    files = {
        "2023001-张三-numpy.zip": sp.pack({"numpy_rnn.py": NUMPY}),
        "2023001-张三-torch.zip": sp.pack({"numpy_rnn.py": STARTER, "char_lstm.py": LSTM}),
    }
    found = discover(lay(tmp_path / "c", files))

    assert len(one(found)) == 2


def test_names_that_parts_share_are_no_sign(tmp_path: Path) -> None:
    shared = b"def train():\n    pass\n\n\ndef build_dataset():\n    pass\n"
    files = {"2023001-张三-a.py": NUMPY, "2023001-张三-b.py": shared + b"def generate(): pass\n"}

    assert len(one(discover(lay(tmp_path / "c", files)))) == 2


def test_what_nobody_can_tell_is_held_until_somebody_does(tmp_path: Path) -> None:
    files = {"2023001-张三-rnn.py": NUMPY, "2023001-张三-code.py": NUMPY + b"#"}
    folder = lay(tmp_path / "c", {**files, "2023001-张三.pdf": sp.PDF, "2023002-李四.py": NUMPY})
    found = discover(folder, roster=KNOWN)
    held = [h for h in found.hand_ins if not h.people[0].student_id]

    assert len(held) == 2
    assert all("--prefer NAME" in said(h) for h in held)
    assert all("2023001-张三-rnn.py" in said(h) for h in held)
    assert all("2023001-张三.pdf" in names(h) for h in held)
    assert found.missing == ()
    assert any("It is not known whose" in n.en for n in found.notices)

    chosen = discover(folder, roster=KNOWN, prefer=["2023001-张三-rnn.py"])
    assert names(by_id(chosen)["2023001"]) == ["2023001-张三-rnn.py", "2023001-张三.pdf"]
    assert len(chosen.superseded) == 1
    with pytest.raises(UsageError, match="nobody.py names no hand-in"):
        discover(folder, roster=KNOWN, prefer=["nobody.py"])


def test_the_dates_inside_archives_decide(tmp_path: Path) -> None:
    import io
    import zipfile

    def packed(day: int) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(zipfile.ZipInfo("numpy_rnn.py", (2026, 3, day, 9, 0, 0)), NUMPY)
        return buffer.getvalue()

    files = {"2023001-张三-a.zip": packed(7), "2023001-张三-b.zip": packed(6)}
    found = discover(lay(tmp_path / "c", files))

    assert one(found) == ["2023001-张三-a.zip"]
    assert "dates inside the archive" in said(found.hand_ins[0])


def test_files_inside_one_archive_are_one_attempt(tmp_path: Path) -> None:
    inner = {"rnn-20260305.py": NUMPY, "rnn-20260306.py": NUMPY}
    files = {"2023001-张三.zip": sp.pack(inner), "2023002-李四.zip": sp.pack(inner)}
    found = discover(lay(tmp_path / "c", files))

    assert found.superseded == ()
    assert [names(h) for h in found.hand_ins] == [["2023001-张三.zip"], ["2023002-李四.zip"]]


@pytest.mark.parametrize(
    "layout",
    ["{name}_101_assignsubmission_file/{file}", "{name}_101_assignsubmission_file_{file}"]
    + ["sanzhang_101_{att}_{file}", "Lab/Zhang, San(101)/Submission attachment(s)/{file}"]
    + ["submission_101/{file}", "Zhang_San_zs_101/{file}"],
)
def test_attempts_inside_one_platforms_submission(tmp_path: Path, layout: str) -> None:
    files = {
        layout.format(name="San Zhang", att=98760 + day, file=f"rnn-2026030{day}.py"): NUMPY
        for day in (5, 6)
    }
    found = discover(lay(tmp_path / "c", files))

    assert [names(h) for h in found.hand_ins] == [["rnn-20260306.py"]]
    assert [names(h) for h in found.superseded] == [["rnn-20260305.py"]]


@pytest.mark.parametrize("word", ["attempt", "Tentative", "poging", "intento", "Versuch", "尝试"])
def test_blackboard_in_any_language(tmp_path: Path, word: str) -> None:
    stamps = ("2021-07-09-21-14-05", "2021-07-10-09-00-00")
    files = {}
    for stamp in stamps:
        for name, data in sp.blackboard("实验_6", [("San Zhang", "zs_1", stamp, "rnn.py")]).items():
            files[name.replace("attempt", word)] = data.replace(b"attempt", word.encode())
    found = discover(sp.lay(tmp_path / "c", files), zone=CHINA)

    assert found.layout == "blackboard"
    assert [h.attempt for h in found.hand_ins] == [stamps[1]]
    assert [h.attempt for h in found.superseded] == [stamps[0]]
    assert names(found.hand_ins[0]) == ["rnn.py"]


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("when", ["{} {}, 2026 203 PM", "{1} {0}, 2026 1403", "{1} {0} 2026 14.03"])
def test_brightspace(tmp_path: Path, flat: bool, when: str) -> None:
    end = " - rnn.py" if flat else "/rnn.py"
    files = {}
    for day in (9, 10):
        for number, name in ((71, "San Zhang"), (72, "Mary-Ann Li")):
            files[f"555-{number} - {name} - {when.format('Mar', day)}{end}"] = NUMPY
    files["index.html"] = b"<html>"
    found = discover(sp.lay(tmp_path / "c", files), zone=CHINA)

    assert found.layout == "brightspace"
    assert set(by_id(found)) == {"brightspace-71", "brightspace-72"}
    assert {h.submitted_at for h in found.hand_ins} == {datetime(2026, 3, 10, 14, 3, tzinfo=CHINA)}
    assert len(found.superseded) == 2
    assert {h.people[0].name for h in found.hand_ins} == {"San Zhang", "Mary-Ann Li"}


def test_ilias_alone_and_in_teams(tmp_path: Path) -> None:
    alone = {"Zhang_San_zsa_4711/rnn.py": NUMPY, "Li_Si_lsi_4712/rnn.py": NUMPY}
    got = by_id(discover(sp.lay(tmp_path / "c", alone)))
    assert set(got) == {"ilias-4711", "ilias-4712"}
    assert got["ilias-4711"].people[0].name == "San Zhang"

    teams = {f"Team 17/{name}": data for name, data in alone.items()}
    teams |= {"Team 18/Wu_Wang_wwu_4713/rnn.py": NUMPY}
    found = discover(sp.lay(tmp_path / "d", teams))
    assert found.layout == "ilias"
    assert [[p.name for p in h.people] for h in found.hand_ins] == [
        ["Si Li", "San Zhang"],
        ["Wang Wu"],
    ]


def test_a_late_attempt_that_replaces_one_in_time_is_said(tmp_path: Path) -> None:
    stamps = ("2021-07-20-21-14-05", "2021-07-21-09-00-00", "2021-07-23-09-00-00")
    attempts = [("San Zhang", "zs", stamp, "rnn.py") for stamp in stamps]
    folder = sp.lay(tmp_path / "c", sp.blackboard("HW5", attempts))
    border = datetime(2021, 7, 22, tzinfo=CHINA)

    (late,) = discover(folder, zone=CHINA, due=Due(lambda time: time < border)).hand_ins
    assert late.attempt == stamps[2]
    assert f"{stamps[1]} was in time and does not count" in said(late)
    assert "late: {prefer: in_time}" in said(late)

    (kept,) = discover(folder, zone=CHINA, due=Due(lambda time: time < border, True)).hand_ins
    assert kept.attempt == stamps[1]
    assert f"{stamps[2]}, which came later and late" in said(kept)

    all_late = Due(lambda time: time < border - timedelta(9), True)
    assert discover(folder, zone=CHINA, due=all_late).hand_ins[0].attempt == stamps[2]


def test_two_submissions_that_no_time_tells_apart_are_held(tmp_path: Path) -> None:
    files = sp.gradescope({9: [("张三", "2023001", "")], 10: [("张三", "2023001", "")]})
    found = discover(sp.lay(tmp_path / "c", files), roster=KNOWN)

    assert len(found.hand_ins) == 2
    assert all("--prefer" in said(h) for h in found.hand_ins)
    chosen = discover(tmp_path / "c", roster=KNOWN, prefer=["submission 10"])
    assert [h.id for h in chosen.hand_ins] == ["2023001"]
    assert names(chosen.hand_ins[0]) == ["rnn.py"]


def test_names_of_versions_compare_as_people_read_them() -> None:
    assert version_name("lab-v9").numbers < version_name("lab-v10").numbers
    assert version_name("lab-v9").base == version_name("lab-v10").base == ("lab",)
    assert version_name("2023001-张三-实验6-20260305", ["2023001", "张三"]).numbers == (6,)
    assert version_name("a-20261399").dates == ()


_SIGNS = "一二三四五六七八九"
_BASES = st.sampled_from(["rnn", "实验6", "lab-6", "实验六", "我的代码", "final_project"])
_WORDS = st.sampled_from(
    ["最终版", "final", "定稿", "修改版", "latest", "new", "补交", "endgültig"]
)
_DATES = st.dates(date(2020, 1, 1), date(2029, 12, 31)).flatmap(
    lambda d: st.sampled_from([f"{d:%Y%m%d}", f"{d:%Y-%m-%d}", f"{d.year}年{d.month}月{d.day}日"])
)
_COUNTS = st.integers(2, 120)


def chinese(number: int) -> str:
    """A number as Chinese writes it: 十二, 二十一, 一百零五."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_SIGNS[hundreds - 1]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _SIGNS[tens - 1]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_SIGNS[ones - 1] if ones else "")


_FORMS = [
    *("第{}次", "第{}次提交", "{}次修改", "第{}版", "{}版", "第{}稿", "{}稿", "版本{}", "v{}"),
    *("_{}", "({})", "attempt {}", "Versuch {}"),
]


def written(form: str, number: int, draw: Callable[[st.SearchStrategy[str]], str]) -> str:
    """A number in one of the ways in which people write it in the name of a file."""
    ways = [str(number), str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))]
    if form.endswith(("次", "次提交", "次修改", "版", "稿")):
        ways.append(chinese(number))
    return form.format(draw(st.sampled_from(ways)))


@settings(max_examples=examples(300))
@given(st.data())
def test_counted_attempts_compare_as_numbers(data: st.DataObject) -> None:
    base, form = data.draw(_BASES), data.draw(st.sampled_from(_FORMS))
    first, second = data.draw(_COUNTS), data.draw(_COUNTS)
    labels = [f"{base}-{written(form, number, data.draw)}" for number in (first, second)]
    ours, theirs = map(version_name, labels)

    by_number, by_copy = order_of_names(ours, theirs)
    assert (by_number or by_copy) == (first > second) - (first < second), labels
    if form.endswith("稿"):
        for word, sign in (("初稿", 1), ("终稿", -1), ("定稿", -1)):
            assert order_of_names(ours, version_name(f"{base}-{word}"))[0] == sign


@settings(max_examples=examples(300))
@given(st.data())
def test_a_word_against_a_date_or_a_number_decides_nothing(data: st.DataObject) -> None:
    base, word = data.draw(_BASES), data.draw(_WORDS)
    form = data.draw(st.sampled_from([form for form in _FORMS if "修改" not in form]))
    number = written(form, data.draw(_COUNTS), data.draw)
    mark = data.draw(st.sampled_from([number, data.draw(_DATES)]))
    if word == "定稿" and form.endswith("稿") and mark == number:
        return
    other = data.draw(st.sampled_from([base, "code"]))
    ours, theirs = version_name(f"{base}_{word}"), version_name(f"{other}_{mark}")

    assert order_of_names(ours, theirs) == order_of_names(theirs, ours) == (0, 0)


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        *(("31.03", "01.04", -1), ("30.09", "01.10", -1), ("28-02", "03-03", -1)),
        *(("9.30", "10.1", -1), ("28.2", "13.3", -1), ("09_30", "10_01", -1)),
        *(("3.5", "3.12", -1), ("v2.10", "v2.9", 1), ("13-2", "13-10", -1)),
        *(("31-03-2026", "01-04-2026", -1), ("5.3.2026", "2026-3-12", -1)),
        # Over New Year; days first and last; the fifth of March, or the third of May.
        *(("12.31", "1.2", 0), ("31.12", "2.1", 0), ("31.03", "4.15", 0)),
        *(("3-5-2026", "2026-3-12", 0), ("03-05-2026", "06-03-2026", 0)),
        *(("12月30日", "1月2日", 0), ("12月30日", "11月2号", 1), ("3月31日", "4月1日", -1)),
        *(("1230", "0102", 0), ("1231", "1102", 1), ("0331", "0401", -1)),
    ],
)
def test_a_day_and_a_month_compare_as_dates(first: str, second: str, order: int) -> None:
    for base in ("rnn", "实验6", "lab-6_final"):
        names = [version_name(f"{base} {text}") for text in (first, second)]
        ours, theirs = names
        assert (order_of_dates(ours, theirs) or order_of_names(ours, theirs)[0]) == order
        assert (order_of_dates(theirs, ours) or order_of_names(theirs, ours)[0]) == -order


@pytest.mark.parametrize(
    ("first", "second"),
    # A chapter, group or version as well as a day: the first number grows, the month shrinks.
    [("13.2", "9.3"), ("13-1", "9-2"), ("30.9", "1.10"), ("28-2", "3-3"), ("13-10", "12-11")],
)
def test_what_may_be_a_chapter_or_a_day_decides_nothing(first: str, second: str) -> None:
    for base in ("作业", "lab6 ", "实验6_"):
        ours, theirs = version_name(base + first), version_name(base + second)
        assert order_of_names(ours, theirs) == order_of_names(theirs, ours) == (0, 0)
        # With nothing to doubt, chapters, groups and versions compare as before.
        later = version_name(base + "9.10")
        assert order_of_names(version_name(base + "9.3"), later)[0] == -1


_PIECES = st.one_of(
    st.integers(0, 40).map(str),
    st.integers(0, 40).map("{:02}".format),
    st.sampled_from([*".-_ ", *"稿版第次二十草v፩²３", "初稿", "终稿", "draft", "final", "(2)"]),
    st.sampled_from(
        ["20260305", "2026", "5.3.2026", "310326", "1226", "实验6", "rnn", "3.15稿", "2.14稿"]
    ),
)
_ANY_NAMES = st.lists(_PIECES, max_size=8).map("".join)


@settings(max_examples=examples(1000))
@given(_ANY_NAMES, _ANY_NAMES, st.sampled_from(["", "2023001234-张三-实验6-"]))
@example("3.15稿", "2.14稿", "2023001234-张三-实验6-")
@example("፩", "2.14", "")
def test_any_two_names_have_opposite_orders(first: str, second: str, before: str) -> None:
    ours, theirs = (version_name(before + name, ["2023001234", "张三"]) for name in (first, second))

    assert order_of_dates(ours, theirs) == -order_of_dates(theirs, ours)
    there, back = order_of_names(ours, theirs), order_of_names(theirs, ours)
    assert there == (-back[0], -back[1])


def test_drafts_behind_a_number_do_not_stop_the_class(tmp_path: Path) -> None:
    files = {
        f"2023001-张三-实验6-{count}稿.zip": sp.pack({"rnn.py": code})
        for count, code in (("3.15", NUMPY), ("2.14", STARTER))
    }
    found = discover(lay(tmp_path, files), roster=KNOWN)

    assert one(found) == ["2023001-张三-实验6-3.15稿.zip"]


@settings(max_examples=examples(300))
@given(st.data())
def test_two_days_of_a_term_are_never_ordered_wrongly_where_one_shows_the_order(
    data: st.DataObject,
) -> None:
    form = data.draw(st.sampled_from(["{d}.{m}", "{d:02}.{m:02}", "{m}-{d}", "{m:02}_{d:02}"]))
    start = data.draw(st.dates(date(2020, 1, 1), date(2029, 12, 31)))
    first, second = (start + timedelta(data.draw(st.integers(0, 150))) for _ in "12")
    if max(first.day, second.day) <= 12:
        return
    texts = [form.format(d=day.day, m=day.month) for day in (first, second)]
    ours, theirs = (version_name("rnn " + text) for text in texts)
    padded = ":02" in form and any(re.search(r"\b0|_0", text) for text in texts)
    said = order_of_dates(ours, theirs) or order_of_names(ours, theirs)[0]

    right = (first > second) - (first < second)
    if min(first.day, second.day) <= 12 and not padded:
        assert said in (0, right) or first.day == second.day  # it may be a chapter
    elif first.month == second.month or first.year == second.year and first.day != second.day:
        assert said == right
    else:
        assert said in (0, right) or first.day == second.day


RUBRIC = "late: {due: 2026-12-06 23:59, timezone: Asia/Shanghai, deduct_per_day: 5, prefer: %s}\n"


def run(folder: Path, tmp_path: Path, secret: Path, *options: str) -> tuple[int, str]:
    env = {"RNN_GRADER_SECRET_FILE": str(secret), "COLUMNS": "200"}
    words = ["batch", str(folder), "--dry-run", "--lang", "en", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, [*words, *options], env=env)
    return done.exit_code, done.output


def test_the_rubric_chooses_and_the_command_line_does(tmp_path: Path, secret_file: Path) -> None:
    stamps = ("2026-12-06-21-14-05", "2026-12-09-09-00-00")
    attempts = [("San Zhang", "zs", stamp, "rnn.py") for stamp in stamps]
    folder = sp.lay(tmp_path / "c", sp.blackboard("HW5", attempts, zone="CST"))
    rubric = tmp_path / "rubric.yaml"
    for prefer, day in (("newest", "2026-12-09"), ("in_time", "2026-12-06")):
        rubric.write_text((ROOT / "rubric.yaml").read_text("utf-8") + RUBRIC % prefer, "utf-8")
        code, output = run(folder, tmp_path, secret_file, "--rubric", str(rubric))
        assert code == 0, output
        assert f"{day} " in output.split("Earlier attempts")[0]
    rubric.write_text((ROOT / "rubric.yaml").read_text("utf-8") + RUBRIC % "oldest", "utf-8")
    code, output = run(folder, tmp_path, secret_file, "--rubric", str(rubric))
    assert (code, "'newest' or 'in_time'" in output) == (2, True)

    code, output = run(folder, tmp_path, secret_file, "--layout", "plain", "--prefer", "x")
    assert (code, "--prefer x names no hand-in" in output) == (2, True)
    code, output = run(folder, tmp_path, secret_file, "--layout", "canvas")
    assert (code, "fits --layout canvas" in output) == (2, True)


def test_a_dry_run_refuses_the_rubric_that_grading_refuses(
    tmp_path: Path, secret_file: Path
) -> None:
    text = (ROOT / "rubric.yaml").read_text("utf-8")
    check = "numpy_rnn.backward.accumulates"
    assert check in text
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(text.replace(check, "numpy_rnn.backward.no_such_check"), "utf-8")
    folder = sp.lay(tmp_path / "c", {"2023001-张三.py": NUMPY})
    code, output = run(folder, tmp_path, secret_file, "--rubric", str(rubric))

    assert code == 2
    assert "no_such_check" in output


def test_the_command_line_knows_every_layout() -> None:
    from grader import cli

    assert cli._LAYOUTS == LAYOUT_IDS


def test_an_id_that_may_have_been_cut_off_is_said(tmp_path: Path) -> None:
    known = roster(("2023001", "张三"), ("20230012", "李四"), ("2023777888", "王小明"))
    files = {"lab6-2023001.py": NUMPY, "lab6-20237778.py": NUMPY}
    got = by_id(discover(lay(tmp_path / "c", files), roster=known))

    assert "also begins 20230012" in said(got["2023001"])
    assert "looks like a student id that was cut off (2023777888" in said(got["20237778"])

    files = {f"lab6-202300{i}.py": NUMPY for i in range(4)} | {"lab6-202300.py": NUMPY}
    got = by_id(discover(lay(tmp_path / "d", files)))
    assert "shorter or longer than the others'" in said(got["202300"])
    assert "shorter" not in said(got["2023001"])


def test_the_same_file_twice_is_no_doubt(tmp_path: Path) -> None:
    files = {
        "2023001-张三.zip": sp.pack({"numpy_rnn.py": NUMPY, "char_lstm.py": LSTM}),
        "2023001-张三-numpy_rnn.py": NUMPY,
        "2023002-李四-a.py": NUMPY,
        "2023002-李四-b.py": NUMPY,
    }
    found = discover(lay(tmp_path / "c", files))

    assert [h.id for h in found.hand_ins] == ["2023001", "2023002"]
    assert len(names(found.hand_ins[0])) == 2
