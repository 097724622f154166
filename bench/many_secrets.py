"""Points do not depend on the secret: every known mistake is graded under many.

Run: ``python bench/many_secrets.py FILE [--part PART ...] [--secrets N] [--skip-learning]``. Hidden
inputs are drawn by a secret, so a mistake that shows on some inputs only would cost one class more
points than another. FILE gets one JSON line for each mistake and secret: what each check earned.
A run continues where FILE ends; it is nice, and its last lines are the mistakes whose points
differ, with their checks. The goal is none. A few mistakes of each part run in ``make test-all``.
Under the first secret all checks of the part run. Under the others only those whose inputs are
drawn by it and that meet the edited function: they do not pass where it raises.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grader.authoring.mutants import judging
from grader.core.model import CheckResult, Outcome
from grader.diagnosis import Mistake, catalogue, mutant, parts
from grader.diagnosis.catalogue import span
from grader.diagnosis.explain import Explanation
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source
from grader.parts.checks import CheckInfo
from grader.parts.reference import solution_path

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


UNDRAWN = frozenset({"lab", "public", "contract"})
"""Fixtures that are the same under every secret."""


def is_drawn(check: CheckInfo) -> bool:
    """Whether the inputs of a check may depend on the secret."""
    return not check.fixtures <= UNDRAWN


@cache
def unwritten(mistake: Mistake) -> str | None:
    """The solution whose edited function raises; None where the edit is in no function."""
    source = solution_path(mistake.part).read_text("utf-8")
    first, last = (source.count("\n", 0, at) + 1 for at in span(mistake))
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and node.body[0].lineno <= first
        and last <= (node.end_lineno or 0)
    ]
    if not found:
        return None
    body = min(found, key=lambda node: (node.end_lineno or 0) - node.lineno).body
    lines = source.split("\n")
    indent = " " * body[0].col_offset
    lines[body[0].lineno - 1 : body[-1].end_lineno] = [f"{indent}raise NotImplementedError"]
    return "\n".join(lines)


def _reached(
    judge: Judge, mistake: Mistake, checks: Iterable[CheckInfo], known: dict[str, set[str]]
) -> set[str]:
    """The drawn checks that meet the function which `mistake` edits, or that it names."""
    source, ids = unwritten(mistake), {c.id for c in checks if is_drawn(c)}
    if source is None:
        return ids
    if source not in known:
        outcomes = _results(judge, mistake.part, source, ids)
        known[source] = {id for id, r in outcomes.items() if r.outcome is not Outcome.PASSED}
    return ids & (known[source] | {*mistake.fails, *mistake.may_fail})


def _results(judge: Judge, part: str, source: str, ids: set[str]) -> dict[str, CheckResult]:
    # A cause moves no points, and finding it takes longer than the checks.
    with mock.patch("grader.judging.plugin.Explainer.explain", return_value=Explanation()):
        return judge.outcomes(trusted_source(part, source), ids)


def graded(judge: Judge, mistake: Mistake, ids: set[str]) -> dict[str, str]:
    """What each of the checks `ids` earns."""
    results = _results(judge, mistake.part, mutant(mistake), ids)
    return {id: earned(results[id]) for id in sorted(ids)}


def rows(
    part: str,
    mistakes: Sequence[Mistake],
    secrets: int,
    done: set[tuple[str, str, int]],
    skip_learning: bool,
) -> Iterator[Row]:
    """One row for each of `mistakes`, all of `part`, and secret that is not done."""
    reached: dict[str, set[str]] = {}
    for number in range(secrets):
        todo = [m for m in mistakes if (part, m.id, number) not in done]
        if not todo:
            continue
        with judging((part,), f"secret {number}") as judge:
            checks = [c for c in judge.checks if c.part == part and not c.advice]
            if skip_learning:
                checks = [c for c in checks if not c.id.endswith(".learning")]
            for mistake in todo:
                ids = {c.id for c in checks}
                if number:
                    met = _reached(judge, mistake, checks, reached)
                    # With their prerequisites: a check that was blocked stays so.
                    ids = met | {n for c in checks if c.id in met for n in c.needs}
                shares = graded(judge, mistake, ids)
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
