"""Grade the same wrong submission once, in a process whose surroundings a test chooses.

Arguments: the folder for results, the file of the secret, and any of ``reversed`` (the public
checks and the hidden ones, each in the opposite order), ``one-core``, ``after`` (another submission
is graded first by the same judge).
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import pytest
from handing_in import grade_files, solution, write_pages
from small_rubric import numpy_alone

import kit.plugin
from grader.core.settings import Secret, Settings
from grader.diagnosis import catalogue, mutant
from grader.judging.judge import Judge


def wrong() -> str:
    """The NumPy part with one mistake of the catalogue."""
    mistake = next(m for m in catalogue("numpy_rnn") if m.id == WRONG)
    return mutant(mistake)


WRONG = "dwhh_with_h_t"
OTHER = "\nimport threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()\n"


def is_public(item: pytest.Item) -> bool:
    """Whether a check is public."""
    marker = item.get_closest_marker("check")
    return marker is not None and not marker.kwargs["hidden"]


def main(out: str, secret: str, *words: str) -> None:
    """Write ``report.json``, ``feedback.html`` and ``results.json`` into `out`."""
    folder = Path(out)
    if "one-core" in words:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if "reversed" in words:
        forwards = kit.plugin.in_order
        # Public checks stay first: one behind a hidden check would be reported without numbers.
        kit.plugin.in_order = lambda items: forwards(
            [*filter(is_public, items[::-1]), *itertools.filterfalse(is_public, items[::-1])]
        )
    settings = Settings(out_dir=folder, secret_file=Path(secret))
    with Judge(settings, numpy_alone(), Secret.load(settings.secret_file)) as judge:
        if "after" in words:
            grade_files(judge, folder, {"numpy_rnn.py": solution("numpy_rnn") + OTHER}, "bob")
        report = grade_files(judge, folder, {"numpy_rnn.py": wrong()})
        write_pages(judge, report, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
