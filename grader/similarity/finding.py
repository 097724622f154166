"""All of a class and of former years: read once, compared part by part.

Former hand-ins, and those of the class as long as they stay the same, are kept in a file below
OUT, because to read them takes longer than to compare them.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from grader import intake
from grader.core.digests import content_sha256
from grader.core.errors import GraderError, UsageError
from grader.handins import HandIn, Reader, load

from . import words
from .keeping import Kept
from .matching import LIMIT, Blocks, Hit, Match, clusters
from .reading import CodeReader, Numbers, PartCode

MOST_SHOWN: Final = 200
"""Pairs on the page, those with the highest share; the rest are counted."""

PAIRS_OF_ONE: Final = 3
"""A pair is left out where both sides have so many in this part: n hand-ins make n² / 2 pairs."""

_AHEAD: Final = 4
"""Hand-ins in memory for each that is being read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hand-in that is to be compared; `former` names the folder of a former year."""

    hand_in: HandIn
    former: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A hand-in and its code. `unread`: its bytes, or a fault, kept it from being read."""

    id: str
    people: tuple[str, ...]
    former: str
    parts: tuple[PartCode, ...]
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two hand-ins that share code, and where."""

    hit: Hit
    left: PartCode
    right: PartCode
    blocks: Blocks


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: the pairs that are shown, the highest share first."""

    known: tuple[Known, ...]
    current: int  # the first so many are of this class, the others of former years
    pairs: tuple[Pair, ...]
    hits: tuple[Hit, ...]  # all of them
    clusters: tuple[tuple[int, ...], ...]
    given: tuple[str, ...] = ()  # what the course gave besides the starter


class Finder:
    """Reads hand-ins in workers, `workers` at a time."""

    def __init__(self, codes: CodeReader, kept: Kept, workers: int = 0) -> None:
        self._codes = codes
        self._kept = kept
        # One more, because a processor is idle while a worker is started.
        self._workers = workers or len(os.sched_getaffinity(0)) + 1
        self._files = threading.Lock()

    def find(
        self,
        wanted: Sequence[Wanted],
        done: Callable[[], None] = lambda: None,
        given: Sequence[Path] = (),
    ) -> Found:
        """Compare those of the class with one another and with the former ones behind them.

        Code of the files and folders `given` does not count. UsageError for one without code.
        """
        left_out = [self._given(path) for path in given]
        known = []
        with Reader() as files:
            for one in self._all(wanted, files):
                known.append(one)
                done()
        found = compare(known, sum(not one.former for one in wanted), left_out)
        return replace(found, given=tuple(path.name for path in given))

    def _given(self, path: Path) -> Numbers:
        codes = self._codes.code(intake.gather(path))
        if not codes:
            raise UsageError(words.NOTHING_GIVEN.format(path=path))
        return np.concatenate([code.hashes for code in codes])

    def _all(self, wanted: Sequence[Wanted], files: Reader) -> Iterator[Known]:
        # Threads are enough, since they only wait: a confined process reads each hand-in.
        with ThreadPoolExecutor(self._workers) as pool:
            rest = iter(wanted)
            # Only a few are read ahead, because their bytes are in memory while they wait.
            running = [
                pool.submit(self._one, one, files) for one in islice(rest, _AHEAD * self._workers)
            ]
            while running:
                # Results are taken in the order of the class, so that the same class gives the same
                # page.
                yield running.pop(0).result()
                running += [pool.submit(self._one, one, files) for one in islice(rest, 1)]

    def _one(self, wanted: Wanted, files: Reader) -> Known:
        found = wanted.hand_in
        people = tuple(f"{p.student_id} {p.name}".strip() for p in found.people)
        codes: tuple[PartCode, ...] | None
        try:
            with self._files:  # an archive of everybody is open once
                data = load(found, reader=files)
            # The key is the content, so a hand-in that is copied whole or handed in again is read
            # once.
            key = content_sha256(data.items())
            codes = self._kept.get(key)
            if codes is None:
                codes = self._codes.code(intake.gather_files(data, id=found.id))
                if codes is not None:
                    self._kept.put(key, codes)
        # One hand-in that cannot be read is listed as not compared, and costs the others nothing.
        except GraderError:
            codes = None
        return Known(found.id, people, wanted.former, codes or (), codes is None)


def compare(known: Sequence[Known], current: int, given: Sequence[Numbers] = ()) -> Found:
    """Part by part; `given` are fingerprints that do not count."""
    parts = sorted({code.part for one in known for code in one.parts})
    # `concatenate` refuses an empty list, so an empty array comes first.
    without = np.unique(np.concatenate([np.zeros(0, np.int64), *given]))
    hits: list[Hit] = []
    matches = {}
    for part in parts:
        codes = [next((c for c in one.parts if c.part == part), None) for one in known]
        matches[part] = match = Match(codes, without)
        hits += match.hits(current, LIMIT)
    # The last keys order equal pairs, so that two runs give one page.
    hits.sort(key=lambda hit: (-hit.share, -hit.covered, hit.part, hit.left, hit.right))
    pairs = tuple(
        Pair(
            hit,
            matches[hit.part].code(hit.left),
            matches[hit.part].code(hit.right),
            matches[hit.part].blocks(hit.left, hit.right),
        )
        for hit in islice(_most_alike(hits), MOST_SHOWN)
    )
    return Found(tuple(known), current, pairs, tuple(hits), clusters(hits))


def _most_alike(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Those, in their order, of which one side has fewer than so many before."""
    shown: Counter[tuple[str, int]] = Counter()
    for hit in hits:
        sides = (hit.part, hit.left), (hit.part, hit.right)
        if min(shown[side] for side in sides) < PAIRS_OF_ONE:
            shown.update(sides)
            yield hit
