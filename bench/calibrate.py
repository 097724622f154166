"""Measure both sides of the tolerance against the reference: right code, and the weakest mistakes.

Run: ``python bench/calibrate.py``. The table in docs/numbers.md is its output.
"""

from __future__ import annotations

import numpy as np

from grader.diagnosis import catalogue, mutant
from grader.parts.reference import reference_runner, runner_on_source, solution_path
from kit.data import Answer, Arrays
from kit.outcomes import Verdict
from kit.runner import Runner
from parts.numpy_rnn.cases import rnn_case

CASES = 200


def main() -> None:
    """Print the largest relative error of right code and the smallest of each mistake."""
    source = solution_path("numpy_rnn").read_text("utf-8")
    reference = reference_runner("numpy_rnn")
    rng = np.random.default_rng(0)
    inputs = []
    for _ in range(CASES):
        case = rnn_case(rng)
        inputs.append({n: case[n] for n in ("weights", "x", "h0", "dlogits")})
    right = [reference.backward(**i) for i in inputs]

    def errors(runner: Runner) -> np.ndarray:
        """For each case the error of the worst array, relative to its scale."""
        return np.array(
            [worst(runner.backward(**i), r) for i, r in zip(inputs, right, strict=True)]
        )

    single = runner_on_source("numpy_rnn", in_single(source))
    print(f"right, float32 throughout: largest {errors(single).max():.1e}")
    mixed = runner_on_source("numpy_rnn", with_single_state(source))
    print(f"right, float32 states inside float64: largest {errors(mixed).max():.1e}")
    found = []
    for mistake in catalogue("numpy_rnn"):
        if "numpy_rnn.backward.hidden" in mistake.fails:
            try:
                e = errors(runner_on_source("numpy_rnn", mutant(mistake)))
            except Verdict:  # it raises, which needs no tolerance to be seen
                continue
            found.append((np.median(e), e.min(), mistake.id))
    for median, least, name in sorted(found)[:8]:
        print(f"wrong, {name}: median {median:.1e}, least {least:.1e}")


def in_single(source: str) -> str:
    """The solution with everything in float32."""
    return (
        source
        + "\n_init = RNN.__init__\n"
        + (
            "def _float32(self, *args, **kwargs):\n"
            "    _init(self, *args, **kwargs)\n"
            "    for owner in (self, self.cell):\n"
            "        for name, value in vars(owner).items():\n"
            "            if isinstance(value, np.ndarray):\n"
            "                setattr(owner, name, value.astype(np.float32))\n"
            "RNN.__init__ = _float32\n"
            "_hot = one_hot\n"
            "def one_hot(*args):\n"
            "    return _hot(*args).astype(np.float32)\n"
        )
    )


def with_single_state(source: str) -> str:
    """The solution with each hidden state rounded to float32, in arrays of float64."""
    return (
        source
        + "\n_forward = RNNCell.forward\n"
        + (
            "def _rounded(self, x_t, h_prev):\n"
            "    h, cache = _forward(self, x_t, h_prev.astype(np.float32).astype(np.float64))\n"
            "    return h.astype(np.float32).astype(np.float64), cache\n"
            "RNNCell.forward = _rounded\n"
        )
    )


def worst(got: Answer, right: Arrays) -> float:
    """The largest error of any array, relative to the array's scale."""
    return max(
        float(
            np.abs(np.asarray(got[n], dtype=np.float64) - right[n]).max() / np.abs(right[n]).max()
        )
        for n in right
    )


if __name__ == "__main__":
    main()
