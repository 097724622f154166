"""How evenly several people mark: agreement on what two marked, means, pace."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from grader.marking.course import Course
from grader.records.mark_events import MarkEvent
from grader.scoring.rubric_schema import Criterion

from . import listing
from .present import Present
from .room import Desk

ENOUGH: Final = 10
"""Marks of a criterion by one person, before their mean says anything."""

_AT_ONCE_S: Final = 0.2
"""Marks that follow each other faster were not given one by one: a sheet was imported."""
_BREAK_S: Final = 600.0
"""Nobody takes longer for one mark: a longer gap is a break."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two people on the hand-ins that both marked, by one criterion."""

    criterion: str
    first: str
    second: str
    count: int
    kappa: float | None  # quadratic weights; None where it is not defined
    difference: Fraction  # the first's mean minus the second's, in points


@dataclass(frozen=True, slots=True)
class Mean:
    """What one person gives for a criterion, beside all others; in points."""

    criterion: str
    marker: str
    count: int
    mean: Fraction
    others: Fraction | None  # None where the others have not marked enough


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a marker is."""

    marker: str
    given: int
    left: int
    of: int  # marks that the hand-ins of the share need in all
    seconds_each: float | None  # active time for one mark; None before there are two
    share: int  # hand-ins

    @property
    def seconds_left(self) -> float | None:
        """At the present pace."""
        return None if self.seconds_each is None else self.seconds_each * self.left


def agreements(course: Course, present: Present) -> list[Agreement]:
    """Of each pair and criterion, where both marked at least one hand-in."""
    pairs: dict[tuple[str, str, str], list[tuple[MarkEvent, MarkEvent]]] = {}
    known = {criterion.id: criterion for criterion in course.rubric.criteria}
    ids = list(known)
    for place in {*present.history, *present.conflicts}:
        # Elsewhere a second author saw the first one's mark and corrected it.
        if place[0] not in present.doubles and place not in present.conflicts:
            continue
        given = {a: e for a, e in present.by_author(place).items() if e.base is not None}
        if place[1] in known:
            for first, second in itertools.combinations(sorted(given), 2):
                pairs.setdefault((place[1], first, second), []).append(
                    (given[first], given[second])
                )
    found = []
    # In the order of the rubric, as everywhere else.
    for criterion, first, second in sorted(pairs, key=lambda pair: (ids.index(pair[0]), *pair)):
        both = pairs[criterion, first, second]
        a, b = ([_rank(one[i], known[criterion]) for one in both] for i in (0, 1))
        difference = sum((_base(x) - _base(y) for x, y in both), Fraction(0)) / len(both)
        found.append(Agreement(criterion, first, second, len(both), kappa(a, b), difference))
    return found


def kappa(first: Sequence[Fraction], second: Sequence[Fraction]) -> float | None:
    """Cohen's kappa with quadratic weights: 1 for equal marks, 0 for no more than by chance.

    None where everybody gave the same one mark, which tells nothing.
    """
    count = len(first)
    observed = sum(((a - b) ** 2 for a, b in zip(first, second, strict=True)), Fraction(0))
    # The mean over all pairs, from moments: no table of pairs is needed.
    by_chance = (
        sum((a * a for a in first), Fraction(0))
        + sum((b * b for b in second), Fraction(0))
        - 2 * sum(first, Fraction(0)) * sum(second, Fraction(0)) / count
    )
    return None if not by_chance else float(1 - observed / by_chance)


def means(course: Course, present: Present) -> list[Mean]:
    """Of each marker and criterion with enough marks."""
    # A class has thousands of marks of a few levels: counted by points, each added up once.
    given: defaultdict[str, defaultdict[str, Counter[_Points]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    ids = [criterion.id for criterion in course.rubric.criteria]
    for place in {*present.history, *present.conflicts}:
        if place[1] in ids:
            for author, event in present.by_author(place).items():
                if event.base is not None:
                    given[place[1]][author][event.base.as_integer_ratio()] += 1
    found = []
    for criterion, by_marker in sorted(given.items(), key=lambda item: ids.index(item[0])):
        everybody = sum(by_marker.values(), Counter())
        for marker, mine in sorted(by_marker.items()):
            rest = everybody - mine
            if mine.total() >= ENOUGH:
                others = _mean(rest) if rest.total() >= ENOUGH else None
                found.append(Mean(criterion, marker, mine.total(), _mean(mine), others))
    return found


def progress(desk: Desk, course: Course, present: Present, marker: str) -> list[Progress]:
    """Of everybody who has a share or has marked something, and of `marker`."""
    found = []
    for name in sorted({*present.shares, *present.times, marker}):
        mine: list[listing.Item] = []
        # Whoever has no share helps with all hand-ins; what is left of those is nobody's alone.
        if name in present.shares or name == marker:
            mine = listing.items(desk, course, present, name, listing.Wanted(), blind=True)
        found.append(progress_of(course, present, name, mine))
    return found


def progress_of(
    course: Course, present: Present, marker: str, mine: Sequence[listing.Item]
) -> Progress:
    """Of one marker, whose hand-ins are `mine`."""
    criteria = [criterion.id for criterion in course.rubric.criteria]
    times = present.times.get(marker, {}).values()
    return Progress(
        marker=marker,
        given=len(times),
        left=listing.left(mine, criteria),
        of=len(criteria) * sum(item.fact.markable for item in mine),
        seconds_each=pace(times),
        share=len(mine),
    )


def pace(times: Iterable[float]) -> float | None:
    """Active seconds for each mark; None where too few were given one by one."""
    ordered = sorted(times)
    gaps = [b - a for a, b in itertools.pairwise(ordered)]
    active = [gap for gap in gaps if _AT_ONCE_S < gap <= _BREAK_S]
    return sum(active) / len(active) if active else None


def _rank(event: MarkEvent, criterion: Criterion) -> Fraction:
    # By the order of levels: that is what a marker chooses, whatever the levels are worth.
    level = criterion.level_at(_base(event)) if criterion.levels else None
    return _base(event) if level is None else Fraction(level)


def _base(event: MarkEvent) -> Fraction:
    assert event.base is not None
    return event.base


_Points = tuple[int, int]  # a ratio: the hash of a fraction takes ten times as long


def _mean(points: Counter[_Points]) -> Fraction:
    return sum((Fraction(*p) * n for p, n in points.items()), Fraction(0)) / points.total()
