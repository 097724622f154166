"""How many systematic mutants the diagnosis names, or how many fresh mistakes.

Run ``PYTHONPATH=. python bench/named.py [--part P] [--each N] [--fresh]``. Each of N mutants a part
is graded as a hand-in. It is named where an explanation of a failed check is about the same
function and the same kind of edit, or a known mistake at the same lines.

With ``--fresh`` N of the mistakes of ``bench/fresh/wrong`` are graded in their place, and those
with a cause are counted; ``--verbose`` prints each with its causes, for a person to judge.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import fresh

from grader.authoring.mutants import judging, sample
from grader.core.model import CheckResult
from grader.diagnosis import catalogue
from grader.diagnosis.places import edited
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source
from grader.mutation import Mutation, mutations
from kit.contracts import PARTS


def named(mutation: Mutation, results: list[CheckResult]) -> str:
    """Whether the explanations of the failed checks are about this mutation."""
    found = {d.mistake for r in results for d in r.diagnosis}
    own = f"{mutation.part}.{mutation.function}:{mutation.operator}:"
    if any(id.startswith(own) for id in found):
        return "named"
    lines = {m.id: edited(m).line for m in catalogue(mutation.part)}
    known = {id for joined in found for id in joined.split(" + ") if id in lines}
    if any(mutation.first <= lines[id] <= mutation.last for id in known):
        return "named"
    # Named by its function, where several kinds of edit give these numbers.
    if f"{mutation.part}.{mutation.function}:several" in found:
        return "place" if any(d.places for r in results for d in r.diagnosis) else "function"
    if any(id.startswith(f"{mutation.part}.{mutation.function}:") for id in found):
        return "another kind"
    return "another" if found else "nothing"


def graded(judge: Judge, mutation: Mutation) -> list[CheckResult]:
    """The failed checks of a mutant, without those that train."""
    ids = {
        c.id
        for c in judge.checks
        if c.part == mutation.part and not c.advice and not c.id.endswith(".learning")
    }
    results = judge.outcomes(trusted_source(mutation.part, mutation.source), ids)
    return [r for r in results.values() if r.outcome in ("failed", "partial")]


def fresh_row(judge: Judge, case: fresh.Case, verbose: bool) -> str:
    """Whether a fresh mistake has a cause; nothing is lost by what the contract allows."""
    failed = fresh.lost(judge, case, None)
    causes = {d.mistake: d.hint.en for r in failed for d in r.diagnosis}
    said = "named" if causes else "nothing" if failed else "not lost"
    if verbose:
        print(f"{said}: {case.name}: {case.wrong}")
        for id, hint in causes.items():
            print(f"    {id}: {hint}")
    return said


def main() -> None:
    """Print a row for each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="append", choices=[p.id for p in PARTS])
    parser.add_argument("--each", type=int, default=40)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    for part in given.part or [p.id for p in PARTS]:
        counts: Counter[str] = Counter()
        start = time.perf_counter()
        with judging((part,)) as judge:
            if given.fresh:
                for case in sample(list(fresh.wrong(part)), given.each):
                    counts[fresh_row(judge, case, given.verbose)] += 1
                print(part, dict(counts), flush=True)
                continue
            for mutation in sample(list(mutations(part)), given.each):
                failed = graded(judge, mutation)
                said = named(mutation, failed) if failed else "no numbers"
                counts[said] += 1
                if given.verbose and said not in ("named", "no numbers"):
                    print(said, mutation.edit.en)
                    print("   ", {r.id: [d.mistake for d in r.diagnosis] for r in failed})
        print(part, dict(counts), f"{time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
