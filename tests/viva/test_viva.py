"""Questions about a hand-in's own code: their answers hold, and nobody but staff sees them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import made_reports
import pytest
from click.testing import CliRunner
from false_alarms import right
from handing_in import Files, grade_files, solution, zip_of
from quick import one_in

from grader import ROOT
from grader.cli import main
from grader.core.model import GradeReport, Submission
from grader.core.settings import Secret
from grader.judging.judge import Judge
from grader.reader.edits import Edit
from grader.viva import bench, words
from grader.viva.bench import Bench
from grader.viva.making import Viva
from grader.viva.questions import VivaQuestion, asked_edit
from grader.viva.sheets import sheet

VARIANTS = ROOT / "tests" / "variants"
Grade = Callable[[Files], GradeReport]


@pytest.fixture(scope="module")
def viva(judge: Judge) -> Viva:
    return of_secret(judge, judge._secret)


def of_secret(judge: Judge, secret: Secret) -> Viva:
    trusted = judge._trusted
    return Viva(
        judge._settings, secret, judge._servers, judge.reader, lambda p: trusted.runner(p, None)
    )


def answered_anew(again: Bench, question: VivaQuestion) -> object:
    """The right option of a question, by runs of its own."""
    recipe = question.recipe
    if question.kind == "edit":
        assert recipe.spot is not None
        changed = again.changed(recipe.call, recipe.spot)
        assert changed
        return words.entries([name for name in again.base(recipe.call) or {} if name in changed])
    if question.kind == "shape":
        assert recipe.spot is not None
        shape = again.shape(recipe.call, recipe.spot)
        assert shape
        return words.a_shape(shape)
    assert recipe.scaling is not None
    if question.kind == "course":
        courses = again.courses(recipe.call, recipe.scaling)
        assert courses == question.courses
        assert courses is not None
        return words.a_change(courses.changed, courses.falls)
    return words.relation(again.relations(recipe.call, recipe.scaling)[recipe.entry])


def holds(viva: Viva, report: GradeReport) -> int:
    """Check each question of a hand-in; how many there are."""
    questions = viva.questions(report)
    again = viva.bench(report)  # which has run nothing yet, and knows no answer
    for question in questions:
        assert question.options[question.right] == answered_anew(again, question)
        assert len(set(question.options)) == len(question.options) >= 3
    return len(questions)


@pytest.mark.slow
def test_answers_of_a_right_hand_in_hold_and_repeat(
    judge: Judge, viva: Viva, tmp_path: Path
) -> None:
    report = grade_files(judge, tmp_path, {"numpy_rnn.py": solution("numpy_rnn")})

    assert holds(viva, report) == 3
    questions = viva.questions(report)
    kinds = {question.kind for question in questions}
    assert kinds in ({"edit", "shape", "scale"}, {"edit", "shape", "course"})
    assert questions == of_secret(judge, judge._secret).questions(report)
    other = of_secret(judge, Secret(b"another course")).questions(report)
    assert [q.asked for q in questions] != [q.asked for q in other]


def test_the_students_sheet_tells_no_answer(grade: Grade, viva: Viva) -> None:
    source = solution("numpy_rnn").replace("caches += [cache]", "caches += [cache]  # <b>\u202e")
    report = grade({"numpy_rnn.py": source})
    questions = viva.questions(report)

    shown = sheet("alice", questions, staff=False)
    staff = sheet("alice", questions, staff=True)

    assert questions
    marked = 'class="answer"'
    assert marked not in shown
    assert staff.count(marked) == len(questions)
    # Which option is right leaves no trace: with another one marked the page is the same.
    moved = [replace(q, right=(q.right + 1) % len(q.options), context=()) for q in questions]
    assert sheet("alice", moved, staff=False) == shown
    assert "<b>" not in staff
    assert "\u202e" not in staff
    assert not re.search(r"<script|https?://", staff)


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        ("h + 1", "If h + 1 were h - 1, which"),
        # Of the three places the last is meant.
        ("1]", "If 1] were 0], which"),
        ("1", 'If this line were "h1 = h + 1 + x[0]", which'),
    ],
)
def test_which_place_an_edit_means_is_clear(before: str, asked: str) -> None:
    cell = "def f(h, x):\n    h1 = h + 1 + x[1]\n    return h1\n"
    start = cell.index("x[1]") + 2 if before.startswith("1") else cell.index(before)
    after = {"h + 1": "h - 1", "1]": "0]", "1": "0"}[before]
    edit = Edit("f", "x", 0, 2, start, start + len(before), after)

    assert asked_edit(cell, edit, ["a", "b"]).en.startswith(asked)


@pytest.mark.slow
def test_the_line_is_the_one_that_python_counts(grade: Grade, viva: Viva) -> None:
    """A form feed and U+2028 end no line, whatever ``str.splitlines`` says."""
    source = '"""a\x0cb\u2028c"""\n' + solution("numpy_rnn").replace(
        "from __future__ import annotations\n", ""
    )
    lines = source.split("\n")

    questions = viva.questions(grade({"numpy_rnn.py": source}))

    assert questions
    for question in questions:
        assert question.place.text == lines[question.place.first - 1]
        assert all(text == lines[number - 1] for number, text in question.context)


HOSTILE = {
    "nothing parses": "class RNN(:\n",
    "does not end": "while True:\n    pass\n",
    "starter": (ROOT / "starter" / "numpy_rnn.py").read_text("utf-8"),
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_a_hand_in_that_is_not_right_has_no_questions(
    grade: Grade, viva: Viva, source: str
) -> None:
    questions = viva.questions(grade({"numpy_rnn.py": source}))

    assert not questions
    assert words.NONE.en in sheet("alice", questions, staff=False)


@pytest.mark.slow
def test_code_that_ends_its_worker_when_it_is_edited_gives_no_crash(
    grade: Grade, viva: Viva
) -> None:
    """It reads its own source, and answers rightly only while that is what was handed in."""
    guard = (
        "import os as _os, sys as _sys\n"
        "_before = RNN.backward\n"
        "def _watched(self, *given, **named):\n"
        "    if len(_before.__code__.co_code) % 2 or 'viva' in str(_before.__code__.co_consts):\n"
        "        _os._exit(0)\n"
        "    return _before(self, *given, **named)\n"
        "RNN.backward = _watched\n"
    )
    main = '\nif __name__ == "__main__":\n    main()'
    source = solution("numpy_rnn").replace(main, f"\n{guard}{main}")
    report = grade({"numpy_rnn.py": source})

    holds(viva, report)


SAMPLE = [("numpy_rnn", "aliased_lists.py"), ("numpy_rnn", "loops_row_lookup.py")]
QUESTIONS = {
    "numpy_rnn": (36, 35),
    "char_lstm": (45,),
    "scratch_rnn": (20,),
    "sequence": (23,),
    "theory": (20,),
    "extensions": (21,),
}
"""About three for each right solution that there is of a part, in one or two tests; 200 in all."""


@pytest.mark.slow
@pytest.mark.parametrize(("part", "name"), one_in(2, SAMPLE, id=lambda case: case[1]))
def test_answers_of_variants_hold(grade: Grade, viva: Viva, part: str, name: str) -> None:
    text = (VARIANTS / part / name).read_text("utf-8")

    assert holds(viva, grade({f"{part}.py": text}))


def all_right(submission: Submission) -> GradeReport:
    """A report by which nothing has failed: what is asked about must show that it is right."""
    made = made_reports.report_of()
    (scored, *_) = made.score.checks
    checks = tuple(
        replace(scored, result=replace(scored.result, part=part, id=f"{part}.all"))
        for part in submission.parts
    )
    return replace(made, submission=submission, score=replace(made.score, checks=checks))


def test_there_are_200_questions() -> None:
    assert sum(sum(shares) for shares in QUESTIONS.values()) == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "number"),
    [(part, number) for part, shares in QUESTIONS.items() for number in range(len(shares))],
)
def test_answers_of_questions_over_the_corpus_hold(judge: Judge, part: str, number: int) -> None:
    """Of right solutions of all parts, in NumPy and in torch; each answer is computed anew."""
    shares = QUESTIONS[part]
    corpus = [submission for _, _, submission in right((part,))]
    random.Random(1).shuffle(corpus)
    found = 0
    for course in range(5):
        viva = of_secret(judge, Secret(f"course {course}".encode()))
        for submission in corpus[number :: len(shares)]:
            if found < shares[number]:
                found += holds(viva, all_right(submission))
    assert found >= shares[number]


@pytest.mark.slow
def test_one_command_makes_the_sheets_of_a_class(tmp_path: Path, secret_file: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    zip_of(
        folder / "2023001-\u5f20\u4e09-\u5b9e\u9a8c6.zip", {"numpy_rnn.py": solution("numpy_rnn")}
    )
    zip_of(folder / "2023002-\u674e\u56db-\u5b9e\u9a8c6.zip", {"numpy_rnn.py": "x = ("})
    env = {
        "RNN_GRADER_SECRET_FILE": str(secret_file),
        "RNN_GRADER_RUBRIC": str(ROOT / "rubric.yaml"),
    }

    said = CliRunner().invoke(
        main, ["viva", str(folder), "--out", str(tmp_path / "out"), "--lang", "en"], env=env
    )

    assert said.exit_code == 0, said.output
    assert "2023001: 3 questions" in said.output
    assert "2023002: 0 questions" in said.output
    for role in ("students", "staff"):
        names = {path.name for path in (tmp_path / "out" / "viva" / role).iterdir()}
        assert names == {"2023001.html", "2023002.html"}
    page = (tmp_path / "out" / "viva" / "staff" / "2023001.html").read_text("utf-8")
    assert page.count("0 of the class&#39;s other pages, 1 in all") == 3


@pytest.mark.slow
def test_a_hand_in_that_takes_long_has_fewer_questions(
    grade: Grade, viva: Viva, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "MOST_S", 0.0)

    assert not viva.questions(grade({"numpy_rnn.py": solution("numpy_rnn")}))
