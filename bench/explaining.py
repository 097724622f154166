"""What explanations cost where nothing fits: CPU seconds of a check and of a hand-in.

Run ``PYTHONPATH=. python bench/explaining.py [--part P]``. Every function of a part is wrong in a
way that no mistake and no edit gives, so that all that may be tried is tried; the process
remembers nothing yet. Counted are this process and the worker with the mutants. The limits are
those of numbers (``grader/diagnosis``); a second a check and five a hand-in are what they keep.
"""

from __future__ import annotations

import argparse
import re
import time
from typing import Any

from grader.authoring.mutants import judging
from grader.diagnosis import Explainer, Host
from grader.judging.trusted import trusted_source
from grader.mutation import functions
from grader.parts.reference import solution_path
from kit.contracts import PARTS

MOST_CHECK_S = 1.0
MOST_S = 5.0

WRONG = """

def _off(value):
    import numpy as np
    if isinstance(value, tuple):
        return tuple(_off(v) for v in value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value + 0.37 * np.cos(1.7 * value) + 0.11
    if isinstance(value, float):
        return 1.37 * value + 0.11
    return value


def _wrong(function):
    def changed(*args, **kwargs):
        return _off(function(*args, **kwargs))

    changed.__wrapped__ = function
    return changed

"""


def spoilt(part: str) -> str:
    """The solution with every function of its blanks off by a curve."""
    lines = [WRONG]
    for name in functions(part):
        owner, _, method = name.rpartition(".")
        if owner:
            lines.append(f"{owner}.{method} = _wrong({owner}.{method})")
        else:
            lines.append(f"{name} = _wrong({name})")
    source = solution_path(part).read_text("utf-8")
    # The last one: some begin with another, and one has none.
    found = [match.start() for match in re.finditer(r"^if __name__", source, re.MULTILINE)]
    at = found[-1] if found else len(source)
    return source[:at] + "\n".join(lines) + "\n\n\n" + source[at:]


class Meter:
    """Adds up the CPU seconds of explanations, check by check."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._in_hosts = 0.0
        self._explain, self._call = Explainer.explain, Host.call
        meter = self

        def explain(explainer: Explainer, part: str, check: str, calls: Any) -> Any:
            start, hosts = time.process_time(), meter._in_hosts
            try:
                return meter._explain(explainer, part, check, calls)
            finally:
                own = time.process_time() - start
                meter.spent[check] = own + meter._in_hosts - hosts

        def call(host: Host, source: str, probe: str, arguments: dict[str, Any]) -> Any:
            session = host._session
            before = 0.0 if session is None else session.cpu_s()
            try:
                return meter._call(host, source, probe, arguments)
            finally:
                if host._session is not None and host._session is session:
                    meter._in_hosts += session.cpu_s() - before

        Explainer.explain, Host.call = explain, call  # type: ignore[method-assign,assignment]


def main() -> None:
    """Print a row for each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="append", choices=[p.id for p in PARTS])
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    meter = Meter()
    for part in given.part or [p.id for p in PARTS]:
        meter.spent.clear()
        with judging((part,)) as judge:
            ids = {c.id for c in judge.checks if c.part == part and not c.advice}
            ids = {id for id in ids if not id.endswith(".learning")}
            results = judge.outcomes(trusted_source(part, spoilt(part)), ids)
        failed = sum(r.outcome in ("failed", "partial") for r in results.values())
        slowest = max(meter.spent, key=lambda id: meter.spent[id], default="")
        most, whole = meter.spent.get(slowest, 0.0), sum(meter.spent.values())
        over = "" if most <= MOST_CHECK_S and whole <= MOST_S else "  OVER"
        print(
            f"{part:12s} {failed:3d} failed  {most:5.2f} s at most ({slowest})  "
            f"{whole:5.2f} s in all{over}",
            flush=True,
        )
        if given.verbose:
            for id, seconds in sorted(meter.spent.items(), key=lambda pair: -pair[1]):
                print(f"    {seconds:6.2f} {id}")


if __name__ == "__main__":
    main()
