"""How many pages of a class would have told an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import made_reports
import pytest

from grader.core.model import Diagnosis, GradeReport, Outcome, Place
from grader.viva.difficulty import Told
from grader.viva.public_calls import PublicCall
from grader.viva.questions import Recipe, VivaQuestion
from grader.viva.sheets import ClassSheets
from kit.text import Text

QUESTION = VivaQuestion(
    kind="edit",
    function="generate_poem",
    place=Place("poems.py", 3, 3, "x = a + b", 0),
    asked=Text("如果把 a + b 改成 a - b", "If a + b were a - b"),
    inputs="x (2, 3)",
    options=(Text("甲", "x"), Text("乙", "y"), Text("都不改变", "none of them")),
    right=1,
    context=(),
    recipe=Recipe(PublicCall("poems", 0, "poem", {}, {})),
)


def report(id: str, *explained: str) -> GradeReport:
    """Of a hand-in with an explained mistake in each of these checks."""
    cause = (Diagnosis("a_mistake", Text("提示", "a hint")),)
    results = [made_reports.result(name, diagnosis=cause) for name in explained]
    made = made_reports.report_of(*results, id=id)
    checks = tuple(
        replace(scored, result=replace(scored.result, id=f"poems.generate.{number}"))
        if scored.result.diagnosis
        else scored
        for number, scored in enumerate(made.score.checks)
    )
    return replace(made, score=replace(made.score, checks=checks))


OTHERS = {
    "the same question, its options in another order": (
        replace(QUESTION, options=QUESTION.options[::-1], place=replace(QUESTION.place, first=9)),
        1,
    ),
    "another answer": (replace(QUESTION, right=0), 0),
    "another edit": (replace(QUESTION, asked=Text("别的", "another")), 0),
    "another function": (replace(QUESTION, function="to_word"), 0),
    "another input": (
        replace(QUESTION, recipe=Recipe(PublicCall("poems", 1, "poem", {}, {}))),
        0,
    ),
}


@pytest.mark.parametrize(("other", "count"), OTHERS.values(), ids=OTHERS)
def test_a_sheet_tells_its_own_questions(other: VivaQuestion, count: int) -> None:
    told = Told()
    told.add("alice", report("alice"), (QUESTION,))
    told.add("bob", report("bob"), (other,))

    assert told.others == 1
    assert told.by("alice", QUESTION) == count


def test_feedback_that_explains_a_mistake_in_the_function_tells_an_edit() -> None:
    told = Told()
    told.add("alice", report("alice", "poems.public"), (QUESTION,))  # her own page is not another's
    told.add("bob", report("bob", "poems.public"), ())
    told.add("carol", report("carol"), ())

    assert told.by("alice", QUESTION) == 1
    assert told.by("alice", replace(QUESTION, kind="shape")) == 0
    assert told.by("alice", replace(QUESTION, function="to_word")) == 0
    assert report("bob", "poems.public").score.checks[0].result.outcome is Outcome.FAILED


def test_staff_alone_see_it_and_in_a_class_alone(tmp_path: Path) -> None:
    sheets = ClassSheets(tmp_path)
    sheets.add(report("alice"), ["Alice"], (QUESTION,))
    sheets.finish()
    alone = (tmp_path / "staff" / "alice.html").read_text("utf-8")
    sheets.add(report("bob"), ["Bob"], (QUESTION,))
    before = (tmp_path / "students" / "alice.html").read_bytes()
    sheets.finish()

    staff = (tmp_path / "staff" / "alice.html").read_text("utf-8")
    assert "Difficulty" not in alone
    assert "1 of the class&#39;s other pages, 1 in all" in re.sub(r"\s+", " ", staff)
    assert (tmp_path / "students" / "alice.html").read_bytes() == before
    assert b"Difficulty" not in before
