"""How the checks end on mutated answers: none may raise.

Run: ``python bench/answers.py [--share 0.1] [--only TEXT] [--seed 0]``. Every answer that the
reference gives to a check is mutated by every mode (``tests/mutated_answers.py``).
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np
from mutated_answers import Tally, mutate  # type: ignore[import-not-found]
from recorded_answers import Recorder, checks_of  # type: ignore[import-not-found]

from kit import learning
from kit.contracts import BY_ID


def main() -> int:
    """Print what raised, and the counts by part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the mutations; default all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="checks whose id holds this text")
    parser.add_argument("--no-learning", action="store_true", help="leave out what trains")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    total = Counter[str]()
    for part in BY_ID:
        recorder = Recorder(part)
        tally, start = Tally(), time.monotonic()
        for check in checks_of(part, recorder):
            trains = check.id.endswith(f".{learning.CHECK}")
            if given.only in check.id and not (trains and given.no_learning):
                mutate(check, recorder, tally, given.share, given.seed)
        places = Counter((r.check, r.probe, str(r.path), r.trace.splitlines()[-1][:90])
                         for r in tally.raised)  # fmt: skip
        for (check_id, probe, path, last), count in sorted(places.items()):
            print(f"  {check_id} {probe} {path}: {last} ({count} modes)")
        for raised in tally.raised[:1]:
            print(raised.mode, raised.trace, sep="\n")
        print(
            f"{part}: {tally.answers} answers, {tally.verdicts} verdicts, {tally.passed} passed, "
            f"{len(tally.raised)} raised, {time.monotonic() - start:.0f} s",
            flush=True,
        )
        total.update(answers=tally.answers, raised=len(tally.raised))
    print(f"in all: {total['answers']} answers, {total['raised']} raised")
    return 1 if total["raised"] else 0


if __name__ == "__main__":
    sys.exit(main())
