"""Run the suites for one submission and gather exactly one outcome for every check."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from typing import Self

from grader import __version__
from grader.core.closing import Closing
from grader.core.model import (
    CheckResult,
    Environment,
    Evidence,
    GradeReport,
    Outcome,
    Submission,
    Tidiness,
)
from grader.core.settings import Secret, Settings
from grader.diagnosis import settled
from grader.isolation.reading import HandInReader
from grader.isolation.servers import Servers
from grader.judging.evidence import gather
from grader.judging.newer_python import newer
from grader.judging.not_run import counted, passed, without_run
from grader.judging.second_run import for_staff, is_better, is_worthwhile, notice
from grader.judging.side_by_side import run_side_by_side
from grader.judging.suite_run import Record, SuiteRun
from grader.judging.trusted import TrustedRunners
from grader.parts.checks import CheckInfo, checks_of
from grader.parts.registry import spec_of, specs
from grader.records.keys import evidence_key, limits_of, part_key
from grader.records.store import PartRun, Store
from grader.scoring.rubric import Rubric
from grader.scoring.score import build_report
from kit.text import Text


class Judge(Closing):
    """Grades submissions one after another with the same warm fork servers.

    `servers` may already run; the judge closes them in any case. `parts` replaces the parts of the
    rubric for callers that want outcomes and no marks (:meth:`outcomes`). `lanes` is how many parts
    of a submission may run at a time.
    """

    def __init__(
        self,
        settings: Settings,
        rubric: Rubric,
        secret: Secret,
        servers: Servers | None = None,
        parts: tuple[str, ...] | None = None,
        trusted: TrustedRunners | None = None,
        lanes: int = 1,
    ) -> None:
        # The command line starts them before it imports this module: torch loads in parallel.
        self._servers = servers or Servers(settings)
        self._settings = settings
        self._rubric = rubric
        self._secret = secret
        self._lanes = lanes
        self._parts = rubric.parts() if parts is None else parts
        self._checks, self._left_out = checks_of(self._parts), dict[str, CheckResult]()
        if parts is None:
            self._checks, self._left_out = counted(self._checks, rubric)
        self.needs_torch = not all(spec_of(part).in_process for part in self._parts)
        """Whether a part that is graded needs the servers that import torch."""
        self.reader = HandInReader(lambda: self._servers.ready("reader"))
        """Reads hand-ins, in workers of its own."""
        self._trusted = trusted or TrustedRunners(self._servers)
        self.compute_s: dict[str, float] = {}
        """CPU seconds of the last submission's own code, by probe; for benchmarks."""

    def start(self) -> Self:
        """Start the servers that the rubric needs. They go on importing in the background.

        In the order in which they are needed: the parts that need NumPy alone are graded while the
        last server still imports torch.
        """
        self._servers.start("reader")
        self._servers.start("numpy")
        if self.needs_torch:
            self._servers.start("torch")
        return self

    def close(self) -> None:
        """End the workers with the solutions and the mutants, then the servers."""
        self._trusted.close()
        self._servers.close()

    def __enter__(self) -> Self:
        return self.start()

    # ------------------------------------------------------------ grading

    @property
    def checks(self) -> tuple[CheckInfo, ...]:
        """Every check that a grading runs, including those that give advice only."""
        return self._checks

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts whose checks the rubric marks."""
        return self._parts

    @property
    def fixed(self) -> tuple[str, ...]:
        """What marks depend on besides code and machine: limits and the course's secret."""
        return limits_of(self._settings), self._secret.fingerprint

    def torch_threads(self) -> int:
        """How many threads torch uses for one operation in a worker."""
        part, asked = next(
            (spec.id, spec.self_check.thread_count)
            for spec in specs()
            if spec.self_check.thread_count is not None
        )
        runner = self._trusted.on_torch(part, asked.source)
        try:
            return int(runner.call(asked.probe, dict(asked.arguments))[asked.entry])
        finally:
            runner.close()

    def grade(
        self,
        submission: Submission,
        store: Store,
        on_result: Callable[[CheckResult], None] = lambda _: None,
        *,
        again: bool = False,
    ) -> GradeReport:
        """Run every check that the store has no outcome of; store each outcome as the check ends.

        `on_result` is called once per result of the first run of each part, unless the submission
        could not be opened. `again` runs every check, whatever the store holds.
        """
        start = time.perf_counter()
        # First, because it is part of the keys by which stored outcomes are found.
        environment = self.environment()
        version = newer(submission, self.reader)
        submission, loaded = version.submission, version.loaded

        def record(result: CheckResult) -> CheckResult:
            result = version.result(result)
            if submission.refusal is None:
                on_result(result)
            return result

        # Asked for while parts run side by side, else at the end.
        evidence = cache(lambda: self._evidence(submission, environment, store, again))
        runs = self._attempt(
            loaded, self._parts, store, environment, again, record, meanwhile=evidence
        )
        others = {
            part: other
            for part in self._parts
            if (other := loaded.again(part)) is not None
            and is_worthwhile(part, runs[part].done, self._rubric)
        }
        second: dict[str, PartRun] = {}
        if others:
            other = replace(
                loaded, readings=loaded.readings | {p: s.readings[p] for p, s in others.items()}
            )
            second = self._attempt(
                other, tuple(others), store, environment, again, version.result, second=True
            )
        runs, notices = self._counting(submission, runs, second)
        done = {id: result for run in runs.values() for id, result in run.done.items()}
        if submission.refusal is None:
            lines = self.reader.layer_lines
            notices += [n for part in self._parts for n in spec_of(part).notices(submission, lines)]
        return build_report(
            submission,
            (done[check.id] for check in self._checks),
            self._rubric,
            environment=environment,
            secret_fingerprint=self._secret.fingerprint,
            grader_version=__version__,
            # Parts that share a file have the same notices.
            notices=tuple(dict.fromkeys(notices)),
            seconds=time.perf_counter() - start,
            evidence=evidence(),
            runs=tuple(run.id for run in runs.values()),
        )

    def _counting(
        self, submission: Submission, first: dict[str, PartRun], second: dict[str, PartRun]
    ) -> tuple[dict[str, PartRun], list[Text]]:
        """Of each part the run that counts, and what students read of both."""
        runs: dict[str, PartRun] = {}
        notices: list[Text] = []
        for part, run in first.items():
            notices += run.notices
            counts = part in second and is_better(second[part].done, run.done, self._rubric)
            said = notice(
                part,
                submission,
                ran=part in second,
                counts=counts,
                full=all(r.outcome is Outcome.PASSED for r in run.done.values()),
            )
            notices += [said] if said is not None and submission.refusal is None else []
            if counts:
                notices += second[part].notices
            runs[part] = second[part] if counts else run
        return runs, notices

    def _attempt(
        self,
        submission: Submission,
        parts: tuple[str, ...],
        store: Store,
        environment: Environment,
        again: bool,
        counted: Callable[[CheckResult], CheckResult],
        *,
        second: bool = False,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> dict[str, PartRun]:
        """One run of `parts`, each loaded by the reading of `submission`; all results are stored.

        `counted` makes of a result the one that counts. In the `second` run what loading says is
        for staff: its worker came after others that have seen hidden inputs.
        """
        runs = {
            part: store.open_run(
                part_key(
                    part,
                    self._rubric.contracts.get(part, ""),
                    submission,
                    environment,
                    self._settings,
                    self._secret_for(submission),
                    second=second,
                ),
                again=again,
            )
            for part in parts
        }
        done = {id: result for run in runs.values() for id, result in run.done.items()}
        checks = [check for check in self._checks if check.part in runs]

        def record(result: CheckResult, notices: Collection[Text] = ()) -> None:
            if second:
                first = not runs[result.part].done
                result, notices = for_staff(result, notices, first=first)
            done[result.id] = runs[result.part].record(counted(result), notices)

        if submission.refusal is None and any(check.id not in done for check in checks):
            # Copies: `record` adds to `done` while the plugin reads what earlier runs decided.
            known = done | self._left_out
            others = {c.id: passed(c) for c in self._checks if c.part not in runs}
            seen = frozenset(parts if second else ())
            self._run(submission, known | others, record, seen, meanwhile)
        # What pytest left out gets a result too: no check may drop out of the total.
        for check in checks:
            if check.id not in done:
                record(without_run(check, submission))
        for run in runs.values():
            run.finish(settled(run.done.values()))  # so every page says the same of a cause
        return runs

    def outcomes(self, submission: Submission, ids: Collection[str]) -> dict[str, CheckResult]:
        """The results of the checks `ids`; all others count as passed, and nothing is stored."""
        # As passed, so that a check that is not run does not block one that needs it.
        results: dict[str, CheckResult] = {}
        done = self._left_out | {c.id: passed(c) for c in self._checks if c.id not in ids}
        self._run(submission, done, lambda result, notices: results.update({result.id: result}))
        return results

    def of_parts(self, parts: tuple[str, ...]) -> Judge:
        """This judge for other `parts`, on the same warm servers; close only one of the two."""
        # Shared: otherwise each solution would be loaded, and asked everything, once more.
        return Judge(
            self._settings, self._rubric, self._secret, self._servers, parts, self._trusted
        )

    def of_rubric(self, rubric: Rubric) -> Judge:
        """This judge for another `rubric`, likewise."""
        return Judge(self._settings, rubric, self._secret, self._servers, None, self._trusted)

    def _run(
        self,
        submission: Submission,
        done: dict[str, CheckResult],
        record: Record,
        seen: frozenset[str] = frozenset(),
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """Run the suites under pytest; the student's code runs in workers."""
        run = SuiteRun(
            submission,
            self._settings,
            self._servers,
            self._trusted,
            self._secret_for(submission),
            self._rubric.contracts,
            done,
            seen,
        )
        wanted = {check.part for check in self._checks if check.id not in done}
        parts = tuple(part for part in self._parts if part in wanted)
        loaded = tuple(part for part in parts if part in submission.parts)
        if self._lanes == 1 or len(loaded) <= 1:
            self.compute_s = run.run(parts, record)
            return
        self.compute_s = run_side_by_side(run, loaded, self._lanes, record, meanwhile)
        # Of these there is no code: their checks end at once.
        run.run(tuple(part for part in parts if part not in loaded), record)

    def _secret_for(self, submission: Submission) -> Secret:
        """What the hidden inputs of a submission are drawn by."""
        if self._rubric.hidden_inputs == "submission":
            return self._secret.of_content(submission.sha256)
        return self._secret

    def _evidence(
        self, submission: Submission, environment: Environment, store: Store, again: bool
    ) -> Evidence | None:
        if submission.refusal is not None:
            # Nothing to lint, as in an empty hand-in: no points wait for a linter that never runs.
            return Evidence(Tidiness(0, 0, ()), None)
        key = evidence_key(submission, environment)
        known = None if again else store.evidence(key)
        if known is not None:
            return Evidence.from_json(known)
        found = gather(submission, self.reader)
        if found.tidiness is not None:  # None: the linter did not finish; try again next time
            store.keep_evidence(key, found.to_json())
        return found

    def environment(self) -> Environment:
        """The machine on which the marks are made; they depend on it."""
        numpy = self._servers.ready("numpy")
        # The version comes from the installed package: to ask the torch server would mean to wait
        # for its import, while the NumPy parts could already be graded.
        torch = version("torch") if self.needs_torch else ""
        tier: str = numpy.tier
        if self._settings.contained_by:
            tier = f"{tier} + {self._settings.contained_by}"
        return Environment(
            python=numpy.versions.python,
            numpy=numpy.versions.numpy,
            torch=torch,
            device=self._device(),
            isolation=tier,
        )

    def _device(self) -> str:
        """Where models are trained. Everything else runs on the CPU."""
        on_gpu = self.needs_torch and self._servers.for_training() == "torch gpu"
        return "cpu, cuda for the proof of learning" if on_gpu else "cpu"
