"""What people's events amount to: exactly, whatever was graded, changed or published meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_class import PEOPLE, RUBRIC, graded_class, marked

from grader.core.model import Outcome
from grader.export.formats import export
from grader.export.report import given as given_mark
from grader.marking import publishing
from grader.marking.course import Course
from grader.records import finals, gradebook_builder
from grader.records.database import now
from grader.records.gradebook import Gradebook, StudentMark
from grader.records.mark_events import WHOLE, CommentVersion, MarkEvent, OverrideEvent, Use
from grader.records.marks import CheckMarks, Marks, RowMarks
from grader.records.present_marks import Look, PresentMarks
from grader.records.rescoring import rescore, with_people
from grader.scoring import rubric as rubrics
from grader.scoring.by_people import ByPeople
from kit.text import Text

MODULES, FIGURES, ESSAY = "report.modules", "report.figures", "essay"
LATE = """
late:
  due: 2026-10-30 23:59
  timezone: UTC
  multiply: 0.9
"""


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    with Course(graded_class(tmp_path / "out")) as opened:
        yield opened


def of(book: Gradebook, student_id: str) -> StudentMark:
    return next(mark for mark in book.marks if mark.person.student_id == student_id)


def decide(course: Course, who: str, check: str, fraction: str | None, version: int = 1) -> None:
    event = OverrideEvent(
        hand_in=course.find(who).id,
        check=check,
        version=version,
        fraction=None if fraction is None else Fraction(fraction),
        author="li",
        at=now(),
        why="his convention is stated in the report",
    )
    course.record("en", overrides=[event])


def test_the_gradebook_adds_up_what_machine_and_people_gave(course: Course) -> None:
    marked(course, "0023001", MODULES, "8/3")
    marked(course, "0023001", FIGURES, "2.5")
    marked(course, "0023001", ESSAY, "1/3")

    mark = of(course.gradebook(), "0023001")

    assert mark.raw == 3 + Fraction(8, 3) + Fraction(5, 2) + Fraction(1, 3)
    assert (mark.final, mark.pending) == (mark.raw, 0)
    assert of(course.gradebook(), "0023002").pending == 17
    assert [(row.id, row.earned) for row in mark.rows] == [
        ("code", 3),
        ("report", Fraction(31, 6)),
        ("essay", Fraction(1, 3)),
    ]


def test_without_people_the_score_is_the_gradings_own(tmp_path: Path) -> None:
    outcomes = {"poems.a": Outcome.FAILED, "theory.a": Outcome.SKIPPED}
    with Course(graded_class(tmp_path / "out", outcomes=outcomes)) as course:
        for graded in course.latest.values():
            score = rescore(graded, course.store, course.rubric)
            assert (score.earned, score.pending) == (graded.marks.earned, graded.marks.pending)
            assert [(r.id, r.earned, r.pending) for r in score.rows] == [
                (r.id, r.earned, r.pending) for r in graded.marks.rows
            ]


@pytest.mark.parametrize(
    ("earned", "pending", "expected"),
    [("9/4", 5, ("17/4", 0)), ("0", 8, ("2", 3))],
    ids=["linted", "the linter gave no result"],
)
def test_the_linters_points_stay_where_a_person_marks_the_rest(
    earned: str, pending: int, expected: tuple[str, int]
) -> None:
    tidy = """{id: tidy, title: {zh: 整洁, en: Tidy}, points: 8, marked_by: linter,
     linter: {points: 3, full: 2, zero: 22}}"""
    essay = "{id: essay, title: {zh: 心得, en: Essay}, points: 8, marked_by: ta}"
    rubric = rubrics.parse(RUBRIC.replace(essay, tidy).encode())
    marks = Marks(
        rows=(RowMarks("tidy", Fraction(earned), Fraction(pending)),),
        checks=tuple(
            CheckMarks(id, Outcome.PASSED, rubric.points_of(id), rubric.points_of(id))
            for id in rubric.check_ids
        ),
    )

    row = with_people(marks, {}, rubric, ByPeople.points({"tidy": Fraction(2)})).rows[-1]

    assert (row.earned, row.pending) == (Fraction(expected[0]), expected[1])


def test_a_decision_takes_the_place_of_an_outcome_and_both_are_shown(tmp_path: Path) -> None:
    with Course(graded_class(tmp_path / "out", outcomes={"poems.a": Outcome.FAILED})) as course:
        decide(course, "0023001", "poems.a", "1/3")
        mark = of(course.gradebook(), "0023001")
        check = next(c for c in mark.checks if c.result.id == "poems.a")

        assert (check.result.outcome, check.earned) == (Outcome.FAILED, Fraction(1, 2))
        assert mark.raw == 2
        page = (course.out / course.find("0023001").id / "staff.html").read_text("utf-8")
        assert "A person decided on 0.50 of 1.50 points: his convention is stated" in page
        student = (course.out / course.find("0023001").id / "feedback.html").read_text("utf-8")
        assert "A person decided" not in student  # not before the marks are published

        decide(course, "0023001", "poems.a", None, version=2)
        assert of(course.gradebook(), "0023001").raw == Fraction(3, 2)


def test_a_decision_settles_what_was_pending(tmp_path: Path) -> None:
    with Course(graded_class(tmp_path / "out", outcomes={"poems.a": Outcome.SKIPPED})) as course:
        assert of(course.gradebook(), "0023001").pending == Fraction(37, 2)
        decide(course, "0023001", "poems.a", "0")
        assert of(course.gradebook(), "0023001").pending == 17


def test_the_late_policy_counts_on_the_whole_mark(tmp_path: Path) -> None:
    with Course(graded_class(tmp_path / "out", RUBRIC + LATE)) as course:
        for criterion, points in ((MODULES, 4), (FIGURES, 3), (ESSAY, 0)):
            marked(course, "0023001", criterion, points)

        mark = of(course.gradebook(), "0023001")

        # Two days late: 0.9 * 0.9 of the ten points.
        assert (mark.raw, mark.final, mark.late_days) == (10, Fraction(81, 10), 2)
        # Points that are added by hand to a multiplied mark would escape the policy.
        half = of(course.gradebook(), "0023002")
        assert "the late policy counts on the whole mark" in given_mark(half, True).en  # type: ignore[union-attr]
        report = export(course.gradebook(), "csv", out=tmp_path / "m.csv", allow_pending=True)
        assert [line.mark for line in report.lines] == ["8.10", "", "", ""]
        with course.store as store:
            assert finals.moves(store) == ()


def test_final_marks_of_earlier_runs_hold_what_people_had_given_by_then(tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out", RUBRIC + LATE)
    with Course(out) as course:
        marked(course, "0023001", FIGURES, 5)
    graded_class(out, RUBRIC + LATE, submitted_at=datetime(2026, 10, 30, tzinfo=UTC))
    with Course(out) as course:
        (move,) = [m for m in finals.moves(course.store) if m.after.person.student_id == "0023001"]

    assert (move.before.final, move.after.final) == (8 * Fraction(81, 100), 8)


def test_words_that_changed_keep_the_mark_and_ask_for_a_look(tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with Course(out) as course:
        marked(course, "0023001", FIGURES, 3)
        marked(course, "0023001", MODULES, 4)
    graded_class(out, RUBRIC.replace("{zh: 图表, en: Figures}", "{zh: 图, en: Figures}"))

    with Course(out) as course:
        there = course.given(course.find("0023001").id)
    assert there.looks == ((FIGURES, Look.OTHER_WORDS),)
    assert there.standings[FIGURES].points == 3


def test_a_changed_rubric_keeps_the_marks_of_what_did_not_change(tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with Course(out) as course:
        for criterion, points in ((MODULES, "8/3"), (FIGURES, 3), (ESSAY, 7)):
            marked(course, "0023001", criterion, points)
    # One level is worth less, the essay has criteria now, the figures stay.
    text = RUBRIC.replace("points: 8/3", "points: 2").replace(
        "{id: essay, title: {zh: 心得, en: Essay}, points: 8, marked_by: ta}",
        "{id: essay, title: {zh: 心得, en: Essay}, points: 8, marked_by: ta,\n"
        "     criteria: [{id: essay.text, title: {zh: 文, en: Text}, points: 8}]}",
    )
    graded_class(out, text)

    with Course(out) as course:
        there = course.given(course.find("0023001").id)
        mark = of(course.gradebook(), "0023001")
    assert there.looks == ((MODULES, Look.OTHER_POINTS), (ESSAY, Look.GONE))
    assert (mark.raw, mark.pending) == (3 + 3, 4 + 8)
    notices = [notice.en for notice in gradebook_builder.load(out).notices]
    assert notices == [
        "Marks to look at again: report.modules (the criterion's points changed: the mark does "
        "not count): 0023001; essay (the rubric has no such criterion any more: the mark does "
        "not count): 0023001."
    ]
    # And back again: nothing was lost.
    graded_class(out, RUBRIC)
    with Course(out) as course:
        assert of(course.gradebook(), "0023001").raw == 3 + Fraction(8, 3) + 3 + 7


def test_other_files_keep_the_mark_and_ask_for_a_look(tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with Course(out) as course:
        marked(course, "0023001", FIGURES, 3)
    graded_class(out, files="second")

    with Course(out) as course:
        there = course.given(course.find("0023001").id)
        assert there.looks == ((FIGURES, Look.OTHER_FILES),)
        assert there.standings[FIGURES].points == 3
        marked(course, "0023001", FIGURES, 3)
        assert course.given(course.find("0023001").id).looks == ()


def test_a_comment_without_points_belongs_to_the_files_it_was_written_on(tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with Course(out) as course:
        id = course.find("0023001").id
        for criterion in (FIGURES, WHOLE):
            said = course.mark(id, criterion, None, seen=0, author="li", note="打不开")
            course.marks.add(marks=[said])
        before = course.given(id)
        assert (before.looks, len(before.whole_comments)) == ((), 1)
        assert before.standings[FIGURES].comments
    graded_class(out, files="second")

    with Course(out) as course:
        there = course.given(id)
        assert there.looks == ((FIGURES, Look.EARLIER_COMMENT), (WHOLE, Look.EARLIER_COMMENT))
        assert there.whole_comments == there.standings[FIGURES].comments == ()
        assert there.by_people.comments == ()
        # Advice: it stops nothing, and a notice tells the staff.
        assert "the whole (the comment was written" in gradebook_builder.load(out).notices[0].en
        lacking = [m.what.en for m in publishing.missing(course) if m.hand_in == id]
        assert not any("comment" in what for what in lacking)
        again = course.mark(id, WHOLE, None, seen=1, author="li", note="打不开")
        course.marks.add(marks=[again])
        assert course.given(id).looks == ((FIGURES, Look.EARLIER_COMMENT),)
        assert len(course.given(id).whole_comments) == 1


def test_comments_with_points_stay_within_the_criterion() -> None:
    rubric = rubrics.parse(RUBRIC.encode())

    def worth(base: int, *points: int) -> Fraction | None:
        comments = [
            CommentVersion(
                id=f"c{i}", version=1, zh="", en="x", points=Fraction(p), owner="", author="", at=""
            )
            for i, p in enumerate(points)
        ]
        event = MarkEvent(
            hand_in="h",
            criterion=FIGURES,
            version=1,
            base=Fraction(base),
            uses=tuple(Use(c.id, 1) for c in comments),
            author="li",
            at="",
            worth=rubric.criterion(FIGURES).worth,
            wording=rubric.criterion(FIGURES).wording,
        )
        present = PresentMarks(rubric, [event], comments=comments)
        return present.of_hand_in("h").standings[FIGURES].points

    assert worth(3, -1, -1) == 1
    assert worth(3, -4) == 0
    assert worth(3, 4) == 5


CRITERIA = st.sampled_from([MODULES, FIGURES, ESSAY, WHOLE])
ACTS = st.lists(
    st.tuples(st.sampled_from([p[0] for p in PEOPLE]), CRITERIA, st.integers(-1, 15)), max_size=25
)


@settings(max_examples=examples(60), deadline=None)
@given(acts=ACTS)
def test_the_last_word_counts_whatever_came_before(acts: list[tuple[str, str, int]]) -> None:
    """A history of events against a plain dictionary; the sums are exact."""
    rubric = rubrics.parse(RUBRIC.encode())
    events: list[MarkEvent] = []
    expected: dict[tuple[str, str], Fraction | None] = {}
    levels = [level.points for level in rubric.criterion(MODULES).levels]
    for who, criterion, number in acts:
        asked = None if criterion == WHOLE else rubric.criterion(criterion)
        base = None
        if asked is not None and number >= 0:
            base = levels[number % 3] if asked.levels else Fraction(number, 3)
        version = 1 + sum((e.hand_in, e.criterion) == (who, criterion) for e in events)
        events.append(
            MarkEvent(
                hand_in=who,
                criterion=criterion,
                version=version,
                base=base,
                level=None if asked is None or base is None else asked.level_at(base),
                note=str(number),
                author="li",
                at="",
                worth="" if asked is None else asked.worth,
                wording="" if asked is None else asked.wording,
            )
        )
        if criterion != WHOLE:
            expected[who, criterion] = base
    present = PresentMarks(rubric, events)
    for who, _ in PEOPLE:
        there = present.of_hand_in(who)
        found = {id: s.points for id, s in there.standings.items()}
        assert found == {c: p for (w, c), p in expected.items() if w == who}
        people = there.by_people
        total = sum((p for p in found.values() if p is not None), Fraction(0))
        given_points = (m.points for m in people.marks.values() if m.points is not None)
        assert sum(given_points, Fraction(0)) == total
        if there.whole is not None:
            assert there.whole_comments == (Text(there.whole.note, there.whole.note),)


def test_no_marks_file_is_made_by_looking(tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")

    gradebook_builder.load(out)

    assert [path.name for path in out.glob("*.sqlite")] == ["grades.sqlite"]
