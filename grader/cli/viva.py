"""The command that makes questions for an oral."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.text import Text

from . import help_zh, options

if TYPE_CHECKING:
    from grader.batch import ClassPlan
    from grader.core.model import Submission
    from grader.handins import HandIn, Reader
    from grader.isolation.reading import HandInReader

FOLDER = "viva"


@click.command(cls=help_zh.Command)
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@options.out
@options.rubric
@options.roster
@options.floor
@options.unsafe
@options.lang
def viva(
    path: Path,
    out: Path | None,
    rubric: Path | None,
    roster: Path | None,
    floor: str | None,
    unsafe: bool,
    lang: str | None,
) -> None:
    """Make questions for an oral about the code that was handed in.

    \b
    PATH is one hand-in (a zip, a file, a folder with code in it), or the folder of a class;
    with --roster always a class.
    Writes OUT/viva/students/<id>.html  three questions, without answers
           OUT/viva/staff/<id>.html     the same with the answers, for the TA
    Outcomes that OUT holds already are taken; what is missing is graded first. Never a mark.
    Exit code: 0, or 1 where a hand-in has no sheet by a fault of the grader.
    """
    settings, secret = options.resolved(out, rubric, lang, unsafe, floor)
    from grader import batch as batches
    from grader.core.errors import GraderError
    from grader.isolation.servers import Servers
    from grader.judging.judge import Judge
    from grader.judging.trusted import TrustedRunners
    from grader.records.store import Store
    from grader.scoring import rubric as rubrics
    from grader.viva.making import Viva
    from grader.viva.sheets import ClassSheets

    plan: ClassPlan | None = None
    if roster is not None or not _is_one(path):
        plan = batches.plan(settings, secret, path, roster)
        plan.require_hand_ins()
    faults, sheets = 0, ClassSheets(settings.out_dir / FOLDER)
    with closing(Servers(settings)) as servers, closing(TrustedRunners(servers)) as trusted:
        # The judge and the questions share servers and solutions, which take memory and seconds.
        judge = Judge(settings, rubrics.load(settings.rubric), secret, servers, None, trusted)
        with judge, Store(settings.out_dir / "grades.sqlite") as store:
            made = Viva(settings, secret, servers, judge.reader, lambda p: trusted.runner(p, None))
            for name, people, read in _hand_ins(path, plan, judge.reader):
                try:
                    report = judge.grade(read(), store)
                    questions = made.questions(report)
                # One hand-in must not cost the others their sheets; the exit code says that one
                # lacks.
                except GraderError as error:
                    faults += 1
                    click.echo(f"{name}: {error.text.pick(settings.lang)}", err=True)
                    continue
                sheets.add(report, people, questions)
                count = len(questions)
                said = Text(f"{name}：{count} 个问题", f"{name}: {count} questions")
                click.echo(said.pick(settings.lang))
            sheets.finish()
    click.echo(str(settings.out_dir / FOLDER))
    sys.exit(1 if faults else 0)


def _is_one(path: Path) -> bool:
    """Whether `path` is one hand-in: a file, or a folder with code in it."""
    return path.is_file() or any(p.suffix in (".py", ".ipynb") for p in path.iterdir())


def _hand_ins(
    path: Path, plan: ClassPlan | None, reader: HandInReader
) -> Iterator[tuple[str, list[str], Callable[[], Submission]]]:
    """The id of each hand-in, who handed it in, and how it is read."""
    from grader import handins

    if plan is None:
        submission = reader.read(path)
        yield submission.id, [], lambda: submission
        return
    # Hand-ins are read one by one, since a whole class need not fit into memory.
    with handins.Reader() as files:
        for found in plan.folder.hand_ins:
            people = [f"{p.name} {p.student_id}".strip() for p in found.people]
            yield (
                found.id,
                people,
                partial(_read, found, files, reader),
            )


def _read(found: HandIn, files: Reader, reader: HandInReader) -> Submission:
    from grader import handins

    return reader.read_files(handins.load(found, reader=files), id=found.id)
