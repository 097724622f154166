"""The words of a label: each belongs to one name, whatever is written beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import synthetic_platforms as sp
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_platforms import RNN
from test_handins import roster, said

from grader.handins import discover
from grader.handins.labels import parse
from grader.handins.name_words import LATIN_WORD, words_of
from grader.handins.records import Person
from grader.handins.roster import Enrolled, Roster

# Each name is also the name of another student who has a word less, or the words in another order.
NAMESAKES = [
    *("Ana Maria Silva", "Ana Silva", "Chen Yu", "Yu Chen", "John Paul Smith", "John Smith"),
    *("حسن علي محمد", "حسن محمد", "राम कुमार सिंह", "राम सिंह"),
]
CLASS = roster(*((f"20230{i:02}", name) for i, name in enumerate(NAMESAKES, 1)))
BEHIND = ["", "2", "实验6", "3月11日", "-20270105", "_rnn", " (1)", "１７", "第一次提交"]


def found(label: str, known: Roster) -> tuple[list[str], str]:
    """The student ids that a label names, and its reasons."""
    parsed = parse(label, known)
    reasons = [*parsed.reasons, *([parsed.doubt] if parsed.doubt else [])]
    return [p.student_id for p in parsed.people if p.student_id], " ".join(r.en for r in reasons)


@settings(max_examples=examples(500))
@given(
    who=st.integers(0, len(NAMESAKES) - 1),
    between=st.sampled_from(["", "-", "_", " ", "+"]),
    behind=st.sampled_from(BEHIND),
    turned=st.booleans(),
    id_last=st.booleans(),
)
def test_an_id_beside_a_name_is_one_student(
    who: int, between: str, behind: str, turned: bool, id_last: bool
) -> None:
    words = NAMESAKES[who].split()
    name = " ".join(words[1:] + words[:1] if turned else words)
    number = f"20230{who + 1:02}"
    behind = "" if id_last and re.match(r"\d", behind) else behind
    if id_last and between == "" and words[0].isascii():
        between = "_"  # up to three letters in front of digits may be an id's
    label = (name, number) if id_last else (number, name)
    assert found(between.join(label) + behind, CLASS)[0] == [number]


@settings(max_examples=examples(300))
@given(
    who=st.sampled_from([0, 1, 4, 5, 6, 7, 8, 9]),
    front=st.sampled_from(["", "实验6", "第一次", "2_", "rnn-"]),
    behind=st.sampled_from([*BEHIND, "hw6", "abc"]),
)
def test_a_name_that_loses_a_word_is_nobody_elses(who: int, front: str, behind: str) -> None:
    words = NAMESAKES[who].split()
    label = f"{front}{' '.join([words[-1], *words[:-1]])}{behind}"

    ids, reasons = found(label, CLASS)

    assert ids in ([], [f"20230{who + 1:02}"]), (label, ids, reasons)
    if behind not in ("hw6", "abc"):
        assert ids == [f"20230{who + 1:02}"], (label, reasons)


@pytest.mark.parametrize("label", ["M2023001-张三", "M2023001", "实验6_M2023001", "m2023001张三"])
def test_digits_inside_an_id_are_no_other_id(label: str) -> None:
    known = roster(("M2023001", "张三"), ("2023001", "李四"), ("2023001X", "王五"))

    assert found(label, known)[0] == ["M2023001"]
    assert found("2023001X_王五", known)[0] == ["2023001X"]
    assert found("2023001-李四", known)[0] == ["2023001"]
    assert found("M2023001-2023001", known)[0] == ["M2023001", "2023001"]


@pytest.mark.parametrize(
    ("label", "owner"),
    [
        *(("Ana Costa", ""), ("ana_costa_lab6", ""), ("Ana Pereira", ""), ("Costa, Ana rnn", "")),
        *(("ana", "1"), ("ana_lab6", "1"), ("lab6-ana实验报告", "1"), ("ana_silva", "1")),
        *(("ana@uni.edu rnn", "1"), ("acosta_rnn_x", "2"), ("Ana Maria Costa", "2")),
    ],
)
def test_a_login_that_is_a_word_of_a_longer_name_decides_nothing(label: str, owner: str) -> None:
    students = (("1", "Ana Silva", "ana"), ("2", "Ana Maria Costa", "acosta"))
    known = Roster(
        tuple(
            Enrolled(Person(number, name, email=f"{login}@uni.edu"), login=login)
            for number, name, login in students
        )
    )

    assert found(label, known)[0] == ([owner] if owner else [])


@pytest.mark.parametrize(
    ("one", "other"), [("นิด", "นัด"), ("राम", "रमा"), ("বিনা", "বানী"), ("José", "Jose")]
)
def test_vowels_and_accents_are_letters_of_names(one: str, other: str) -> None:
    assert words_of(one) != words_of(other)
    assert "".join(LATIN_WORD.findall(one)) == one
    known = roster(("2023001", one), ("2023002", other))
    assert found(f"{one}_rnn", known)[0] == ["2023001"]
    assert found(f"{other}_rnn", known)[0] == ["2023002"]
    assert found(f"{one}_rnn", roster(("2023002", other)))[0] == []


def test_a_dotted_capital_of_turkish_is_one_letter() -> None:
    known = roster(("2023001", "Ece İnan"), ("2023002", "İpek İnan"))
    assert found("Ece_İnan", known)[0] == ["2023001"]
    assert found("İNAN İPEK rnn", known)[0] == ["2023002"]


@pytest.mark.parametrize("first", ["Minh Khai Trần", "MinhKhaiTrần", "Trần_Minh_Khai"])
@pytest.mark.parametrize("second", ["Minh Khai Trần", "TRẦNMINHKHAI", "Trần, Minh Khai"])
def test_a_name_written_otherwise_makes_no_other_thing(
    tmp_path: Path, first: str, second: str
) -> None:
    known = roster(("2023001", "Minh Khai Trần"), ("2023002", "Bo Li"))
    labels = [f"2023001_{name}_rnn_v{i}.zip" for i, name in ((2, first), (10, second))]
    files = {label: sp.pack({"rnn.py": RNN + label.encode()}) for label in labels}

    (hand_in,) = discover(sp.lay(tmp_path / "c", files), roster=known).hand_ins

    assert [piece.name for piece in hand_in.pieces] == [labels[1]]


# ---------------------------------------------------------------- dates are no ids

DATES = ["260307", "15032026", "03152026", "20260307"]


@pytest.mark.parametrize("day", DATES)
@pytest.mark.parametrize("pair", [("Alice_hw", "Bob_hw"), ("张三_实验6", "李四_实验6")])
def test_two_who_handed_in_on_one_day_are_two(
    tmp_path: Path, day: str, pair: tuple[str, str]
) -> None:
    files = {f"{name}_{day}.zip": sp.pack({"rnn.py": RNN + name.encode()}) for name in pair}

    everybody = discover(sp.lay(tmp_path / "c", files))

    assert len(everybody.hand_ins) == 2
    assert everybody.superseded == ()
    assert {h.people[0].student_id for h in everybody.hand_ins} == {""}
    assert "held" not in " ".join(said(h) for h in everybody.hand_ins)


@pytest.mark.parametrize("day", DATES)
def test_a_date_is_no_id_that_the_roster_does_not_know(day: str) -> None:
    known = roster(("2023001", "Max Meyer"), ("2023002", "李明"), (day, "Bo Li"))
    other = {"260307": "260308", "15032026": "16032026", "03152026": "03162026"}
    written = other.get(day, "20260308")

    assert found(f"Max Meyer homework_{written}", known)[0] == ["2023001"]
    assert found(f"李明 作业六_{written}", known)[0] == ["2023002"]
    assert found(f"{day}_rnn", known)[0] == [day]  # the roster has it as an id
    # Digits that are no date are an id all the same: of somebody else.
    assert found("2099009-李明明", known)[0] == ["2099009"]
