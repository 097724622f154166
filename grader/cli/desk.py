"""The command of the desk."""

from __future__ import annotations

from pathlib import Path

import click

from kit.text import Text

from . import help_zh, options


@click.command(cls=help_zh.Command)
@click.option("--port", type=click.IntRange(1, 65535), default=8765, help="Port. [8765]")
@click.option("--no-browser", is_flag=True, help="Print the link, open no browser.")
@click.option("--host", metavar="ADDRESS", help="Serve several markers, who log in by password.")
@click.option("--origin", metavar="URL", help="Where browsers reach it, with --host.")
@click.option("--add-marker", metavar="NAME", help="Give NAME a password, then end.")
@click.option("--blind", is_flag=True, help="Show nobody the students' names.")
@options.author
@options.out
@options.lang
def desk(
    port: int,
    no_browser: bool,
    host: str | None,
    origin: str | None,
    add_marker: str | None,
    blind: bool,
    author: str | None,
    out: Path | None,
    lang: str | None,
) -> None:
    """Mark the class on a local page.

    \b
    grader desk                      serves it on this machine alone, and opens it
    grader desk --add-marker li      gives li a password
    grader desk --host 127.0.0.1 --origin https://desk.example.edu
                                     for several markers, behind a reverse proxy (docs/desk.md)
    Every mark is saved at once, in OUT/marks.sqlite.
    """
    from grader.core.settings import Settings
    from grader.desk import serving
    from grader.desk.keeping import Keeping
    from grader.marking.course import Course, default_author

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    if add_marker is not None:
        with Course(settings.out_dir):
            pass  # a password in a folder without a class would be a slip
        asked = _PASSWORD.pick(settings.lang)
        # Others on this machine can see a command line, so the password is never an option.
        password = click.prompt(asked, hide_input=True, confirmation_prompt=True)
        Keeping.load(settings.out_dir).set_password(add_marker, password)
        return
    chosen = serving.options_of(
        settings.out_dir,
        lang=settings.lang,
        author=author or default_author(),
        port=port,
        host=host,
        origin=origin,
        blind=blind,
        settings=settings,
    )
    serving.serve(
        chosen,
        port=port,
        host=host,
        browser=not no_browser,
        say=lambda text: click.echo(text.pick(settings.lang)),
    )


_PASSWORD = Text("密码", "Password")
