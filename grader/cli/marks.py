"""The commands for marks by people: one mark, and the sheets of a class."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import click

from kit.text import Text

from . import help_zh, options

_why = click.option("--why", default="", help="The reason for a change.")
_yes = click.option("--yes", is_flag=True, help="Do it without asking.")


@click.command(cls=help_zh.Command)
@click.argument("who")
@click.argument("given", nargs=-1, metavar="[CRITERION=POINTS]...")
@click.option("--comment", help="A comment on these marks; alone, on the hand-in.")
@click.option("--history", is_flag=True, help="Show every event: who, when, what, why.")
@click.option("--use", multiple=True, metavar="ID", help="A reusable comment; repeatable.")
@_why
@options.author
@options.out
@options.lang
def mark(
    who: str,
    given: tuple[str, ...],
    comment: str | None,
    history: bool,
    use: tuple[str, ...],
    why: str,
    author: str | None,
    out: Path | None,
    lang: str | None,
) -> None:
    """Mark one hand-in: WHO is a student id, a name or the hand-in's id.

    \b
    grader mark 2023001 report.figures=3 --comment "the axes have no names"
    grader mark 2023001 report.figures=             takes the mark back
    grader mark 2023001 CHECK=0.25 --why "..."      decides in place of a check,
                                                by the id that its page shows
    Without CRITERION=POINTS it shows what was given.
    """
    from grader.core.settings import Settings
    from grader.marking import one
    from grader.marking.course import Course, default_author

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    with Course(settings.out_dir) as course:
        entry = course.find(who)
        if given or use or comment is not None:
            by = author or default_author()
            one.enter(course, entry, given, comment, use, author=by, why=why, lang=settings.lang)
        shown = one.history(course, entry) if history else one.show(course, entry, settings.lang)
        for line in shown:
            click.echo(line)


@click.group(cls=help_zh.Group)
def marks() -> None:
    """Marks by people, as sheets."""


@marks.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--marker", metavar="NAME", help="Only the hand-ins that split gave to NAME.")
@options.out
@options.lang
def export_(path: Path, marker: str | None, out: Path | None, lang: str | None) -> None:
    """Write a sheet to fill in: PATH ends in .xlsx or .csv."""
    from grader.core.settings import Settings
    from grader.marking import sheet, sheet_writing
    from grader.marking.course import Course

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    with Course(settings.out_dir) as course:
        made = sheet.build(course, settings.lang, marker)
    sheet_writing.write(made, path, settings.lang)
    click.echo(str(path))


@marks.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, change nothing.")
@_yes
@_why
@options.author
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
            copy = importing.apply(course, plan, path.name, settings.lang)
            taken = _TAKEN.format(count=len(plan.taken), copy=copy)
            click.echo(taken.pick(settings.lang))
            sys.exit(1 if plan.conflicts else 0)


@marks.command("split")
@click.option("--markers", required=True, help="Their names: li,wang.")
@click.option("--to", type=click.Path(path_type=Path), help="Folder for the files. [OUT]")
@click.option("--both", type=click.IntRange(0, 1000), default=0, help="Hand-ins that two mark.")
@options.out
@options.lang
def split(markers: str, to: Path | None, both: int, out: Path | None, lang: str | None) -> None:
    """Give each marker a file and a share of the hand-ins.

    \b
    Writes marks-NAME.sqlite; on the marker's laptop it lies as marks.sqlite in a copy of OUT.
    """
    from grader.core.settings import Settings
    from grader.marking import merging
    from grader.marking.course import Course

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    with Course(settings.out_dir) as course:
        made = merging.split(course, markers.split(","), to or settings.out_dir, both)
    for path, share in made.values():
        click.echo(f"{path}  {len(share)}")


@marks.command("merge")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@_why
@options.out
@options.lang
def merge(paths: tuple[Path, ...], why: str, out: Path | None, lang: str | None) -> None:
    """Join the files of several markers. Conflicts are listed and left to settle.

    Exit code: 0, or 1 where a conflict is left.
    """
    from grader.core.settings import Settings
    from grader.marking import merging
    from grader.marking.course import Course

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    with Course(settings.out_dir) as course:
        for path in paths:
            # Each file is compared with what the files before it have added.
            made = merging.plan(course, path)
            copy = merging.apply(course, made, settings.lang, why)
            added = len(made.marks) + len(made.overrides)
            said = _MERGED.format(path=path, added=added, known=made.known)
            click.echo(said.pick(settings.lang))
            click.echo(_BACKED_UP.format(copy=copy).pick(settings.lang))
            for left in made.left:
                click.echo(f"! {left.pick(settings.lang)}")
        # Earlier conflicts are listed too: until one is settled, neither mark counts.
        open_ = list(merging.conflict_lines(course, settings.lang))
    for line in open_:
        click.echo(f"! {line}")
    sys.exit(1 if open_ else 0)


@marks.command("comment")
@click.argument("id", required=False)
@click.option("--zh", help="The text in Chinese.")
@click.option("--en", help="The text in English.")
@click.option("--points", callback=options.fraction, help="Added to each mark that carries it.")
@_yes
@_why
@options.author
@options.out
@options.lang
def comment(
    id: str | None,
    zh: str | None,
    en: str | None,
    points: Fraction | None,
    yes: bool,
    why: str,
    author: str | None,
    out: Path | None,
    lang: str | None,
) -> None:
    """Reusable comments: list them, write one, or change ID for every mark that carries it.

    The marks that would change are shown first, with their old and new points.
    """
    from grader.core.settings import Settings
    from grader.marking import comments
    from grader.marking.course import Course, default_author

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    by = author or default_author()
    with Course(settings.out_dir) as course:
        if id is None and (zh or en):
            new = comments.write(zh or "", en or "", points or Fraction(0), author=by, why=why)
            course.record(settings.lang, comments=[new])
        elif id is not None:
            revision = comments.revise(course, id, zh=zh, en=en, points=points, author=by, why=why)
            for line in comments.revision_lines(course, revision, settings.lang):
                click.echo(line)
            if yes or click.confirm(_ASK.pick(settings.lang)):
                comments.apply(course, revision, settings.lang)
            return
        for line in comments.listed(course, settings.lang):
            click.echo(line)


@click.command(cls=help_zh.Command)
@click.option(
    "--format",
    "names",
    multiple=True,
    type=click.Choice(options.FORMATS),
    help="Also for a platform; may be repeated.",
)
@click.option("--template", type=click.Path(path_type=Path), help="What the platform exported.")
@click.option("--column", help="Which of the template's columns is filled.")
@click.option("--to", type=click.Path(path_type=Path), help="File to write. [in OUT]")
@click.option(
    "--feedback-template",
    type=click.Path(path_type=Path),
    help="Moodle's worksheet: also write the zip of feedback files.",
)
@_why
@options.author
@options.out
@options.lang
def finish(
    names: tuple[str, ...],
    template: Path | None,
    column: str | None,
    to: Path | None,
    feedback_template: Path | None,
    why: str,
    author: str | None,
    out: Path | None,
    lang: str | None,
) -> None:
    """Publish the marks, once nothing is missing.

    \b
    What is missing is listed. Then the marks are locked, students' pages show what people gave,
    and the gradebook and a file for each --format are written; --template goes to each that
    takes one. A later change needs a reason, and `grader diff` lists it.
    Exit code: 0, or 2 where something is missing.
    """
    from grader.core.settings import Settings
    from grader.marking import platform_files, publishing
    from grader.marking.course import Course, default_author
    from grader.marking.publishing import Platform

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    wanted = list(platform_files.requested(names, template, column, to))
    if feedback_template is not None:
        # `--feedback-template` names the worksheet of that format, so it is not made twice.
        wanted = [one for one in wanted if one.format != "moodle-feedback"]
        wanted.append(Platform("moodle-feedback", feedback_template))
    with Course(settings.out_dir) as course:
        if lacking := publishing.missing(course):
            for one in lacking:
                click.echo(f"! {one.who}  {one.what.pick(settings.lang)}")
            click.echo(_LACKING.format(count=len(lacking)).pick(settings.lang), err=True)
            sys.exit(2)
        reports = publishing.finish(
            course, author or default_author(), settings.lang, why=why, wanted=wanted
        )
    for report in reports:
        click.echo(report.render(settings.lang))
        click.echo(str(report.out))
    click.echo(_PUBLISHED.pick(settings.lang))


_MERGED = Text(
    "{path}：新增 {added} 条，{known} 条已有。", "{path}: {added} added, {known} known already."
)
_BACKED_UP = Text("之前的评分备份在 {copy}。", "The marks before this are in {copy}.")
_LACKING = Text("还缺 {count} 处，没有发布。", "Nothing was published; still missing: {count}.")
_PUBLISHED = Text(
    "成绩已发布；之后的改动要写明理由。",
    "The marks are published: a change needs a reason now.",
)
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
