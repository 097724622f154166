"""How far the limits on time lie above what right code needs: the table of ``docs/numbers.md``.

Run: ``python bench/limits.py [--only TEXT]``. Every solution and every right variant is graded.
Measured are the calls and the loads in workers, what each hand-in uses for a part in all, and how
long one activation of one of its functions takes (in this process, under a profiler, so too long).
No limit may be less than five times the largest of each.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import outcomes
from part_suites import run_suites  # type: ignore[import-not-found]

from grader.core.settings import Settings
from grader.isolation.part_time import PartTime
from grader.isolation.runner import WorkerRunner
from grader.isolation.session import WorkerSession
from grader.parts.reference import solution_path
from grader.protocol.messages import Loaded
from kit.contracts import BY_ID

LEAST = 5.0

Row = tuple[str, str]  # what is measured, of which part

MOST: dict[Row, tuple[float, str]] = {}
"""What is measured -> the largest value, and where it was found."""


def note(what: str, part: str, seconds: float, where: str) -> None:
    """Keep the largest value."""
    if seconds > MOST.get((what, part), (0.0, ""))[0]:
        MOST[what, part] = (seconds, where)


class Measured(WorkerRunner):
    """Notes what every call and every load of a submission uses."""

    hand_in = ""

    def _try(self, session: WorkerSession, probe: str, *args: Any, **options: Any) -> Any:
        used = [0.0]
        charge = self._time.charge
        self._time.charge = used.append  # type: ignore[method-assign,assignment]
        try:
            return super()._try(session, probe, *args, **options)
        finally:
            self._time.charge = charge  # type: ignore[method-assign]
            self._time.charge(sum(used))
            if self._submission.id != "reference" or self.hand_in.startswith("solution"):
                what = "learning" if self._time.trains(probe) else "call"
                note(what, self.part, sum(used), f"{self.hand_in}: {probe}")
                note("part", self.part, self._time._charged_s, self.hand_in)


class MeasuredSession(WorkerSession):
    """Notes what a load uses."""

    def load(self, request: Any, limit_s: float | None = None) -> Loaded:
        loaded = super().load(request, limit_s)
        note("load", request.part, self.meter.used_s(), Measured.hand_in)
        return loaded


def in_workers(only: str) -> None:
    """Grade everything that is right."""
    from grader.isolation import runner
    from grader.judging import pool

    vars(pool)["WorkerRunner"] = Measured
    vars(runner)["WorkerSession"] = MeasuredSession
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        grader = outcomes.Grader(Path(folder))
        try:
            for kind, name in outcomes.items():
                if kind in ("solution", "variant", "nndl") and only in name:
                    Measured.hand_in = f"{kind} {name}"
                    grader.grade(kind, name)
        finally:
            grader.close()


def in_this_process(only: str) -> None:
    """Run the suites on what is one Python file, and time each activation of its functions."""
    for part in BY_ID:
        folder = outcomes.VARIANTS / part
        files = sorted(folder.glob("*.py")) if folder.is_dir() else []
        for path in (solution_path(part), *files):
            if only in f"{part}/{path.name}":
                _activations(part, path)


def _activations(part: str, path: Path) -> None:
    starts: dict[FrameType, tuple[float, bool]] = {}
    training = [False]
    trains = BY_ID[part].trains

    def look(frame: FrameType, event: str, argument: object) -> None:
        name = frame.f_code.co_name
        if name in trains and "probes" in frame.f_code.co_filename:
            training[0] = event == "call"
        if frame.f_code.co_filename != f"{part}.py":
            return
        if event == "call":
            starts[frame] = (time.perf_counter(), training[0])
        elif event == "return" and frame in starts:
            begun, within = starts.pop(frame)
            what = "activation in training" if within else "activation"
            note(what, part, time.perf_counter() - begun, f"{path.name}: {name}")

    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "secret"
        secret.write_text("5e" * 32 + "\n", "ascii")
        secret.chmod(0o600)
        nowhere = open(os.devnull, "w")  # noqa: SIM115
        with nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            sys.setprofile(look)
            try:
                run_suites(part, path.read_text("utf-8"), secret)
            finally:
                sys.setprofile(None)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="hand-ins with this text")
    given = parser.parse_args()
    in_this_process(given.only)
    print(f"{len(MOST)} rows of activations", file=sys.stderr, flush=True)
    in_workers(given.only)
    settings = Settings()
    times = PartTime("numpy_rnn", settings)
    limits = {
        "call": settings.call_wall_s,
        "learning": settings.learning_wall_s,
        "load": settings.load_wall_s,
        "part": settings.part_wall_s,
        "activation": times.short_s("forward"),
        "activation in training": times.short_s("learn"),
    }
    least = float("inf")
    print("| what | part | most | where | limit | times |\n|---|---|---|---|---|---|")
    for what, limit in limits.items():
        for (measured, part), (seconds, where) in sorted(MOST.items()):
            if measured == what:
                times_s = limit / seconds
                least = min(least, times_s)
                print(f"| {what} | {part} | {seconds:.3f} | {where} | {limit:g} | {times_s:.0f} |")
    print(f"least: {least:.1f} times (at least {LEAST:g})")
    return 0 if least >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
