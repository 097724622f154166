"""What a right sampler and known wrong ones draw from, by the forward of a runner."""

from __future__ import annotations

import numpy as np

from kit import cases
from kit.compare import array, field
from kit.data import Answer, Arguments, Arrays
from kit.numerics import softmax
from kit.runner import Runner

from .probes_stand_ins import reading_forward


class _ReadingRunner(Runner):
    """Answers ``forward`` as the stand-in of the probe ``sample`` does."""

    part = "numpy_rnn"

    def call(self, probe: str, arguments: Arguments) -> Answer:
        """Logits and state of :func:`reading_forward`."""
        logits, h_T = reading_forward(**arguments)
        return {"logits": logits, "h_T": h_T}


STAND_IN = _ReadingRunner()

Logits = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Logits (V,) of the first character, (V, V) of the second, (V, V, V) of the third, in sequence."""


def samplers(runner: Runner, weights: Arrays, seed: str, temp: float) -> list[Logits]:
    """The logits from which the right sampler draws, then those of the named wrong ones."""
    V = len(cases.CHARACTERS)
    start = [cases.CHARACTERS.index(c) for c in seed]
    pairs = [(a, b) for a in range(V) for b in range(V)]

    def behind(context: list[int], times: int = 1) -> Logits:
        """Logits of one, two and three characters after `context`, from a zero state.

        Each character behind `context` is read so many `times`.
        """
        read = [
            [*([a] * times for a in range(V))],
            [[*([a] * times), *([b] * times)] for a, b in pairs],
        ]
        first, second, third = last_logits(
            runner, weights, [[context], *([[*context, *more] for more in group] for group in read)]
        )
        return first[0], second, third.reshape(V, V, V)

    first, second, third = behind(start)
    (one,) = last_logits(runner, weights, [[[a] for a in range(V)]])
    one = one / temp
    cold, twice = behind(start[-1:]), behind(start, 2)

    def scaled(by: float) -> Logits:
        return first * by, second * by, third * by

    def repeated(logits: np.ndarray) -> np.ndarray:
        return np.broadcast_to(logits, (V, V, V))

    right = scaled(1 / temp)
    a, b = int(first.argmax()), int(second[first.argmax()].argmax())
    return [
        right,
        scaled(1.0),  # temperature ignored
        scaled(temp),  # multiplied instead of divided
        scaled(1e3),  # arg-max
        scaled(0.0),  # uniform
        (np.trunc(first) / temp, np.trunc(second) / temp, np.trunc(third) / temp),  # cast to int
        (right[0], twice[1] / temp, twice[2] / temp),  # each draw is read twice
        (cold[0] / temp, cold[1] / temp, cold[2] / temp),  # state not warmed up by the seed's start
        (one[start[-1]], one, repeated(one)),  # state reset
        (right[0], one, repeated(one)),  # state reset after the seed
        (right[0], np.broadcast_to(right[0], (V, V)), repeated(right[0])),  # draws not read
        # the likeliest is read in place of the drawn one
        (right[0], np.broadcast_to(right[1][a], (V, V)), repeated(right[2][a, b])),
    ]


def joint(logits: Logits) -> np.ndarray:
    """Probabilities (V, V, V) of three characters, none of them exactly zero."""
    first, second, third = (softmax(z) for z in logits)
    joint: np.ndarray = np.maximum(first[:, None, None] * second[:, :, None] * third, 1e-36)
    return joint


def successors(drawn: np.ndarray, V: int) -> np.ndarray:
    """Counts (1 + 2V, V): of first characters, then of second and third ones by the one before."""
    counts = np.zeros((1 + 2 * V, V), dtype=np.int64)
    a, b, c = drawn.T
    np.add.at(counts, (np.zeros_like(a), a), 1)
    np.add.at(counts, (1 + a, b), 1)
    np.add.at(counts, (1 + V + b, c), 1)
    return counts


def last_logits(runner: Runner, weights: Arrays, groups: list[list[list[int]]]) -> list[np.ndarray]:
    """Logits after each context, from zero states; a group holds contexts of one length."""
    H, V = weights["Why"].shape
    found = []
    for group in groups:
        x = np.array(group)
        result = runner.forward(weights=weights, x=x, h0=np.zeros((len(x), H)))
        logits = array("logits", field(result, "logits"), (len(x), V))
        found.append(logits.astype(np.float64))
    return found
