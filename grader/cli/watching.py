"""``grader batch --watch``: rounds over a class until Ctrl-C."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kit.text import Text

if TYPE_CHECKING:
    from grader.batch import ClassPlan
    from grader.core.errors import UsageError

_WAITING: Final = Text("等待新的作业；Ctrl-C 结束。", "Waiting for more; Ctrl-C ends.")
_ENDED: Final = Text("已结束。", "Ended.")


def follow(
    path: Path,
    plan: Callable[[], ClassPlan],
    grade_class: Callable[[ClassPlan], tuple[int, bool]],
    results: Path,
    lang: str,
) -> int:
    """Grade what arrives; the exit code of the last round, 0 where there was none."""
    from grader.batch import watching

    code = 0

    def grade(found: ClassPlan) -> bool:
        nonlocal code
        code, stopped = grade_class(found)
        if not stopped:
            click.echo(_WAITING.pick(lang))
        return not stopped

    # An error of usage does not end the watch: an empty folder may still fill.
    def refused(error: UsageError) -> None:
        click.echo(error.text.pick(lang), err=True)
        click.echo(_WAITING.pick(lang))

    # Between two rounds: everything that was graded is kept.
    with contextlib.suppress(KeyboardInterrupt):
        watching.watch(path, plan, grade, refused, results=results)
    click.echo(_ENDED.pick(lang))
    return code
