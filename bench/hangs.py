"""What a function that does not end costs: every part x every function of its contract x how.

Run: ``python bench/hangs.py [--part PART] [--function NAME] [--all] [--load N]``. A function
computes for ever or sleeps; or it does so only where a model is trained; with ``--all`` every
function of the part does. A line shows the seconds that grading the part took, the outcomes, and
the checks that were lost although they pass where the function ends its process at once, or the
other way round: none, if only what calls a function that hangs is lost. ``--load N`` keeps N other
processes busy meanwhile.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from handing_in import submission_of  # type: ignore[import-not-found]
from hanging import KINDS, calling, functions, hanging, lost  # type: ignore[import-not-found]

from grader import ROOT
from grader.core.settings import Secret, Settings
from grader.judging.judge import Judge
from grader.scoring.rubric import load
from kit.contracts import BY_ID

Row = tuple[str, str, tuple[str, ...], bool]  # part, kind, functions, whether only in training


def rows(only: str, function: str, every: bool) -> Iterator[Row]:
    """What is tried."""
    for part, contract in BY_ID.items():
        if only and part != only:
            continue
        names = functions(part)
        for kind in KINDS:
            if every:
                yield part, kind, names, False
                continue
            for name in names:
                if function and name != function:
                    continue
                yield part, kind, (name,), False
                if contract.trains:
                    yield part, kind, (name,), True


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", default="")
    parser.add_argument("--function", default="")
    parser.add_argument("--all", action="store_true", help="every function of a part at once")
    parser.add_argument("--load", type=int, default=0, help="other processes that compute")
    given = parser.parse_args()
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(given.load)]
    worst, wrong = 0.0, 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(rubric=ROOT / "rubric.yaml", out_dir=Path(folder), lang="en")
            secret = Secret(b"hangs")
            with Judge(settings, load(settings.rubric), secret, parts=tuple(BY_ID)) as judge:
                for part, kind, names, training in rows(given.part, given.function, given.all):
                    ids = [check.id for check in judge.checks if check.part == part]
                    source = hanging(part, names, kind, in_training=training)
                    start = time.monotonic()
                    results = judge.outcomes(submission_of({f"{part}.py": source}), ids)
                    seconds = time.monotonic() - start
                    worst = max(worst, seconds)
                    ending = calling(part, names, in_training=training)
                    ended = judge.outcomes(submission_of({f"{part}.py": ending}), ids)
                    differ = lost(results) ^ lost(ended)
                    wrong += bool(differ)
                    count = Counter(str(result.outcome) for result in results.values())
                    where = "all functions" if given.all else names[0]
                    print(
                        f"{part:<12} {where:<32} {kind:<8}"
                        f"{' in training' if training else '':<12} {seconds:6.1f} s  "
                        + ", ".join(f"{n} {outcome}" for outcome, n in sorted(count.items()))
                        + "".join(f"; differs: {id}" for id in sorted(differ)),
                        flush=True,
                    )
    finally:
        for process in busy:
            process.kill()
            process.wait()
    print(f"longest: {worst:.1f} s; {wrong} lost another check")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
