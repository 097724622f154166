"""The commands for marks by people: one mark, and the sheets of a class."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kit.text import Text

from . import help_zh, options

_author = click.option("--author", help="Who marks. [the account's name]")
_why = click.option("--why", default="", help="The reason for a change.")
_yes = click.option("--yes", is_flag=True, help="Do it without asking.")


@click.command(cls=help_zh.Command)
@click.argument("who")
@click.argument("given", nargs=-1, metavar="[CRITERION=POINTS]...")
@click.option("--comment", help="A comment on these marks; alone, on the hand-in.")
@_why
@_author
@options.out
@options.lang
def mark(
    who: str,
    given: tuple[str, ...],
    comment: str | None,
    why: str,
    author: str | None,
    out: Path | None,
    lang: str | None,
) -> None:
    """Mark one hand-in: WHO is a student id, a name or the hand-in's id.

    \b
    grader mark 2023001 report.figures=3 --comment "the axes have no names"
    grader mark 2023001 report.figures=             takes the mark back
    grader mark 2023001 numpy_rnn.clip.values=0.25 --why "..."   decides in place of a check
    Without CRITERION=POINTS it shows what was given.
    """
    from grader.core.settings import Settings
    from grader.marking import one
    from grader.marking.course import Course, default_author

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    with Course(settings.out_dir) as course:
        entry = course.find(who)
        if given or comment is not None:
            by = author or default_author()
            one.enter(course, entry, given, comment, author=by, why=why, lang=settings.lang)
        for line in one.show(course, entry, settings.lang):
            click.echo(line)


@click.group(cls=help_zh.Group)
def marks() -> None:
    """Marks by people, as sheets."""


@marks.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@options.out
@options.lang
def export_(path: Path, out: Path | None, lang: str | None) -> None:
    """Write a sheet to fill in: PATH ends in .xlsx or .csv."""
    from grader.core.settings import Settings
    from grader.marking import sheet, sheet_writing
    from grader.marking.course import Course

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    with Course(settings.out_dir) as course:
        made = sheet.build(course, settings.lang)
    sheet_writing.write(made, path, settings.lang)
    click.echo(str(path))


@marks.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, change nothing.")
@_yes
@_why
@_author
@options.out
@options.lang
def import_(
    path: Path,
    dry_run: bool,
    yes: bool,
    why: str,
    author: str | None,
    out: Path | None,
    lang: str | None,
) -> None:
    """Take a sheet back: what would change is shown first.

    \b
    Exit code: 0, 1 where a conflict is left to settle, 2 where a cell is refused; then nothing
    is taken.
    """
    from grader.core.settings import Settings
    from grader.marking import importing, sheet_reading
    from grader.marking.course import Course, default_author

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    with Course(settings.out_dir) as course:
        criteria = [criterion.id for criterion in course.rubric.criteria]
        read = sheet_reading.read(path, criteria)
        plan = importing.plan(course, read, author or default_author(), why)
        for line in importing.lines(plan, settings.lang):
            click.echo(line)
        if plan.refusals:
            click.echo(_REFUSED.pick(settings.lang), err=True)
            sys.exit(2)
        if not plan.changes:
            click.echo(_NOTHING.pick(settings.lang))
            return
        if not dry_run and (yes or click.confirm(_ASK.pick(settings.lang))):
            copy = course.marks.back_up()
            importing.apply(course, plan, path.name, settings.lang)
            taken = _TAKEN.format(count=len(plan.taken), copy=copy)
            click.echo(taken.pick(settings.lang))
            sys.exit(1 if plan.conflicts else 0)


_REFUSED = Text(
    "以上单元格有误，没有记录任何内容。请改正后再导入。",
    "These cells are wrong, and nothing was recorded. Correct them and import again.",
)
_NOTHING = Text("没有变化。", "Nothing has changed.")
_ASK = Text("记录这些变化？", "Record these changes?")
_TAKEN = Text(
    "已记录 {count} 处变化；之前的评分备份在 {copy}。",
    "{count} changes were recorded; the marks before them are in {copy}.",
)
