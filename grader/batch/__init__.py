"""A whole class: every hand-in below a folder, in parallel, so that nothing is lost.

The store is the only source of truth. What a killed run has committed stays, and the same
command finishes the rest; what has not changed since is not done again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .planning import ClassPlan, plan

if TYPE_CHECKING:
    from grader.core.model import Environment
    from grader.judging.judge import Judge

    from .running import Crew, Observer, Summary

__all__ = ["ClassPlan", "plan", "run"]


def run(
    plan: ClassPlan,
    observer: Observer,
    *,
    jobs: int | None = None,
    again: bool = False,
    ready: Callable[[Judge], None] = lambda judge: None,
    crew: Callable[[Environment], Crew] | None = None,
) -> Summary:
    """Grade what has changed, then write the gradebook and the page of the class.

    `ready` is called with a judge before anything is graded; it raises where this machine must
    not grade. `jobs` is the number of processes, by default one for each processor; `crew` names
    other processes, which must grade as the environment of this machine does.
    """
    from .running import Batch, default_jobs, environment  # the judge, which a dry run never needs

    here = environment(plan, ready)
    others = None if crew is None else crew(here)
    jobs = jobs or default_jobs()
    return Batch(plan, here, observer, jobs=jobs, again=again, crew=others).run()
