"""How far the limits on time lie above what right code needs: the table of ``docs/numbers.md``.

Run: ``python bench/limits.py [--only TEXT]``. Every solution and every right variant is graded.
Measured are the calls of each probe and the loads, and what each hand-in uses for a part in all. No
limit may be less than five times the largest of each. A short try is a limit on one activation of a
function; most of the slow probes call a function many times, so their calls are no measure of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import outcomes

from grader.core.settings import Settings
from grader.isolation.runner import WorkerRunner
from grader.isolation.session import WorkerSession
from grader.protocol.messages import Loaded

LEAST = 5.0

Row = tuple[str, str]  # what is measured, of which part or probe

MOST: dict[Row, tuple[float, str]] = {}
"""What is measured -> the largest value, and where it was found."""


def note(what: str, of: str, seconds: float, where: str) -> None:
    """Keep the largest value."""
    if seconds > MOST.get((what, of), (0.0, ""))[0]:
        MOST[what, of] = (seconds, where)


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
                note(what, f"{self.part}.{probe}", sum(used), self.hand_in)
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


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="hand-ins with this text")
    given = parser.parse_args()
    in_workers(given.only)
    settings = Settings()
    limits = {
        "call": settings.call_wall_s,
        "learning": settings.learning_wall_s,
        "load": settings.load_wall_s,
        "part": settings.part_wall_s,
    }
    least = float("inf")
    print("| limit | of | most | where | limit | times |\n|---|---|---|---|---|---|")
    for (what, of), (seconds, where) in sorted(MOST.items(), key=lambda row: -row[1][0]):
        limit = limits[what]
        # What trains at the top level of a file is stopped by the budget of CPU time.
        if what != "load" or seconds < 0.8 * settings.load_cpu_s:
            least = min(least, limit / seconds)
        print(f"| {what} | {of} | {seconds:.3f} | {where} | {limit:g} | {limit / seconds:.0f} |")
    print(f"least: {least:.1f} times (at least {LEAST:g})")
    return 0 if least >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
