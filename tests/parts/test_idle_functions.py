"""Functions that answer with constants of the right form earn their form, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from idle_functions import functions, idle
from part_suites import run_suites
from quick import only

from kit.contracts import BY_ID

EARNED = {
    # The solution's gradient_check still moves the weights here, and puts them back.
    "numpy_rnn": {"forward.shapes", "gradient_check.restores"},
    "char_lstm": {"forward.shapes"},
    "poems": {"model.lstm", "forward.shapes", "batches"},  # the constructor and what is given
    "scratch_rnn": {"rnn.shapes", "module.shapes"},
    "sequence": set(),
    "theory": set(),
    "extensions": set(),
}
ZEROS_ARE_RIGHT = {"init_state.zeros", "module.begin_state", "module.begin_state_hidden"}
"""Of functions whose right answer is all zeros."""


FILLS = {"zeros": ("0", False), "ones": ("1", True)}
QUICK = {"numpy_rnn-zeros", "extensions-zeros", "sequence-ones", "theory-zeros", "theory-ones"}


@pytest.mark.parametrize(
    ("part", "fill", "keep"),
    only(
        QUICK,
        [(part, *FILLS[name]) for part in sorted(EARNED) for name in FILLS],
        lambda case: f"{case[0]}-{'ones' if case[2] else 'zeros'}",
    ),
)
def test_idle_functions_earn_nothing(part: str, fill: str, keep: bool, secret_file: Path) -> None:
    source = idle(part, functions(part), fill, keep)
    results = run_suites(part, source, secret_file, (f"{part}.learning",))
    earned = {
        id.partition(".")[2]
        for id, r in results.items()
        if r.outcome in ("passed", "partial", "skipped") and not r.advice
    }
    allowed = EARNED[part] | (ZEROS_ARE_RIGHT if fill == "0" else set())
    assert earned - {"learning"} <= allowed


def test_every_part_has_its_row() -> None:
    assert EARNED.keys() == BY_ID.keys()
