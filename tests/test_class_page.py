"""The page of a class: its figures are right, and whatever a class holds it reads well and safely."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import ROOT, checks, rubric
from grader import class_statistics as stats
from grader.feedback import class_view, class_words
from grader.feedback.class_page import pages_in, render, write_class_page
from grader.feedback.class_view import Pages
from grader.gradebook import Gradebook, Mark, Standing
from grader.handins.records import Person
from grader.model import CheckResult, CheckScore, Diagnosis, Outcome, Tidiness, Visibility
from grader.scoring import score
from kit.text import Text

RUBRIC = rubric.load(ROOT / "rubric.yaml")
INFOS = {info.id: info for info in checks.catalogue(checks.part_names()) if not info.advice}
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
    '张"三\'<b>&amp;',
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


def graded(person: Person, folder: str, results: Sequence[CheckResult]) -> Mark:
    """The mark that the lab's own rubric makes of `results`."""
    made = score(RUBRIC, {r.id: r for r in results}, tidiness=Tidiness(100, 7, ()))
    fault = any(r.outcome is Outcome.GRADER_ERROR for r in results)
    return Mark(
        person=person,
        submission_id=folder,
        standing=Standing.GRADER_ERROR if fault else Standing.GRADED,
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


def book(marks: Sequence[Mark], notices: tuple[Text, ...] = ()) -> Gradebook:
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
    marks: list[Mark] = []
    for i in range(size):
        drawn = draw.choice(surnames) + "".join(draw.choices(given_names, k=draw.randint(1, 2)))
        name = names[i] if size > 20 and i < len(names) else drawn
        person = Person(f"{2023010000 + i}", name)
        if draw.random() < 0.03:
            marks.append(Mark(person, "", Standing.MISSING, RUBRIC.total))
            continue
        results = results_of(draw, draw.betavariate(5, 2) + 0.1)
        if draw.random() < 0.02:
            results[0] = dataclasses.replace(results[0], outcome=Outcome.GRADER_ERROR)
        mark = graded(person, f"{person.student_id}-{i}", results)
        if draw.random() < 0.01:
            gone = [result(c, Outcome.MISSING) for c in RUBRIC.check_ids]
            mark = dataclasses.replace(
                graded(person, f"{i}", gone), standing=Standing.NOT_GRADABLE, raw=None, final=None
            )
        if mark.final is not None and draw.random() < 0.1:
            mark = dataclasses.replace(mark, final=mark.final * Fraction(4, 5), late=LATE)
        marks.append(mark)
        if draw.random() < 0.02:
            partner = Person(f"{2023020000 + i}", "李组员")
            marks.append(dataclasses.replace(mark, person=partner))
    return book(marks)


def links(mark: Mark) -> Pages:
    folder = mark.submission_id
    return Pages(f"{folder}/feedback.html", f"{folder}/staff.html") if folder else Pages()
