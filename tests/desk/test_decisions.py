"""A person decides in the machine's place: it counts, and stands beside what the machine said."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from desk_class import desk_class
from desks import Marker, desk_of
from marked_class import graded_class

from grader.cli import main
from grader.core.errors import RubricError, UsageError
from grader.core.model import CheckResult, Outcome, Overruling, Tidiness, Visibility
from grader.desk import listing
from grader.desk.facts import Flag
from grader.desk.listing import Wanted
from grader.marking import merging
from grader.marking.course import Course
from grader.scoring import rubric as rubrics
from grader.scoring.by_people import ByPeople
from grader.scoring.score import score
from kit.text import Text

WHO, LINTER = "20230000", "tidiness.linter"
BY_MACHINE = Fraction(4) * (22 - Fraction(500, 200)) / 20
"""Five findings on 200 lines, by the rubric's formula."""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return desk_class(tmp_path / "out", 2, written=True)


@pytest.fixture
def course(out: Path) -> Iterator[Course]:
    with Course(out) as course:
        yield course


def run(out: Path, *words: str) -> str:
    said = CliRunner().invoke(main, [*words, "--out", str(out), "--lang", "en"])
    assert said.exit_code == 0, said.output
    return said.output


def decide(out: Path, points: str, why: str = "the names are mathematical") -> str:
    return run(out, "mark", WHO, f"{LINTER}={points}", "--why", why)


def tidiness_of(course: Course) -> tuple[Fraction, Fraction, Fraction | None]:
    """Earned and pending of the row, and what the linter gave, in the gradebook."""
    rows = {row.id: row for row in course.gradebook().marks[0].rows}
    row = rows["tidiness"]
    assert row.linter is not None
    return row.earned, row.pending, row.linter.by_machine


def test_the_linters_share_is_decided_by_a_person(course: Course) -> None:
    before = course.gradebook().marks[0]
    assert tidiness_of(course) == (BY_MACHINE, 6, BY_MACHINE)

    decide(course.out, "4")

    after = course.gradebook().marks[0]
    assert tidiness_of(course) == (4, 6, BY_MACHINE)
    assert after.raw is not None
    assert before.raw is not None
    assert after.raw - before.raw == 4 - BY_MACHINE
    assert after.pending == before.pending

    decide(course.out, "", why="the linter was right")
    assert course.gradebook().marks[0].raw == before.raw


@pytest.mark.parametrize(("word", "why"), [("5", "x"), ("-1", "x"), ("four", "x"), ("4", "")])
def test_a_decision_is_within_the_points_and_has_a_reason(out: Path, word: str, why: str) -> None:
    words = ["mark", WHO, f"{LINTER}={word}", "--why", why, "--out", str(out)]

    assert CliRunner().invoke(main, words).exit_code == 2
    with Course(out) as course:
        assert not course.marks.overrides()


def test_every_page_shows_the_decision_beside_what_the_machine_said(course: Course) -> None:
    decide(course.out, "4")
    decided = "A person decided on 4.00 of 4.00 points: the names are mathematical"
    machine = f"the linter gives {float(BY_MACHINE):.2f} of 4.00: 5 findings"

    with desk_of(course.out) as desk:
        li = Marker(desk)
        at_desk = li.text(f"/h/{li.alias(WHO)}")
    folder = course.out / course.find(WHO).id
    assert decided not in (folder / "feedback.html").read_text("utf-8")
    for who in (WHO, "20230001"):
        full = [f"{c.id}={c.points}" for c in course.rubric.criteria]
        run(course.out, "mark", who, *full)
    run(course.out, "finish")
    pages = [(folder / name).read_text("utf-8") for name in ("feedback.html", "staff.html")]
    assert f"{LINTER}: {decided}" in (course.out / "index.html").read_text("utf-8")

    for page in (at_desk, *pages):
        assert decided in page
        assert machine in page
    report = json.loads((folder / "report.json").read_text("utf-8"))
    linter = next(row["linter"] for row in report["score"]["rows"] if row["linter"])
    assert (linter["id"], linter["earned"]) == (LINTER, "4.00")
    assert linter["overruled"]["why"] == "the names are mathematical"
    assert f"{LINTER} x 1" in run(course.out, "mark", WHO, "--history")
    assert f"{LINTER} 4 / 4 the names are mathematical" in run(course.out, "mark", WHO)
    assert decided in (folder / "results.json").read_text("utf-8")


def test_the_gradebook_names_the_decisions(course: Course) -> None:
    decide(course.out, "4", why="=1+1")
    run(course.out, "mark", WHO, "poems.learning=0", "--why", "copied")
    said = [
        "poems.learning: A person decided on 0.00 of 1.00 points: copied",
        "tidiness.linter: A person decided on 4.00 of 4.00 points: =1+1",
    ]
    for kind in ("csv", "jsonl"):
        to = course.out / f"g.{kind}"
        run(course.out, "export", "--format", kind, "--to", str(to))
        text = to.read_text("utf-8-sig")
        if kind == "csv":
            lines = list(csv.DictReader(text.splitlines()))
            found = [line["Decided by a person"] for line in lines]
            assert found == ["; ".join(said), ""]
        else:
            decisions = [json.loads(line)["decisions"] for line in text.splitlines()]
            assert [[one["en"] for one in each] for each in decisions] == [said, []]


def test_a_linter_without_a_result_waits_until_a_person_decides() -> None:
    rubric = rubrics.parse((Path(rubrics.__file__).parents[2] / "rubric.yaml").read_bytes())
    results = {
        id: CheckResult(id, rubric.part_of(id), Visibility.PUBLIC, Text("", ""), Outcome.PASSED)
        for id in rubric.check_ids
    }
    half = ByPeople(overrulings={LINTER: Overruling(Fraction(1, 2), "why", "li", "2026-11-28")})

    def row(people: ByPeople, found: Tidiness | None) -> tuple[Fraction, Fraction]:
        made = next(r for r in score(rubric, results, people, found).rows if r.id == "tidiness")
        return made.earned, made.pending

    assert row(ByPeople(), None) == (0, 10)
    assert row(half, None) == (2, 6)
    assert row(ByPeople(), Tidiness(200, 5, ())) == (BY_MACHINE, 6)
    assert row(half, Tidiness(200, 5, ())) == (2, 6)
    whole = replace(half.overrulings[LINTER], fraction=Fraction(3, 2))
    with pytest.raises(UsageError, match="3/2"):
        row(ByPeople(overrulings={LINTER: whole}), None)


def test_no_criterion_has_the_linters_name() -> None:
    text = (Path(rubrics.__file__).parents[2] / "rubric.yaml").read_text("utf-8")
    with pytest.raises(RubricError, match="tidiness.linter"):
        rubrics.parse(text.replace("id: tidiness.format", f"id: {LINTER}").encode())


def test_the_desk_decides_on_the_linter_and_what_nobody_knows_waits_no_more(out: Path) -> None:
    with desk_of(out) as desk:
        li = Marker(desk)
        alias = li.alias(WHO)
        page = li.text(f"/h/{alias}")
        assert f'data-check="{LINTER}"' in page
        values = {"hand_in": alias, "check": LINTER, "points": "1/3"}
        assert "reason" in li.send("/api/decide", 422, **values, why="")["error"]
        before = Fraction(li.states(WHO)["total"])
        li.send("/api/decide", **values, why="read it")

        gone = BY_MACHINE - Fraction(1, 3)
        assert abs(before - Fraction(li.states(WHO)["total"]) - gone) < Fraction(1, 100)
        assert "read it" in li.text(f"/h/{alias}")
        assert alias in li.text("/?flag=overruled")


def test_a_skipped_check_waits_for_nobody_once_a_person_has_decided(tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out", outcomes={"poems.a": Outcome.SKIPPED})
    with desk_of(out) as desk:
        li = Marker(desk)

        def flags() -> set[Flag]:
            course = desk.course()
            found = listing.items(desk, course, desk.present(course), "li", Wanted(), blind=False)
            return {flag for item in found for flag in item.flags if item.alias == li.alias()}

        assert Flag.UNDECIDED in flags()
        values = {"hand_in": li.alias(), "check": "poems.a", "points": "1"}
        li.send("/api/decide", **values, why="ran it on another machine")
        assert flags() == {Flag.OVERRULED}


def test_decisions_of_another_laptop_are_merged(course: Course, tmp_path: Path) -> None:
    laptop = tmp_path / "laptop"
    shutil.copytree(course.out, laptop)
    decide(laptop, "2", why="half of it")

    plan = merging.plan(course, laptop / "marks.sqlite")
    merging.apply(course, plan, "en")

    assert not plan.left
    assert tidiness_of(course) == (2, 6, BY_MACHINE)
