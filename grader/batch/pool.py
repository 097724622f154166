"""Submit jobs to an Executor a few at a time, and lose none when a process dies.

Any :class:`concurrent.futures.Executor` works. Only as many jobs are submitted as keep it busy,
so the memory of this process does not grow with the class.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)

from kit.text import Text

from .work import Graded, Job, faulty, grade

AHEAD = 2
"""Jobs submitted for each process: one that runs, one that waits."""

_DIED = Text(
    "评分进程在评这份作业时两次意外终止（可能是内存不足）。请看系统日志，再单独重评这一份。",
    "The grading process died twice on this hand-in, perhaps because memory ran out. See the "
    "system's log, and grade this one by itself.",
)


class Pool:
    """An executor that is replaced when one of its processes dies."""

    def __init__(
        self,
        make: Callable[[], Executor],
        width: int,
        work: Callable[[Job], Graded | None] = grade,
    ) -> None:
        self._make = make
        self._width = width
        self._work = work
        self._executor: Executor | None = None
        self._running: dict[Future[Graded | None], Job] = {}
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

    def run(self, jobs: Iterable[Job]) -> Iterator[Graded]:
        """The answer of each job that was started, in the order in which they end."""
        waiting = iter(jobs)
        suspects: deque[Job] = deque()
        running = self._running = {}
        while True:
            while not self.stopping and not suspects and len(running) < self._width * AHEAD:
                job = next(waiting, None)
                if job is None:
                    break
                if not self._submit(job):
                    suspects.append(job)
            if not running:
                if self.stopping or not suspects:
                    return
                # A process died with these jobs. Run one at a time, only the job that kills its
                # process gets a fault; the others get their marks.
                if (answer := self._alone(suspects.popleft())) is not None:
                    yield answer
                continue
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                job = running.pop(future)
                try:
                    answer = future.result()
                except CancelledError:
                    continue
                except BrokenExecutor:
                    suspects.append(job)
                    continue
                if answer is not None:
                    yield answer
            # Only now: every other job of the broken executor has ended as well.
            if suspects and not running:
                self._discard()

    def _submit(self, job: Job) -> bool:
        if self._executor is None:
            self._executor = self._make()
        try:
            self._running[self._executor.submit(self._work, job)] = job
        except BrokenExecutor:
            return False
        return True

    def _alone(self, job: Job) -> Graded | None:
        if self._executor is None:
            self._executor = self._make()
        try:
            return self._executor.submit(self._work, job).result()
        except BrokenExecutor:
            self._discard()
            return faulty(job.id, _DIED)

    def _discard(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = None
