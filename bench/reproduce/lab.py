"""The solutions, as ``python solutions/...`` sees them, and what all runs share."""

from __future__ import annotations

import contextlib
import io
import math
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"
sys.path.insert(0, str(SOLUTIONS))

# Not a package: mypy does not see what lies in the folder of the solutions.
import char_lstm  # type: ignore[import-not-found]  # noqa: E402
import corpora  # type: ignore[import-not-found]  # noqa: E402
import fast_rnn  # noqa: E402
import numpy as np  # noqa: E402
import numpy_rnn  # type: ignore[import-not-found]  # noqa: E402
import poems  # type: ignore[import-not-found]  # noqa: E402
import scratch_rnn  # type: ignore[import-not-found]  # noqa: E402
import sequence  # type: ignore[import-not-found]  # noqa: E402
import theory  # type: ignore[import-not-found]  # noqa: E402
import torch  # noqa: E402

from .records import Points  # noqa: E402

FastRNN: Any = vars(fast_rnn)["FastRNN"]

__all__ = [
    "FastRNN", "char_lstm", "clipped_at", "corpora", "np", "numpy_rnn", "poems", "points", "quiet",
    "scratch_rnn", "seeded", "sequence", "theory", "torch",
]  # fmt: skip


def seeded(seed: int) -> Any:
    """Seed every source of random numbers -> a NumPy generator of the same seed."""
    random.seed(seed)
    torch.manual_seed(seed)
    return np.random.default_rng(seed)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop what the solutions print; their progress bars are on the other stream."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@contextlib.contextmanager
def clipped_at(theta: float) -> Iterator[None]:
    """Train ``scratch_rnn`` with another threshold than its 1; infinity is no clipping."""
    clip = scratch_rnn.grad_clipping

    def at(net: Any, _: float) -> None:
        if math.isfinite(theta):
            clip(net, theta)

    with mock.patch.object(scratch_rnn, "grad_clipping", at):
        yield


def points(values: Sequence[float], first: float = 1, most: int = 200) -> Points:
    """The values against their number, thinned out to at most `most`."""
    every = math.ceil(len(values) / most)
    return [(first + i, float(f"{values[i]:.5g}")) for i in range(0, len(values), max(every, 1))]
