"""The queue: which hand-ins there are, what is left of each, and which comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.feedback.clean import clean_line
from grader.marking.course import Course
from grader.records.mark_events import WHOLE
from grader.records.present_marks import HandMarks
from kit.text import Text

from . import facts
from .facts import Fact, Flag
from .present import Present
from .room import Desk

PAGE = 100
"""Hand-ins on one page."""


@dataclass(frozen=True, slots=True)
class Item:
    """One hand-in of the queue, as one marker sees it."""

    fact: Fact
    total: Fraction
    done: frozenset[str]  # criteria that this marker need not mark any more
    flags: tuple[Flag, ...]
    lacks: tuple[Text, ...]  # before it can be published, as this marker sees it

    @property
    def alias(self) -> str:
        """Its name in addresses."""
        return self.fact.alias

    @property
    def people(self) -> tuple[str, ...]:
        """Student id and name of each who handed it in."""
        return names(self.fact)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which hand-ins are asked for."""

    search: str = ""
    flag: str = ""
    state: str = ""  # "open" or "done"; of one criterion where one is given
    criterion: str = ""
    everyone: bool = False  # also those of other markers' shares


def items(
    desk: Desk, course: Course, present: Present, marker: str, wanted: Wanted, *, blind: bool
) -> list[Item]:
    """The hand-ins in the marker's order."""
    known = desk.facts(course)
    ids: Sequence[str] = desk.order(course, present, marker)
    if wanted.everyone:
        ids = (*ids, *sorted(set(known.by_id) - set(ids), key=lambda id: known.by_id[id].alias))
    criteria = {criterion.id for criterion in course.rubric.criteria}
    if wanted.criterion:
        criteria = {wanted.criterion}
    made = (item(desk, course, present, known.by_id[id], marker) for id in ids)
    return [one for one in made if _fits(one, criteria, wanted, blind)]


def item(desk: Desk, course: Course, present: Present, fact: Fact, marker: str) -> Item:
    """One of them; made again only where something has changed."""
    key = fact, present.seqs.get(fact.entry.id, 0), present.epoch
    kept = desk.items.get((marker, fact.entry.id))
    if kept is None or kept[0] != key:
        # By identity, as every grading makes new facts.
        kept = desk.items[marker, fact.entry.id] = key, _item(course, present, fact, marker)
    return kept[1]


def _item(course: Course, present: Present, fact: Fact, marker: str) -> Item:
    given = seen(course, present, fact, marker)
    done = frozenset(
        criterion.id
        for criterion in course.rubric.criteria
        if (standing := given.standings.get(criterion.id)) is not None
        and standing.points is not None
    )
    so_far = facts.so_far(course, fact, given)
    flags = {*fact.flags, *_flags(present, fact, given)}
    if so_far.pending <= sum(c.points for c in course.rubric.criteria if c.id not in done):
        # Where a person has decided on all of it, nothing waits any more.
        flags.discard(Flag.UNDECIDED)
    return Item(
        fact,
        so_far.earned,
        done,
        tuple(flag for flag in Flag if flag in flags),
        facts.lacks(course, fact, given),
    )


def seen(course: Course, present: Present, fact: Fact, marker: str) -> HandMarks:
    """What people gave a hand-in, as far as `marker` sees it."""
    sha256 = "" if fact.graded is None else fact.graded.submission_sha256
    id = fact.entry.id
    if id not in present.doubles:
        return present.people.of_hand_in(id, sha256)
    places = [(id, criterion.id) for criterion in course.rubric.criteria]
    if not any(present.is_blind(place, marker) for place in [*places, (id, WHOLE)]):
        return present.people.of_hand_in(id, sha256)
    # A copy of the events in which this hand-in has only what the marker may see.
    events = (present.at(place, marker) for place in [*places, (id, WHOLE)])
    return present.people.of_events(id, {e.criterion: e for e in events if e is not None}, sha256)


def names(fact: Fact) -> tuple[str, ...]:
    """Student id and name of each who handed it in, cleaned; never empty."""
    found = (f"{person.student_id} {person.name}".strip() for person in fact.entry.people)
    return tuple(clean_line(name) for name in found if name) or (clean_line(fact.entry.id),)


def left(items: Sequence[Item], criteria: Sequence[str]) -> int:
    """How many marks are still to give."""
    return sum(len(set(criteria) - item.done) for item in items if item.fact.markable)


def unmarked(items: Sequence[Item], criteria: Sequence[str], after: str = "") -> Iterator[Item]:
    """Those of which one of the criteria is not marked, from the one after `after` on."""
    start = next((i + 1 for i, item in enumerate(items) if item.alias == after), 0)
    for item in (*items[start:], *items[:start]):
        if item.fact.markable and item.alias != after and set(criteria) - item.done:
            yield item


def _flags(present: Present, fact: Fact, given: HandMarks) -> Iterator[Flag]:
    id = fact.entry.id
    if any(question.hand_in == id for question in present.open_questions):
        yield Flag.QUESTION
    if given.conflicts:
        yield Flag.DISPUTED
    elif given.looks:
        yield Flag.LOOK_AGAIN
    if any(event.fraction is not None for event in given.overrides.values()):
        yield Flag.OVERRULED
    if id in present.doubles:
        yield Flag.DOUBLE
    if present.people.published and id in present.regraded:
        yield Flag.REGRADED


def _fits(item: Item, criteria: set[str], wanted: Wanted, blind: bool) -> bool:
    if wanted.flag and wanted.flag not in item.flags:
        return False
    if wanted.state and (criteria <= item.done) is not (wanted.state == "done"):
        return False
    if wanted.search:
        # Whoever marks without names must not find them by asking.
        texts = [item.alias] if blind else [item.alias, item.fact.entry.id, *item.people]
        return wanted.search.casefold() in " ".join(texts).casefold()
    return True
