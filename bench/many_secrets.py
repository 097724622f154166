"""Points do not depend on the secret: every known mistake is graded under many.

Run: ``python bench/many_secrets.py FILE [--part PART ...] [--secrets N] [--skip-learning]``. Hidden
inputs are drawn by a secret, so a mistake that shows on some inputs only would cost one class more
points than another. FILE gets one JSON line for each mistake and secret: what each check earned.
A run continues where FILE ends; it is nice, and its last lines are the mistakes whose points
differ, with their checks. The goal is none. A few mistakes of each part run in ``make test-all``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grader.authoring.mutants import judging
from grader.core.model import CheckResult, Outcome
from grader.diagnosis import Mistake, catalogue, mutant, parts
from grader.diagnosis.explain import Explanation
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source

SECRETS = 20

Row = dict[str, Any]


def earned(result: CheckResult) -> str:
    """The share of a check's points, as text; what waits for a person is another answer."""
    if result.outcome is Outcome.PASSED:
        return "1"
    if result.outcome is Outcome.PARTIAL:
        return str(result.fraction)
    waits = result.outcome in (Outcome.SKIPPED, Outcome.GRADER_ERROR)
    return str(result.outcome) if waits else "0"


def graded(judge: Judge, mistake: Mistake, skip_learning: bool) -> dict[str, str]:
    """What each check of the part earns."""
    own = [c.id for c in judge.checks if c.part == mistake.part and not c.advice]
    ids = {id for id in own if not (skip_learning and id.endswith(".learning"))}
    # A cause moves no points, and finding it takes longer than the checks.
    with mock.patch("grader.judging.plugin.Explainer.explain", return_value=Explanation()):
        results = judge.outcomes(trusted_source(mistake.part, mutant(mistake)), ids)
    return {id: earned(results[id]) for id in sorted(ids)}


def rows(
    part: str,
    mistakes: Sequence[Mistake],
    secrets: int,
    done: set[tuple[str, str, int]],
    skip_learning: bool,
) -> Iterator[Row]:
    """One row for each of `mistakes`, all of `part`, and secret that is not done."""
    for number in range(secrets):
        todo = [m for m in mistakes if (part, m.id, number) not in done]
        if not todo:
            continue
        with judging((part,), f"secret {number}") as judge:
            for mistake in todo:
                shares = graded(judge, mistake, skip_learning)
                yield {"part": part, "mistake": mistake.id, "secret": number, "earned": shares}


def differing(found: list[Row]) -> dict[tuple[str, str], dict[str, dict[str, list[int]]]]:
    """(part, mistake) -> check -> share -> the secrets under which it earned that share."""
    shares: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in found:
        for check, share in row["earned"].items():
            shares[row["part"], row["mistake"]][check][share].append(row["secret"])
    wanted = {}
    for key, checks in shares.items():
        odd = {check: dict(by) for check, by in checks.items() if len(by) > 1}
        if odd:
            wanted[key] = odd
    return wanted


def points(part: str) -> dict[str, Fraction]:
    """The points of the checks of `part`, by the rubric that has it; else one each."""
    from grader import ROOT
    from grader.scoring.rubric import load

    for path in (ROOT / "rubric.yaml", *sorted((ROOT / "presets").glob("*.yaml"))):
        rubric = load(path)
        mine = [id for id in rubric.check_ids if id.partition(".")[0] == part]
        if mine:
            return {id: rubric.points_of(id) for id in mine}
    return {}


def main() -> None:
    """Grade what is not in the file yet, then print the mistakes whose points differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--part", action="append", choices=sorted(parts()))
    parser.add_argument("--secrets", type=int, default=SECRETS, metavar="N")
    parser.add_argument("--skip-learning", action="store_true", help="leave the long checks out")
    given = parser.parse_args()
    os.nice(10)
    found: list[Row] = []
    if given.file.exists():
        lines = given.file.read_text("utf-8").splitlines()
        found = [json.loads(line) for line in lines if line.endswith("}")]
    done = {(row["part"], row["mistake"], row["secret"]) for row in found}
    with given.file.open("a", encoding="utf-8") as out:
        for part in given.part or parts():
            for row in rows(part, catalogue(part), given.secrets, done, given.skip_learning):
                found.append(row)
                print(json.dumps(row), file=out, flush=True)
    odd = differing(found)
    for (part, mistake), checks in sorted(odd.items()):
        worth = points(part)
        for check, by in checks.items():
            print(f"{part}.{mistake}: {check} ({worth.get(check, '?')}): {by}")
    print(f"{len(odd)} of {len({(r['part'], r['mistake']) for r in found})} differ")


if __name__ == "__main__":
    main()
