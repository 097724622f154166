"""Every event of the marks, held in memory; each look reads only what is new.

Events are added and never changed, so what was read once stays true. Several threads share it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grader.marking.course import Course
from grader.records.mark_events import Conflict, MarkEvent, Question
from grader.records.present_marks import PresentMarks

Place = tuple[str, str]
"""A hand-in and a criterion."""


@dataclass(frozen=True, slots=True)
class Present:
    """What people have done by now."""

    number: int  # of the look: another one has other contents
    people: PresentMarks
    history: Mapping[Place, Sequence[MarkEvent]]  # in order
    seqs: Mapping[str, int]  # by hand-in: the number of its last event
    conflicts: Mapping[Place, Sequence[Conflict]]  # settled or not
    open_conflicts: tuple[Conflict, ...]
    shares: Mapping[str, tuple[str, ...]]
    questions: tuple[Question, ...]
    regraded: frozenset[str]  # hand-ins with events after the last publication
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
        given = [event for event in self.history.get(place, ()) if not event.settles]
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


@dataclass(slots=True)
class Events:
    """The cache behind :class:`Present`."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seq: int = 0
    _counts: tuple[int, ...] = ()
    _marks: list[MarkEvent] = field(default_factory=list)
    _history: dict[Place, list[MarkEvent]] = field(default_factory=dict)
    _seqs: dict[str, int] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)
    _rubric: str = ""
    _present: Present | None = None

    def look(self, course: Course) -> Present:
        """As the file has it now."""
        with self._lock:
            # The counts first: what is added between the two reads is then read the next time.
            counts = course.marks.counts()
            new = course.marks.marks_after(self._seq)
            same = counts == self._counts and course.rubric.sha256 == self._rubric
            if self._present is not None and same and not new:
                return self._present
            for number, event in new:
                self._seq = number
                self._marks.append(event)
                self._history.setdefault((event.hand_in, event.criterion), []).append(event)
                self._seqs[event.hand_in] = number
                self._settled.update(event.settles)
            self._counts, self._rubric = counts, course.rubric.sha256
            self._present = self._made(course)
            return self._present

    def _made(self, course: Course) -> Present:
        store = course.marks
        conflicts = store.all_conflicts()
        waiting = tuple(c for c in conflicts if c.uid not in self._settled)
        by_place: dict[Place, list[Conflict]] = {}
        for conflict in conflicts:
            by_place.setdefault((conflict.hand_in, conflict.criterion), []).append(conflict)
        shares = store.assignments()
        given = [hand_in for share in shares.values() for hand_in in share]
        return Present(
            number=0 if self._present is None else self._present.number + 1,
            people=PresentMarks(
                course.rubric,
                self._marks,
                store.overrides(),
                store.comments(),
                waiting,
                store.published,
            ),
            # Copies, because another thread may add to these while a page is made.
            history={place: tuple(events) for place, events in self._history.items()},
            seqs=dict(self._seqs),
            conflicts=by_place,
            open_conflicts=waiting,
            shares=shares,
            questions=store.questions(),
            regraded=self._regraded(store.last_published_at()),
            doubles=frozenset(h for h, count in Counter(given).items() if count > 1),
        )

    def _regraded(self, at: str | None) -> frozenset[str]:
        if at is None:
            return frozenset()
        return frozenset(event.hand_in for event in self._marks if event.at > at)
