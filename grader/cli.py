"""Words in, calls, words out, exit code. The only module that prints errors and exits."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import __version__
from grader.errors import GraderError
from kit.text import Text, default_language

if TYPE_CHECKING:
    from grader.settings import Secret, Settings


class _Faults(click.Group):
    """Turns the grader's own errors into a sentence and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GraderError as error:
            lang = ctx.meta.get("lang") or default_language()
            click.echo(error.text.pick(lang), err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Faults, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Grade hand-ins of the recurrent-network lab. 循环神经网络实验的自动评分。"""


def _fraction(ctx: click.Context, param: click.Parameter, value: str | None) -> Fraction | None:
    try:
        return None if value is None else Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise click.BadParameter(f"{value!r} is not a number of points") from None


def _remember_lang(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Errors speak the language that was asked for, too."""
    ctx.meta["lang"] = value
    return value


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--report", type=click.Path(path_type=Path), help="The PDF, if it is not inside.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results. [results]")
@click.option("--rubric", type=click.Path(path_type=Path), help="[rubric.yaml]")
@click.option("--fail-under", callback=_fraction, help="Exit 4 if fewer points are earned.")
@click.option("--unsafe", is_flag=True, help="Run student code even where it cannot be confined.")
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    callback=_remember_lang,
    help="Language of the terminal. 终端语言。",
)
def grade(
    path: Path,
    report: Path | None,
    out: Path | None,
    rubric: Path | None,
    fail_under: Fraction | None,
    unsafe: bool,
    lang: str | None,
) -> None:
    """Grade one hand-in: a zip, a folder, a .py or an .ipynb. 评一份作业。

    \b
    Writes OUT/<id>/report.json    everything, for staff and programs
           OUT/<id>/feedback.html  for the student, Chinese and English
           OUT/<id>/staff.html     for the TA
           OUT/<id>/results.json   for Gradescope
    Exit code: 0 graded, 1 a fault of the grader, 2 usage or rubric, 3 not gradable,
    4 below --fail-under.
    """
    # Imported here, so that --help and a mistyped option answer at once.
    from grader.settings import Secret, Settings

    settings = Settings.resolve(
        {"out_dir": out, "rubric": rubric, "lang": lang, "unsafe": unsafe or None}
    )
    secret = Secret.load(settings.secret_file)
    if secret.warning is not None:
        click.echo(secret.warning.pick(settings.lang), err=True)
    sys.exit(_grade(path, report, settings, secret, fail_under))


def _grade(
    path: Path,
    report: Path | None,
    settings: Settings,
    secret: Secret,
    fail_under: Fraction | None,
) -> int:
    """The exit code. The servers import torch while this process imports the rest."""
    from grader.servers import Servers

    servers = Servers(settings)
    try:
        servers.start("torch")
        servers.start("numpy")

        from grader import intake, rubric
        from grader.export import gradescope
        from grader.feedback import terminal, write_reports
        from grader.judge import Judge
        from grader.scoring import exit_code
        from grader.store import Store

        submission = intake.read(path, report=report)
        console = terminal.make_console()
        with (
            Judge(settings, rubric.load(settings.rubric), secret, servers) as judge,
            Store(settings.out_dir / "grades.sqlite") as store,
            terminal.Progress(console, settings.lang) as progress,
        ):
            progress.start(submission.id, len(judge.checks))
            graded = judge.grade(submission, store, progress.check_done)
    finally:
        servers.close()
    folder = settings.out_dir / submission.id
    folder.mkdir(parents=True, exist_ok=True)
    write_reports(graded, folder, settings.lang)
    gradescope.write(graded, folder / "results.json", settings.lang)
    terminal.render(graded, console, settings.lang)
    where = Text(f"反馈：{folder / 'feedback.html'}", f"Feedback: {folder / 'feedback.html'}")
    click.echo(where.pick(settings.lang))
    return exit_code(graded, fail_under)
