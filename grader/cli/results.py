"""The options of ``grader grade`` by which a platform that runs the grader gets its result."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from grader.core.model import GradeReport
    from grader.export.gradescope_metadata import Metadata
    from grader.marking.pages import Lateness
    from grader.scoring.rubric import Rubric

# Listed here, so that --help imports no writer; a test compares them with the registry.
PLATFORMS: Final = ("gradescope", "prairielearn", "submitty", "autolab")

STANDARD_OUTPUT: Final = Path("-")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The result that a platform asks for; without a platform, none."""

    platform: str | None = None
    to: Path | None = None
    metadata: Path | None = None

    @property
    def alone(self) -> bool:
        """Whether standard output is for the result and nothing else."""
        return self.platform is not None and self.to == STANDARD_OUTPUT

    def known(self) -> Metadata | None:
        """What the platform says of the submission; read before anything is graded."""
        if self.metadata is None:
            return None
        from grader.export import gradescope_metadata

        return gradescope_metadata.read(self.metadata)

    def write(
        self, report: GradeReport, rubric: Rubric, lateness: Lateness, folder: Path, lang: str
    ) -> None:
        """Write the result of what the student may read; MachineError where there is no mark."""
        if self.platform is None:
            return
        from grader.export import one_result
        from grader.feedback.atomic import write_text

        text = one_result.dumps(report, self.platform, lang, lateness.final(report, rubric))
        if self.alone:
            click.echo(text, nl=False)
        else:
            write_text(self.to or folder / f"results-{self.platform}.json", text)


def lateness_of(known: Metadata | None) -> Lateness:
    """What the late policy needs to know of it."""
    from grader.marking.pages import Lateness

    return Lateness() if known is None else Lateness(known.submitted_at, known.late, known.emails)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options, as one argument `wanted` of the command."""

    @functools.wraps(command)
    def run(
        *arguments: Any,
        results: str | None,
        to: Path | None,
        metadata: Path | None,
        **more: Any,
    ) -> Any:
        wanted = Wanted(results, to, metadata)
        if results is None and (to or metadata):
            raise click.UsageError("--to and --metadata belong to --results")
        if metadata is not None and results != "gradescope":
            raise click.UsageError("--metadata belongs to --results gradescope")
        if wanted.alone and more.get("as_json"):
            raise click.UsageError("--json and --to - both take standard output")
        return command(*arguments, wanted=wanted, **more)

    path = click.Path(path_type=Path)
    for option in (
        click.option("--metadata", type=path, help="Gradescope's submission_metadata.json."),
        click.option("--to", type=path, help="File to write. [in OUT]"),
        click.option("--results", type=click.Choice(PLATFORMS), help="Also write its result."),
    ):
        # The order is reversed, because each decorator puts its option in front.
        run = option(run)
    return run
