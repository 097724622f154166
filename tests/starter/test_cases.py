"""Inputs that take long to draw are kept, and nothing that is drawn behind them changes."""

from __future__ import annotations

import numpy as np

from kit.cases import drawn_once


def test_what_is_kept_leaves_the_generator_as_a_draw_does() -> None:
    made: list[float] = []

    def run() -> list[float]:
        rng = np.random.default_rng(7)

        def draw() -> float:
            made.append(rng.random())
            return made[-1]

        # Two things from one generator: the second must not be taken for the first.
        return [drawn_once(rng, what, draw) for what in ("one", "another")] + [rng.random()]

    first = run()
    assert run() == first
    assert len(made) == 2
    assert len(set(first)) == 3


def test_another_generator_draws_anew() -> None:
    found = {drawn_once(rng, "x", rng.random) for rng in map(np.random.default_rng, (1, 2))}
    assert len(found) == 2
