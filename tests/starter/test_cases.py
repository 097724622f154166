"""Inputs that take long to draw are kept, and nothing that is drawn behind them changes."""

from __future__ import annotations

import numpy as np
import pytest

from kit import cases
from kit.cases import drawn_once, markov_source, markov_text


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


def test_what_is_kept_does_not_grow_with_the_class() -> None:
    for seed in range(3 * cases.MOST_DRAWN):
        drawn_once(np.random.default_rng(seed), "grows", lambda: 0)
    assert len(cases._DRAWN) == cases.MOST_DRAWN


def test_a_text_that_is_kept_is_the_one_that_would_be_drawn() -> None:
    def drawn(seed: int, lag: int, length: int) -> tuple[np.ndarray, float]:
        rng = np.random.default_rng(seed)
        source = markov_source(rng, lag, 5)
        return markov_text(rng, source, lag, length, streams=6), rng.random()

    asked = [(seed, lag, length) for seed in (1, 2) for lag in (2, 3) for length in (9, 12)]
    first = [drawn(*each) for each in asked]
    for each, (text, after) in zip(asked, first, strict=True):
        kept, after_kept = drawn(*each)
        cases._DRAWN.clear()
        fresh, after_fresh = drawn(*each)
        assert after == after_kept == after_fresh
        assert np.array_equal(text, kept)
        assert np.array_equal(text, fresh)
    assert len({after for _, after in first}) == len(first)


def test_nobody_can_change_a_text_for_the_next_submission() -> None:
    rng = np.random.default_rng(3)
    text = markov_text(rng, markov_source(rng, 2, 5), 2, 9, 4)
    with pytest.raises(ValueError, match="read-only"):
        text[0, 0] = 1
