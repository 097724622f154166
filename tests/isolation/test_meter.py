"""What counts of the time of a worker: what it computes and sleeps, not what it waits."""

from __future__ import annotations

from typing import Any

import pytest

from grader.isolation import meter
from grader.isolation.meter import Meter
from grader.sandbox.handle import Times


class Clocks:
    """A worker of which only the clocks are asked, and the clock on the wall."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, waited: float | None = 0.0) -> None:
        self.cpu, self.waited, self.wall = 7.0, waited, 1000.0
        monkeypatch.setattr(meter.time, "monotonic", lambda: self.wall)

    def cpu_s(self) -> float:
        return self.cpu

    def times(self) -> Times:
        return Times(self.cpu, self.waited)

    def meter(self) -> Meter:
        worker: Any = self
        return Meter(worker)


def test_computing_and_sleeping_count_and_waiting_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch, waited=50.0)
    made = clocks.meter()
    clocks.wall, clocks.cpu, clocks.waited = 1010.0, 9.0, 55.0
    assert made.used_s() == 5.0  # two of them computing, three asleep
    assert made.cpu_s() == 2.0


def test_threads_count_by_what_all_of_them_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch)
    made = clocks.meter()
    clocks.wall, clocks.cpu = 1002.0, 11.0
    assert made.used_s() == 4.0


def test_no_limit_lasts_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch)
    made = clocks.meter()
    clocks.wall, clocks.waited = 1100.0, 900.0  # of many threads together
    assert made.used_s() == 10.0


def test_a_kernel_that_does_not_say_how_long_a_process_waits_gives_more_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocks = Clocks(monkeypatch, waited=None)
    made = clocks.meter()
    clocks.wall, clocks.cpu = 1008.0, 8.0
    assert made.used_s() == 2.0
    clocks.cpu = 14.0
    assert made.used_s() == 7.0
