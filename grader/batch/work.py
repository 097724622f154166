"""The work of one process of the pool: a hand-in's content in, its pages and mark out.

A job and its answer carry content, not paths, so the pool could run on a cluster. Outcomes are
committed to the store as each check ends.
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import signal
import time
import traceback
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from grader.core.errors import GraderError, MachineError
from grader.core.materials import Material
from grader.core.model import GradeReport, Status, Submission
from grader.core.settings import Secret, Settings
from grader.core.watchdog import end_with_parent
from grader.feedback import ERROR
from grader.judging.judge import Judge
from grader.marking.pages import Lateness, pages
from grader.records import kept_report
from grader.records.marks import Marks
from grader.records.present_marks import PresentMarks
from grader.records.store import Store
from grader.scoring.rubric import Rubric
from kit.text import Text


@dataclass(frozen=True, slots=True)
class Job:
    """One hand-in to be graded."""

    id: str
    files: tuple[tuple[str, bytes], ...]  # as handed in: names and bytes
    again: bool = False  # run every check, also those with a stored result
    submitted_at: datetime | None = None
    late: bool | None = None  # what the platform says
    student_ids: tuple[str, ...] = ()  # of those who handed it in
    people: tuple[str, ...] = ()  # their names and student ids, for staff


@dataclass(frozen=True, slots=True)
class Graded:
    """One hand-in after grading."""

    id: str
    submission_sha256: str
    status: Status
    marks: Marks
    pages: dict[str, str]  # name below OUT/<id>/ -> content
    seconds: float
    compute_s: float  # CPU time of the student's own code
    cpu_s: float = 0.0  # that and this process's own CPU time
    fault: Text | None = None  # why there is no mark
    late: Text | None = None  # what the late policy takes, as the page says it
    kept: dict[str, Any] | None = None  # what the pages can be made from again
    report: bytes | None = None  # the PDF as it was handed in
    materials: tuple[Material, ...] = ()


class Stop(Protocol):
    """A flag that all processes see, without a lock, which a killed process would never release."""

    value: Any


class Grader:
    """A judge and its store, which grade one submission after another."""

    def __init__(self, settings: Settings, rubric: Rubric, secret: Secret, store: Path) -> None:
        self._settings = settings
        self._rubric = rubric
        self._secret = secret
        self._store = Store(store)
        self._judge = self._start()

    def close(self) -> None:
        """End the fork servers and close the store."""
        self._judge.close()
        self._store.close()

    def _start(self) -> Judge:
        return Judge(self._settings, self._rubric, self._secret).start()

    def grade(self, job: Job) -> Graded:
        """Grade one hand-in; whatever goes wrong becomes a fault in the answer.

        A fault of the grader is tried once more, with new servers.
        """
        start, used = time.perf_counter(), time.process_time()
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
        # Read again for each: people may be marking while the class is graded.
        people = PresentMarks.load(self._store.path.parent, self._rubric, hand_in=job.id)
        compute_s = sum(self._judge.compute_s.values())
        return Graded(
            id=report.submission.id,
            submission_sha256=report.submission.sha256,
            status=report.status,
            marks=Marks.of(report),
            pages=pages(
                report,
                self._rubric,
                people.of_hand_in(job.id, report.submission.sha256),
                published=people.published,
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
        )


def _fault(job: Job, error: Exception, seconds: float) -> Graded:
    """No mark, and why: a sentence for the summary, a traceback for the maintainer."""
    if isinstance(error, GraderError):
        why = error.text
    else:
        why = Text(*[f"{type(error).__name__}: {error}"] * 2)
    return faulty(job.id, why, "".join(traceback.format_exception(error)), seconds)


def faulty(id: str, why: Text, trace: str = "", seconds: float = 0.0) -> Graded:
    """A hand-in that the grader could not grade."""
    return Graded(
        id=id,
        submission_sha256="",
        status=Status.GRADER_ERROR,
        marks=Marks(fault=why),
        pages={ERROR: f"{why.zh}\n{why.en}\n\n{trace}"},
        seconds=seconds,
        compute_s=0.0,
        fault=why,
    )


# ---------------------------------------------------------------- in a process of the pool

_grader: Grader | None = None
_stop: Stop | None = None


def set_up(
    settings: Settings, rubric: Rubric, fingerprint: str, store: Path, stop: Stop | None = None
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
    _grader = Grader(settings, rubric, secret, store)
    atexit.register(_grader.close)


def grade(job: Job) -> Graded | None:
    """Grade one hand-in in a process that :func:`set_up` made ready; None after a stop.

    The flag is needed because an executor cannot cancel jobs already queued for its processes.
    """
    if _stop is not None and _stop.value:
        return None
    assert _grader is not None
    return _grader.grade(job)
