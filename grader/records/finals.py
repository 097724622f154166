"""What moved a student's final mark and no check did: the late policy, and what was handed in.

The store keeps every list of the class with its rubric, and every mark. From both, the finals of
any moment are computed again, so nothing else needs to be kept and no run can forget it.
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
from grader.scoring.rubric import Rubric
from kit.text import Text

from .gradebook_builder import outdated
from .roster_snapshot import Entry, Listing

_END: Final = "~"
"""Later than every time."""

Key = tuple[str, int]  # the student id, else the name; and which of several of it


@dataclass(frozen=True, slots=True)
class Standing:
    """One student's mark at one moment. `final` is None where nothing was handed in."""

    person: Person
    final: Fraction | None
    taken: Fraction = Fraction(0)  # by the late policy
    late: Text | None = None

    @property
    def sign(self) -> Fraction | None:
        """Equal where neither the policy nor a hand-in moved the mark."""
        return None if self.final is None else self.taken


@dataclass(frozen=True, slots=True)
class FinalMove:
    """A student whom the late policy, or handing in or not, gives another mark than before."""

    before: Standing
    after: Standing


def moves(store: Store, since: str | None = None) -> tuple[FinalMove, ...]:
    """Who has another mark now; compared with the one before it, or with that at `since`."""
    histories: dict[Key, list[tuple[str, Standing]]] = {}
    for time, known, unknown in _states(store, since):
        for key, standing in known.items():
            histories.setdefault(key, []).append((time, standing))
        for key, history in histories.items():
            if key not in known and key not in unknown:  # no longer in the class's folder
                history.append((time, Standing(history[-1][1].person, None)))
    pairs = (_pair(history, since) for history in histories.values())
    return tuple(FinalMove(*pair) for pair in pairs if pair is not None)


def _pair(
    history: list[tuple[str, Standing]], since: str | None
) -> tuple[Standing, Standing] | None:
    after = history[-1][1]
    for time, before in reversed(history):
        if since is not None and time > since:
            continue
        if before.sign != after.sign:
            return before, after
        if since is not None:
            return None
    return None


def _states(store: Store, since: str | None) -> Iterator[tuple[str, dict[Key, Standing], set[Key]]]:
    """The moment each run ended and the next began: who stood how, and of whom nobody knows."""
    classes = store.classes()
    gradings = list(store.gradings())
    last: dict[str, GradingInfo] = {}
    times = [listed_at for listed_at, _ in classes[1:]] + [since or _END, _END]
    for time in sorted(set(times)):
        while gradings and gradings[0].created_at < time:
            last[gradings[0].hand_in] = gradings[0]
            del gradings[0]
        listed = [data for listed_at, data in classes if listed_at < time]
        if not listed:
            continue
        try:
            listing = Listing.from_json(listed[-1])
            marked_by = rubric.parse(listing.rubric.encode("utf-8"))
        except (GraderError, ValueError):  # of an earlier version: it cannot be compared
            continue
        yield time, *_state(listing, marked_by, last)


def _state(
    listing: Listing, marked_by: Rubric, last: dict[str, GradingInfo]
) -> tuple[dict[Key, Standing], set[Key]]:
    known: dict[Key, Standing] = {}
    unknown: set[Key] = set()
    count: dict[str, int] = {}

    def key_of(person: Person) -> Key:
        name = person.student_id or person.name
        count[name] = count.get(name, 0) + 1
        return name, count[name]

    for entry in sorted(listing.entries, key=lambda entry: entry.id):
        for person in entry.people:
            standing = _standing(entry, person, last.get(entry.id), marked_by)
            key = key_of(person)
            if standing is None:
                unknown.add(key)
            else:
                known[key] = standing
    for person in listing.missing:
        known[key_of(person)] = Standing(person, None)
    return known, unknown


def _standing(
    entry: Entry, person: Person, graded: GradingInfo | None, marked_by: Rubric
) -> Standing | None:
    """None: the run was stopped before its turn, or the grader failed."""
    if graded is None or graded.status is Status.GRADER_ERROR or outdated(graded, marked_by):
        return None
    raw = graded.marks.earned
    late = late_policy.apply(
        marked_by.late, raw, marked_by.total, entry.submitted_at, person.student_id, entry.late
    )
    return Standing(person, late.final, late.taken, late.text)
