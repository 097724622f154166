"""A mark goes into the row of its student or into none."""

from __future__ import annotations

import unicodedata

import pytest
from export_cases import mark, person
from hypothesis import given
from hypothesis import strategies as st

from grader.export.matching import PlatformRow, match, name_keys
from grader.handins.records import Person
from grader.records.gradebook import StudentMark


def pairs(
    rows: list[PlatformRow], marks: list[StudentMark], *, local: bool = False
) -> dict[int, str]:
    found = match(rows, marks, "canvas", local_ids=local)
    assert len(found.pairs) + len(found.rows) == len(rows)
    assert len(found.pairs) + len(found.marks) == len(marks)
    return {row: m.person.student_id or m.person.name for row, (m, _) in found.pairs.items()}


def test_the_platforms_id_comes_before_the_student_id() -> None:
    marks = [mark(person("001", "甲", canvas="7")), mark(person("7", "乙"))]

    assert pairs([PlatformRow(1, platform_id="7", student_id="x7")], marks) == {1: "001"}


def test_leading_zeros_count_and_full_width_digits_do_not() -> None:
    marks = [mark(person("0023", "甲")), mark(person("23", "乙"))]

    assert pairs([PlatformRow(1, student_id="００２３")], marks) == {1: "0023"}
    assert pairs([PlatformRow(1, student_id="023")], marks) == {}


def test_a_login_is_matched_whatever_its_case() -> None:
    marks = [mark(person("", "甲", login="ZhangS")), mark(person("2023B", "乙"))]

    assert pairs([PlatformRow(1, login="zhangs"), PlatformRow(2, login="2023b")], marks) == {
        1: "甲",
        2: "2023B",
    }


def test_an_address_matches_whatever_the_name() -> None:
    zhang = Person("2023001", "张三", {}, "ZS@x.cn")
    group = [Person("", name, {"canvas": "7"}, f"{name}@x.cn") for name in ("a", "b")]
    marks = [mark(who) for who in (zhang, *group)]
    rows = [
        PlatformRow(1, platform_id="5", name="Chang, S.", email="zs@x.cn"),
        PlatformRow(2, platform_id="7", name="甲", email="a@x.cn"),
        PlatformRow(3, platform_id="8", name="乙", login="b@x.cn"),
    ]

    for local in (False, True):
        assert pairs(rows, marks, local=local) == {1: "2023001", 2: "a", 3: "b"}


def test_an_address_that_two_have_or_a_student_id_speaks_against_matches_nobody() -> None:
    one = Person("2023001", "张三", {}, "zs@x.cn")
    other = Person("", "李四", {}, "zs@x.cn")

    assert pairs([PlatformRow(1, email="zs@x.cn")], [mark(one), mark(other)]) == {}
    assert pairs([PlatformRow(1, student_id="2023009", email="zs@x.cn")], [mark(one)]) == {}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("张三", "张 三"),
        ("张, 三", "张三"),
        ("Zhang, San", "San Zhang"),
        ("José Pérez", unicodedata.normalize("NFD", "José Pérez")),
        ("ＺＨＡＮＧ San", "zhang san"),
        ("阿卜杜·热西提", "阿卜杜热西提"),
        ("O'Neil, Ann", "Ann ONeil"),
    ],
)
def test_names_are_the_same_however_they_are_written(theirs: str, ours: str) -> None:
    found = match([PlatformRow(1, name=theirs)], [mark(person("", ours))], "canvas")

    assert "the name alone" in found.pairs[1][1].en


def test_a_name_counts_only_where_one_on_each_side_has_it() -> None:
    twice = [PlatformRow(1, name="张三"), PlatformRow(2, name="张三")]

    assert pairs(twice, [mark(person("", "张三"))]) == {}
    assert pairs(twice[:1], [mark(person("1", "张三")), mark(person("2", "张三"))]) == {}
    found = match(twice, [mark(person("", "张三"))], "canvas")
    assert "more than once" in found.rows[1].en
    assert "more than once" in found.marks[0][1].en


def test_a_namesake_with_another_id_is_another_person() -> None:
    found = match(
        [PlatformRow(1, platform_id="7", student_id="2023777", name="张三")],
        [mark(person("2023001", "张三"))],
        "canvas",
    )

    assert not found.pairs
    assert found.marks[0][1].en == "the same name, but another id"
    assert (
        pairs(
            [PlatformRow(1, platform_id="7", name="张三")], [mark(person("", "张三", canvas="8"))]
        )
        == {}
    )


def test_a_namesake_whose_double_is_known_by_id_is_still_not_guessed() -> None:
    rows = [PlatformRow(1, student_id="1", name="张三"), PlatformRow(2, name="张三")]

    assert pairs(rows, [mark(person("1", "张三")), mark(person("", "张三"))]) == {1: "1"}


@pytest.mark.parametrize("name", ["张\ufffd", "??", "", "··", "张?三"])
def test_a_name_that_lost_characters_matches_nobody(name: str) -> None:
    assert not name_keys(name)


def test_members_with_one_platform_id_are_told_apart_by_their_student_ids() -> None:
    group = [mark(person(i, n, canvas="7")) for i, n in (("1", "甲"), ("2", "乙"), ("", "丙"))]
    rows = [
        PlatformRow(1, platform_id="7", student_id="1", name="甲"),
        PlatformRow(2, platform_id="8", student_id="2", name="乙"),
        PlatformRow(3, platform_id="9", name="丙"),
    ]

    assert pairs(rows, group) == {1: "1", 2: "2"}


def test_ids_of_one_assignment_are_not_believed_against_the_name() -> None:
    mine = [mark(person("", "张三", canvas="7"))]
    row = [PlatformRow(1, platform_id="7", name="李四")]

    assert pairs(row, mine) == {1: "张三"}
    found = match(row, mine, "canvas")
    assert "names differ" in found.pairs[1][1].en
    found = match(row, mine, "canvas", local_ids=True)
    assert not found.pairs
    assert "is it the file of this assignment?" in found.marks[0][1].en
    pinyin = [PlatformRow(1, platform_id="7", name="Zhang San")]
    assert pairs(pinyin, [mark(person("1", "张三", canvas="7"))], local=True) == {1: "1"}
    assert pairs(row, [mark(person("", "Team A", canvas="7"))], local=True) == {}
    wrong = [PlatformRow(1, platform_id="7", student_id="2", name="")]
    assert pairs(wrong, [mark(person("1", "张三", canvas="7"))], local=True) == {}


def test_a_member_who_has_the_id_of_another_does_not_get_the_others_row() -> None:
    member = [mark(person("2", "乙", canvas="7"))]

    assert pairs([PlatformRow(1, platform_id="7", student_id="1", name="甲")], member) == {}


IDS = st.sampled_from(["", "1", "2", "01", "a"])
NAMES = st.sampled_from(["", "张三", "三, 张", "Li Si", "=1+1"])
ROWS = st.lists(st.tuples(IDS, IDS, IDS, NAMES), max_size=5).map(
    lambda rows: [PlatformRow(i, *row) for i, row in enumerate(rows)]
)
MARKS = st.lists(st.tuples(IDS, NAMES, IDS, IDS), max_size=5).map(
    lambda rows: [mark(person(s, n, canvas=c, login=g)) for s, n, c, g in rows]
)


@given(ROWS, MARKS, st.booleans())
def test_nobody_is_matched_twice_or_to_another_id(
    rows: list[PlatformRow], marks: list[StudentMark], local: bool
) -> None:
    found = match(rows, marks, "canvas", local_ids=local)

    seen = [id(m) for m, _ in found.pairs.values()] + [id(m) for m, _ in found.marks]
    assert sorted(seen) == sorted(map(id, marks))
    assert set(found.pairs) | set(found.rows) == {row.index for row in rows}
    assert not set(found.pairs) & set(found.rows)
    for index, (m, _) in found.pairs.items():
        row, who = rows[index], m.person
        mine = (who.platform_ids["canvas"], who.student_id, who.platform_ids["login"])
        theirs = (row.platform_id, row.student_id, row.login)
        agree = any(a == b != "" for a, b in zip(mine, theirs))
        assert agree or row.login == who.student_id != "" or name_keys(row.name)


@given(ROWS, MARKS)
def test_the_order_of_the_students_does_not_matter(
    rows: list[PlatformRow], marks: list[StudentMark]
) -> None:
    forth = match(rows, marks, "canvas").pairs
    back = match(rows[::-1], marks[::-1], "canvas").pairs

    assert {row: id(m) for row, (m, _) in forth.items()} == {
        row: id(m) for row, (m, _) in back.items()
    }
