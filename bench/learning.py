"""Where the proof of learning ends for the solution, or for a known mistake, over many seeds.

Run: ``PYTHONPATH=. python bench/learning.py PART [--seeds 100] [--mistake ID] [--contract nndl]``.
A seed stands for a course's secret: right code must end below the threshold for every one.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType

import numpy as np

from grader.diagnosis import catalogue, mutant
from grader.parts.reference import runner_on_source, solution_path
from kit import cases, learning
from kit.numerics import cross_entropy
from kit.outcomes import Verdict
from parts.char_lstm import checks_learning as char_lstm
from parts.char_lstm.cases import char_learning_case
from parts.numpy_rnn import checks_learning as numpy_rnn
from parts.numpy_rnn.cases import rnn_learning_case
from parts.poems import checks_model
from parts.poems.cases import poem_learning_case
from parts.scratch_rnn import checks_training
from parts.scratch_rnn.cases import scratch_learning_case

PARTS: dict[str, tuple[ModuleType, Callable[..., cases.Case]]] = {
    "numpy_rnn": (numpy_rnn, rnn_learning_case),
    "char_lstm": (char_lstm, char_learning_case),
    "poems": (checks_model, poem_learning_case),
    "scratch_rnn": (checks_training, scratch_learning_case),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--mistake", help="a known mistake in place of the solution")
    parser.add_argument("--contract", help="of poems: lab5 or nndl")
    options = parser.parse_args()
    checks, make = PARTS[options.part]
    source = solution_path(options.part).read_text("utf-8")
    if options.mistake:
        source = mutant(next(m for m in catalogue(options.part) if m.id == options.mistake))
    runner = runner_on_source(options.part, source)
    learns: Callable[..., None] = checks.learns
    losses = Losses()
    if options.part != "numpy_rnn":
        import torch

        torch.set_num_threads(1)
    if options.contract:
        make = partial(make, contract=options.contract)
        learns = partial(learns, contract=options.contract)
    start = time.process_time()
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        for seed in range(options.seeds):
            with contextlib.suppress(Verdict):
                learns(runner, make(np.random.default_rng([seed, 4711])))
            losses.seen += [np.inf] * (seed + 1 - len(losses.seen))  # it ended before its loss
    found = sorted(np.nan_to_num(losses.seen, nan=np.inf).tolist())
    print(
        f"{options.part} {options.mistake or 'right'}: {options.seeds} seeds, held-out loss "
        f"{found[0]:.3f} / {statistics.median(found):.3f} / {found[-1]:.3f} "
        f"(least / median / most), {sum(x > losses.most for x in found)} above "
        f"{losses.most:.3f}; {(time.process_time() - start) / options.seeds:.2f} s of CPU each"
    )


class Losses:
    """Records every held-out loss that the checks compute."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self.most = 0.0
        vars(learning)["cross_entropy"] = self

    def __call__(self, logits: np.ndarray, truth: np.ndarray) -> float:
        self.seen.append(float(cross_entropy(logits, truth)))
        self.most = learning.threshold(truth)
        return self.seen[-1]


if __name__ == "__main__":
    main()
