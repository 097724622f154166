"""How much of its time a worker has used: CPU time, and time in which it was blocked.

Time in which the worker was ready and other processes had the processors does not count. So a busy
machine takes nothing from a limit, and code that sleeps uses it up as code that computes does.
"""

from __future__ import annotations

import time
from typing import Final

from grader.sandbox import Worker

MOST_WAITING: Final = 10.0
"""After this many times the limit on the clock the limit counts as used, however busy the machine:
many threads together can wait longer than the clock has run."""

UNKNOWN_WAITING: Final = 4.0
"""Where the kernel does not say how long a process waited: the share of the clock's time that
counts is one in this many."""


class Meter:
    """What `worker` has used since the meter was made."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._start = time.monotonic()
        self._cpu_s = worker.cpu_s()
        self._waited_s = worker.waited_s()

    def cpu_s(self) -> float:
        """CPU seconds, of all threads."""
        return self._worker.cpu_s() - self._cpu_s

    def used_s(self) -> float:
        """Seconds that count: the larger of CPU time, and time less waiting for a processor."""
        passed_s = time.monotonic() - self._start
        waited_s = self._worker.waited_s()
        if waited_s is None:
            counted_s = passed_s / UNKNOWN_WAITING
        else:
            counted_s = passed_s - (waited_s - (self._waited_s or 0.0))
        return max(self.cpu_s(), counted_s, passed_s / MOST_WAITING)
