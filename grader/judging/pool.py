"""The runners of one submission: opened where a check first asks for one, closed together."""

from __future__ import annotations

from dataclasses import replace

from grader.core.model import Submission
from grader.core.settings import Settings
from grader.isolation.part_time import PartTime
from grader.isolation.runner import NOT_FINAL, WorkerRunner
from grader.isolation.servers import Name, Servers
from grader.judging.trusted import FallbackRunner
from grader.parts.registry import spec_of
from kit.runner import Runner
from kit.text import Text

SPARE_CALL_S = 0.5
SPARE_PART_S = 1.5
"""Explanations that call the submission again are help, not marks: they may cost little."""


class RunnerPool:
    """A runner for each use of a part of the submission; each use has a worker of its own."""

    def __init__(self, submission: Submission, settings: Settings, servers: Servers) -> None:
        self._submission = submission
        self._settings = settings
        self._servers = servers
        self._of_checks: dict[tuple[str, Name], WorkerRunner] = {}
        self._other_hash_seed: dict[str, FallbackRunner] = {}
        self._spare: dict[str, WorkerRunner] = {}
        self._counted: list[WorkerRunner] = []
        self._time: dict[str, PartTime] = {}
        self._part = ""

    def runner(self, part: str, training: bool) -> Runner:
        """The runner of the checks of a part; one that trains may have a server with a GPU."""
        server = _server(part)
        if training and server == "torch":
            server = self._servers.for_training()
        # By server too: the proof of learning may run on another one than the other checks.
        key = (part, server)
        self._leave(part)
        if key not in self._of_checks:
            self._of_checks[key] = self._open(part, server)
        return self._of_checks[key]

    def load(self, part: str) -> None:
        """Load a part for its checks, if no worker has: what is said of loading is then known."""
        if not any(name == part for name, _ in self._of_checks):
            self.runner(part, training=False)
        next(r for (name, _), r in self._of_checks.items() if name == part).load()

    def other_hash_seed(self, part: str) -> Runner:
        """The part in an interpreter with another hash seed: an order that hashing decides differs.

        On the NumPy server at first, whose seed is not that of the torch servers and which forks
        sooner; where the part needs torch after all, on the second torch server.
        """
        self._leave(part)
        if part not in self._other_hash_seed:
            self._other_hash_seed[part] = FallbackRunner(
                self._open(part, "numpy"), lambda: self._open(part, "torch again")
            )
        return self._other_hash_seed[part]

    def spare(self, part: str) -> Runner:
        """One more runner of the part, for explanations; what it costs is not the student's."""
        if part not in self._spare:
            limited = replace(self._settings, call_wall_s=SPARE_CALL_S, part_wall_s=SPARE_PART_S)
            server = self._servers.ready(_server(part))
            # Not by `_open`: what explanations compute is not counted as the submission's work,
            # and where their time is used up they end.
            time = PartTime(part, limited, refuses=True)
            self._spare[part] = WorkerRunner(part, server, self._submission, limited, time)
        return self._spare[part]

    def notices(self, part: str) -> list[Text]:
        """What the first runner of the checks said when it loaded, and whether the tier limits.

        The other runners load the same files. What they would add comes from a server that the
        part is not made for (a missing torch, say), which the student need not know.
        """
        runners = [r for (name, _), r in self._of_checks.items() if name == part]
        # Of the first alone what loading said: before the others load, hidden inputs were sent.
        found = runners[0].notices if runners else []
        limited = any(runner.limited_by_tier for runner in runners)
        return [*found, *([NOT_FINAL] if limited else [])]

    def stood_in(self, part: str) -> tuple[str, ...]:
        """The modules that stand-ins replace, if a call of a check used one since the last asking.

        Which one it was, no worker says. They are those of the first load, as in :meth:`notices`.
        """
        counted = [runner for runner in self._counted if runner.part == part]
        used = any(runner.stood_in for runner in counted)
        for runner in counted:
            runner.stood_in = False
        first = next((r for (name, _), r in self._of_checks.items() if name == part), None)
        return first.replaced if used and first is not None else ()

    def compute_s(self) -> dict[str, float]:
        """CPU seconds of the submission's own code in checks, by probe."""
        found: dict[str, float] = {}
        for runner in self._counted:
            for probe, seconds in runner.compute_s.items():
                found[probe] = found.get(probe, 0.0) + seconds
        return found

    def _leave(self, part: str) -> None:
        """End the workers of every other part: they may have seen hidden inputs.

        So no worker that has seen any lives while the code of another part is loaded.
        """
        if self._part != part:
            self.close()
            self._part = part

    def close(self) -> None:
        """End every worker."""
        runners: list[Runner] = [*self._of_checks.values(), *self._other_hash_seed.values()]
        for runner in [*runners, *self._spare.values()]:
            runner.close()

    def _open(self, part: str, server: Name) -> WorkerRunner:
        ready = self._servers.ready(server)
        # One for all runners of the part: a function that hangs for one hangs for the others.
        time = self._time.setdefault(part, PartTime(part, self._settings))
        runner = WorkerRunner(part, ready, self._submission, self._settings, time)
        self._counted.append(runner)
        return runner


def _server(part: str) -> Name:
    return "numpy" if spec_of(part).in_process else "torch"
