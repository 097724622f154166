"""One run of suites on one submission in this process: runners, pytest, results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from grader.core.model import CheckResult, Submission
from grader.core.settings import Secret, Settings
from grader.isolation.reading import HandInReader
from grader.isolation.servers import Servers
from grader.judging.plugin import GradingPlugin, Runners
from grader.judging.pool import RunnerPool
from grader.judging.pytest_run import run_suites
from grader.judging.trusted import TrustedRunners
from kit.text import Text

Record = Callable[[CheckResult, Collection[Text]], None]
"""Takes the result of a check as it ends, and what the part said when it was loaded."""


@dataclass(frozen=True)
class SuiteRun:
    """What the suites run on; `done` are the results of checks that are not run."""

    submission: Submission
    settings: Settings
    servers: Servers
    trusted: TrustedRunners
    secret: Secret
    contracts: Mapping[str, str]
    done: Mapping[str, CheckResult]
    seen: frozenset[str] = frozenset()
    """Parts whose hidden inputs an earlier worker has seen."""

    def run(
        self,
        parts: tuple[str, ...],
        record: Record,
        before_hidden: Callable[[], None] | None = None,
    ) -> dict[str, float]:
        """Run the suites of `parts`; returns the CPU seconds of the submission's code by probe.

        `before_hidden` is called before each hidden check, once the code of `parts` is loaded.
        """
        # A pool for one submission only, so that no worker ever holds the code of two students.
        pool = RunnerPool(self.submission, self.settings, self.servers)
        reader = HandInReader(lambda: self.servers.ready("reader"))
        runners = Runners(
            pool.runner,
            pool.other_hash_seed,
            self.trusted.runner,
            pool.spare,
            self.trusted.mutants,
            reader.functions,
            pool.stood_in,
        )

        def on_result(result: CheckResult) -> None:
            # Asked after the check, because a worker loads the code at its first call.
            record(result, pool.notices(result.part))

        def hidden_begins() -> None:
            if before_hidden is not None:
                # Not every run has a public check that has loaded it: they may be decided already.
                for part in parts:
                    pool.load(part)
                before_hidden()

        plugin = GradingPlugin(
            self.submission,
            runners,
            self.secret,
            on_result,
            dict(self.done),
            self.contracts,
            seen=self.seen,
            before_hidden=hidden_begins,
        )
        try:
            run_suites(parts, plugin)
        finally:
            pool.close()
        return pool.compute_s()
