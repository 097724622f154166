"""The two sheets of a hand-in: questions for the student, answers for staff; those of a class.

Offline pages without a script, like the pages of a grading. All that comes from the hand-in is
cleaned, and the template escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from grader.core.model import GradeReport
from grader.feedback.atomic import write_text
from grader.feedback.clean import clean, clean_line, clean_text
from grader.feedback.html import source_hash, template
from kit.text import Text

from . import words
from .courses import Courses
from .difficulty import Told
from .questions import VivaQuestion

TEMPLATES: Final = Path(__file__).parent / "templates"
_LINE: Final = 300


@cache
def _page() -> tuple[jinja2.Template, str]:
    return template("sheet.html.j2", TEMPLATES), (TEMPLATES / "sheet.css").read_text("utf-8")


def sheet(
    hand_in: str,
    questions: Sequence[VivaQuestion],
    *,
    staff: bool,
    people: Sequence[str] = (),
    told: Told | None = None,
) -> str:
    """A page. The one for the student holds nothing of which option is right.

    `told`: the pages of the class, by which staff see how hard a question is.
    """
    page, style = _page()
    return page.render(
        w=words,
        hand_in=clean_line(hand_in),
        people=[clean_line(name) for name in people],
        title=words.STAFF if staff else words.STUDENT,
        questions=[
            _shown(question, staff) | {"told": _told(told, hand_in, question) if staff else None}
            for question in questions
        ],
        style=Markup(style),
        # The page shows a student's words: should some get past the escaping, they run and load
        # nothing.
        policy=f"default-src 'none'; style-src '{source_hash(style)}'; base-uri 'none'; "
        "form-action 'none'",
    )


class ClassSheets:
    """The sheets of a class, written one hand-in after another below `out`."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._told = Told()
        self._made: list[tuple[str, Sequence[str], Sequence[VivaQuestion]]] = []

    def add(
        self, report: GradeReport, people: Sequence[str], questions: Sequence[VivaQuestion]
    ) -> None:
        """Both sheets of a hand-in."""
        # The sheets are written at once, so that a run that is killed leaves those made before.
        name = report.submission.id
        self._told.add(name, report, questions)
        self._made.append((name, people, questions))
        self._write("students", name, sheet(name, questions, staff=False, people=people))
        self._write("staff", name, sheet(name, questions, staff=True, people=people))

    def finish(self) -> None:
        """Add to the sheets of staff how hard the questions are, which depends on all pages."""
        # Without other hand-ins there is nothing to count, and the sheets are complete already.
        for name, people, questions in self._made if self._told.others else ():
            page = sheet(name, questions, staff=True, people=people, told=self._told)
            self._write("staff", name, page)

    def _write(self, role: str, name: str, page: str) -> None:
        write_text(self._out / role / f"{name}.html", page)


def _shown(question: VivaQuestion, staff: bool) -> dict[str, Any]:
    place = question.place
    where = clean_line(place.path)
    line = _filled(words.LINE, place.first)
    at = Text(f"{where}，", f"{where}, ")
    if place.cell:
        cell = _filled(words.CELL, place.cell)
        at = Text(f"{at.zh}{cell.zh}，", f"{at.en}{cell.en}, ")
    shown: dict[str, Any] = {
        "function": clean_line(question.function),
        "where": Text(at.zh + line.zh, at.en + line.en),
        "line": clean_line(place.text, _LINE),
        "asked": clean_text(question.asked),
        "inputs": clean_line(question.inputs, 2000),
        "options": [(chr(ord("A") + i), clean_text(o)) for i, o in enumerate(question.options)],
        "answer": None,
        "context": [],
        "norms": [],
    }
    # The answer is not even in the page of the student, where a look at its source would show it.
    if staff:
        shown["answer"] = shown["options"][question.right]
        shown["context"] = [
            (number, clean(text, limit=_LINE).replace("\n", " "), number == place.first)
            for number, text in question.context
        ]
        shown["norms"] = _norms(question.courses)
    return shown


def _norms(courses: Courses | None) -> list[tuple[int, str, str]]:
    """The rows of a table: t, and the norms of both runs."""
    if courses is None:
        return []
    pairs = zip(courses.before, courses.after, strict=True)
    return [(t, words.number(a), words.number(b)) for t, (a, b) in enumerate(pairs, start=1)]


def _told(told: Told | None, hand_in: str, question: VivaQuestion) -> Text | None:
    if told is None or not told.others:
        return None
    return words.TOLD.format(others=told.others, count=told.by(hand_in, question))


def _filled(text: Text, number: int) -> Text:
    return Text(text.zh.format(number), text.en.format(number))
