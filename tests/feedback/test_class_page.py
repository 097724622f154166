"""The page of a class: its figures are right, and whatever a class holds it reads safely."""

from __future__ import annotations

import dataclasses
import html
import json
import random
import re
import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import ROOT
from grader.core.model import CheckResult, Diagnosis, Outcome, Status, Tidiness
from grader.feedback import class_statistics as stats
from grader.feedback import class_view, class_words
from grader.feedback.class_page import pages_in, render, write_class_page
from grader.feedback.class_view import Pages
from grader.handins.records import Person
from grader.parts import checks
from grader.records.gradebook import Gradebook, StudentMark
from grader.scoring import rubric
from grader.scoring.points import decimal2
from grader.scoring.score import score
from kit.text import Text

RUBRIC = rubric.load(ROOT / "rubric.yaml")
INFOS = {info.id: info for info in checks.checks_of(checks.part_names()) if not info.advice}
SECRET = "HIDDEN-0.123456789"
HINTS = (
    Diagnosis(
        "previous_state",
        Text(
            "你的 dWhh 与用 h_t 代替 h_{t-1} 得到的完全一致。",
            "Your dWhh is what you get when h_t is used in place of h_{t-1}.",
        ),
    ),
    Diagnosis("no_clip", Text("梯度似乎没有裁剪。", "The gradients do not seem to be clipped.")),
)
ODD_NAMES = (
    "<script>alert(1)</script>",
    "欧阳" + "很长的名字" * 20,
    "محمد عبد الله بن عبد الرحمن",
    "\u202egnp.exe\x1b[31m\x00",
    "张\"三'<b>&amp;",
    "A" * 200,
    "",
)
LATE = Text("迟交 2 天，扣 20%。", "2 days late, 20 % off.")
BAD_ENDS = (
    Outcome.FAILED,
    Outcome.PARTIAL,
    Outcome.TIMED_OUT,
    Outcome.CRASHED,
    Outcome.BLOCKED,
    Outcome.NOT_ATTEMPTED,
)
BAD_WEIGHTS = (60, 10, 2, 2, 18, 8)


def result(check_id: str, outcome: Outcome, seconds: float = 0.1, hinted: int = 0) -> CheckResult:
    """How a check of the lab ended; staff note and message hold what the page must not show."""
    info = INFOS[check_id]
    return CheckResult(
        id=check_id,
        part=info.part,
        visibility=info.visibility,
        title=info.title,
        outcome=outcome,
        message=Text(SECRET, SECRET),
        fraction=Fraction(1, 3) if outcome is Outcome.PARTIAL else Fraction(0),
        diagnosis=HINTS[:hinted] if outcome is Outcome.FAILED else (),
        seconds=seconds,
        staff_note=SECRET,
    )


def graded(person: Person, folder: str, results: Sequence[CheckResult]) -> StudentMark:
    """The mark that the lab's own rubric makes of `results`."""
    made = score(RUBRIC, {r.id: r for r in results}, tidiness=Tidiness(100, 7, ()))
    fault = any(r.outcome is Outcome.GRADER_ERROR for r in results)
    return StudentMark(
        person=person,
        submission_id=folder,
        status=Status.GRADER_ERROR if fault else Status.GRADED,
        possible=made.possible,
        raw=None if fault else made.earned,
        final=None if fault else made.earned,
        pending=made.pending,
        rows=made.rows,
        checks=made.checks,
    )


def results_of(draw: random.Random, strength: float) -> list[CheckResult]:
    """All checks of one submission; a stronger student passes more of them."""
    lost = draw.choice(checks.part_names()) if draw.random() < 0.04 else ""
    found = []
    for number, check_id in enumerate(RUBRIC.check_ids):
        if INFOS[check_id].part == lost:
            outcome = Outcome.MISSING
        elif draw.random() < strength - (number % 11) / 30:
            outcome = Outcome.PASSED
        else:
            (outcome,) = draw.choices(BAD_ENDS, BAD_WEIGHTS)
        found.append(result(check_id, outcome, draw.expovariate(4), draw.randrange(3)))
    return found


def book(marks: Sequence[StudentMark], notices: tuple[Text, ...] = ()) -> Gradebook:
    return Gradebook(
        title=RUBRIC.title,
        possible=RUBRIC.total,
        row_ids=tuple(row.id for row in RUBRIC.rows),
        marks=tuple(marks),
        notices=notices,
        rubric_sha256=RUBRIC.sha256,
        grader_version="0.1.0",
    )


def synthetic(size: int, seed: int = 1, names: Sequence[str] = ODD_NAMES) -> Gradebook:
    """A class of `size`, drawn: odd names, late ones, faults, refusals, missing ones, a group."""
    draw = random.Random(seed)
    surnames, given_names = "赵钱孙李周吴郑王冯陈", "伟芳娜敏静磊洋勇艳杰涛明超"
    marks: list[StudentMark] = []
    for i in range(size):
        drawn = draw.choice(surnames) + "".join(draw.choices(given_names, k=draw.randint(1, 2)))
        name = names[i] if size > 20 and i < len(names) else drawn
        person = Person(f"{2023010000 + i}", name)
        if draw.random() < 0.03:
            marks.append(StudentMark(person, "", Status.MISSING, RUBRIC.total))
            continue
        results = results_of(draw, draw.betavariate(5, 2) + 0.1)
        if draw.random() < 0.02:
            results[0] = dataclasses.replace(results[0], outcome=Outcome.GRADER_ERROR)
        mark = graded(person, f"{person.student_id}-{i}", results)
        if draw.random() < 0.01:
            gone = [result(c, Outcome.MISSING) for c in RUBRIC.check_ids]
            mark = dataclasses.replace(
                graded(person, f"{i}", gone), status=Status.NOT_GRADABLE, raw=None, final=None
            )
        if mark.final is not None and draw.random() < 0.1:
            mark = dataclasses.replace(mark, final=mark.final * Fraction(4, 5), late=LATE)
        marks.append(mark)
        if draw.random() < 0.02:
            partner = Person(f"{2023020000 + i}", "李组员")
            marks.append(dataclasses.replace(mark, person=partner))
    return book(marks)


def links(mark: StudentMark) -> Pages:
    folder = mark.submission_id
    return Pages(f"{folder}/feedback.html", f"{folder}/staff.html") if folder else Pages()


def page(gradebook: Gradebook, lang: str = "zh") -> str:
    return render(gradebook, lang, links)


def simple(*outcomes: Outcome, check_id: str = "poems.batches") -> list[StudentMark]:
    """One student for each outcome of one check; all others are passed."""
    return [
        graded(
            Person(f"{i}", f"s{i}"),
            f"f{i}",
            [result(c, outcome if c == check_id else Outcome.PASSED) for c in RUBRIC.check_ids],
        )
        for i, outcome in enumerate(outcomes)
    ]


def statistics_of(marks: Sequence[StudentMark], check_id: str) -> stats.CheckStatistics:
    (found,) = (c for c in stats.check_statistics(book(marks)) if c.id == check_id)
    return found


# --- statistics -------------------------------------------------------------------------------

POINTS = st.fractions(0, 100, max_denominator=12)


@settings(deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=60), POINTS.filter(bool))
def test_every_mark_is_in_one_bin_that_holds_it(marks: list[Fraction], spare: Fraction) -> None:
    top = max(marks) + spare
    bins = stats.bins(marks, top)

    assert sum(b.count for b in bins) == len(marks)
    assert [b.count for b in bins] == [sum(b.low <= m < b.high for m in marks) for b in bins]
    assert bins[0].low == 0
    assert bins[-1].low < top <= bins[-1].high
    assert len(bins) <= stats.MOST_BINS


def test_the_full_mark_is_in_the_last_bin() -> None:
    bins = stats.bins([Fraction(100), Fraction(0)], Fraction(100))

    assert len(bins) == 20
    assert (bins[0].count, bins[-1].count) == (1, 1)


@settings(deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=40))
def test_the_spread_is_ordered_and_within_the_marks(marks: list[Fraction]) -> None:
    found = stats.spread(marks)

    assert found is not None
    ordered = [found.lowest, found.lower, found.median, found.upper, found.highest]
    assert ordered == sorted(ordered)
    assert found.lowest <= found.mean <= found.highest
    below = sum(m <= found.median for m in marks)
    assert 2 * below >= len(marks)


def test_the_quartiles_of_a_known_class() -> None:
    found = stats.spread([Fraction(n) for n in (5, 1, 4, 2, 3)])

    assert found == stats.Spread(*map(Fraction, (1, 2, 3, 4, 5, 3)))


SHARES = st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1)])
PAIRS = st.tuples(SHARES, POINTS.map(lambda points: float(points / 100)))


@settings(deadline=None)
@given(st.lists(PAIRS, max_size=40))
def test_discrimination_is_bounded_and_turns_with_its_check(pairs: list) -> None:
    value = stats.discrimination(pairs)
    turned = stats.discrimination([(1 - share, rest) for share, rest in pairs])

    if len(pairs) < stats.SMALLEST_CLASS or len({s for s, _ in pairs}) < 2:
        assert value is None
    if value is None:
        assert turned is None
    else:
        assert -1 <= value <= 1
        assert value == pytest.approx(-turned, abs=1e-9)


def test_discrimination_has_the_sign_of_who_passes() -> None:
    strong = [(Fraction(int(i > 5)), i / 11) for i in range(12)]
    weak = [(Fraction(int(i < 6)), i / 11) for i in range(12)]

    # Point-biserial by hand: the means lie 6 apart, half pass, the variance of 0 ... 11 is 143/12.
    expected = 6 * 0.5 / (143 / 12) ** 0.5
    assert stats.discrimination(strong) == pytest.approx(expected)
    assert stats.discrimination(weak) == pytest.approx(-expected)
    assert stats.discrimination(strong[:9]) is None


def test_a_check_is_not_held_against_itself() -> None:
    """Students who differ in one check alone do the same in the rest of it."""
    marks = simple(*[Outcome.PASSED, Outcome.FAILED] * 10)

    assert statistics_of(marks, "poems.batches").discrimination is None


def test_a_stronger_class_discriminates() -> None:
    found = [c.discrimination for c in stats.check_statistics(synthetic(150)) if c.discrimination]

    assert len(found) == len(RUBRIC.check_ids)
    assert min(found) > 0


def test_shares_and_counts_of_a_check() -> None:
    marks = simple(
        Outcome.PASSED, Outcome.PASSED, Outcome.PARTIAL, Outcome.FAILED, Outcome.BLOCKED,
        Outcome.FAILED,
    )  # fmt: skip
    found = statistics_of(marks, "poems.batches")

    assert (found.counted, found.passed, found.partial) == (6, 2, 1)
    assert found.pass_rate == Fraction(1, 3)
    assert found.mean_share == Fraction(2 + Fraction(1, 3)) / 6
    assert found.outcome == (Outcome.FAILED, 2)
    assert found.visibility is INFOS["poems.batches"].visibility


def test_what_says_nothing_of_the_student_is_not_counted() -> None:
    marks = simple(Outcome.PASSED, Outcome.SKIPPED, Outcome.GRADER_ERROR)
    closed = [result(c, Outcome.MISSING) for c in RUBRIC.check_ids]
    shut = dataclasses.replace(graded(Person("9", "x"), "shut", closed), status=Status.NOT_GRADABLE)
    found = statistics_of([*marks, shut], "poems.batches")

    assert (found.counted, found.passed) == (1, 1)
    assert found.pass_rate == 1
    assert stats.check_statistics(book([shut])) == ()


@pytest.mark.parametrize("mark", [None, Fraction(0)])
def test_what_could_not_be_opened_shows_no_points(mark: Fraction | None) -> None:
    closed = [result(c, Outcome.MISSING) for c in RUBRIC.check_ids]
    shut = dataclasses.replace(
        graded(Person("9", "x"), "shut", closed),
        status=Status.NOT_GRADABLE,
        raw=mark,
        final=mark,
    )
    row = re.search(r'<tr><th scope="row">.*?</tr>', page(book([shut]), "en"), re.DOTALL)
    assert row is not None
    assert "0.00" not in row.group()
    assert "–" in row.group()


def test_seconds_are_the_median_of_what_ran() -> None:
    def timed(folder: str, outcome: Outcome, seconds: float) -> StudentMark:
        return graded(
            Person("", folder), folder, [result(c, outcome, seconds) for c in RUBRIC.check_ids]
        )

    marks = [
        timed("a", Outcome.PASSED, 1.0),
        timed("b", Outcome.TIMED_OUT, 9.0),
        timed("c", Outcome.FAILED, 2.0),
        timed("d", Outcome.MISSING, 0.0),
        timed("e", Outcome.BLOCKED, 0.0),
    ]

    assert statistics_of(marks, "poems.batches").median_seconds == 2.0
    assert statistics_of(marks[3:], "poems.batches").median_seconds is None


def having(folder: str, *diagnosis: Diagnosis) -> StudentMark:
    """A student all of whose checks failed by these mistakes."""
    results = [
        dataclasses.replace(result(c, Outcome.FAILED), diagnosis=diagnosis)
        for c in RUBRIC.check_ids
    ]
    return graded(Person("", folder), folder, results)


def test_common_mistakes_count_each_submission_once_the_most_common_first() -> None:
    first, second = HINTS
    marks = [having("a", first), having("b", second), having("c", second), having("d")]
    found = class_view.build(book(marks), links).causes

    # Some parts fail by the same mistake: each part is an entry of its own.
    assert [cause.count for cause in found] == sorted((c.count for c in found), reverse=True)
    entries = {(c.part, c.hints): [p.name for p, _ in c.people] for c in found}
    for part in {c.part for c in found}:
        assert entries[part, (second.hint,)] == ["b", "c"]
        assert entries[part, (first.hint,)] == ["a"]
    assert second.hint.en in page(book(marks))


def test_a_mistake_that_could_be_either_is_an_entry_of_its_own() -> None:
    first, second = HINTS
    found = class_view.build(book([having("a", first, second), having("b", first)]), links).causes

    assert {len(cause.hints) for cause in found} == {1, 2}
    assert class_view.build(book(simple(Outcome.FAILED)), links).causes == ()


def test_the_most_common_diagnosis_counts_a_submission_once() -> None:
    first, second = HINTS
    twice = having("a", first, first)
    found = statistics_of([twice, having("b", second), having("c", second)], "poems.batches")
    tied = statistics_of([having("b", first), having("c", second)], "poems.batches")

    assert found.diagnosis == (second, 2)
    assert tied.diagnosis == (second, 1)  # "no_clip" comes before "previous_state"


def test_a_group_is_one_submission_of_several_students() -> None:
    (mark,) = simple(Outcome.FAILED)
    partner = dataclasses.replace(mark, person=Person("2", "b"))
    tally = stats.tally(book([mark, partner]))

    assert (tally.students, tally.handed_in, tally.submissions) == (2, 2, 1)
    assert statistics_of([mark, partner], "poems.batches").counted == 1
    assert stats.distribution(book([mark, partner])).count == 2


def test_the_distribution_is_of_final_marks_within_what_is_marked() -> None:
    (mark,) = simple(Outcome.PASSED)
    late = dataclasses.replace(mark, final=mark.final / 2, late=LATE)
    found = stats.distribution(book([mark, late]))

    assert found.attainable == mark.possible - mark.pending
    assert found.spread.lowest == mark.final / 2
    assert found.even
    one_is_marked = dataclasses.replace(late, pending=Fraction(0))
    assert not stats.distribution(book([mark, one_is_marked])).even


def test_whoever_needs_a_person_is_found_the_most_pressing_first() -> None:
    timed_out, fine, fault = simple(Outcome.TIMED_OUT, Outcome.FAILED, Outcome.GRADER_ERROR)
    lacking = graded(
        Person("7", "g"),
        "lacking",
        [
            result(c, Outcome.MISSING if INFOS[c].part == "poems" else Outcome.PASSED)
            for c in RUBRIC.check_ids
        ],
    )
    missing = StudentMark(Person("8", "h"), "", Status.MISSING, RUBRIC.total)
    found = stats.flagged_submissions(book([lacking, timed_out, fine, missing, fault]))

    assert [(c.marks[0].submission_id, c.reasons) for c in found] == [
        ("f2", ((stats.Reason.GRADER_ERROR, ("poems.batches",)),)),
        ("f0", ((stats.Reason.TIMED_OUT, ("poems.batches",)),)),
        ("lacking", ((stats.Reason.MISSING_PART, ("poems",)),)),
    ]


@pytest.mark.parametrize(("pdf", "told"), [(False, True), (True, False), (None, False)])
def test_who_handed_in_no_pdf_is_seen(pdf: bool | None, told: bool) -> None:
    right = [result(c, Outcome.PASSED) for c in RUBRIC.check_ids]
    mark = dataclasses.replace(graded(Person("1", "a"), "a", right), pdf=pdf)

    assert ("no PDF report" in page(book([mark]))) == told


def test_whoever_has_an_undecided_check_is_on_the_list_for_staff() -> None:
    decided = result("poems.batches", Outcome.SKIPPED)
    marks = [
        graded(
            Person(f"{number}", "a"),
            f"f{number}",
            [
                check if id == "poems.batches" else result(id, Outcome.PASSED)
                for id in RUBRIC.check_ids
            ],
        )
        for number, check in enumerate((dataclasses.replace(decided, undecided=True), decided))
    ]
    (flagged,) = stats.flagged_submissions(book(marks))

    assert flagged.marks == (marks[0],)
    assert flagged.reasons == ((stats.Reason.UNDECIDED, ("poems.batches",)),)
    shown = page(book(marks))
    assert "./f0/staff.html" in shown
    assert "检查无法判定" in shown
    assert "A check could not decide" in shown


def test_a_fault_before_any_check_needs_a_person_too() -> None:
    mark = StudentMark(Person("1", "a"), "a", Status.GRADER_ERROR, RUBRIC.total)
    (flagged,) = stats.flagged_submissions(book([mark]))

    assert flagged.reasons == ((stats.Reason.GRADER_ERROR, ()),)
    assert "./a/staff.html" in page(book([mark]))


# --- the page ---------------------------------------------------------------------------------

MISSING_ONLY = book(
    [StudentMark(Person(f"{i}", f"缺{i}"), "", Status.MISSING, 100) for i in range(4)]
)
CLASSES = {
    "empty": book([]),
    "one": synthetic(1),
    "three": synthetic(3, 5),
    "thirty": synthetic(30, 3),
    "all_missing": MISSING_ONLY,
}


class Reader(HTMLParser):
    """Collects the links, and sees that every element that opens closes where it should."""

    VOID = frozenset({"meta", "input", "br", "hr", "link", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.languages: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}
        given = dict(attrs)
        self.links += [given["href"]] if given.get("href") else []
        if tag == "span" and "lang" in given:
            self.languages.append(given["lang"])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", CLASSES)
def test_any_class_gives_a_whole_page_in_both_languages(name: str) -> None:
    text = page(CLASSES[name])
    read = Reader(text)

    assert read.languages.count("zh-Hans") == read.languages.count("en") > 20
    assert read.languages == ["zh-Hans", "en"] * (len(read.languages) // 2)
    text.encode("utf-8")


@pytest.mark.parametrize("name", CLASSES)
def test_the_page_needs_nothing_from_anywhere(name: str) -> None:
    text = page(CLASSES[name])
    read = Reader(text)

    assert not re.search(r"['\"(]//|url\(|@import|\bsrc=", text.partition("<script>")[0])
    assert not re.search(r"https?:", text)
    assert "default-src &#39;none&#39;" in text
    assert all(link.startswith(("#", "./")) for link in read.links)
    assert "style" not in read.attributes  # the policy would refuse it
    assert not [name for name in read.attributes if name.startswith("on")]


def test_names_can_put_no_code_and_no_control_characters_on_the_page() -> None:
    marks = simple(*[Outcome.TIMED_OUT] * len(ODD_NAMES))
    odd = [
        dataclasses.replace(mark, person=Person(name, name), late=Text(name, name))
        for mark, name in zip(marks, ODD_NAMES)
    ]
    hostile = "\ud800<img onerror=x>\u2066"
    group = dataclasses.replace(odd[0], person=Person(hostile, hostile))
    text = page(book([*odd, group], notices=(Text(hostile, hostile),)))
    Reader(text)

    text.encode("utf-8")
    assert "<script>alert" not in text
    assert "<img" not in text
    assert text.count("<script") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert "&lt;script&gt;alert(1)" in text
    assert "\\u202egnp.exe" in text


def test_an_address_stays_below_the_page_whatever_a_folder_is_called() -> None:
    (mark,) = simple(Outcome.TIMED_OUT)
    for path in ("javascript:alert(1)", "//evil.example/x", 'a"onclick="x', "学号 1#?%/f.html"):
        text = render(book([mark]), "zh", lambda _, path=path: Pages(path, path))

        hrefs = [link for link in Reader(text).links if not link.startswith("#")]
        assert len(hrefs) == 3
        assert all(re.fullmatch(r"\./[\w./%-]+", link) for link in hrefs)


def test_messages_and_staff_notes_of_checks_are_not_on_the_page() -> None:
    text = page(synthetic(30))

    assert SECRET not in text
    assert HINTS[0].hint.zh in text or HINTS[1].hint.zh in text


def test_a_long_name_is_cut_and_whole_in_its_title() -> None:
    (mark,) = simple(Outcome.PASSED)
    name = "名" * 100
    text = page(book([dataclasses.replace(mark, person=Person("1", name))]))

    assert f'title="{name}"' in text
    assert f">{name[:47]}…<" in text


def test_only_pages_that_exist_are_linked(tmp_path: Path) -> None:
    first, second = simple(Outcome.PASSED, Outcome.PASSED)
    (tmp_path / "f0").mkdir()
    (tmp_path / "f0" / "staff.html").write_text("x", "utf-8")
    found = pages_in(tmp_path)

    assert found(first) == Pages("", "f0/staff.html")
    assert found(second) == Pages()
    write_class_page(book([first, second]), tmp_path / "index.html", "en")
    text = (tmp_path / "index.html").read_text("utf-8")
    assert [link for link in Reader(text).links if "f0" in link] == ["./f0/staff.html"]
    assert "f1/" not in text


def test_a_late_mark_shows_what_it_was_and_why() -> None:
    (mark,) = simple(Outcome.PASSED)
    late = dataclasses.replace(mark, final=mark.final - 3, late=LATE)
    text = page(book([mark, late]))

    assert f"<s>{decimal2(mark.final)}</s> <b>{decimal2(mark.final - 3)}</b>" in text
    assert LATE.zh in text
    assert LATE.en in text
    assert text.count("<s>") == 1


def test_the_missing_stand_at_the_end() -> None:
    (mark,) = simple(Outcome.PASSED)
    absent = StudentMark(Person("0", "缺席者"), "", Status.MISSING, RUBRIC.total)
    view = class_view.build(book([absent, mark]), links)

    assert [s.person.name for s in view.students] == ["s0"]
    assert [s.person.name for s in view.missing] == ["缺席者"]
    text = page(book([absent, mark]))
    assert text.index(">s0<") < text.index(">缺席者<")


def test_checks_stand_worst_first_in_their_part() -> None:
    view = class_view.build(synthetic(60), links)

    for part in view.parts:
        shares = [c.passed_share for c in (*part.hard, *part.easy)]
        assert shares == sorted(shares)
    shown = [c.id for part in view.parts for c in (*part.hard, *part.easy)]
    assert sorted(shown) == sorted(RUBRIC.check_ids)
    assert any(c.hidden for part in view.parts for c in part.hard)


def test_a_check_that_the_stronger_students_lose_is_marked() -> None:
    others = [c for c in RUBRIC.check_ids if c != "poems.batches"]
    marks = [
        graded(
            Person(f"{i}", f"s{i}"),
            f"f{i}",
            [
                *(result(c, Outcome.PASSED if n < 4 * i else Outcome.FAILED)
                  for n, c in enumerate(others)),
                result("poems.batches", Outcome.FAILED if i > 5 else Outcome.PASSED),
            ],
        )
        for i in range(12)
    ]  # fmt: skip
    view = class_view.build(book(marks), links)
    inverted = [c for part in view.parts for c in (*part.hard, *part.easy) if c.inverted]

    assert [c.id for c in inverted] == ["poems.batches"]
    assert inverted[0].discrimination.startswith("−0.")
    assert 'class="n inverted"' in page(book(marks))


def test_all_members_of_a_group_are_named_where_it_needs_a_person() -> None:
    (mark,) = simple(Outcome.CRASHED)
    partner = dataclasses.replace(mark, person=Person("2", "搭档"))
    view = class_view.build(book([mark, partner]), links)
    (group,) = view.groups
    (flagged,) = group.submissions

    assert [p.name for p in flagged.people] == ["s0", "搭档"]
    assert flagged.staff == "./f0/staff.html"
    assert flagged.tags[0][1] == ("poems.batches",)


@pytest.mark.parametrize(
    ("share", "shown"), [("0", "0%"), ("1/999", "1%"), ("998/999", "99%"), ("1", "100%")]
)
def test_a_rate_is_never_rounded_to_nobody_or_everybody(share: str, shown: str) -> None:
    assert class_view.percent(Fraction(share)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "<1 ms"), (0.0123, "12 ms"), (0.0996, "0.10 s"), (0.5, "0.50 s"), (12.34, "12.3 s")],
)
def test_durations_read_easily(seconds: float, shown: str) -> None:
    assert class_view.duration(seconds) == shown


def test_every_word_of_the_page_is_in_both_languages() -> None:
    found = [value for value in vars(class_words).values() if isinstance(value, Text)]
    for table in (class_words.STATUSES, class_words.REASONS, class_words.WHAT_TO_DO):
        found += table.values()

    assert len(found) > 60
    for text in found:
        assert re.search("[\u4e00-\u9fff]", text.zh)
        assert re.search("[A-Za-z]", text.en)
        assert not re.search("[\u4e00-\u9fff]", text.en)
    assert set(class_words.STATUSES) == set(Status)
    assert set(class_words.REASONS) == set(class_words.WHAT_TO_DO) == set(stats.Reason)


def test_the_same_class_gives_the_same_bytes() -> None:
    assert page(synthetic(30)) == page(synthetic(30))


@pytest.mark.slow
def test_a_thousand_students_fit_into_two_megabytes() -> None:
    assert len(page(synthetic(1000)).encode()) < 2_000_000


def in_browser(text: str, folder: Path, *options: str) -> str:
    """The document as a browser has it after the page's own script ran."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no browser here")
    file = folder / "page.html"
    file.write_text(text, "utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
               "--no-first-run", "--disable-background-networking", "--disable-component-update",
               "--disable-sync", f"--user-data-dir={folder / 'profile'}", *options, "--dump-dom",
               file.as_uri()]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode("utf-8")


@pytest.mark.slow
def test_the_script_runs_under_the_policy_of_the_page(tmp_path: Path) -> None:
    dom = in_browser(page(synthetic(30)), tmp_path)

    assert re.search(r'<th scope="col"[^>]*><button type="button">', dom)
    assert not re.search(r'id="tools"[^>]* hidden', dom)


PROBE = """<script>
const click = (n) => document.querySelectorAll("#student-table thead button")[n].click();
const column = (n) => [...document.querySelectorAll("#student-table tbody:first-of-type tr")]
  .map((row) => row.cells[n].dataset.value);
click(1);
const up = column(1).map(Number);
click(1);
const down = column(1).map(Number);
const find = document.getElementById("find");
find.value = "s3";
find.dispatchEvent(new Event("input"));
const left = [...document.querySelectorAll("#student-table tbody tr")].filter((r) => !r.hidden);
document.title = JSON.stringify({ up, down, left: left.length,
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth });
</script></body>"""


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_on_a_phone_the_page_sorts_finds_and_does_not_overflow(tmp_path: Path, lang: str) -> None:
    outcomes = [Outcome.PASSED, Outcome.FAILED, Outcome.PARTIAL, Outcome.TIMED_OUT]
    marks = simple(*outcomes, *outcomes)
    odd = [
        dataclasses.replace(mark, person=Person(f"0{i}", name), late=LATE)
        for i, (mark, name) in enumerate(zip(marks, ODD_NAMES))
    ]
    text = page(book([*odd, *marks]), lang)
    policy = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
    open_page = policy.sub("", text).replace("</body>", PROBE)
    dom = in_browser(open_page, tmp_path, "--window-size=390,900")
    seen = json.loads(html.unescape(re.search("<title>(.*)</title>", dom)[1]))

    assert seen["up"] == sorted(seen["up"])
    assert seen["down"] == sorted(seen["up"], reverse=True)
    assert len(seen["up"]) == len(odd) + len(marks)
    assert seen["left"] == 1
    assert seen["wide"] == 0
