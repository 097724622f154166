"""Submit jobs to an Executor a few at a time, and lose none when a process dies.

Any :class:`concurrent.futures.Executor` works, here or on a cluster. Only as many jobs are
submitted as keep it busy, so the memory of this process does not grow with the class.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from queue import SimpleQueue

from grader.protocol.codec import WireError
from kit.text import Text

from .messages import Early, Graded, Job, decode_early, decode_graded, encode_job, faulty
from .work import Tell, grade

AHEAD = 2
"""Jobs submitted for each process: one that runs, one that waits."""

Answer = Future[bytes | None]


class JobDied(Exception):
    """Processes died again and again with this job, and no other job is to blame."""


_DIED = Text(
    "评分进程在评这份作业时两次意外终止（可能是内存不足）。请看系统日志，再单独重评这一份。",
    "The grading process died twice on this hand-in, perhaps because memory ran out. See the "
    "system's log, and grade this one by itself.",
)


_UNREADABLE = Text(
    "评分进程的答复无法读取（{error}）。请确认各进程的评分器版本相同，再运行同一命令。",
    "The answer of the grading process cannot be read ({error}). See that all processes run the "
    "same version of the grader, and run the same command again.",
)


class Pool:
    """An executor that is replaced when one of its processes dies.

    `make` gets what takes messages of the processes before their answers; `early` gets these
    messages, in this thread. `width` says how many processes there are now.
    """

    def __init__(
        self,
        make: Callable[[Tell], Executor],
        width: Callable[[], int],
        work: Callable[[bytes], bytes | None] = grade,
        early: Callable[[Early], None] = lambda early: None,
    ) -> None:
        self._make = make
        self._width = width
        self._work = work
        self._early = early
        self._executor: Executor | None = None
        self._running: dict[Answer, Job] = {}
        self._inbox: SimpleQueue[Answer | bytes] = SimpleQueue()
        self._repeated: deque[Job] = deque()
        self.stopping = False

    def close(self) -> None:
        """Wait for the running jobs and end the processes."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def stop(self) -> None:
        """Start no more jobs; those that run still end."""
        self.stopping = True
        for future in list(self._running):
            future.cancel()

    def repeat(self, job: Job) -> None:
        """Submit a job whose answer does not hold."""
        self._repeated.append(job)

    def run(self, jobs: Iterable[Job]) -> Iterator[Graded]:
        """The answer of each job that was started, in the order in which they end."""
        waiting = iter(jobs)
        suspects: deque[Job] = deque()
        running = self._running = {}
        broken = False
        while True:
            while not self.stopping and not suspects and len(running) < self._width() * AHEAD:
                job = self._repeated.popleft() if self._repeated else next(waiting, None)
                if job is None:
                    break
                if not self._submit(job):
                    suspects.append(job)
                    broken = True
            if broken and not running:
                # Only now: every other job of the broken executor has ended as well.
                self._discard()
                broken = False
            if not running:
                if self.stopping or not suspects:
                    return
                # A process died with these jobs. Run one at a time, only the job that kills its
                # process gets a fault; the others get their marks.
                if (answer := self._alone(suspects.popleft())) is not None:
                    yield answer
                continue
            ended = self._inbox.get()
            if isinstance(ended, bytes):
                self._told(ended)
                continue
            if (ended_job := running.pop(ended, None)) is None:
                continue  # of a job that ran alone
            try:
                answer = _read(ended_job, ended.result())
            except CancelledError:
                continue
            except BrokenExecutor:
                suspects.append(ended_job)
                broken = True
                continue
            except JobDied:
                answer = faulty(ended_job.id, _DIED)
            if answer is not None:
                yield answer

    def _told(self, message: bytes) -> None:
        # Only a copy of what the answer holds: one that cannot be read costs nothing.
        with suppress(WireError):
            self._early(decode_early(message))

    def _submit(self, job: Job) -> bool:
        try:
            future = self._executor_now().submit(self._work, encode_job(job))
        except BrokenExecutor:
            return False
        self._running[future] = job
        future.add_done_callback(self._inbox.put)
        return True

    def _alone(self, job: Job) -> Graded | None:
        try:
            return _read(job, self._executor_now().submit(self._work, encode_job(job)).result())
        except BrokenExecutor:
            self._discard()
            return faulty(job.id, _DIED)

    def _executor_now(self) -> Executor:
        if self._executor is None:
            self._executor = self._make(self._inbox.put)
        return self._executor

    def _discard(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = None


def _read(job: Job, answer: bytes | None) -> Graded | None:
    if answer is None:
        return None
    try:
        graded = decode_graded(answer)
        if graded.id != job.id:
            raise WireError(f"it is of {graded.id!r}")
        return graded
    except WireError as error:
        return faulty(job.id, _UNREADABLE.format(error=error))
