"""Hand jobs to an Executor a few at a time, and lose none of them when a process dies.

Any :class:`concurrent.futures.Executor` will do. Only as many jobs are under way as keep it
busy, so that the memory of this process does not grow with the class.
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
"""Jobs under way for each process: one that runs, one that waits."""

_DIED = Text(
    "评分进程在评这份作业时两次意外终止（可能是内存不足）。请看系统日志，再单独重评这一份。",
    "The grading process died twice on this hand-in, perhaps for want of memory. See the "
    "system's log, and grade this one by itself.",
)


class Pool:
    """An executor that is made anew when one of its processes dies."""

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
        self._under_way: dict[Future[Graded | None], Job] = {}
        self.stopping = False

    def close(self) -> None:
        """Wait for what is under way and end the processes."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def stop(self) -> None:
        """Start nothing more; what has begun still ends."""
        self.stopping = True
        for future in list(self._under_way):
            future.cancel()

    def run(self, jobs: Iterable[Job]) -> Iterator[Graded]:
        """Every job's answer, in the order in which they end; none for those not begun."""
        waiting = iter(jobs)
        suspects: deque[Job] = deque()
        under_way = self._under_way = {}
        while True:
            while not self.stopping and not suspects and len(under_way) < self._width * AHEAD:
                job = next(waiting, None)
                if job is None:
                    break
                if not self._submit(job):
                    suspects.append(job)
            if not under_way:
                if self.stopping or not suspects:
                    return
                # A process died with these in hand. One at a time, the culprit is found, and
                # the others are not blamed for it.
                if (answer := self._alone(suspects.popleft())) is not None:
                    yield answer
                continue
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                job = under_way.pop(future)
                try:
                    answer = future.result()
                except CancelledError:
                    continue
                except BrokenExecutor:
                    suspects.append(job)
                    continue
                if answer is not None:
                    yield answer
            if suspects and not under_way:
                self._renew()

    def _submit(self, job: Job) -> bool:
        if self._executor is None:
            self._executor = self._make()
        try:
            self._under_way[self._executor.submit(self._work, job)] = job
        except BrokenExecutor:
            return False
        return True

    def _alone(self, job: Job) -> Graded | None:
        if self._executor is None:
            self._executor = self._make()
        try:
            return self._executor.submit(self._work, job).result()
        except BrokenExecutor:
            self._renew()
            return faulty(job.id, _DIED)

    def _renew(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = None
