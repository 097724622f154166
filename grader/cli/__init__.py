"""The command line: parses, calls, prints, exits. Only this package prints errors and exits."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import click

from grader import __version__
from grader.core.settings import Settings
from kit.text import Text

from . import clusters, grading, options, results, watching
from .authoring import handout, new
from .desk import desk
from .marks import finish, mark, marks
from .platforms import github, gradescope
from .shards import gather, shard
from .similarity import similarity
from .viva import viva


@click.group(cls=options.Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Grade hand-ins of the recurrent-network lab."""


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--report", type=click.Path(path_type=Path), help="The PDF, if it is not inside.")
@options.out
@options.rubric
@click.option("--fail-under", callback=options.fraction, help="Exit 4 if fewer points are earned.")
@options.floor
@options.unsafe
@options.again
@click.option("--json", "as_json", is_flag=True, help="Print report.json and nothing else.")
@options.lang
@results.options
def grade(
    path: Path,
    report: Path | None,
    out: Path | None,
    rubric: Path | None,
    fail_under: Fraction | None,
    floor: str | None,
    unsafe: bool,
    again: bool,
    as_json: bool,
    lang: str | None,
    wanted: results.Wanted,
) -> None:
    """Grade one hand-in: a zip, a folder, a .py or an .ipynb.

    \b
    Writes OUT/<id>/report.json    everything, for staff and programs
           OUT/<id>/feedback.html  for the student, Chinese and English
           OUT/<id>/staff.html     for the TA
           OUT/<id>/results.json   for Gradescope

    \b
    --results NAME also writes what a platform reads that runs the grader itself, to the file
    --to, or to standard output for `--to -`; where a fault leaves no mark, it writes nothing.
    Exit code: 0 graded, 1 a fault of the grader, 2 usage or rubric, 3 not gradable,
    4 below --fail-under.
    """
    settings, secret = options.resolved(out, rubric, lang, unsafe, floor)
    sys.exit(grading.grade(path, report, settings, secret, fail_under, again, as_json, wanted))


@main.command()
@options.rubric
@options.unsafe
@options.lang
def check(rubric: Path | None, unsafe: bool, lang: str | None) -> None:
    """Check that this machine grades correctly.

    The solution earns everything here and the starter nothing, attacks gain nothing, and so on.
    Exit code: 0, or 1 where something differs; then nothing is graded here.
    """
    # Imports come late, here and in every command, so that `--help` is answered at once.
    settings, secret = options.resolved(None, rubric, lang, unsafe)
    from grader.authoring import self_check
    from grader.judging.judge import Judge
    from grader.scoring import rubric as rubrics

    def show(tried: self_check.MachineCheck) -> None:
        sign = "ok  " if tried.ok else "FAIL"
        said = "" if tried.ok else f": {tried.said.pick(settings.lang)}"
        click.echo(f"{sign}  {tried.title.pick(settings.lang)}{said}")

    with Judge(settings, rubrics.load(settings.rubric), secret) as judge:
        where = judge.environment()
        click.echo(
            f"Python {where.python}, numpy {where.numpy}, torch {where.torch or '-'}, "
            f"{where.device}, {where.isolation}"
        )
        # The check was asked for, so it runs even if an earlier run has passed it.
        self_check.forget(judge, settings.self_check_file)
        self_check.ensure(judge, settings.self_check_file, show)


# Listed here, so that --help does not import the layouts; a test compares them with the registry.
_LAYOUTS = (
    *("gradescope", "moodle", "blackboard", "brightspace", "sakai", "ilias"),
    *("edx-ora2", "edx-sga", "canvas", "plain"),
)


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@options.out
@options.rubric
@options.roster
@options.jobs
@click.option("--dry-run", is_flag=True, help="Show what was found, grade nothing.")
@click.option(
    "--cluster", metavar="ADDRESS", help="Grade on a cluster: tls://HOST:8786, or local:N."
)
@click.option("--watch", is_flag=True, help="Go on with what arrives, until Ctrl-C.")
@click.option("--layout", type=click.Choice(_LAYOUTS), help="Read the folder as this platform's.")
@click.option(
    "--prefer",
    multiple=True,
    metavar="NAME[=ID]",
    help="The attempt that counts, or whose it is; repeatable.",
)
@options.again
@options.floor
@options.unsafe
@options.lang
def batch(
    path: Path,
    out: Path | None,
    rubric: Path | None,
    roster: Path | None,
    jobs: int | None,
    dry_run: bool,
    cluster: str | None,
    watch: bool,
    layout: str | None,
    prefer: tuple[str, ...],
    again: bool,
    floor: str | None,
    unsafe: bool,
    lang: str | None,
) -> None:
    """Grade a whole class: a folder or an archive of hand-ins.

    \b
    Writes OUT/gradebook.csv  everyone's marks
           OUT/index.html     the class at a glance, for staff
           OUT/<id>/          the pages of each hand-in, as `grader grade` does
           OUT/grades.sqlite  what both are made of
    A run that was stopped or killed goes on where it was when it is started again.
    Exit code: 0, or 1 where a hand-in has no mark by a fault of the grader.
    """
    # `--again` would grade the whole class in each round.
    if watch and (again or dry_run):
        raise click.UsageError("--watch goes with neither --again nor --dry-run")
    clusters.check(cluster, jobs)
    settings, secret = options.resolved(out, rubric, lang, unsafe, floor)
    from grader import batch as batches
    from grader.feedback import terminal
    from grader.handins.table import render

    console = terminal.make_console()

    # A function, because `--watch` plans the class in each round.
    def plan() -> batches.ClassPlan:
        return batches.plan(settings, secret, path, roster, layout=layout, prefer=prefer)

    def grade_class(found: batches.ClassPlan) -> tuple[int, bool]:
        """The exit code, and whether Ctrl-C was pressed."""
        # Imported this late, because a dry run needs none of it.
        from grader.batch.progress import ClassProgress, summarize

        with (
            ClassProgress(console, settings.lang) as progress,
            clusters.crew(found, cluster, console, settings.lang) as crew,
        ):
            summary = batches.run(
                found,
                progress,
                jobs=jobs,
                again=again,
                ready=lambda judge: grading.ensure_self_check(judge, settings),
                crew=crew,
            )
        summarize(summary, settings.out_dir, console, settings.lang)
        return summary.exit_code, progress.stopped

    if watch:
        sys.exit(watching.follow(path, plan, grade_class, settings.out_dir, settings.lang))
    found = plan()
    if dry_run:
        render(found.folder, console, settings.lang)
    # After the table, which shows why a folder was not taken for a hand-in.
    found.require_hand_ins()
    if not dry_run:
        sys.exit(grade_class(found)[0])


@main.command("export")
@click.option("--format", "format_", required=True, type=click.Choice(options.FORMATS))
@click.option("--template", type=click.Path(path_type=Path), help="What the platform exported.")
@click.option("--column", help="Which of the template's columns is filled.")
@click.option("--to", type=click.Path(path_type=Path), help="File to write. [in OUT]")
@click.option("--allow-pending", is_flag=True, help="Also marks of which points are pending.")
@options.out
@options.lang
def export_(
    format_: str,
    template: Path | None,
    column: str | None,
    to: Path | None,
    allow_pending: bool,
    out: Path | None,
    lang: str | None,
) -> None:
    """Write the class's marks for a platform.

    \b
    canvas, moodle, blackboard, chaoxing, tronclass: fill the file given with --template
    csv, xlsx, jsonl, gradescope, junit: write a file of their own
    moodle-feedback, sakai-feedback, ilias-feedback: the zip of students' pages that it takes back
    pages: a folder of students' pages alone, with mail.csv (address, file)
    """
    from grader.export import formats
    from grader.marking import publishing
    from grader.marking.course import Course
    from grader.records import gradebook_builder

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    gradebook = gradebook_builder.load(settings.out_dir)
    target = to or formats.target(format_, settings.out_dir, template)
    report = formats.export(
        gradebook,
        format_,
        out=target,
        template=template,
        column=column,
        feedback_dir=settings.out_dir if formats.FORMATS[format_].pages else None,
        lang=settings.lang,
        allow_pending=allow_pending,
    )
    click.echo(report.render(settings.lang))
    if formats.FORMATS[format_].pages:
        with Course(settings.out_dir) as course:
            if (behind := publishing.behind(course)) is not None:
                click.echo(f"! {behind.pick(settings.lang)}", err=True)
    for notice in gradebook.notices:
        click.echo(f"- {notice.pick(settings.lang)}")
    if not target.exists():  # the report said why
        sys.exit(2)
    click.echo(str(target))


@main.command()
@options.out
@click.option(
    "--since", type=click.DateTime(), help="Compare with the marks before this time (local)."
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Name each check where there was no mark, or is none."
)
@options.lang
def diff(out: Path | None, since: datetime | None, verbose: bool, lang: str | None) -> None:
    """Whose mark moved, and because of which check.

    Without --since, each hand-in's last mark is compared with the one before it. Final marks
    that the late policy or a missing hand-in has moved are listed, too.
    """
    from grader.feedback import diff_table, terminal
    from grader.marking import publishing
    from grader.marking.course import Course
    from grader.records import finals, gradebook_builder
    from grader.records.history import last_moves, moves_since
    from grader.records.store import Store

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    gradebook = gradebook_builder.load(settings.out_dir)
    with Store(settings.out_dir / gradebook_builder.DATABASE) as store:
        gradings = store.gradings()
        # A time without a zone is the one that the user's clock shows.
        at = None if since is None else since.astimezone(UTC).isoformat(timespec="milliseconds")
        others = finals.moves(store, at)
    moves = last_moves(gradings) if at is None else moves_since(gradings, at)
    console = terminal.make_console()
    diff_table.render(moves, gradebook, console, settings.lang, others, verbose=verbose)
    with Course(settings.out_dir) as course:
        moved = publishing.changes(course)
    if moved:
        click.echo(_SINCE.pick(settings.lang))
        for line in publishing.change_lines(moved, settings.lang):
            click.echo(line)


_SINCE = Text("发布之后变动的成绩：", "Marks that have moved since they were published:")

main.add_command(desk)
main.add_command(finish)
main.add_command(github)
main.add_command(gradescope)
main.add_command(gather)
main.add_command(handout)
main.add_command(mark)
main.add_command(marks)
main.add_command(new)
main.add_command(shard)
main.add_command(similarity)
main.add_command(viva)
