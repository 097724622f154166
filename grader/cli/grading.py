"""``grader grade``: one hand-in, from its file to its pages."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.core.errors import no_such_path
from grader.core.settings import Secret, Settings
from kit.text import Text

from . import results
from .lanes import lanes

if TYPE_CHECKING:
    from rich.console import Console

    from grader.core.model import GradeReport, Submission
    from grader.isolation.servers import Servers
    from grader.judging.judge import Judge
    from grader.records.present_marks import PresentMarks


@dataclass(frozen=True, slots=True)
class _Graded:
    """A graded hand-in, and what people said about it."""

    submission: Submission
    report: GradeReport
    people: PresentMarks
    console: Console


def grade(
    path: Path,
    report: Path | None,
    settings: Settings,
    secret: Secret,
    fail_under: Fraction | None,
    again: bool,
    as_json: bool,
    wanted: results.Wanted,
) -> int:
    """Grade, write the pages, print; returns the exit code."""
    from grader.isolation.servers import Servers

    for named in (path, report):  # said before the servers are started, which takes seconds
        if named is not None and not named.exists():
            raise no_such_path(named)
    # Standard output is for the report alone where a program reads it.
    quiet = as_json or wanted.alone
    # Outside the judge, so that they are closed even where its import or the rubric fails.
    servers = Servers(settings)
    try:
        # Torch first: its import takes longest, and runs while this process imports the rest.
        # The rubric, which may not need torch, is not read yet.
        servers.start("torch")
        servers.start("reader")
        servers.start("numpy")
        # Read before anything is graded, so that a wrong file is said at once.
        known = wanted.known()

        from grader.feedback import STUDENT_PAGE, terminal
        from grader.feedback.atomic import write_text
        from grader.marking import kept_materials
        from grader.marking.pages import for_student, keep_pdf, pages
        from grader.scoring.score import exit_code

        at_a_time = lanes(wanted.platform, settings)
        graded = _graded(path, report, settings, secret, servers, at_a_time, again, quiet)
    finally:
        servers.close()
    submission, people = graded.submission, graded.people
    folder = settings.out_dir / submission.id
    given = people.of_hand_in(submission.id, submission.sha256)
    late, published = results.lateness_of(known), people.published
    made = pages(
        graded.report,
        people.rubric,
        given,
        published=published,
        lateness=late,
        lang=settings.lang,
        people=() if known is None else known.people,
    )
    for name, content in made.items():
        write_text(folder / name, content)
    keep_pdf(folder, None if submission.pdf is None else submission.pdf.data)
    kept_materials.keep(folder, submission.materials)
    if as_json:
        click.echo(made["report.json"], nl=False)
    else:
        terminal.render(graded.report, graded.console, settings.lang)
    # Last, and on standard error, so that it is neither scrolled away nor taken for the report.
    if (lowered := servers.lowered()) is not None:
        click.echo(lowered.pick(settings.lang), err=True)
    where = Text(f"反馈：{folder / STUDENT_PAGE}", f"Feedback: {folder / STUDENT_PAGE}")
    click.echo(where.pick(settings.lang), err=quiet)
    student = for_student(graded.report, people.rubric, given, published=published, lateness=late)
    wanted.write(student, people.rubric, late, folder, settings.lang)
    return exit_code(graded.report, fail_under)


def _graded(
    path: Path,
    report: Path | None,
    settings: Settings,
    secret: Secret,
    servers: Servers,
    at_a_time: int,
    again: bool,
    quiet: bool,
) -> _Graded:
    """Read, judge and store one hand-in. The imports run while the servers import torch."""
    from grader.feedback import terminal
    from grader.judging.judge import Judge
    from grader.records import kept_report
    from grader.records.marks import Marks
    from grader.records.present_marks import PresentMarks
    from grader.records.store import Store
    from grader.scoring import rubric

    marked_by = rubric.load(settings.rubric)
    grading = Judge(settings, marked_by, secret, servers, lanes=at_a_time)
    if not grading.needs_torch:
        servers.end("torch")  # it was started before the rubric was known
    submission = grading.reader.read(path, report=report)
    console = terminal.make_console(sys.stderr if quiet else None)
    with (
        grading as judge,
        Store(settings.out_dir / "grades.sqlite") as store,
        terminal.CheckProgress(console, settings.lang) as progress,
    ):
        ensure_self_check(judge, settings)
        progress.start(submission.id, len(judge.checks))
        graded = judge.grade(submission, store, progress.check_done, again=again)
        # Without a key: a batch that finds it there must still make the pages of its own run.
        store.add_grading(
            submission.id,
            "",
            submission.sha256,
            graded.status,
            Marks.of(graded),
            kept_report.keep(graded),
        )
        people = PresentMarks.load(settings.out_dir, marked_by, hand_in=submission.id)
    return _Graded(submission, graded, people, console)


def ensure_self_check(judge: Judge, settings: Settings) -> None:
    """Run the self-check once on each machine; nothing is graded where it fails."""
    from grader.authoring import self_check

    if settings.self_check and not self_check.passed(judge, settings.self_check_file):
        click.echo(_CHECKING.pick(settings.lang), err=True)
        self_check.ensure(judge, settings.self_check_file)


_CHECKING = Text(
    "第一次在这台机器、这组版本上评分：先自检（约半分钟，只做一次）…",
    "First grading with these versions on this machine: checking it first, once, half a minute ...",
)
