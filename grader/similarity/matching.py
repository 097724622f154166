"""Which hand-ins share code, how much of it, and where.

Numbers alone: the engine has read the code elsewhere. Two hand-ins are as alike as the larger share
of one's code that the other has, too: who copies half of a file from somebody has half of that
file. Only code that the course gave is left out. What many have is not, whatever their number:
nobody can tell by it alone whether a class was shown that code or has passed it on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from . import engine
from .reading import Numbers, PartCode

Places = npt.NDArray[np.bool_]

LIMIT: Final = 0.50
"""The share from which on a pair is shown: above the highest of independent right solutions.

Measured by ``python bench/similarity.py --limits``; docs/similarity.md has the distribution. One
limit for all parts, because of some parts there are few independent solutions.
"""

LEAST: Final = 100
"""Characters of normalised code, some six lines, that two hand-ins share at least."""

MOST_OF_ONE: Final = 50
"""Pairs of one hand-in and part that are compared exactly, those with most in common."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Two hand-ins that share code of one part; `left` and `right` are numbers of hand-ins."""

    part: str
    left: int
    right: int
    share: float  # 0 to 1
    covered: int  # characters of normalised code
    holders: int = 2  # hand-ins that have the shared code, these two among them: the median


@dataclass(frozen=True, slots=True)
class Blocks:
    """Line -> number of the run of shared code that it belongs to, from 1, of either side."""

    left: dict[int, int]
    right: dict[int, int]


class Match:
    """All code of one part: of hand-in i `codes[i]`, None where there is none."""

    def __init__(self, codes: Sequence[PartCode | None], given: Numbers | None = None) -> None:
        """`given`: fingerprints of code that the course gave, which do not count."""
        self._codes = codes
        without = _NONE if given is None else given
        self._own = [_NONE if c is None else np.setdiff1d(c.hashes, without) for c in codes]
        self._known, self._holders = np.unique(
            np.concatenate([_NONE, *self._own]), return_counts=True
        )
        # Fingerprints overlap: one that is no longer given still covers code that is.
        self._free = [
            _NOWHERE if c is None else ~_covered(c.starts[np.isin(c.hashes, without)], c.size)
            for c in codes
        ]
        self._whole = [
            0 if c is None else self._count(n, c.starts[~np.isin(c.hashes, without)])
            for n, c in enumerate(codes)
        ]

    def hits(self, current: int, threshold: float) -> Iterator[Hit]:
        """Pairs of the first `current` hand-ins with one another, and with all those behind."""
        sizes = np.array([max(len(each), 1) for each in self._own])
        values = np.concatenate([_NONE, *self._own])
        # All fingerprints are sorted once; comparing each pair would take the square of the class.
        order = np.argsort(values, kind="stable")
        values = values[order]
        holders = np.repeat(np.arange(len(self._own)), [len(each) for each in self._own])[order]
        for left in range(current):
            # For each fingerprint of this hand-in its holders lie behind one another.
            own = self._own[left]
            starts, ends = (np.searchsorted(values, own, side=side) for side in SIDES)
            if not len(own):
                continue
            pieces = [holders[a:b] for a, b in zip(starts, ends, strict=True)]
            shared = np.bincount(np.concatenate(pieces), minlength=len(sizes))
            shared[: left + 1] = 0  # each pair of the class once
            # Winnowing keeps about as large a share of what two have in common as of the rest.
            likely = shared / np.minimum(sizes, sizes[left])
            # Counting only ranks the pairs; the exact share is computed for the most likely ones.
            first = np.argsort(-likely, kind="stable")[:MOST_OF_ONE]
            # Half of the limit is enough here, because fingerprints are a sample and this is an
            # estimate.
            for right in first[likely[first] >= threshold / 2].tolist():
                share, covered = self.share(left, right)
                if share >= threshold and covered >= LEAST:
                    held = self._held_by(left, right)
                    yield Hit(self._part(left), left, right, share, covered, held)

    def share(self, left: int, right: int) -> tuple[float, int]:
        """How much of one the other has, and how much that is."""
        found = [self._count(a, self._shared(a, b)[1]) for a, b in ((left, right), (right, left))]
        wholes = [max(self._whole[left], 1), max(self._whole[right], 1)]
        shares = [part / whole for part, whole in zip(found, wholes, strict=True)]
        return max(shares), min(found)

    def _count(self, which: int, starts: Numbers) -> int:
        """Characters of a hand-in that fingerprints at `starts` cover and that were not given."""
        free = self._free[which]
        return int((_covered(starts, len(free)) & free).sum())

    def _held_by(self, left: int, right: int) -> int:
        both = np.intersect1d(self._own[left], self._own[right], assume_unique=True)
        return int(np.median(self._holders[np.searchsorted(self._known, both)]))

    def blocks(self, left: int, right: int) -> Blocks:
        """Where the shared code is."""
        hashes, starts = self._shared(left, right)
        number_of: dict[int, int] = {}
        runs = engine.slices(np.unique(starts)) if len(starts) else np.zeros((2, 0))
        for value, start in zip(hashes.tolist(), starts.tolist(), strict=True):
            run = int(np.searchsorted(runs[0], start, side="right"))
            # A piece that occurs again keeps the number of its first run, so that both sides agree.
            number_of.setdefault(value, run)
        return Blocks(self._lines(left, number_of), self._lines(right, number_of))

    def _lines(self, which: int, number_of: dict[int, int]) -> dict[int, int]:
        code = self.code(which)
        found: dict[int, int] = {}
        rows = zip(code.hashes.tolist(), code.firsts.tolist(), code.lasts.tolist(), strict=True)
        for value, first, last in rows:
            if value in number_of:
                for line in range(first, last + 1):
                    found.setdefault(line, number_of[value])
        return found

    def _shared(self, one: int, other: int) -> tuple[Numbers, Numbers]:
        """Hashes and starts of what `other` has, too, in the order of `one`."""
        code = self.code(one)
        here = np.isin(code.hashes, self._own[one]) & np.isin(code.hashes, self._own[other])
        return code.hashes[here], code.starts[here]

    def code(self, which: int) -> PartCode:
        """The code of a hand-in that has some."""
        code = self._codes[which]
        assert code is not None
        return code

    def _part(self, which: int) -> str:
        return self.code(which).part


SIDES: Final[tuple[Literal["left"], Literal["right"]]] = ("left", "right")

_NONE: Final[Numbers] = np.zeros(0, dtype=np.int64)


_NOWHERE: Final[Places] = np.zeros(0, dtype=np.bool_)


def _covered(starts: Numbers, size: int) -> Places:
    """Whether a character of the normalised code is in a run that begins at one of `starts`."""
    # The sum of these steps is linear in the size, however many runs overlap.
    steps = np.zeros(size + 1, dtype=np.int64)
    np.add.at(steps, starts, 1)
    np.add.at(steps, np.minimum(starts + engine.K, size), -1)
    return np.cumsum(steps[:-1]) > 0


def clusters(hits: Sequence[Hit]) -> tuple[tuple[int, ...], ...]:
    """Hand-ins that are joined by pairs, directly or not; groups of three and more."""
    root: dict[int, int] = {}

    def top(number: int) -> int:
        while root.setdefault(number, number) != number:
            # Halving the path keeps the search short, also for a class that is one chain.
            root[number] = root[root[number]]
            number = root[number]
        return number

    for hit in hits:
        root[top(hit.right)] = top(hit.left)
    groups: dict[int, list[int]] = defaultdict(list)
    for number in sorted(root):
        groups[top(number)].append(number)
    # A group of two is a pair, which the page lists already.
    return tuple(tuple(group) for group in groups.values() if len(group) > 2)
