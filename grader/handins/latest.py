"""Which attempt of each student counts: the newest by the platform, else a person decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kit.sources import show
from kit.text import Text, joined

from . import texts
from .attempts import hold, settle
from .choosing import Wishes
from .deciding import Names, OwnedAttempt
from .headers import normal
from .layout_result import Attempt
from .records import Person
from .roster import Roster
from .version_names import natural


class Replaced(NamedTuple):
    """An attempt that does not count, the one that counts instead, and whose they are."""

    attempt: Attempt
    instead: Attempt
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """What the course says of lateness."""

    in_time: Callable[[datetime], bool]
    prefer_in_time: bool = False  # a late attempt replaces none that was in time


def of_each(
    owned: Sequence[OwnedAttempt], names: Names, wishes: Wishes, due: Due | None
) -> tuple[list[OwnedAttempt], list[Replaced]]:
    """The attempt of each student or group that counts, and the earlier ones."""
    by_key: dict[tuple[str, ...], list[OwnedAttempt]] = {}
    for each in owned:
        by_key.setdefault(_key(each.attempt, each.people), []).append(each)
    counting: list[OwnedAttempt] = []
    earlier: list[Replaced] = []
    for same in by_key.values():
        if len(same) == 1:
            counting += same
            continue
        wished = _wished(same, names, wishes)
        if wished is None and len(_users(same)) > 1:
            same, others = _told_apart(same)
            counting += _held(others, names, texts.SEVERAL_USERS)
            if len(same) < 2:
                counting += same
                continue
        ordered = same if wished is not None else _ordered(same)
        if ordered is None:
            counting += _held(same, names)
            continue
        chosen = wished or _chosen(ordered, due)
        before = [each for each in ordered if each is not chosen]
        counting.append(chosen)
        earlier += [Replaced(each.attempt, chosen.attempt, each.people) for each in before]
        _say(chosen.attempt, [each.attempt for each in before])
    return counting, earlier


def settled(
    owned: Sequence[OwnedAttempt], names: Names, roster: Roster | None, wishes: Wishes
) -> list[OwnedAttempt]:
    """The same attempts, without files of theirs that others replace; see `attempts.settle`."""
    found: list[OwnedAttempt] = []
    for attempt, who, doubt in owned:
        for one in settle(attempt, names[id(attempt)], roster, wishes):
            if one.doubt is not None and one.doubt is not attempt.doubt:
                one.held_for = who
                found.append(OwnedAttempt(one, (Person("", one.label),), one.doubt))
            else:
                found.append(OwnedAttempt(one, who, doubt))
    return found


def _key(attempt: Attempt, who: tuple[Person, ...]) -> tuple[str, ...]:
    """The same for all attempts of one student or group."""
    known = [_person_key(person) for person in who]
    if all(known):
        return ("known", *sorted(key for key in known if key))
    return ("attempt", attempt.layout, attempt.key)


def _person_key(person: Person) -> str:
    return f"id {normal(person.student_id)}" if person.student_id else ""


def _wished(same: Sequence[OwnedAttempt], names: Names, wishes: Wishes) -> OwnedAttempt | None:
    """The one that a person prefers."""
    wished = [
        each
        for each in same
        if wishes.is_preferred(names[id(each.attempt)]) or each.attempt.preferred
    ]
    return wished[0] if len(wished) == 1 else None


def _ordered(same: Sequence[OwnedAttempt]) -> list[OwnedAttempt] | None:
    """The newest last; None where nothing says which that is."""
    attempts = [attempt for attempt, _, _ in same]
    times = [attempt.submitted_at for attempt in attempts]
    moments = [time for time in times if time is not None]
    if len(moments) == len(same) and len(set(moments)) == len(same):
        return [each for _, each in sorted(zip(moments, same, strict=True), key=lambda p: p[0])]
    orders = [tuple(map(natural, attempt.order)) for attempt in attempts]
    if all(orders) and len(set(orders)) == len(same):
        return [each for _, each in sorted(zip(orders, same, strict=True), key=lambda p: p[0])]
    return None


def _is_late(attempt: Attempt, due: Due | None) -> bool | None:
    if due is not None and attempt.submitted_at is not None:
        return not due.in_time(attempt.submitted_at)
    return attempt.late


def _chosen(ordered: list[OwnedAttempt], due: Due | None) -> OwnedAttempt:
    """The newest, unless it is late and the course prefers one that was in time."""
    newest = ordered[-1]
    if not _is_late(newest.attempt, due):
        return newest
    in_time = [each for each in ordered if _is_late(each.attempt, due) is False]
    if not in_time:
        return newest
    last = in_time[-1]
    if due is None or not due.prefer_in_time:
        earlier = show(last.attempt.stamp or last.attempt.label)
        newest.attempt.reasons.append(texts.LATE_REPLACES.format(earlier=earlier))
        return newest
    later = show(newest.attempt.stamp or newest.attempt.label)
    last.attempt.reasons.append(texts.IN_TIME_COUNTS.format(later=later))
    return last


def _say(chosen: Attempt, others: Sequence[Attempt]) -> None:
    if chosen.stamp:
        stamps = joined(show(attempt.stamp or attempt.label) for attempt in others)
        chosen.reasons.append(texts.LATEST_ATTEMPT.format(earlier=stamps))
    else:
        labels = joined(show(attempt.label) for attempt in others)
        chosen.reasons.append(texts.SAME_STUDENT.format(others=labels))


def _users(same: Sequence[OwnedAttempt]) -> set[tuple[str, str]]:
    """The platform's own ids of those who handed these in, whom a name may have made one student.

    A name can be one's own choice, and two may share it: no newer one replaces an older one then.
    """
    found: set[tuple[str, str]] = set()
    for attempt, _, _ in same:
        if not attempt.keyed or len(attempt.claims) != 1:
            continue
        (claim,) = attempt.claims
        # Gradescope numbers what was handed in; its accounts are addresses.
        ids = {"e-mail": normal(claim.email)} if attempt.layout == "gradescope" else {}
        ids = ids or claim.platform_ids
        found.update((key, value) for key, value in ids.items() if value)
    return found


def _told_apart(
    same: list[OwnedAttempt],
) -> tuple[list[OwnedAttempt], list[OwnedAttempt]]:
    """Of several users of the platform the attempts of the one student, and the others.

    Whom the roster knows by an id is that student; whom it knows by a name alone may be another.
    Where no id decides, all are others.
    """
    sure = [each for each in same if not each.attempt.by_name]
    if len(_users(sure)) != 1:
        return [], same
    (user,) = _users(sure)
    own = [each for each in same if _users([each]) == {user} or not _users([each])]
    return own, [each for each in same if each not in own]


def _held(same: Sequence[OwnedAttempt], names: Names, why: Text = texts.HELD) -> list[OwnedAttempt]:
    """Each as a hand-in without an owner, until a person prefers one."""
    own = [names[id(attempt)] for attempt, _, _ in same]
    held: list[OwnedAttempt] = []
    for (attempt, who, _), name in zip(same, own, strict=True):
        attempt.label = name
        hold(attempt, own, why)
        attempt.held_for = who
        nobody = (Person("", attempt.label, who[0].platform_ids),)
        held.append(OwnedAttempt(attempt, nobody, attempt.doubt))
    return held
