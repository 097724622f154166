"""What is known of each hand-in without what people gave: its name here, points, flags."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from grader.core.model import Outcome, Status
from grader.marking import publishing
from grader.marking.course import Course
from grader.records import similar
from grader.records.gradebook_builder import FAULT, NOT_GRADED, outdated
from grader.records.present_marks import HandMarks
from grader.records.rescoring import rescore
from grader.records.roster_snapshot import SnapshotEntry
from grader.records.store import GradingInfo
from grader.scoring import late_policy
from grader.scoring.rubric import Rubric
from kit.text import Text


class Flag(StrEnum):
    """Why somebody should look at a hand-in, the most pressing first."""

    NO_MARK = "no_mark"  # a fault of the grader, or not graded yet
    NOT_GRADABLE = "not_gradable"
    DISPUTED = "disputed"
    QUESTION = "question"  # a student's, without an answer
    LOOK_AGAIN = "look_again"
    UNDECIDED = "undecided"  # points of checks wait for a person
    CRASHED = "crashed"  # or ran out of time or memory
    SAME_FILES = "same_files"  # as another hand-in
    SIMILAR = "similar"  # code that another hand-in has, too
    LATE = "late"
    OVERRULED = "overruled"
    REGRADED = "regraded"  # changed after publication
    DOUBLE = "double"


_LOUD: Final = {
    Outcome.CRASHED: Flag.CRASHED,
    Outcome.TIMED_OUT: Flag.CRASHED,
    Outcome.OUT_OF_MEMORY: Flag.CRASHED,
    Outcome.OVER_LIMIT: Flag.CRASHED,
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One hand-in as the machine left it."""

    entry: SnapshotEntry
    alias: str
    graded: GradingInfo | None  # None: not graded by the class's rubric
    machine: Fraction  # points that the machine gave
    flags: tuple[Flag, ...]
    kept: bool = True  # what its pages are made of

    @property
    def fault(self) -> Text:
        """Why it has no mark by machine."""
        if self.graded is None:
            return NOT_GRADED
        return self.graded.marks.fault or FAULT

    @property
    def markable(self) -> bool:
        """Whether a mark can come of it."""
        return self.graded is not None and self.graded.status is not Status.GRADER_ERROR


@dataclass(frozen=True, slots=True)
class Facts:
    """All hand-ins of the class."""

    by_id: Mapping[str, Fact]
    by_alias: Mapping[str, Fact]


def gather(course: Course, key: str) -> Facts:
    """Of the class as it was graded last; `key` makes the aliases."""
    latest = course.latest
    entries = course.snapshot.entries
    same = Counter(info.submission_sha256 for info in latest.values() if info.submission_sha256)
    aliases = _aliases([entry.id for entry in entries], key)
    reported = course.store.reported()
    alike = similar.flagged(course.out)
    found = {}
    for entry in entries:
        graded = latest.get(entry.id)
        if graded is not None and outdated(graded, course.rubric):
            graded = None
        flags = _flags(graded, course.rubric)
        if graded is not None and same[graded.submission_sha256] > 1:
            flags.add(Flag.SAME_FILES)
        if entry.id in alike:
            flags.add(Flag.SIMILAR)
        if _late(course, entry):
            flags.add(Flag.LATE)
        machine = Fraction(0) if graded is None else graded.marks.earned
        ordered = tuple(flag for flag in Flag if flag in flags)
        kept = entry.id in reported
        found[entry.id] = Fact(entry, aliases[entry.id], graded, machine, ordered, kept)
    return Facts(found, {fact.alias: fact for fact in found.values()})


@dataclass(frozen=True, slots=True)
class SoFar:
    """The points of a hand-in so far, before the late policy, and those that wait."""

    earned: Fraction = Fraction(0)
    pending: Fraction = Fraction(0)


def so_far(course: Course, fact: Fact, given: HandMarks) -> SoFar:
    """Exactly what the gradebook has, but without reading every outcome where that is sure."""
    if fact.graded is None or not fact.markable:
        return SoFar()
    capped = any(row.optional and row.marked_by_people for row in course.rubric.rows)
    if capped or any(event.fraction is not None for event in given.overrides.values()):
        # What people give there may not add up: a row has its most.
        score = rescore(fact.graded, course.store, course.rubric, given.by_people)
        return SoFar(score.earned, score.pending)
    earned, pending = fact.machine, fact.graded.marks.pending
    for criterion in course.rubric.criteria:
        held = given.standings.get(criterion.id)
        if held is not None and held.points is not None:
            earned += held.points
            pending -= criterion.points
    return SoFar(earned, pending)


def lacks(course: Course, fact: Fact, given: HandMarks) -> tuple[Text, ...]:
    """What the hand-in lacks before it can be published."""
    criteria = course.rubric.criteria
    unmarked = [
        criterion
        for criterion in criteria
        if (held := given.standings.get(criterion.id)) is None or held.points is None
    ]
    by_hand = sum((criterion.points for criterion in unmarked), Fraction(0))
    found = publishing.lacking(
        Status.GRADER_ERROR if fact.graded is None else fact.graded.status,
        fault=fact.fault,
        decided=bool(criteria) and not unmarked,
        looks=given.looks,
        titles={criterion.id: criterion.title for criterion in criteria},
        unmarked=[criterion.id for criterion in unmarked],
        undecided=so_far(course, fact, given).pending - by_hand,
    )
    graded = fact.graded is not None and fact.graded.status is Status.GRADED
    return (*found, *([publishing.NOT_KEPT] if graded and not fact.kept else []))


def _flags(graded: GradingInfo | None, rubric: Rubric) -> set[Flag]:
    if graded is None or graded.status is Status.GRADER_ERROR:
        return {Flag.NO_MARK}
    if graded.status is Status.NOT_GRADABLE:
        return {Flag.NOT_GRADABLE}
    flags = {_LOUD[check.outcome] for check in graded.marks.checks if check.outcome in _LOUD}
    by_hand = {row.id: row.pending for row in rubric.rows}
    # Not by its outcome: what is optional and was not done is skipped, too, and asks for nobody.
    if any(row.pending > by_hand.get(row.id, Fraction(0)) for row in graded.marks.rows):
        flags.add(Flag.UNDECIDED)
    return flags


def _late(course: Course, entry: SnapshotEntry) -> bool:
    policy = course.rubric.late
    if policy is None or entry.submitted_at is None:
        return bool(entry.late)
    return late_policy.days_late(policy, entry.submitted_at) > 0


def _aliases(hand_ins: list[str], key: str) -> dict[str, str]:
    """A short name for each hand-in, from which nobody can tell whose it is."""
    for length in range(5, 30):
        names = {hand_in: _alias(hand_in, key, length) for hand_in in hand_ins}
        if len(set(names.values())) == len(names):
            return names
    raise AssertionError("two hand-ins of one id")


def _alias(hand_in: str, key: str, length: int) -> str:
    digest = hmac.new(key.encode(), hand_in.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.b32encode(digest.digest()).decode("ascii")[:length]
