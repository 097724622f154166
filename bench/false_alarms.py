"""Right code under many course secrets: a check that fails it for one of them is a false alarm.

Run: ``PYTHONPATH=. python bench/false_alarms.py [--secrets 20] [--part P] [--learning]``. The
solution and the right rewrites of whole parts in ``tests/variants`` (Lab 5's contract) go through
every check, but for the proofs of learning unless asked for: ``bench/learning.py`` tries those over
more seeds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from grader import ROOT, intake
from grader.core.model import Submission
from grader.core.settings import Secret, Settings
from grader.isolation.servers import Servers
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source
from grader.parts.checks import part_names
from grader.parts.reference import solution_path
from grader.scoring.rubric import load

ONLY = {"poems": "poems.process.", "poems_whole": "poems."}
"""Folders of rewrites that are not about the whole part of their name."""

FINE = ("passed", "skipped")


def main() -> int:
    """Print what was lost; 0 if nothing was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--secrets", type=int, default=20, metavar="N")
    parser.add_argument("--part", action="append", choices=sorted(part_names()))
    parser.add_argument("--learning", action="store_true", help="the proofs of learning too")
    options = parser.parse_args()
    parts = tuple(sorted(options.part or part_names()))
    outcomes: Counter[str] = Counter()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(out_dir=Path(folder), lang="en")
        servers, rubric = Servers(settings), load(ROOT / "rubric.yaml")
        try:
            for number in range(options.secrets):
                secret = Secret(f"secret {number}".encode())
                judge = Judge(settings, rubric, secret, servers, parts)
                for name, prefix, submission in right(parts):
                    for id, how, why in tried(judge, prefix, submission, options.learning):
                        outcomes[how] += 1
                        if how not in FINE:
                            print(f"secret {number}, {name}: {id} {how}: {why}", flush=True)
                judge._trusted.close()  # the servers go on with the next secret
        finally:
            servers.close()
    lost = outcomes.total() - sum(outcomes[how] for how in FINE)
    print(
        f"{options.secrets} secrets, {outcomes.total()} checks of right code, "
        f"{outcomes['skipped']} skipped, {lost} lost; {time.perf_counter() - start:.0f} s"
    )
    return 1 if lost else 0


def tried(
    judge: Judge, prefix: str, submission: Submission, learning: bool
) -> Iterator[tuple[str, str, str]]:
    """Each check whose id begins with `prefix`, how it ended, and why."""
    ids = {
        check.id
        for check in judge.checks
        if check.id.startswith(prefix)
        and not check.advice
        and (learning or not check.id.endswith(".learning"))
    }
    results = judge.outcomes(submission, ids)
    for id in sorted(ids):
        result = results.get(id)
        yield (id, result.outcome, result.message.en) if result else (id, "no outcome", "")


def right(parts: tuple[str, ...]) -> Iterator[tuple[str, str, Submission]]:
    """A name, the checks it is for, and right code of `parts`."""
    for part in parts:
        source = solution_path(part).read_text("utf-8")
        yield f"solution {part}", f"{part}.", trusted_source(part, source)
    for folder in sorted((ROOT / "tests" / "variants").iterdir()):
        prefix = ONLY.get(folder.name, f"{folder.name}.")
        if not folder.is_dir() or prefix.partition(".")[0] not in parts:
            continue
        for path in sorted(folder.iterdir()):
            if path.suffix in (".py", ".ipynb") or path.is_dir():
                found = [path] if path.is_file() else [*path.rglob("*.py"), *path.rglob("*.ipynb")]
                home = path.parent if path.is_file() else path
                files = {
                    f"alice/{file.relative_to(home).as_posix()}": file.read_bytes()
                    for file in sorted(found)
                }
                yield path.name, prefix, intake.read_files(files, id="alice")


if __name__ == "__main__":
    sys.exit(main())
