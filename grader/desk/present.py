"""Every event of the marks, held in memory; each look reads only what is new.

Events are added and never changed, so what was read once stays true. Several threads share it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from grader.marking.course import Course
from grader.records.mark_events import (
    WHOLE,
    CommentVersion,
    Conflict,
    MarkEvent,
    OverrideEvent,
    Question,
)
from grader.records.mark_store import MarkStore
from grader.records.present_marks import PresentMarks

Place = tuple[str, str]
"""A hand-in and a criterion."""


@dataclass(frozen=True, slots=True)
class Present:
    """What people have done by now."""

    epoch: int  # another one where anything but marks has changed
    people: PresentMarks
    history: Mapping[Place, Sequence[MarkEvent]]  # in order
    seqs: Mapping[str, int]  # by hand-in: the number of its last event
    conflicts: Mapping[Place, Sequence[Conflict]]  # settled or not
    open_conflicts: tuple[Conflict, ...]
    shares: Mapping[str, tuple[str, ...]]
    questions: tuple[Question, ...]
    regraded: frozenset[str]  # hand-ins with events after the last publication
    times: Mapping[str, Mapping[Place, float]]  # by author: when each place was marked last
    doubles: frozenset[str]  # hand-ins that several markers mark, each without the others' marks

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """What students asked and nobody has answered."""
        answered = {question.answers for question in self.questions}
        return tuple(q for q in self.questions if not q.answers and q.uid not in answered)

    def standing(self, place: Place) -> MarkEvent | None:
        """The last event of a place."""
        events = self.history.get(place)
        return events[-1] if events else None

    def own(self, place: Place, marker: str) -> MarkEvent | None:
        """What `marker` gave last, whether it stands or is disputed."""
        return self.by_author(place).get(marker)

    def others(self, place: Place, marker: str) -> list[MarkEvent]:
        """What everybody else gave last."""
        return [event for author, event in self.by_author(place).items() if author != marker]

    def by_author(self, place: Place) -> dict[str, MarkEvent]:
        """What each person gave last before anything was settled, standing or disputed."""
        events = self.history.get(place, ())
        if len(events) == 1 and place not in self.conflicts:
            return {events[0].author: events[0]}  # nearly all of a class
        given = [event for event in events if not event.settles]
        given += [conflict.theirs for conflict in self.conflicts.get(place, ())]
        return {event.author: event for event in sorted(given, key=lambda event: event.at)}

    def is_blind(self, place: Place, marker: str) -> bool:
        """Whether `marker` gives a mark of their own here, without seeing another's."""
        if place[0] not in self.doubles or place[0] not in self.shares.get(marker, ()):
            return False
        # What was settled is one mark again, which everybody sees.
        return not any(event.settles for event in self.history.get(place, ()))

    def at(self, place: Place, marker: str) -> MarkEvent | None:
        """The event that `marker` sees."""
        return self.own(place, marker) if self.is_blind(place, marker) else self.standing(place)


@dataclass(frozen=True, slots=True)
class _Rest:
    """Everything but the marks, which changes seldom."""

    overrides: tuple[OverrideEvent, ...]
    comments: tuple[CommentVersion, ...]
    conflicts: Mapping[Place, Sequence[Conflict]]
    published_at: str | None
    shares: Mapping[str, tuple[str, ...]]
    questions: tuple[Question, ...]

    @classmethod
    def of(cls, store: MarkStore) -> _Rest:
        conflicts: dict[Place, list[Conflict]] = {}
        for conflict in store.all_conflicts():
            conflicts.setdefault((conflict.hand_in, conflict.criterion), []).append(conflict)
        return cls(
            store.overrides(),
            store.comments(),
            conflicts,
            store.last_published_at(),
            store.assignments(),
            store.questions(),
        )


class Events:
    """The cache behind :class:`Present`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seq = 0
        self._marks: list[MarkEvent] = []
        # These only grow, so that a page in another thread may read them meanwhile.
        self._history: dict[Place, list[MarkEvent]] = {}
        self._seqs: dict[str, int] = {}
        self._times: dict[str, dict[Place, float]] = {}
        self._settled: set[str] = set()
        self._known: tuple[tuple[int, ...], str] | None = None
        self._rest: _Rest | None = None
        self._epoch = 0
        self._present: Present | None = None

    def look(self, course: Course) -> Present:
        """As the file has it now."""
        with self._lock:
            # The counts first: what is added between the two reads is then read the next time.
            known = course.marks.counts(), course.rubric.sha256
            new = course.marks.marks_after(self._seq)
            if self._present is not None and known == self._known and not new:
                return self._present
            for number, event in new:
                self._seq = number
                self._marks.append(event)
                self._history.setdefault((event.hand_in, event.criterion), []).append(event)
                self._seqs[event.hand_in] = number
                self._settled.update(event.settles)
                self._note_time(event)
            if self._rest is None or known != self._known:
                self._known = known
                self._rest = _Rest.of(course.marks)
                self._epoch += 1
                for conflicts in self._rest.conflicts.values():
                    for conflict in conflicts:
                        self._note_time(conflict.theirs)
            self._present = self._made(course, self._rest)
            return self._present

    def _note_time(self, event: MarkEvent) -> None:
        # The last time alone: a mark that is changed twice is one mark.
        if event.criterion != WHOLE:
            at = datetime.fromisoformat(event.at).timestamp()
            place = event.hand_in, event.criterion
            self._times.setdefault(event.author, {})[place] = at

    def _made(self, course: Course, rest: _Rest) -> Present:
        waiting = tuple(
            conflict
            for conflicts in rest.conflicts.values()
            for conflict in conflicts
            if conflict.uid not in self._settled
        )
        given = Counter(hand_in for share in rest.shares.values() for hand_in in share)
        return Present(
            epoch=self._epoch,
            people=PresentMarks(
                course.rubric,
                self._marks,
                rest.overrides,
                rest.comments,
                waiting,
                rest.published_at is not None,
            ),
            history=self._history,
            seqs=self._seqs,
            conflicts=rest.conflicts,
            open_conflicts=waiting,
            shares=rest.shares,
            questions=rest.questions,
            regraded=self._regraded(rest.published_at),
            times=self._times,
            doubles=frozenset(hand_in for hand_in, count in given.items() if count > 1),
        )

    def _regraded(self, at: str | None) -> frozenset[str]:
        if at is None:
            return frozenset()
        return frozenset(event.hand_in for event in self._marks if event.at > at)
