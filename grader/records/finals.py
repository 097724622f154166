"""Final marks that moved although no check did: by the late policy, or by handing in or not.

The store keeps every roster snapshot with its rubric, and every mark. The final marks of any
moment are computed from these, so no run has to record them separately.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from grader.core.errors import GraderError
from grader.core.model import Status
from grader.handins.records import Person
from grader.records.store import GradingInfo, Store
from grader.scoring import late_policy, rubric
from grader.scoring.by_people import NOBODY
from kit.text import Text

from .gradebook_builder import outdated
from .present_marks import PresentMarks
from .rescoring import with_people
from .roster_snapshot import RosterSnapshot, SnapshotEntry

_END: Final = "~"
"""Sorts after every ISO time."""

Key = tuple[str, int]  # the student id, else the name; and which of several of it


@dataclass(frozen=True, slots=True)
class FinalMark:
    """One student's mark at one moment. `final` is None where nothing was handed in."""

    person: Person
    final: Fraction | None
    taken: Fraction = Fraction(0)  # by the late policy
    late: Text | None = None

    @property
    def cause(self) -> Fraction | None:
        """Equal for two final marks between which neither the policy nor a hand-in changed."""
        return None if self.final is None else self.taken


@dataclass(frozen=True, slots=True)
class FinalMove:
    """A student whose final mark the late policy, or handing in or not, has changed."""

    before: FinalMark
    after: FinalMark


def moves(store: Store, since: str | None = None) -> tuple[FinalMove, ...]:
    """The changes since each student's previous final mark, or since the one at time `since`."""
    histories: dict[Key, list[tuple[str, FinalMark]]] = {}
    for time, known, unknown in _states(store, since):
        for key, mark in known.items():
            histories.setdefault(key, []).append((time, mark))
        for key, history in histories.items():
            if key not in known and key not in unknown:  # no longer in the class's folder
                history.append((time, FinalMark(history[-1][1].person, None)))
    pairs = (_pair(history, since) for history in histories.values())
    return tuple(FinalMove(*pair) for pair in pairs if pair is not None)


def _pair(
    history: list[tuple[str, FinalMark]], since: str | None
) -> tuple[FinalMark, FinalMark] | None:
    after = history[-1][1]
    for time, before in reversed(history):
        if since is not None and time > since:
            continue
        # Compared by cause: a mark that moved because a check did is listed with the checks.
        if before.cause != after.cause:
            return before, after
        if since is not None:
            return None
    return None


def _states(
    store: Store, since: str | None
) -> Iterator[tuple[str, dict[Key, FinalMark], set[Key]]]:
    """For the end of each run: the known final marks, and the students whose mark is unknown."""
    classes = store.classes()
    gradings = list(store.gradings())
    last: dict[str, GradingInfo] = {}
    # A run is over when the next one lists its class; the last one is over now.
    times = [listed_at for listed_at, _ in classes[1:]] + [since or _END, _END]
    for time in sorted(set(times)):
        while gradings and gradings[0].created_at < time:
            last[gradings[0].hand_in] = gradings[0]
            del gradings[0]
        listed = [data for listed_at, data in classes if listed_at < time]
        if not listed:
            continue
        try:
            snapshot = RosterSnapshot.from_json(listed[-1])
            marked_by = rubric.parse(snapshot.rubric.encode("utf-8"))
        except (GraderError, ValueError):  # written by an earlier version: not comparable
            continue
        people = PresentMarks.load(store.path.parent, marked_by, until=time)
        yield time, *_state(snapshot, people, last)


def _state(
    snapshot: RosterSnapshot, people: PresentMarks, last: dict[str, GradingInfo]
) -> tuple[dict[Key, FinalMark], set[Key]]:
    known: dict[Key, FinalMark] = {}
    unknown: set[Key] = set()
    count: dict[str, int] = {}

    def key_of(person: Person) -> Key:
        name = person.known_as
        count[name] = count.get(name, 0) + 1
        return name, count[name]

    # In a fixed order: two students of one name keep their numbers from run to run.
    for entry in sorted(snapshot.entries, key=lambda entry: entry.id):
        for person in entry.people:
            mark = _final_mark(entry, person, last.get(entry.id), people)
            key = key_of(person)
            if mark is None:
                unknown.add(key)
            else:
                known[key] = mark
    for person in snapshot.missing:
        known[key_of(person)] = FinalMark(person, None)
    return known, unknown


def _final_mark(
    entry: SnapshotEntry, person: Person, graded: GradingInfo | None, people: PresentMarks
) -> FinalMark | None:
    """None where the run was stopped before this hand-in, or the grader failed."""
    marked_by = people.rubric
    if graded is None or graded.status is Status.GRADER_ERROR or outdated(graded, marked_by):
        return None
    raw = graded.marks.earned
    given = people.of_hand_in(entry.id, graded.submission_sha256).by_people
    if given != NOBODY:
        # The points of each check are in the marks, so that no result need be read.
        raw = with_people(graded.marks, {}, marked_by, given).earned
    late = late_policy.apply(
        marked_by.late, raw, marked_by.total, entry.submitted_at, person.student_id, entry.late
    )
    return FinalMark(person, late.final, late.taken, late.text)
