"""Which mutations of the solutions no check sees.

Every mutation of a part answers the part's own checks until one of them fails. All share one
pytest session, and one warm confined worker that holds no student's code.
"""

from __future__ import annotations

import atexit
import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache

import pytest

from grader.core.settings import Secret, Settings
from grader.diagnosis import Host, in_process
from grader.isolation.servers import Name, Servers
from grader.judging.plugin import GradingPlugin, Runners
from grader.judging.pytest_run import run_suites
from grader.judging.trusted import CachingRunner, trusted_source
from grader.mutation import Mutation, equivalents, mutations
from grader.parts.reference import solution_text
from grader.parts.registry import spec_of
from kit import learning
from kit.plugin import CheckPlugin, Ended
from kit.runner import Runner

CALL_CPU_S = 3.0
"""CPU seconds of one call of a mutant; the solution's proof of learning takes a third of it."""

LOST = (
    *("failed", "partial", "crashed", "timed_out", "out_of_memory", "over_limit"),
    *("missing", "not_attempted"),
)
"""Outcomes that cost points: the mutation was seen."""

CHUNK = 60
"""Mutations that one process takes at a time."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one mutation: the check that failed first, or none."""

    id: str
    killer: str  # "" for a survivor
    trouble: str = ""  # a fault of a check on the mutant's answers


@dataclass(eq=False)
class _Survey(GradingPlugin):
    """Runs the checks of one part on many mutations in one session."""

    part: str = ""
    host: Host | None = None
    other: Host | None = None
    todo: Sequence[Mutation] = ()
    fates: list[Fate] = field(default_factory=list)

    by_itself = True

    def __post_init__(self) -> None:
        self._source = ""
        self._kills: dict[str, Counter[str]] = defaultdict(Counter)
        super().__post_init__()

    def mutant(self, part: str, training: bool = False) -> Runner:
        """The mutation that is being asked."""
        assert self.host is not None
        return self.host.runner(self._source)

    def under_another_seed(self, part: str) -> Runner:
        """The same in an interpreter with another hash seed."""
        assert self.other is not None
        return self.other.runner(self._source)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """All checks on each mutation, until one fails."""
        checks = dict(_scored(session.items))
        for mutation in self.todo:
            self.fates.append(self._fate(mutation, checks))
        return True

    def _fate(self, mutation: Mutation, checks: dict[str, pytest.Item]) -> Fate:
        self._source = mutation.source
        kills = self._kills[mutation.function]
        # Outcomes of the mutation before must not block checks of this one.
        self.outcomes.clear()
        # The checks that saw other mutations of the function come first; training comes last.
        order = sorted(checks, key=lambda id: (id.endswith(f".{learning.CHECK}"), -kills[id]))
        trouble = ""
        for id in order:
            item = checks[id]
            item._initrequest()  # type: ignore[attr-defined]  # as before the first run
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            ended = self.ended[id]
            if ended.outcome in LOST:
                kills[id] += 1
                return Fate(mutation.id, id)
            if ended.outcome == "grader_error":
                # The real judge leaves such points to a person: they are lost to nobody.
                trouble += f"{id}: {ended.trouble}\n"
        return Fate(mutation.id, "", trouble)

    def record(self, ended: Ended) -> None:
        """Keep the outcome; nothing is explained."""
        self._witness = None
        CheckPlugin.record(self, ended)


def _scored(items: Iterable[pytest.Item]) -> Iterator[tuple[str, pytest.Item]]:
    """The checks that can cost points, with their ids."""
    for item in items:
        marker = item.get_closest_marker("check")
        if marker is not None and not marker.kwargs["advice"]:
            yield str(marker.args[0]), item


def fates(servers: Servers, part: str, secret: Secret, todo: Sequence[Mutation]) -> list[Fate]:
    """What becomes of the mutations `todo` of one part."""
    here = spec_of(part).in_process
    server: Name = "numpy" if here else "torch"
    solution = solution_text(part)
    with ExitStack() as closing:
        host = Host(part, lambda: servers.ready(server), CALL_CPU_S)
        # A server with another hash seed, for checks that compare two orders.
        other = Host(part, lambda: servers.ready("torch again"), CALL_CPU_S)
        # A worker of its own, so that no mutant can cost the reference an answer.
        apart = Host(part, lambda: servers.ready(server))
        for each in (host, other, apart):
            closing.callback(each.close)
        # Asked once: every mutant is put the same questions.
        reference = CachingRunner(in_process(part, None) if here else apart.runner(solution))
        survey = _Survey(
            trusted_source(part, solution),
            Runners(_no_runner, _no_runner),
            secret,
            lambda result: None,
            part=part,
            host=host,
            other=other,
            todo=todo,
        )
        survey.runners = Runners(
            survey.mutant, survey.under_another_seed, lambda part, source: reference
        )
        run_suites((part,), survey)
        return survey.fates


def _no_runner(*_: object) -> Runner:
    raise AssertionError("replaced before any check runs")


# ---------------------------------------------------------------- many of them


def unexplained(part: str, found: Iterable[Fate]) -> list[Fate]:
    """Survivors that are not listed as equivalent."""
    return [f for f in found if not f.killer and f.id not in equivalents(part)]


def by_part(todo: Sequence[Mutation], key: str, jobs: int) -> Iterator[tuple[str, list[Fate]]]:
    """The fates of mutations of several parts, in processes side by side; chunk by chunk."""
    chunks: list[tuple[str, list[str]]] = []
    for part in dict.fromkeys(m.part for m in todo):
        ids = [m.id for m in todo if m.part == part]
        chunks += [(part, ids[i : i + CHUNK]) for i in range(0, len(ids), CHUNK)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context) as pool:
        running = {pool.submit(_chunk, part, ids, key): part for part, ids in chunks}
        for done in as_completed(running):
            yield running[done], done.result()


def _chunk(part: str, ids: list[str], key: str) -> list[Fate]:
    wanted = set(ids)
    todo = [m for m in mutations(part) if m.id in wanted]
    return fates(_servers(), part, Secret(key.encode()), todo)


@cache
def _servers() -> Servers:
    """This process's servers, which end with it."""
    servers = Servers(Settings())
    atexit.register(servers.close)
    return servers
