"""A class with its outcomes, made without grading anything: for the tests of marks by people."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from grader.core.model import CheckResult, Environment, Outcome, Status, Submission, Visibility
from grader.handins.records import Person
from grader.marking.course import Course
from grader.records import gradebook_builder, kept_report
from grader.records.marks import Marks
from grader.records.roster_snapshot import RosterSnapshot, SnapshotEntry
from grader.records.store import PartKey, Store
from grader.scoring import rubric as rubrics
from grader.scoring.score import build_report
from kit.text import Text

RUBRIC = """\
version: 1
title: {zh: 小实验, en: Small lab}
total: 20
rows:
  - id: code
    title: {zh: 代码, en: Code}
    points: 3
    marked_by: checks
    parts:
      poems: {points: 2, checks: {poems.a: 1.5, poems.b: 0.5}}
      theory: {points: 1, checks: {theory.a: 1/3, theory.b: 2/3}}
  - id: report
    title: {zh: 报告, en: Report}
    points: 9
    marked_by: ta
    criteria:
      - id: report.modules
        title: {zh: 模块, en: Modules}
        points: 4
        levels:
          - {points: 4, description: {zh: 齐全，清楚, en: "all, and clear"}}
          - {points: 8/3, description: {zh: 缺一, en: one missing}}
          - {points: 0, description: {zh: 没有, en: none}}
      - id: report.figures
        title: {zh: 图表, en: Figures}
        points: 5
  - {id: essay, title: {zh: 心得, en: Essay}, points: 8, marked_by: ta}
"""
PEOPLE = [("0023001", "张三"), ("0023002", "=李四"), ("23003", "O'Neil, 王五"), ("A04", "赵六")]
ENVIRONMENT = Environment("3.11", "2.0", "2.13", "cpu", "full")


def graded_class(
    out: Path,
    rubric: str = RUBRIC,
    people: list[tuple[str, str]] = PEOPLE,
    outcomes: dict[str, Outcome] | None = None,
    submitted_at: datetime = datetime(2026, 11, 1, 8, tzinfo=UTC),
    files: str = "first",
) -> Path:
    """A results folder as a batch leaves it; `files` names what each student handed in."""
    marked_by = rubrics.parse(rubric.encode("utf-8"))
    with Store(out / gradebook_builder.DATABASE) as store:
        entries = []
        for student_id, name in people:
            hand_in = f"{student_id}-{name.strip('=').replace(', ', '')}"
            entries.append(SnapshotEntry(hand_in, (Person(student_id, name),), submitted_at, None))
            _grade(store, hand_in, marked_by, outcomes or {}, f"{hand_in} {files}")
        snapshot = RosterSnapshot("plain", tuple(entries), (), (), rubric)
        store.keep_class(snapshot.to_json())
    return out


def made_key(part: str, sha256: str) -> PartKey:
    """The key of a run that nobody made."""
    return PartKey(
        part=part,
        contract="",
        submission_sha256=sha256,
        code_sha256="c",
        grader_version="1",
        secret_fingerprint="f",
        environment="e",
        limits="l",
    )


def _grade(
    store: Store, hand_in: str, rubric: rubrics.Rubric, outcomes: dict[str, Outcome], sha256: str
) -> None:
    runs, results = [], []
    for part in rubric.parts():
        run = store.open_run(
            made_key(part, sha256),
            again=True,
        )
        for check in rubric.check_ids:
            if rubric.part_of(check) == part:
                outcome = outcomes.get(check, Outcome.PASSED)
                results.append(
                    CheckResult(check, part, Visibility.PUBLIC, Text("检查", "check"), outcome)
                )
                run.record(results[-1])
        run.finish()
        runs.append(run.id)
    report = build_report(
        Submission(hand_in, sha256),
        results,
        rubric,
        environment=ENVIRONMENT,
        secret_fingerprint="f",
        grader_version="1",
        runs=tuple(runs),
    )
    failed = Outcome.GRADER_ERROR in outcomes.values()
    assert report.status is (Status.GRADER_ERROR if failed else Status.GRADED)
    store.add_grading(
        hand_in, "k", sha256, report.status, Marks.of(report), kept_report.keep(report)
    )


def marked(course: Course, who: str, criterion: str, points: object, **more: object) -> None:
    """One mark, given by somebody who saw what stands."""
    mark_several(course, [(who, criterion, points)], **more)


def mark_several(course: Course, marks: Iterable[tuple[str, str, object]], **more: object) -> None:
    """Marks as of :func:`marked`, at once: the pages are made once and not for each."""
    made = []
    for who, criterion, points in marks:
        entry = course.find(who)
        seen = course.given(entry.id).version(criterion)
        values: dict[str, object] = {"seen": seen, "author": "li"} | more
        base = None if points is None else Fraction(str(points))
        made.append(course.mark(entry.id, criterion, base, **values))  # type: ignore[arg-type]
    course.record("en", marks=made)


def mark_all(out: Path) -> None:
    """Everything that a person gives, in full."""
    with Course(out) as course:
        mark_several(
            course,
            [
                (entry.id, criterion.id, criterion.points)
                for entry in course.snapshot.entries
                for criterion in course.rubric.criteria
            ],
        )


def finished_class(out: Path) -> Path:
    """The class of :func:`graded_class` with all marks: a copy of one that is made once."""
    return shutil.copytree(_finished().name, out, dirs_exist_ok=True)


@functools.cache
def _finished() -> tempfile.TemporaryDirectory[str]:
    """The folder that the others are copies of; it goes when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="finished-class-")
    mark_all(graded_class(Path(folder.name)))
    return folder


def moodle_worksheet() -> str:
    """Moodle's grading worksheet of the class: three of the four."""
    lines = [
        "Identifier,Full name,ID number,Grade,Maximum Grade,Grade can be changed,"
        "Last modified (grade),Feedback comments"
    ]
    for number, (student_id, name) in enumerate(PEOPLE[:3]):
        lines.append(f'Participant {100 + number},"{name}",{student_id},,20.00,Yes,-,')
    return "\n".join(lines) + "\n"
