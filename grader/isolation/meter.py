"""How much of its time a worker has used: CPU time, and time in which it was blocked.

Time in which the worker was ready and other processes had the processors does not count. So a busy
machine takes nothing from a limit, and code that sleeps uses it up as code that computes does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from grader.sandbox import Worker

MOST_WAITING: Final = 10.0
"""After this many times the limit on the clock the limit counts as used, however busy the machine:
many threads together can wait longer than the clock has run."""

UNKNOWN_WAITING: Final = 4.0
"""Where the kernel does not say how long a process waited: the share of the clock's time that
counts is one in this many."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a worker has used since its meter was made."""

    cpu_s: float
    counted_s: float
    """Seconds that count against a limit: :meth:`Meter.used_s`."""


class Meter:
    """What `worker` has used since the meter was made."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._start_s = time.monotonic()
        self._start = worker.times()

    def cpu_s(self) -> float:
        """CPU seconds, of all threads."""
        return self._worker.cpu_s() - self._start.cpu_s

    def used_s(self) -> float:
        """Seconds that count: the larger of CPU time, and time less waiting for a processor."""
        return self.used().counted_s

    def used(self) -> Used:
        """Both, of one reading of the clocks: each takes ten system calls."""
        passed_s = time.monotonic() - self._start_s
        now = self._worker.times()
        cpu_s = now.cpu_s - self._start.cpu_s
        if now.waited_s is None:
            awake_s = passed_s / UNKNOWN_WAITING
        else:
            awake_s = passed_s - (now.waited_s - (self._start.waited_s or 0.0))
        # Code that sleeps computes nothing, threads together compute more than the clock shows, and
        # waiting threads can hide all that has passed: so the largest of the three counts.
        return Used(cpu_s, max(cpu_s, awake_s, passed_s / MOST_WAITING))
