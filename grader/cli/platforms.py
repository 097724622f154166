"""What platforms take beside marks: an autograder, students' pages."""

from __future__ import annotations

from pathlib import Path

import click

from grader.core.settings import Settings
from kit.text import Text

from . import help_zh, options


@click.command(cls=help_zh.Command)
@options.rubric
@click.option("--to", type=click.Path(path_type=Path), help="File to write. [in OUT]")
@options.out
@options.lang
def gradescope(rubric: Path | None, to: Path | None, out: Path | None, lang: str | None) -> None:
    """Make autograder.zip, with which Gradescope runs this grader.

    It holds the solutions, the hidden checks and the course's secret: upload it, and give it to
    nobody. Each submission gets hidden inputs of its own.
    """
    options.in_a_checkout()
    # `resolved` makes the course secret where there is none: the archive holds it.
    settings, _ = options.resolved(out, rubric, lang, False)
    from grader.authoring import gradescope_zip
    from grader.feedback.atomic import write_bytes
    from grader.scoring import rubric as rubrics

    path = to or settings.out_dir / "autograder.zip"
    secret = settings.secret_file.read_bytes()
    write_bytes(path, gradescope_zip.build(rubrics.read(settings.rubric), secret))
    said = Text(
        f"{path}：上传为 Gradescope 作业的 Autograder。里面有参考解和隐藏检查，不要给学生。",
        f"{path}: upload it as the autograder of the assignment. It holds the solutions and the "
        "hidden checks: give it to no student.",
    )
    click.echo(said.pick(settings.lang))


@click.command(cls=help_zh.Command)
@options.rubric
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@options.lang
def github(rubric: Path | None, out: Path, lang: str | None) -> None:
    """Make the files that run the public checks on GitHub.

    \b
    OUT/student/      a workflow, to lay over the repository that students start from
    OUT/classroom50/  autograder.py and its tests, for Classroom 50
    Both show a table with reasons. Hidden checks stay with the course.
    """
    options.in_a_checkout()
    settings = Settings.resolve({"rubric": rubric, "lang": lang})
    from grader.authoring import github_files, lab_folder
    from grader.scoring import rubric as rubrics

    lab = lab_folder.build(rubrics.load(settings.rubric))
    github_files.write(github_files.build(lab), out)
    click.echo(str(out))
