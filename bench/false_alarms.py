"""Right code under many course secrets: a check that fails it for one of them is a false alarm.

Run: ``PYTHONPATH=. python bench/false_alarms.py [--secrets 20] [--learning]``. The solution and the
right rewrites of ``tests/variants`` go through every check, but for the proofs of learning unless
asked for: ``bench/learning.py`` tries those over more seeds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from grader import ROOT, intake
from grader.checks import part_names
from grader.judge import Judge, trusted_source
from grader.model import Outcome, Submission
from grader.reference import solution_path
from grader.rubric import load
from grader.servers import Servers
from grader.settings import Secret, Settings

ONLY = {"poems": "poems.process.", "poems_whole": "poems."}
"""Folders of rewrites that are not about the whole part of their name."""


def main() -> int:
    """Print what was lost; 0 if nothing was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--secrets", type=int, default=20, metavar="N")
    parser.add_argument("--learning", action="store_true", help="the proofs of learning too")
    options = parser.parse_args()
    lost = tried = 0
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(out_dir=Path(folder), lang="en")
        servers, rubric = Servers(settings), load(ROOT / "rubric.yaml")
        try:
            for number in range(options.secrets):
                secret = Secret(f"secret {number}".encode())
                judge = Judge(settings, rubric, secret, servers, tuple(sorted(part_names())))
                for name, prefix, submission in right():
                    ids = {
                        check.id
                        for check in judge.checks
                        if check.id.startswith(prefix)
                        and not check.advice
                        and (options.learning or not check.id.endswith(".learning"))
                    }
                    tried += len(ids)
                    for result in judge.outcomes(submission, ids).values():
                        if result.outcome not in (Outcome.PASSED, Outcome.SKIPPED):
                            lost += 1
                            print(f"secret {number}, {name}: {result.id} {result.outcome}: "
                                  f"{result.message.en}", flush=True)  # fmt: skip
        finally:
            servers.close()
    print(f"{options.secrets} secrets, {tried} checks of right code, {lost} lost; "
          f"{time.perf_counter() - start:.0f} s")  # fmt: skip
    return 1 if lost else 0


def right() -> Iterator[tuple[str, str, Submission]]:
    """A name, the checks it is for, and right code."""
    for part in sorted(part_names()):
        source = solution_path(part).read_text("utf-8")
        yield f"solution {part}", f"{part}.", trusted_source(part, source)
    for folder in sorted((ROOT / "tests" / "variants").iterdir()):
        prefix = ONLY.get(folder.name, f"{folder.name}.")
        if not folder.is_dir() or prefix.partition(".")[0] not in part_names():
            continue
        for path in sorted(folder.iterdir()):
            if path.suffix == ".py" or path.is_dir():
                found = [path] if path.is_file() else path.rglob("*.py")
                home = path.parent if path.is_file() else path
                files = {
                    f"alice/{file.relative_to(home).as_posix()}": file.read_bytes()
                    for file in sorted(found)
                }
                yield path.name, prefix, intake.read_files(files, id="alice")


if __name__ == "__main__":
    sys.exit(main())
