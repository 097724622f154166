"""The whole default suite for one correct submission, warm, on one core, and where its time goes.

Run: ``python bench/suite.py``. Everything is pinned to one processor: this process, the fork
servers and the workers. Medians of one run. The yardstick is the NumPy training alone, in this
process, between the gradings: it shows how fast the machine was meanwhile.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
from grading import RUNS, solution_zip

from grader import ROOT
from grader.core.settings import Secret, Settings
from grader.isolation.runner import WorkerRunner
from grader.isolation.servers import Servers
from grader.judging.judge import Judge
from grader.parts.reference import reference_runner
from grader.records.store import Store
from grader.sandbox import ForkServer
from grader.scoring.rubric import load
from parts.numpy_rnn.cases import rnn_learning_case

SPENT: dict[str, float] = {}


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, its time added to `name` unless a timed function called it."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        start, before = time.perf_counter(), sum(SPENT.values())
        try:
            return function(*args, **kwargs)
        finally:
            nested = sum(SPENT.values()) - before
            SPENT[name] = SPENT.get(name, 0.0) + time.perf_counter() - start - nested

    return call


def main() -> None:
    """Measure and print."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    ForkServer.spawn = timed("worker ready", ForkServer.spawn)  # type: ignore[method-assign]
    WorkerRunner._load = timed("loading", WorkerRunner._load)  # type: ignore[method-assign]
    WorkerRunner._try = timed("calls", WorkerRunner._try)  # type: ignore[method-assign]
    rows: list[dict[str, float]] = []
    bare = reference_runner("numpy_rnn")
    training = rnn_learning_case(np.random.default_rng(0))["inputs"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(rubric=ROOT / "rubric.yaml", out_dir=folder, lang="en")
        archive, servers = solution_zip(folder), Servers(settings)
        with Judge(settings, load(settings.rubric), Secret.load(folder / "s"), servers) as judge:
            servers.ready("torch")
            for run in range(RUNS + 1):
                SPENT.clear()
                with Store(folder / f"{run}.sqlite") as store:
                    start = time.perf_counter()
                    report = judge.grade(judge.reader.read(archive), store)
                    wall = time.perf_counter() - start
                yardstick = time.perf_counter()
                bare.call("learn", training)
                yardstick = time.perf_counter() - yardstick
                if run:  # the first also draws the hidden cases and warms the reference
                    learning = sum(
                        c.result.seconds
                        for c in report.score.checks
                        if c.result.id.endswith(".learning")
                    )
                    shares = dict(SPENT) | {"judge": wall - sum(SPENT.values())}
                    rows.append(
                        {"wall": wall, "of it learning": learning, "yardstick": yardstick} | shares
                    )
    goals = {"wall": "3.5", "of it learning": "2.4"}
    for key in rows[0]:
        goal = goals.get(key)
        value = statistics.median(row[key] for row in rows)
        print(f"{key:<16}{value:6.2f} s" + (f"   (goal: at most {goal})" if goal else ""))


if __name__ == "__main__":
    main()
