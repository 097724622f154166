"""The cases of the hidden checks of the network: each shows the weakest known mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kit.cases import Case
from kit.runner import Runner
from parts.numpy_rnn.cases import long_case, rnn_case

WEAKEST = 5e-2
"""A hidden case shows each weak mistake by at least this share of some gradient's scale."""


def hidden_cases(rng: np.random.Generator, reference: Runner, weak: Sequence[Runner]) -> list[Case]:
    """The usual case, a short one, a loud one that shows a clip, T = 1, B = 1, a long one."""

    def telling(**sizes: Any) -> Case:
        """A case on which no weak mistake hides behind the tolerance; redrawn until it is one."""
        while True:
            case = rnn_case(rng, **sizes)
            inputs = {name: case[name] for name in ("weights", "x", "h0", "dlogits")}
            right = reference.backward(**inputs)
            if all(_shows(runner.backward(**inputs), right) for runner in weak):
                return case

    return [
        telling(T=6, B=3),
        # A first step that is dropped is 0.2 % of a gradient at T = 6 and 10 % at T = 3.
        telling(T=3, B=3),
        # Gradients this large show a clip inside backward, which never acts on usual ones.
        telling(T=6, B=2, loud=40.0),
        # Not redrawn: with one step or one row, weak mistakes may not show in any case.
        rnn_case(rng, T=1, B=3),
        rnn_case(rng, T=4, B=1),
        long_case(rng),
    ]


def _shows(wrong: dict[str, Any], right: dict[str, Any]) -> bool:
    return any(
        np.abs(wrong[name] - right[name]).max() >= WEAKEST * np.abs(right[name]).max()
        for name in right
    )
