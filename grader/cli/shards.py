"""The commands that grade a class on several machines without a cluster."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kit.text import Text

from . import help_zh, options


@click.command(cls=help_zh.Command)
@click.argument("share", metavar="K/N")
@click.argument("path", type=click.Path(path_type=Path))
@options.out
@options.rubric
@options.roster
@options.jobs
@options.floor
@options.unsafe
@options.lang
def shard(
    share: str,
    path: Path,
    out: Path | None,
    rubric: Path | None,
    roster: Path | None,
    jobs: int | None,
    floor: str | None,
    unsafe: bool,
    lang: str | None,
) -> None:
    """Grade the K-th of N shares of a class on this machine.

    \b
    grader shard 1/3 class --out share1     on one machine, 2/3 and 3/3 on others
    grader gather share1 share2 share3 --out results
    All need the same folder of hand-ins, rubric, roster, secret and versions.
    Exit code: as `grader batch`.
    """
    settings, secret = options.resolved(out, rubric, lang, unsafe, floor)
    from grader import batch as batches
    from grader.authoring import self_check
    from grader.batch import shards
    from grader.batch.progress import ClassProgress, summarize
    from grader.feedback import terminal
    from grader.judging.judge import Judge

    wanted = shards.Share.of(share)
    # The plan is of the whole class, because every machine must cut the same shares.
    plan = batches.plan(settings, secret, path, roster)
    own = shards.share_of(plan, wanted)
    own.require_hand_ins()

    def ready(judge: Judge) -> None:
        if settings.self_check and not self_check.passed(judge, settings.self_check_file):
            self_check.ensure(judge, settings.self_check_file)
        shards.describe(plan, wanted, judge.environment())

    console = terminal.make_console()
    with ClassProgress(console, settings.lang) as progress:
        summary = batches.run(own, progress, jobs=jobs, ready=ready)
    summarize(summary, settings.out_dir, console, settings.lang)
    sys.exit(summary.exit_code)


@click.command(cls=help_zh.Command)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.out
@options.lang
def gather(folders: tuple[Path, ...], out: Path | None, lang: str | None) -> None:
    """Make one folder of results of those that `grader shard` wrote.

    Shares that are missing or doubled are said; what is missing can be gathered later.
    Exit code: 0, or 1 where a hand-in is missing or was graded with two different marks.
    """
    from grader.batch import shards
    from grader.core.settings import Settings

    settings = Settings.resolve({"out_dir": out, "lang": lang})
    found = shards.gather(folders, settings.out_dir, settings.lang)
    for notice in found.notices:
        click.echo(f"! {notice.pick(settings.lang)}")
    count = found.added
    click.echo(Text(f"取来 {count} 份作业。", f"{count} hand-ins were taken.").pick(settings.lang))
    click.echo(str(settings.out_dir / "gradebook.csv"))
    sys.exit(0 if found.complete else 1)
