"""What commands share: options, and the group that prints errors."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from grader import INSTALLED
from grader.core.errors import GraderError, UsageError
from grader.core.settings import Secret, Settings
from grader.core.tiers import TIERS
from kit.text import Text, default_language

from . import help_zh


class Group(help_zh.Group):
    """Turns the grader's errors into a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GraderError as error:
            lang = ctx.meta.get("lang") or default_language()
            click.echo(error.text.pick(lang), err=True)
            ctx.exit(error.exit_code)


def fraction(ctx: click.Context, param: click.Parameter, value: str | None) -> Fraction | None:
    try:
        # A fraction, because 59.9 as a float is not what a student has earned.
        return None if value is None else Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise click.BadParameter(f"{value!r} is not a number of points") from None


def _remember_lang(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Remember the language for errors, which are printed outside the command."""
    # In `meta`, which a command shares with its group; its parameters are its own.
    ctx.meta["lang"] = value
    return value


lang = click.option(
    "--lang",
    type=click.Choice(Text._fields),
    callback=_remember_lang,
    help="Language of the terminal.",
)
author = click.option("--author", help="Who marks. [the account's name]")
out = click.option("--out", type=click.Path(path_type=Path), help="Folder for the results.")
rubric = click.option("--rubric", type=click.Path(path_type=Path), help="[rubric.yaml]")
roster = click.option(
    "--roster",
    type=click.Path(path_type=Path),
    help="CSV of the class: who is missing, who is who.",
)
jobs = click.option(
    "--jobs", type=click.IntRange(1, 256), help="Processes. [one for each processor]"
)
unsafe = click.option(
    "--unsafe", is_flag=True, help="Run student code even where it cannot be confined."
)
floor = click.option(
    "--floor",
    type=click.Choice(TIERS),
    help="Weakest confinement that is accepted. [landlock]",
)
again = click.option(
    "--again", is_flag=True, help="Run every check again, also where nothing has changed."
)

# Listed here, so that --help does not import every writer; a test compares them with the registry.
FORMATS = (
    *("canvas", "moodle", "blackboard", "chaoxing", "tronclass"),
    *("csv", "xlsx", "jsonl", "gradescope", "junit"),
    *("moodle-feedback", "sakai-feedback", "ilias-feedback", "pages"),
)


def in_a_checkout() -> None:
    """Refuse where the grader is a wheel's copy, which cannot make what students get."""
    if INSTALLED:
        raise UsageError(
            Text(
                "这条命令要在评分器的源码目录里运行。",
                "This command runs in a checkout of the grader.",
            )
        )


def resolved(
    out: Path | None,
    rubric: Path | None,
    lang: str | None,
    unsafe: bool,
    floor: str | None = None,
) -> tuple[Settings, Secret]:
    """The settings by the command line, the environment and the file; and the course's secret."""
    # None lets the environment and the settings file decide.
    settings = Settings.resolve(
        {
            "out_dir": out,
            "rubric": rubric,
            "lang": lang,
            # A flag that is not given must not overrule the settings file.
            "unsafe": unsafe or None,
            "floor": floor,
        }
    )
    secret = Secret.load(settings.secret_file)
    if secret.warning is not None:
        click.echo(secret.warning.pick(settings.lang), err=True)
    return settings, secret
