"""The work of one process of the pool: a job's bytes in, an answer's bytes out.

This process sends each outcome as its check ends, and all of them again with the answer. It writes
no file of the results.
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from grader.core.errors import GraderError, MachineError
from grader.core.model import GradeReport, Status, Submission
from grader.core.settings import Secret, Settings
from grader.core.watchdog import end_with_parent
from grader.judging.judge import Judge
from grader.marking.pages import Lateness, pages
from grader.records import kept_report
from grader.records.carrying import CarriedOutcome
from grader.records.marks import Marks
from grader.records.present_marks import HandMarks
from grader.records.store import PartKey
from grader.scoring.rubric import Rubric
from kit.text import Text

from .local_store import LocalStore
from .messages import (
    Early,
    Graded,
    Job,
    decode_job,
    encode_early,
    encode_graded,
    faulty,
)

Tell = Callable[[bytes], None]
"""Takes what is said before the answer."""


class Stop(Protocol):
    """A flag that all processes see, without a lock, which a killed process would never release."""

    value: Any


class Grader:
    """A judge and its store, which grade one submission after another."""

    def __init__(self, settings: Settings, rubric: Rubric, secret: Secret, tell: Tell) -> None:
        self._settings = settings
        self._rubric = rubric
        self._secret = secret
        self._tell = tell
        self._store = LocalStore(self._outcome)
        self._job = ""
        self._judge = self._start()

    @property
    def judge(self) -> Judge:
        """Who grades now; after a fault of the grader it is another one."""
        return self._judge

    def close(self) -> None:
        """End the fork servers and close the store."""
        self._judge.close()
        self._store.close()

    def _start(self) -> Judge:
        return Judge(self._settings, self._rubric, self._secret).start()

    def _outcome(self, key: PartKey, outcome: CarriedOutcome) -> None:
        self._tell(encode_early(Early(self._job, key, (outcome,))))

    def answer(self, data: bytes) -> bytes:
        """Grade the job of some bytes; the answer's bytes."""
        return encode_graded(self.grade(decode_job(data)))

    def grade(self, job: Job) -> Graded:
        """Grade one hand-in; whatever goes wrong becomes a fault in the answer.

        A fault of the grader is tried once more, with new servers.
        """
        start, used = time.perf_counter(), time.process_time()
        self._job = job.id
        self._tell(encode_early(Early(job.id)))
        self._store.begin(job)
        try:
            report = self._report(job)
        except Exception as error:
            return _fault(job, error, time.perf_counter() - start)
        return self._graded(job, report, time.perf_counter() - start, time.process_time() - used)

    def _report(self, job: Job) -> GradeReport:
        with contextlib.suppress(Exception):
            report = self._judge.grade(self._read(job), self._store, again=job.again)
            if report.status is not Status.GRADER_ERROR:
                return report
        self._judge.close()
        self._judge = self._start()
        # Not again: what the first try committed counts, and only faults run once more.
        return self._judge.grade(self._read(job), self._store)

    def _read(self, job: Job) -> Submission:
        return self._judge.reader.read_files(dict(job.files), id=job.id)

    def _graded(self, job: Job, report: GradeReport, seconds: float, own_cpu_s: float) -> Graded:
        lateness = Lateness(job.submitted_at, job.late, job.student_ids)
        compute_s = sum(self._judge.compute_s.values())
        places = self._store.places()
        report = replace(report, runs=tuple(places[run] for run in report.runs))
        return Graded(
            id=report.submission.id,
            submission_sha256=report.submission.sha256,
            status=report.status,
            marks=Marks.of(report),
            # Without what people gave: it is where the marks are kept.
            pages=pages(
                report,
                self._rubric,
                HandMarks(),
                published=False,
                lateness=lateness,
                lang=self._settings.lang,
                people=job.people,
            ),
            seconds=seconds,
            compute_s=compute_s,
            cpu_s=own_cpu_s + compute_s,
            late=lateness.notice(report, self._rubric),
            kept=kept_report.keep(report),
            report=None if report.submission.pdf is None else report.submission.pdf.data,
            materials=report.submission.materials,
            runs=self._store.runs_made(),
            evidence=self._store.evidence_made(),
        )


def _fault(job: Job, error: Exception, seconds: float) -> Graded:
    """No mark, and why: a sentence for the summary, a traceback for the maintainer."""
    if isinstance(error, GraderError):
        why = error.text
    else:
        why = Text(*[f"{type(error).__name__}: {error}"] * 2)
    return faulty(job.id, why, "".join(traceback.format_exception(error)), seconds)


# ---------------------------------------------------------------- in a process of the pool

_grader: Grader | None = None
_stop: Stop | None = None


def set_up(
    settings: Settings,
    rubric: Rubric,
    fingerprint: str,
    tell: Tell,
    stop: Stop | None = None,
) -> None:
    """Make this process ready for :func:`grade`; it ends when its parent does.

    The secret is not sent between processes: each reads it and compares the fingerprint.
    MachineError where it has changed.
    """
    global _grader, _stop
    _stop = stop
    end_with_parent()
    if multiprocessing.parent_process() is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    secret = Secret.load(settings.secret_file)
    if secret.fingerprint != fingerprint:
        raise MachineError(
            Text(
                f"课程密钥 {settings.secret_file} 在评分过程中改变了。请恢复它再运行。",
                f"The course secret {settings.secret_file} changed while grading. Restore it and "
                "run again.",
            )
        )
    _grader = Grader(settings, rubric, secret, tell)
    atexit.register(_grader.close)


def grade(job: bytes) -> bytes | None:
    """Grade one hand-in in a process that :func:`set_up` made ready; None after a stop.

    The flag is needed because an executor cannot cancel jobs already queued for its processes.
    """
    if _stop is not None and _stop.value:
        return None
    assert _grader is not None
    return _grader.answer(job)
