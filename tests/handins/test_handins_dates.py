"""Times in the names of a platform's folders: read in any language, or asked."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
import synthetic_platforms as sp
from test_handins import CHINA

from grader import ROOT
from grader.handins import discover
from grader.handins.calendar_words import LANGUAGES, month_of
from grader.handins.times import worded_time

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
        assert any("读不出" in reason.zh for reason in hand_in.reasons)

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


def test_every_month_by_its_word_and_its_first_letters() -> None:
    """Where a short form fits several months there is no answer, never a wrong one."""
    whole = {month for language in LANGUAGES for month in language.months} | {"červen"}
    for language in LANGUAGES:
        assert len(language.months) == 12
        assert len(set(language.weekdays)) == 7
        for number, month in enumerate(language.months, 1):
            assert month_of(month) == number
            shorter = {month[:length] for length in range(3, len(month))} - whole
            assert {month_of(word) for word in shorter} <= {number, None}
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
