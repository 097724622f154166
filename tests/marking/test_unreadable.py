"""A hand-in that could not be opened and that people marked: pages show mark and reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from marked_class import ENVIRONMENT, RUBRIC, graded_class, mark_all

from grader.core.model import CheckResult, GradeReport, Outcome, Status, Submission, Visibility
from grader.feedback import class_view, words
from grader.feedback.class_statistics import flagged_submissions
from grader.marking.course import Course
from grader.marking.pages import Lateness, pages
from grader.records.gradebook import Gradebook
from grader.records.mark_events import MarkEvent
from grader.records.present_marks import PresentMarks
from grader.scoring import rubric as rubrics
from grader.scoring.score import build_report
from kit.text import Text

LATE = "late: {due: 2026-11-01 23:59, timezone: Asia/Shanghai, deduct_per_day: 2}\n"
POINTS = {"report.modules": 4, "report.figures": 3, "essay": 8}


def refused(rubric: rubrics.Rubric) -> GradeReport:
    why = Text("压缩包损坏", "the archive is damaged")
    results = [
        CheckResult(
            id, rubric.part_of(id), Visibility.PUBLIC, Text(id, id), Outcome.MISSING, message=why
        )
        for id in rubric.check_ids
    ]
    return build_report(
        Submission("x", "0" * 64, refusal=why),
        results,
        rubric,
        environment=ENVIRONMENT,
        secret_fingerprint="f",
        grader_version="1",
    )


def made(points: dict[str, int], *, published: bool, late: str = "") -> dict[str, str]:
    rubric = rubrics.parse((RUBRIC + late).encode("utf-8"))
    events = [
        MarkEvent(
            hand_in="x",
            criterion=id,
            version=1,
            base=Fraction(value),
            level=rubric.criterion(id).level_at(Fraction(value)),
            note=f"said of {id}",
            author="li",
            at="2026-11-28T08:00:00+00:00",
            worth=rubric.criterion(id).worth,
            wording=rubric.criterion(id).wording,
        )
        for id, value in points.items()
    ]
    given = PresentMarks(rubric, events, published=published).of_hand_in("x")
    handed_in = datetime(2026, 11, 2, 12, tzinfo=UTC)  # a day late
    lateness = Lateness(handed_in, None, ("1",))
    return pages(refused(rubric), rubric, given, published=published, lateness=lateness, lang="en")


def test_the_student_reads_the_mark_that_people_decided_on() -> None:
    page = made(POINTS, published=True)["feedback.html"]

    assert "15.00</strong> / 20.00" in page
    assert words.DECIDED.en in page
    assert "the archive is damaged" in page
    assert "said of report.figures" in page
    assert words.NO_MARK.en not in page
    assert words.STATUSES[Status.NOT_GRADABLE].en not in page


@pytest.mark.parametrize(
    ("points", "published"), [(POINTS, False), ({"essay": 8}, True), ({}, True)]
)
def test_until_then_there_is_no_mark(points: dict[str, int], published: bool) -> None:
    page = made(points, published=published)["feedback.html"]

    assert words.NO_MARK.en in page
    assert words.DECIDED.en not in page
    assert "15.00" not in page


@pytest.mark.parametrize(("points", "said"), [({}, words.NO_MARK_STAFF), (POINTS, words.DECIDED)])
def test_the_page_of_the_staff_speaks_to_the_staff(points: dict[str, int], said: Text) -> None:
    page = made(points, published=False)["staff.html"]

    assert said.en in page
    assert "your teachers" not in page.casefold()


def test_lateness_is_taken_from_it_and_said() -> None:
    found = made(POINTS, published=True, late=LATE)

    assert "13.00" in found["feedback.html"]
    assert "13.00" in found["staff.html"]
    assert "15.00" not in made({"essay": 8}, published=True, late=LATE)["feedback.html"]


def test_the_page_of_the_class_has_its_mark_and_asks_for_nobody(tmp_path: Path) -> None:
    with Course(graded_class(tmp_path / "out")) as course:
        mark_all(course.out)
        book = course.gradebook()
    shut = replace(book, marks=(replace(book.marks[0], status=Status.NOT_GRADABLE),))
    open_ = replace(shut, marks=(replace(shut.marks[0], decided=False),))

    def final(gradebook: Gradebook) -> str:
        shown = class_view.build(gradebook, lambda mark: class_view.Pages("", ""))
        return shown.students[0].final

    assert final(shut) == "20.00"
    assert not flagged_submissions(shut)
    assert final(open_) == "–"
    assert flagged_submissions(open_)
