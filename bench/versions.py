"""The self-check under several versions of numpy and torch, as the table of docs/versions.md.

Run: ``python bench/versions.py PYTHON [PYTHON ...]``, each the interpreter of an environment that
has what the lock file names, with other versions of numpy and torch.
"""

from __future__ import annotations

import subprocess
import sys

from grader import ROOT


def main() -> int:
    """Print a line for each environment; 1 where one does not pass."""
    failed = 0
    print("| Python | numpy | torch | device | isolation | self-check |")
    print("|---|---|---|---|---|---|")
    for python in sys.argv[1:]:
        done = subprocess.run(
            [python, "-m", "grader", "check", "--lang", "en"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        first, *lines = done.stdout.splitlines() or [python]
        cells = [word.removeprefix(name).strip() for name, word in zip(
            ("Python", "numpy", "torch", "", ""), first.split(", "), strict=False
        )]  # fmt: skip
        passed = sum(line.startswith("ok") for line in lines)
        failed += done.returncode != 0
        said = f"{passed} of {len(lines)}" if lines else "did not start"
        print(f"| {' | '.join(cells)} | {said} |", flush=True)
        if done.returncode:
            print(done.stdout, done.stderr, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
