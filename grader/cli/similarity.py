"""The command that compares the code of a class."""

from __future__ import annotations

import importlib.util
from contextlib import closing
from pathlib import Path

import click

from . import help_zh, options


@click.command(cls=help_zh.Command)
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--former",
    "formers",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Folder of a former year, or of public solutions; repeatable.",
)
@click.option(
    "--given",
    "givens",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Code that the course gave besides the starter, which does not count: a file or a folder; "
    "repeatable.",
)
@options.out
@options.rubric
@options.roster
@options.floor
@options.unsafe
@options.lang
def similarity(
    path: Path,
    formers: tuple[Path, ...],
    givens: tuple[Path, ...],
    out: Path | None,
    rubric: Path | None,
    roster: Path | None,
    floor: str | None,
    unsafe: bool,
    lang: str | None,
) -> None:
    """Find hand-ins of a class that share code; for staff, never a mark.

    \b
    PATH is the folder of the class. What the starter gives does not count.
    Writes OUT/similarity.html  pairs side by side, and groups
           OUT/similarity.json  whom they name, for the flag in the desk
    Needs the extra `similarity`. Exit code: 0.
    """
    settings, secret = options.resolved(out, rubric, lang, unsafe, floor)
    from rich.progress import BarColumn, MofNCompleteColumn

    from grader import batch as batches
    from grader import handins
    from grader.core.console import ProgressBar
    from grader.core.errors import UsageError
    from grader.feedback import terminal
    from grader.isolation.reading import HandInReader
    from grader.isolation.servers import Servers

    # The modules below import it; its absence should be a sentence and no traceback.
    if importlib.util.find_spec("copydetect") is None:
        from grader.similarity.words import EXTRA

        raise UsageError(EXTRA)
    from grader.similarity import keeping, page, words
    from grader.similarity.finding import Finder, Wanted
    from grader.similarity.reading import CodeReader

    plan = batches.plan(settings, secret, path, roster)
    plan.require_hand_ins()
    with (
        closing(Servers(settings)) as servers,
        keeping.Kept(settings.out_dir / keeping.FILE) as kept,
    ):
        servers.start("similarity")  # it imports while the reader's does
        reader = HandInReader(lambda: servers.ready("reader"))
        # The class comes first; the finder compares former hand-ins only with these.
        wanted = [Wanted(found) for found in plan.folder.hand_ins]
        for folder in formers:
            found = handins.discover(folder, contents=reader)
            wanted += [Wanted(one, folder.resolve().name) for one in found.hand_ins]
        finder = Finder(CodeReader(lambda: servers.ready("similarity")), kept)
        columns = (BarColumn(bar_width=30), MofNCompleteColumn())
        with ProgressBar(terminal.make_console(), *columns) as bar:
            bar.begin(len(wanted))
            result = finder.find(wanted, bar.advance, givens)
    count = page.write(result, settings.out_dir, settings.lang)
    click.echo(words.SAID.pick(settings.lang).format(count=count))
    click.echo(str(settings.out_dir / page.PAGE))
