"""What runs in a worker of the cluster: one grader with its own fork servers, for one course.

Dask calls :func:`hello` when the worker joins and :func:`answer` for each job. Both get the course,
so a worker that was started again needs no other call first.
"""

from __future__ import annotations

import atexit
import fcntl
import threading
import time
from pathlib import Path
from typing import Final

from distributed import get_worker

from grader.authoring import self_check
from grader.batch.work import Grader
from grader.core.errors import GraderError, MachineError
from grader.core.settings import Secret, Settings
from grader.judging.judge import Judge

from . import words
from .course import Course, Credentials, Reply

TOLD_EVERY_S: Final = 0.5
"""A worker sends its outcomes in batches, so that the scheduler has few messages to pass on."""


class _Seat:
    """The grader of this process."""

    def __init__(self, course: bytes) -> None:
        self.course = course
        settings, rubric = Course.decode(course).here()
        # `Secret.load` would make a secret, and a worker with another one could only be refused.
        if not settings.secret_file.is_file():
            raise MachineError(words.NO_SECRET.format(path=settings.secret_file))
        secret = Secret.load(settings.secret_file)
        self._topic = ""
        self._heap: list[bytes] = []
        self._told_at = 0.0
        self._grader = Grader(settings, rubric, secret, self._tell)
        try:
            self.credentials = Credentials.of(self._grader.judge.environment(), secret.fingerprint)
            if settings.self_check:
                _ensure_self_check(self._grader.judge, settings)
        except BaseException:
            self._grader.close()
            raise

    def close(self) -> None:
        self._grader.close()

    def end_servers(self) -> None:
        self._grader.judge.close()

    def answer(self, topic: str, job: bytes) -> bytes:
        self._topic, self._heap, self._told_at = topic, [], 0.0
        graded = self._grader.answer(job)
        return Reply(self.credentials).encode(graded)

    def _tell(self, message: bytes) -> None:
        self._heap.append(message)
        # The first at once: it says that the job has begun. The last come with the answer.
        if time.monotonic() - self._told_at > TOLD_EVERY_S:
            get_worker().log_event(self._topic, self._heap)
            self._heap, self._told_at = [], time.monotonic()


def _ensure_self_check(judge: Judge, settings: Settings) -> None:
    """Check this machine once, though several workers start at once on it."""
    path = settings.self_check_file
    path.parent.mkdir(parents=True, exist_ok=True)
    # The lock ends with the process, so a worker that is killed meanwhile blocks nobody.
    with Path(f"{path}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not self_check.passed(judge, path):
            self_check.ensure(judge, path)


_lock = threading.Lock()
_seat: _Seat | None = None


def _seated(course: bytes) -> _Seat:
    global _seat
    if _seat is None or _seat.course != course:
        _close()
        _seat = _Seat(course)
    return _seat


def _close() -> None:
    global _seat
    if _seat is not None:
        _seat.close()
        _seat = None


def _end_servers() -> None:
    """At the end of the process, in whichever thread that is."""
    if _seat is not None:
        _seat.end_servers()


atexit.register(_end_servers)


def hello(course: bytes) -> bytes:
    """Who this worker is, or why it cannot grade."""
    with _lock:
        try:
            return Reply(_seated(course).credentials).encode()
        except GraderError as error:
            return Reply(refusal=error.text).encode()


def answer(course: bytes, topic: str, job: bytes) -> bytes:
    """Grade one hand-in; what is known before the answer goes to `topic`."""
    with _lock:
        return _seated(course).answer(topic, job)
