"""``grader batch --cluster``: Dask is imported only where it is asked for."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from grader.core.errors import UsageError
from kit.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from grader.batch import ClassPlan
    from grader.batch.running import Crew
    from grader.core.model import Environment


def check(address: str | None, jobs: int | None) -> None:
    """Refuse what cannot be done, before anything is read."""
    if address is None:
        return
    from grader.cluster import words

    if jobs is not None:
        raise UsageError(words.JOBS)
    # The module is looked up and not imported: only a run on a cluster needs it.
    if importlib.util.find_spec("distributed") is None:
        raise UsageError(words.EXTRA)


@contextlib.contextmanager
def crew(
    plan: ClassPlan, address: str | None, console: Console, lang: str
) -> Iterator[Callable[[Environment], Crew] | None]:
    """The workers at `address`; None for the processes of this machine."""
    if address is None:
        yield None
        return
    from grader.cluster.starting import crew as cluster_crew

    def say(text: Text) -> None:
        console.print(text.pick(lang), markup=False, highlight=False, soft_wrap=True)

    with cluster_crew(plan, address, say) as made:
        yield made
