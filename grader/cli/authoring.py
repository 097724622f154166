"""What an instructor does in a checkout: the folder of students, a new part, a new preset."""

from __future__ import annotations

from pathlib import Path

import click

from grader import ROOT
from kit.text import Text, default_language

from . import help_zh, options


@click.command(cls=help_zh.Command)
@options.rubric
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the texts, to put them in.",
)
@options.unsafe
@options.lang
def handout(
    rubric: Path | None, out: Path, data: Path | None, unsafe: bool, lang: str | None
) -> None:
    """Make the folder that students get, and a zip of it.

    It holds the parts of the rubric, their public tests, and a README in both languages with the
    points. It is refused where it holds a line of a solution, or where somebody who hands it in
    untouched has attempted anything.
    """
    options.in_a_checkout()
    settings, secret = options.resolved(None, rubric, lang, unsafe)

    from tempfile import TemporaryDirectory

    from grader.authoring import lab_folder, used_blanks
    from grader.judging.judge import Judge
    from grader.records.store import Store
    from grader.scoring.rubric import load

    marked_by = load(settings.rubric)
    if out.name in ("", ".."):  # the zip beside it needs a name
        out = out.resolve()
    # The trial takes long, so a full folder is refused before it; `write` looks again.
    lab_folder.refuse_full(out)
    # The trial has a store of its own and leaves nothing in the results of a class.
    with (
        TemporaryDirectory() as name,
        Judge(settings, marked_by, secret) as judge,
        Store(Path(name) / "handout.sqlite") as store,
    ):
        unused = [
            (part, blank)
            for part in marked_by.parts()
            for blank in used_blanks.unused(judge, marked_by, part, lab_folder.blanks_of(part))
        ]
        lab = lab_folder.build(marked_by, data, unused)
        tried = Path(name) / "handout"
        lab_folder.write(lab, tried)
        lab_folder.refuse_attempts(judge.grade(judge.reader.read(tried), store))
    # Only now: what was refused must not lie there to be handed out.
    packed = lab_folder.write(lab, out)
    said = Text(
        f"{out}、{packed}：{'、'.join(lab.parts)}，{len(lab.files)} 个文件；原样提交时全部未作答。",
        f"{out}, {packed}: {', '.join(lab.parts)}; {len(lab.files)} files; handed in untouched, "
        "nothing is attempted.",
    )
    click.echo(said.pick(settings.lang))


@click.group(cls=options.Group)
def new() -> None:
    """Write a new part, or a new preset, into the checkout."""


@new.command("part")
@click.argument("name")
@click.option("--torch", is_flag=True, help="The part is written with torch.")
@options.lang
def new_part(name: str, torch: bool, lang: str | None) -> None:
    """Write a part that works, with its solution, checks, mistake and preset.

    Then make it yours, file by file: docs/tutorial-part.md builds one.
    """
    options.in_a_checkout()

    from grader.authoring import new_part as parts

    written = parts.write(ROOT, parts.files(name, torch=torch))
    parts.make_starter(ROOT)
    _say(written, f"make mutants PART={name}", lang)


@new.command("preset")
@click.argument("name")
@click.option("--part", "parts_", multiple=True, required=True, help="A part of it; repeatable.")
@options.lang
def new_preset(name: str, parts_: tuple[str, ...], lang: str | None) -> None:
    """Write presets/NAME.yaml for parts that exist: 80 points by checks, 20 by a person."""
    options.in_a_checkout()

    from grader.authoring import new_part as parts

    written = parts.write(ROOT, parts.preset(name, parts_))
    parts.make_starter(ROOT)
    _say(written, f"grader handout --rubric presets/{name}.yaml --out {name}", lang)


def _say(written: list[str], then: str, lang: str | None) -> None:
    lang = lang or default_language()
    for path in written:
        click.echo(Path(path).as_posix())
    click.echo(
        Text(f"已写好，可以运行。接着：{then}", f"Written, and it works. Next: {then}").pick(lang)
    )
