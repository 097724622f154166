"""Times in the names of a platform's folders: read in any language, or asked."""

from __future__ import annotations

import re
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
import synthetic_platforms as sp
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from test_handins import CHINA, roster, said

from grader import ROOT
from grader.handins import discover
from grader.handins.calendar_words import LANGUAGES, month_of
from grader.handins.times import stamped, worded_time, worksheet_time

NUMPY = (ROOT / "solutions" / "numpy_rnn.py").read_bytes()
DATES = [
    *("Mar 5, 2026 203 PM", "Mar 5, 2026 2.03 p.m.", "5 March 2026 1403", "5 Mar, 2026 14.03"),
    *("2026年3月5日 203 PM", "2026年3月5日 下午 203", "2026年03月05日 1403", "2026-03-05 1403"),
    *("2026 年 3 月 5 日 14.03", "2026年3月5日 星期四 14時03分", "2026. 3. 5. 오후 203"),
    *("2026年3月5日 (木) 午後203", "2026年3月5日（周四）1403", "2026.3.5 14.03"),
    *("5. März 2026 1403", "5 mrt. 2026 14.03", "5 mars 2026 14 h 03", "05.03.2026 1403"),
    *("5 de mar. de 2026 1403", "5 mar. 2026 203 p. m.", "5 мар. 2026 г., 1403"),
    *("5 Μαρ 2026 203 μ.μ.", "5 Mart 2026 1403", "5. března 2026 1403", "2026. márc. 5. 1403"),
    *("5 thg 3, 2026 203 CH", "5 Maw 2026 1403", "5. marts 2026 14.03", "5 березня 2026 р. 1403"),
]
UNCERTAIN = [
    *("05-03-2026 1403", "Xyz 5, 2026 203 PM", "Mar 5, 2026 1403 PM", "5 มี.ค. 2026 1403"),
    *("5 lip 2026 1403", "5. srp 2026. 1403", "5 listopada 2026 1403"),
    *("2026年3月5日 星期三 1403", "2026年13月5日 1403", "2026年3月5日 晚上 803"),
]


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("when", DATES)
def test_a_date_of_brightspace(tmp_path: Path, when: str, flat: bool) -> None:
    name = "rnn-2026 5 6 1203.py"
    path = f"397063-2557369 - Mary-Ann Li - {when}{' - ' if flat else '/'}{name}"

    (hand_in,) = discover(sp.lay(tmp_path / "c", {path: NUMPY}), zone=CHINA).hand_ins

    assert hand_in.layout == "brightspace"
    assert hand_in.submitted_at == datetime(2026, 3, 5, 14, 3, tzinfo=CHINA)
    assert hand_in.people[0].name == "Mary-Ann Li"
    assert [piece.name for piece in hand_in.pieces] == [name]


@pytest.mark.parametrize("when", UNCERTAIN)
def test_a_date_that_is_not_certain_is_asked(tmp_path: Path, when: str) -> None:
    """The layout is known all the same, and no attempt counts for the newer by the text."""
    later = when.replace("5", "6", 1)
    files = {f"555-{u} - {n} - {when}/rnn.py": NUMPY for u, n in ((71, "San Zhang"), (72, "Li Si"))}
    files[f"555-71 - San Zhang - {later}/rnn.py"] = NUMPY + b"# again\n"
    folder = sp.lay(tmp_path / "c", files)

    found = discover(folder)

    assert worded_time(when) is None
    assert found.layout == "brightspace"
    assert len(found.hand_ins) == 3
    assert found.superseded == ()
    for hand_in in found.hand_ins:
        assert any("cannot be read" in reason.en for reason in hand_in.reasons)
        assert any("无法确定" in reason.zh for reason in hand_in.reasons)

    chosen = discover(folder, prefer=[f"San Zhang {later}"])
    assert sorted(h.people[0].name for h in chosen.hand_ins) == ["Li Si", "San Zhang"]
    (older,) = chosen.superseded
    assert older.attempt == when


@pytest.mark.parametrize("flat", [True, False])
def test_a_date_in_the_name_that_is_shown_is_not_believed(tmp_path: Path, flat: bool) -> None:
    end = " - rnn.py" if flat else "/rnn.py"
    files = {f"555-71 - Li Si - Mar 5, 2026 203 PM{end}": NUMPY}
    files[f"555-72 - San Zhang - Mar 1, 2026 203 PM - Mar 9, 2026 203 PM{end}"] = NUMPY
    found = discover(sp.lay(tmp_path / "c", files), zone=CHINA)

    (hand_in,) = (h for h in found.hand_ins if h.id == "brightspace-72")
    late = datetime(2026, 3, 9, 14, 3, tzinfo=CHINA)
    assert hand_in.submitted_at == (None if flat else late)
    assert any("cannot be read" in reason.en for reason in hand_in.reasons) is flat


def test_the_day_is_told_from_the_month() -> None:
    assert worded_time("13/3/2026 1403") == datetime(2026, 3, 13, 14, 3)
    assert worded_time("3/13/2026 1403") == datetime(2026, 3, 13, 14, 3)
    assert worded_time("5/3/2026 1403") is None
    assert worded_time("5/5/2026 1403") == datetime(2026, 5, 5, 14, 3)


CONTESTED = {"listopada"}
"""Of another month in another language: October in Croatian, November in Polish."""


def test_every_month_by_its_word_and_its_first_letters() -> None:
    """Where a short form fits several months there is no answer, never a wrong one."""
    whole = {month for language in LANGUAGES for month in language.months} | {"červen"}
    for language in LANGUAGES:
        assert len(language.months) == 12
        assert len(set(language.weekdays)) == 7
        for number, month in enumerate(language.months, 1):
            assert month_of(month) == (None if month in CONTESTED else number)
            shorter = {month[:length] for length in range(3, len(month))} - whole
            assert {month_of(word) for word in shorter} <= {number, None}
    assert [month_of(word) for word in ("lip", "srp", "lis", "listopada")] == [None] * 4
    assert [month_of(word) for word in ("ožu", "lipnja", "lipca", "srpna", "pro")] == [
        3,
        6,
        7,
        8,
        12,
    ]
    for month in ("červen", "červenec"):
        assert month_of(month) == 6 + (month == "červenec")


def test_an_export_without_dates_asks_which_attempt_counts(tmp_path: Path) -> None:
    """Open edX names a file by its content: that says nothing of which is newer."""
    path = tmp_path / "sga.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for letter in "ab":  # packed without a clock
            archive.writestr(zipfile.ZipInfo(f"alice_{letter * 40}.py"), NUMPY + letter.encode())

    found = discover(path)

    assert found.layout == "edx-sga"
    assert len(found.hand_ins) == 2
    assert found.superseded == ()
    # One after the other: then the date in the archive says which.
    with zipfile.ZipFile(path, "w") as archive:
        for letter, day in (("b", 3), ("a", 4)):
            info = zipfile.ZipInfo(f"alice_{letter * 40}.py", (2026, 3, day, 12, 0, 0))
            archive.writestr(info, NUMPY + letter.encode())
    (hand_in,) = discover(path).hand_ins
    (older,) = discover(path).superseded
    assert hand_in.pieces[0].member == 1
    assert older.pieces[0].member == 0


PIECES = st.one_of(
    st.sampled_from(
        ["Kim", "李四", "1班", "-", " - ", "- ", " -", " ", "05", "2026", "2", "Mar", "May 5, 2026"]
        + ["Mar 1, 2026 203 PM", "2026-3-1 1200", "(木)", "午後203", "5 Mar", "年", "_", "."]
    ),
    st.text("ab-3 ", max_size=4),
)
SHOWN = st.lists(PIECES, min_size=1, max_size=6).map(lambda p: "".join(p).strip())


@settings(max_examples=examples(400))
@given(
    shown=SHOWN.filter(bool),
    own=SHOWN,
    when=st.sampled_from([*DATES, *UNCERTAIN]),
    flat=st.booleans(),
)
def test_a_name_is_read_as_it_was_written_or_is_asked(
    shown: str, own: str, when: str, flat: bool
) -> None:
    """Whatever the name shown and the file's name hold: never another name, never another time."""
    end = f" - {own}rnn.py" if flat else "/rnn.py"
    paths = [f"555-71 - {shown} - {when}{end}", f"555-72 - Li Si - {when}{end}"]

    with tempfile.TemporaryDirectory() as folder:
        laid = sp.lay(Path(folder) / "c", dict.fromkeys(paths, NUMPY))
        found = discover(laid, zone=CHINA, layout="brightspace")

    (hand_in,) = (h for h in found.hand_ins if h.id == "brightspace-71")
    (person,) = hand_in.people
    asked = any("holds several dates" in reason.en for reason in hand_in.reasons)
    assert flat or not asked
    local = worded_time(when)
    if asked:
        assert (person.name, hand_in.submitted_at) == ("", None)
    else:
        assert person.name == shown
        assert hand_in.submitted_at == (local and local.replace(tzinfo=CHINA))
        assert [piece.name for piece in hand_in.pieces] == [f"{own}rnn.py" if flat else "rnn.py"]


def test_names_with_numbers_behind_a_hyphen_are_whole(tmp_path: Path) -> None:
    """``Kim-2`` is another student than ``Kim``, in folders and in flat names."""
    names = ["李四", "李四-1班", "Kim", "Kim-2", "Zhang", "Zhang-05", "Anna-2026", "A-5 6 2026 B"]
    known = roster(*((f"202300{i}", name) for i, name in enumerate(names)))
    for end in (" - rnn.py", "/rnn.py"):
        files = {f"{i}-900 - {n} - Mar 5, 2026 203 PM{end}": NUMPY for i, n in enumerate(names)}
        found = discover(sp.lay(tmp_path / str(len(end)), files), roster=known, zone=CHINA)

        said = {h.people[0].student_id: h.people[0].name for h in found.hand_ins}
        assert said == {f"202300{i}": name for i, name in enumerate(names)}
        assert {h.submitted_at for h in found.hand_ins} == {
            datetime(2026, 3, 5, 14, 3, tzinfo=CHINA)
        }


@pytest.mark.parametrize("when", ["Mar 5, 2026 203 PM", "05-03-2026 1403"])
def test_files_of_one_moment_are_one_attempt(tmp_path: Path, when: str) -> None:
    """Whatever dates their own names hold; one that can be read in one way settles the others."""
    own = ["rnn.py", "2026-03-04 1430-report.pdf", "2026-3-1 1200 - notes.txt", "5-3-2026 1200.md"]
    files = {f"71-900 - Li Na - {when} - {name}": NUMPY + name.encode() for name in own}
    files[f"72-900 - Wu Di - {when} - rnn.py"] = NUMPY

    found = discover(sp.lay(tmp_path / "c", files), zone=CHINA)

    assert {h.people[0].name: [p.name for p in h.pieces] for h in found.hand_ins} == {
        "Li Na": sorted(own),
        "Wu Di": ["rnn.py"],
    }
    assert found.superseded == ()


def test_a_date_in_a_files_name_makes_nothing_early(tmp_path: Path) -> None:
    """Nobody but the platform says when: of two dates a student may have written either."""
    files = {f"{u}-900 - {n} - Mar 9, 2026 203 PM - rnn.py": NUMPY for u, n in ((1, "A"), (2, "B"))}
    files["3-900 - Zhao Li - Mar 9, 2026 203 PM - Mar 1, 2026 203 PM - rnn.py"] = NUMPY
    known = roster(("2023001", "A"), ("2023002", "B"), ("2023003", "Zhao Li"))

    found = discover(sp.lay(tmp_path / "c", files), roster=known, zone=CHINA)

    (open_,) = (h for h in found.hand_ins if not h.people[0].student_id)
    assert (open_.id, open_.submitted_at) == ("brightspace-3", None)
    assert any("A person must decide" in reason.en for reason in open_.reasons)
    assert any("brightspace-3" in notice.en for notice in found.notices)


def test_what_is_held_has_names_that_differ(tmp_path: Path) -> None:
    """Two users who show one name, at one moment: each can be preferred."""
    files = {f"{u}-900 - Wei Zhang - Mar 5, 2026 203 PM/rnn.py": NUMPY for u in (1, 2)}
    files["3-900 - Bo Li - Mar 5, 2026 203 PM/rnn.py"] = NUMPY
    folder = sp.lay(tmp_path / "c", files)
    known = roster(("2023001", "Wei Zhang"), ("2023002", "Bo Li"))

    held = [h for h in discover(folder, roster=known).hand_ins if not h.people[0].student_id]

    assert len({h.people[0].name for h in held}) == 2
    for each in held:
        chosen = discover(folder, roster=known, prefer=[each.people[0].name])
        (one,) = (h for h in chosen.hand_ins if h.people[0].student_id == "2023001")
        assert one.pieces[0].source == each.pieces[0].source


@pytest.mark.parametrize("time", ["2 Apr 2026 04:00", "2026-04-02 04:00:05", "昨天", "12月30日"])
@pytest.mark.parametrize("layout", ["gradescope", "sakai", "sakai row"])
def test_a_time_that_cannot_be_read_is_said_on_every_platform(
    tmp_path: Path, layout: str, time: str
) -> None:
    """Else nobody would ask whether it is late."""
    if layout == "gradescope":
        files = sp.gradescope({1: [("San Zhang", "2023001", "zs@x.edu")]})
        table = "assignment_123_export/submission_metadata.yml"
        files[table] = re.sub(rb"(:created_at: ).*", rb"\1'" + time.encode() + b"'", files[table])
    else:
        files = sp.sakai([("Zhang", "San", "2023001")])
        files["Lab 6/grades.csv"] = files["Lab 6/grades.csv"].replace(
            b"2026-04-02T04:00:05Z", time.encode()
        )
        stamp = "Lab 6/Zhang, San(2023001)/timestamp.txt"
        files[stamp] = time.encode()
        if layout == "sakai row":
            del files[stamp]
    (hand_in,) = discover(sp.lay(tmp_path / "c", files)).hand_ins

    assert hand_in.submitted_at is None
    assert f"The platform's time “{time}” cannot be read" in said(hand_in)


def test_no_time_is_no_unreadable_one(tmp_path: Path) -> None:
    files = sp.sakai([("Zhang", "San", "2023001")])
    files["Lab 6/grades.csv"] = files["Lab 6/grades.csv"].replace(b"2026-04-02T04:00:05Z", b"")
    files["Lab 6/Zhang, San(2023001)/timestamp.txt"] = b"\n"
    (hand_in,) = discover(sp.lay(tmp_path / "c", files)).hand_ins

    assert "cannot be read" not in said(hand_in)


@pytest.mark.parametrize("year", [2569, 1447, 115, 2100, 1989])
def test_years_of_another_calendar_are_no_time(year: int) -> None:
    for text in ("5 Mar {} 1403", "{}-03-05 1403", "Mar 5, {} 203 PM", "{}年3月5日 1403"):
        assert worded_time(text.format(year)) is None
    assert worksheet_time(f"Tuesday, 5 March {year}, 2:03 PM", None) == (None, [])
    assert stamped(f"{year}-03-05-14-03-00", "UTC", None) == (None, [])
