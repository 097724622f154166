"""Run the suites for one submission and gather exactly one outcome for every check."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from types import TracebackType
from typing import Self

import pytest

from grader import ROOT, __version__
from grader.checks import CheckInfo, catalogue, suite_files
from grader.evidence import gather
from grader.flags import PART, library_layers
from grader.mistakes import in_process
from grader.model import (
    CheckResult,
    Environment,
    Evidence,
    GradeReport,
    Outcome,
    Source,
    Submission,
)
from grader.plugin import GradingPlugin, Seats, no_part
from grader.reference import NUMPY_PARTS, solution_path
from grader.rubric import Rubric, validate_checks
from grader.scoring import build_report, status_of
from grader.seats import FallbackSeat, RememberingSeat, WorkerSeat
from grader.servers import Name, Servers
from grader.settings import Secret, Settings
from grader.store import GradingKey, Store
from kit.seat import Seat
from kit.text import Text


class Judge:
    """Grades submissions one after another with the same warm fork servers.

    `servers` may have been started before; the judge closes them either way.
    """

    def __init__(
        self,
        settings: Settings,
        rubric: Rubric,
        secret: Secret,
        servers: Servers | None = None,
    ) -> None:
        self._servers = servers or Servers(settings)
        self._settings = settings
        self._rubric = rubric
        self._secret = secret
        self._checks = catalogue(rubric.parts())
        validate_checks(rubric, [c.id for c in self._checks if not c.advice])
        self._needs_torch = bool(set(rubric.parts()) - NUMPY_PARTS)
        self._references: dict[str, RememberingSeat] = {}
        self.compute_s: dict[str, float] = {}
        """CPU seconds of the last submission's own code, by probe; for benchmarks."""

    def __enter__(self) -> Self:
        """Start the servers that the rubric needs."""
        self._servers.start("numpy")
        if self._needs_torch:
            self._servers.start("torch")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for seat in self._references.values():
            seat.close()
        self._servers.close()

    def _trusted(self, part: str, source: str | None) -> Seat:
        """A seat on the solution of `part`, or on a `source` made of it.

        NumPy runs in this process. What needs torch runs in a worker of its own, so that this
        process need not import torch; no student's code is ever beside it.
        """
        if source is not None:
            return in_process(part, source) if part in NUMPY_PARTS else self._on_torch(part, source)
        if part not in self._references:
            if part in NUMPY_PARTS:
                seat: Seat = in_process(part, None)
            else:
                seat = self._on_torch(part, solution_path(part).read_text("utf-8"))
            self._references[part] = RememberingSeat(seat)
        return self._references[part]

    def _on_torch(self, part: str, source: str) -> WorkerSeat:
        server = self._servers.ready("torch")
        return WorkerSeat(part, server, trusted_source(part, source), Settings())

    # ------------------------------------------------------------ grading

    @property
    def checks(self) -> tuple[CheckInfo, ...]:
        """Every check that a grading runs, advice among them."""
        return self._checks

    def grade(
        self,
        submission: Submission,
        store: Store,
        on_result: Callable[[CheckResult], None] = lambda _: None,
    ) -> GradeReport:
        """Run every check that is not yet decided; each outcome is committed as it ends."""
        start = time.perf_counter()
        environment = self._environment()
        grading = store.begin(self._key(submission, environment), submission.id)
        notices: list[Text] = []

        def record(result: CheckResult) -> None:
            grading.record(result)
            on_result(result)

        if submission.refusal is None:
            notices = self._run(submission, dict(grading.done), record)
            if PART in self._rubric.parts():
                notices += library_layers(submission)
        for check in self._checks:
            if check.id not in grading.done:
                record(self._without_run(check, submission))
        results = [grading.done[check.id] for check in self._checks]
        report = build_report(
            submission,
            results,
            self._rubric,
            environment=environment,
            secret_fingerprint=self._secret.fingerprint,
            grader_version=__version__,
            notices=tuple(notices),
            seconds=time.perf_counter() - start,
            evidence=self._evidence(submission),
        )
        grading.finish(status_of(submission, results))
        return report

    def _run(
        self,
        submission: Submission,
        done: dict[str, CheckResult],
        record: Callable[[CheckResult], None],
    ) -> list[Text]:
        """The suites under pytest, in this process; student code is in the workers."""
        opened: dict[tuple[str, str], WorkerSeat | FallbackSeat] = {}
        told: list[WorkerSeat] = []

        def worker(part: str, server: Name) -> WorkerSeat:
            seat = WorkerSeat(part, self._servers.ready(server), submission, self._settings)
            told.append(seat)
            return seat

        def lab(part: str, training: bool) -> Seat:
            server: Name = "numpy" if part in NUMPY_PARTS else "torch"
            if training and server == "torch":
                server = self._servers.for_training()
            if (part, server) not in opened:
                opened[part, server] = worker(part, server)
            return opened[part, server]

        def twin(part: str) -> Seat:
            key = (part, "twin")
            if key not in opened:
                opened[key] = FallbackSeat(
                    worker(part, "numpy"), lambda: worker(part, "torch again")
                )
            return opened[key]

        seats = Seats(lab, twin, self._trusted)
        plugin = GradingPlugin(
            submission, seats, self._secret, record, done, self._rubric.contracts
        )
        try:
            _pytest(self._rubric.parts(), plugin)
        finally:
            for seat in opened.values():
                seat.close()
        self.compute_s = {}
        for seat in told:
            for probe, seconds in seat.compute_s.items():
                self.compute_s[probe] = self.compute_s.get(probe, 0.0) + seconds
        return list(dict.fromkeys(n for seat in told for n in seat.notices))

    def _without_run(self, check: CheckInfo, submission: Submission) -> CheckResult:
        """The outcome of a check that did not run: there was nothing to run it on, or a fault."""
        if submission.refusal is not None:
            outcome, message = Outcome.MISSING, submission.refusal
        elif check.part not in submission.parts:
            outcome, message = Outcome.MISSING, no_part(check.part)
        else:
            outcome = Outcome.GRADER_ERROR
            message = Text(
                "这项检查没有运行，原因在评分程序，不在你的代码；请告诉助教",
                "this check did not run, by a fault of the grader and not of your code; please "
                "tell the course staff",
            )
        return CheckResult(
            id=check.id,
            part=check.part,
            visibility=check.visibility,
            title=check.title,
            outcome=outcome,
            message=message,
            advice=check.advice,
        )

    def _evidence(self, submission: Submission) -> Evidence | None:
        if submission.refusal is not None:
            return None
        return gather(submission, self._servers.ready("numpy"))

    def _environment(self) -> Environment:
        numpy = self._servers.ready("numpy")
        # Read off the installation: the torch server is still importing while NumPy is graded.
        torch = version("torch") if self._needs_torch else ""
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
        """Where models are trained; all else runs on the CPU."""
        on_gpu = self._needs_torch and self._servers.for_training() == "torch gpu"
        return "cpu, cuda for the proof of learning" if on_gpu else "cpu"

    def _key(self, submission: Submission, environment: Environment) -> GradingKey:
        return GradingKey(
            submission_sha256=submission.sha256,
            rubric_sha256=self._rubric.sha256,
            code_sha256=_code_sha256(),
            grader_version=__version__,
            secret_fingerprint=self._secret.fingerprint,
            environment=repr(environment),
            limits=repr(sorted(self._settings.limits().items())),
        )


def trusted_source(part: str, source: str) -> Submission:
    """A solution, or something made of it, in the form that a worker loads."""
    path = f"{part}.py"
    return Submission(
        id="reference",
        sha256="",
        sources=(Source(path, (source,), "utf-8"),),
        parts={part: (path,)},
    )


def _pytest(parts: tuple[str, ...], plugin: GradingPlugin) -> None:
    """Run the suites of `parts` silently. Configuration comes from here alone."""
    files = [str(file) for part in parts for file in suite_files(part)]
    arguments = [
        *files,
        "--noconftest",  # the students' seat is not the judge's
        "--import-mode=importlib",  # public and hidden suites of a part bear the same name
        f"--rootdir={ROOT}",
        f"--config-file={os.devnull}",
        "-p", "no:cacheprovider",
        "-p", "no:terminal",
        "-p", "no:faulthandler",
        "-p", "no:junitxml",
        "-p", "no:doctest",
        "-p", "no:unittest",
        "-p", "no:unraisableexception",  # collects garbage five times, 0.15 s
        "-p", "no:threadexception",
        "--capture=no",
    ]  # fmt: skip
    with _environ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"), _environ("PYTEST_ADDOPTS", None):
        if pytest.main(arguments, plugins=[plugin]) == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt  # pytest keeps it to itself; the grading goes on another time


@contextlib.contextmanager
def _environ(name: str, value: str | None):  # type: ignore[no-untyped-def]
    """Set or unset a variable for a while."""
    old = os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if old is not None:
            os.environ[name] = old


@cache
def _code_sha256() -> str:
    """One hash of everything here that can move a mark."""
    digest = hashlib.sha256()
    for folder in ("grader", "solutions", "starter/tests"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in (".py", ".yaml", ".npz"):
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0")
                digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()
