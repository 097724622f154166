"""The tests of which `make test-all` tries a sample, with all of their cases.

Run: ``PYTHONPATH=. python bench/whole.py [TEST ...]``. A test is a file, or one function of it as
pytest names it; without any, all of them run, for about an hour. Every option goes to pytest.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import pytest
from quick import WHOLE  # type: ignore[import-not-found]

from grader import ROOT

SAMPLED = (
    "tests/batch/test_batch_kill.py",
    "tests/intake/test_untouched_starter.py",
    "tests/judging/test_leaks.py",
    "tests/parts",
    "tests/sandbox/test_tiers.py",
)


def main(words: list[str]) -> int:
    """The exit status of pytest."""
    os.environ[WHOLE] = "1"
    os.chdir(ROOT)
    named = any(Path(word.partition("::")[0]).exists() for word in words)
    return pytest.main(["-q", "-m", "slow", *words, *(() if named else SAMPLED)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
