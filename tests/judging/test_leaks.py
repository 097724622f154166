"""No worker that has seen a hidden input speaks to a student: real workers, real files.

The public checks of a part are taken as passed in a grading that was interrupted, so that the first
call of a worker has hidden inputs. What it then says by each channel is looked for in every file
that a student may see.
"""

from __future__ import annotations

import copy
import io
from fractions import Fraction
from pathlib import Path

import pytest
from handing_in import solution, write_pages, zip_of
from leak_channels import CHANNELS, DIGITS, TOLD, WORD, encodings, speaking, traces
from part_suites import of_either_library
from preset_judge import by_preset
from quick import sample
from rich.console import Console

from grader import intake
from grader.core.model import CheckResult, GradeReport, Outcome, Submission, Visibility
from grader.core.settings import Settings
from grader.export import jsonl, junit
from grader.export.job import ExportJob
from grader.feedback import terminal
from grader.handins.records import Person
from grader.judging.judge import Judge
from grader.parts.checks import checks_of
from grader.records.gradebook import Gradebook, StudentMark
from grader.records.keys import part_key
from grader.records.store import Store
from kit.contracts import BY_ID
from kit.text import Text

PRESETS = {"scratch_rnn": "scratch", "sequence": "stage2", "theory": "lab5"}
QUICK = [
    ("sequence", "string"),
    ("poems", "keys"),
]
ALL = [(part, channel) for part in BY_ID for channel in CHANNELS]
SOME = of_either_library(list(CHANNELS))


@pytest.fixture(scope="module")
def hasty_leaks(judge: Judge, hasty: Settings) -> Judge:
    """A judge whose limits are soon reached."""
    made = copy.copy(judge)
    made._settings = hasty
    return made


def resumed(judge: Judge, submission: Submission, store: Store) -> None:
    """A grading that was interrupted after the public checks, which passed."""
    environment = judge.environment()
    for part in judge.parts:
        key = part_key(
            part,
            judge._rubric.contracts.get(part, ""),
            submission,
            environment,
            judge._settings,
            judge._secret_for(submission),
        )
        run = store.open_run(key)
        for check in checks_of((part,)):
            if check.visibility is Visibility.PUBLIC and part in submission.parts:
                run.record(
                    CheckResult(
                        id=check.id,
                        part=part,
                        visibility=check.visibility,
                        title=check.title,
                        outcome=Outcome.PASSED,
                        fraction=Fraction(1),
                        advice=check.advice,
                    )
                )


def files_of(judge: Judge, report: GradeReport, folder: Path) -> dict[str, str]:
    """What a student may see: pages, exports for platforms, the terminal; and the staff's page."""
    write_pages(judge, report, folder)
    mark = StudentMark(
        person=Person("1", "Alice"),
        submission_id=report.submission.id,
        status=report.status,
        possible=report.score.possible,
        raw=report.score.earned,
        final=report.score.earned,
        rows=report.score.rows,
        checks=report.score.checks,
        notices=report.notices,
    )
    book = Gradebook(Text("课", "Course"), report.score.possible, (), (mark,))
    for name, write in (("junit.xml", junit.write), ("marks.jsonl", jsonl.write)):
        for lang in ("zh", "en"):
            write(ExportJob(book, folder / f"{lang}-{name}", lang=lang))
    for lang in ("zh", "en"):
        shown = io.StringIO()
        terminal.render(report, Console(file=shown, width=200), lang)
        (folder / f"{lang}-terminal.txt").write_text(shown.getvalue(), "utf-8")
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.is_file()}


STAFF = ("staff.html", "report.json")


def graded(judge: Judge, part: str, channel: str, folder: Path) -> dict[str, str]:
    """The files of a submission whose functions speak by `channel` after the public checks."""
    if part in PRESETS:
        settings = judge._settings
        judge = by_preset(judge, PRESETS[part])
        judge._settings = settings
    path = zip_of(folder / "alice.zip", {f"a/{part}.py": speaking(part, solution(part), channel)})
    submission = intake.read(path)
    assert part in submission.parts
    with Store(folder / "leaks.sqlite") as store:
        resumed(judge, submission, store)
        report = judge.grade(submission, store)
    hidden = [
        check.result
        for check in report.score.checks
        if check.result.part == part and check.result.visibility is Visibility.HIDDEN
    ]
    assert any(result.outcome != Outcome.PASSED for result in hidden)
    (folder / "out").mkdir()
    return files_of(judge, report, folder / "out")


def assert_silent(judge: Judge, part: str, channel: str, folder: Path) -> None:
    files = graded(judge, part, channel, folder)
    student = {name: text for name, text in files.items() if name not in STAFF}
    assert {"feedback.html", "results.json", "zh-junit.xml", "en-terminal.txt"} <= set(student)
    assert traces(student) == []
    if channel in TOLD:  # the code has spoken: the staff's files have it
        assert traces({name: files[name] for name in STAFF})


@pytest.mark.parametrize(("part", "channel"), QUICK)
def test_no_word_of_a_worker_reaches_a_student(
    hasty_leaks: Judge, tmp_path: Path, part: str, channel: str
) -> None:
    assert_silent(hasty_leaks, part, channel, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "channel"), [pair for pair in sample(ALL, SOME) if pair not in QUICK]
)
def test_no_word_by_any_channel_reaches_a_student(
    hasty_leaks: Judge, tmp_path: Path, part: str, channel: str
) -> None:
    assert_silent(hasty_leaks, part, channel, tmp_path)


@pytest.mark.parametrize("said", [*encodings(), "'".join(WORD), " ".join(WORD.upper())])
def test_a_trace_would_be_found(said: str) -> None:
    assert traces({"page": f"<p>got {said}, want 3</p>"})
    assert traces({"page": f"<p>{'</i><i>'.join(said)}</p>"})


@pytest.mark.parametrize("number", ["213", str(DIGITS), str(DIGITS % 100000), str(DIGITS // 100)])
def test_a_number_would_be_found(number: str) -> None:
    assert traces({"page": f"exit status {number}"})
    assert traces({"page": f"line ({number})"})
