"""What a person decides with ``--prefer``: which attempt counts, and whose a hand-in is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kit.sources import show
from kit.text import Text, joined

from . import who_texts
from .choosing import Wishes
from .headers import normal
from .layout_result import Attempt
from .records import Person
from .roster import Roster

Names = Mapping[int, str]
"""What a person calls an attempt, by its `id()`."""


class OwnedAttempt(NamedTuple):
    """An attempt, whose it is, and what a person has to decide about that."""

    attempt: Attempt
    people: tuple[Person, ...]
    doubt: Text | None


def names_of(attempts: Sequence[Attempt]) -> Names:
    """A name for each attempt of a class; no two alike, not even as a message shows them."""
    candidates = [_candidates(attempt) for attempt in attempts]
    count = Counter(key for names in candidates for key in {_key(name) for name in names})
    found: dict[int, str] = {}
    taken = set(count)
    for attempt, names in zip(attempts, candidates, strict=True):
        name = next((name for name in names if count[_key(name)] == 1), "")
        number = 1
        while not name or (name not in names and _key(name) in taken):
            name = f"{show(names[-1], 80)} ({number})"
            number += 1
        taken.add(_key(name))
        found[id(attempt)] = name
    return found


def _candidates(attempt: Attempt) -> tuple[str, ...]:
    label, key, stamp = attempt.label, attempt.key, attempt.stamp
    return label, f"{label} {stamp or key}", f"{label} {key} {stamp}".strip()


def _key(name: str) -> str:
    return normal(show(name))


def decided(
    owned: Sequence[OwnedAttempt], names: Names, roster: Roster | None, wishes: Wishes
) -> list[OwnedAttempt]:
    """The same, where a person said whose a doubtful one is; of the others, how to say so."""
    found = []
    for each in owned:
        attempt, _, doubt = each
        if doubt is None or attempt.held_for:
            found.append(each)
            continue
        name = names[id(attempt)]
        people = _chosen(name, attempt, roster, wishes)
        if people:
            attempt.preferred = True
            whose = joined(show(person.known_as) for person in people)
            attempt.reasons.insert(0, who_texts.DECIDED.format(name=show(name), whose=whose))
            found.append(OwnedAttempt(attempt, people, None))
        else:
            attempt.reasons.insert(0, who_texts.DECIDE.format(name=show(name)))
            found.append(each)
    return found


def _chosen(
    name: str, attempt: Attempt, roster: Roster | None, wishes: Wishes
) -> tuple[Person, ...]:
    """The students whom a wish names; a wish with one that is not on the roster is not met."""
    ids = dict(attempt.claims[0].platform_ids) if len(attempt.claims) == 1 else {}
    for wish, said in wishes.owners_of(name):
        people: list[Person] = []
        for number in said:
            if roster is None or not roster.students:
                people.append(Person(number, attempt.shown_name, ids if len(said) == 1 else {}))
            elif (student := roster.by_student_id(number)) is not None:
                people.append(student.person)
        if people and len(people) == len(said):
            wishes.met.add(wish)
            return tuple(people)
    return ()
