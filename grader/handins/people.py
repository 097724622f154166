"""Who a hand-in's people are: what its platform says of them, looked up on the roster.

Facts are tried in this order: the platform's own id, the student id, the login, the e-mail address,
and a name that only one student has. Where two facts contradict each other, a person must decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kit.sources import show
from kit.text import Text

from . import labels, texts
from .headers import normal
from .layout_result import Attempt, IdentityClaim
from .records import Person
from .roster import Enrolled, Roster


@dataclass(slots=True)
class Resolved:
    """The people of one hand-in, how they were found, and what is doubtful about it."""

    people: tuple[Person, ...]
    reasons: list[Text] = field(default_factory=list)
    doubt: Text | None = None


def resolve(attempt: Attempt, roster: Roster | None) -> Resolved:
    """The people of `attempt`; never empty."""
    if attempt.people:
        return Resolved(attempt.people, [], attempt.doubt)
    if (
        attempt.claims and attempt.doubt is not None
    ):  # the layout's own: a name in it may be anybody's
        return replace(_without_roster(attempt), doubt=attempt.doubt)
    if not attempt.claims and not attempt.group:
        return Resolved((Person("", attempt.shown_name or attempt.label),), [], attempt.doubt)
    if roster is None or not roster.students:
        return _without_roster(attempt)
    if (members := _team(attempt, roster)) is not None:
        return members
    found = Resolved(())
    for claim in attempt.claims or (IdentityClaim(name=attempt.group),):
        found.people += (_look_up(claim, attempt, roster, found),)
    return found


def _without_roster(attempt: Attempt) -> Resolved:
    people = tuple(_person(claim) for claim in attempt.claims)
    return Resolved(people or (Person("", attempt.group),))


def _person(claim: IdentityClaim) -> Person:
    name = claim.name or claim.login
    return Person(claim.student_id, name, dict(claim.platform_ids), claim.email)


def _team(attempt: Attempt, roster: Roster) -> Resolved | None:
    """The members, where a folder is named after a group of the roster and after no student."""
    named = attempt.group or (attempt.claims[0].name if len(attempt.claims) == 1 else "")
    if not named or roster.named(named) or len(attempt.claims) > 1:
        return None
    members = roster.members(named)
    if not members:
        return None
    reason = texts.GROUP_BY_NAME.format(label=show(named), count=len(members))
    return Resolved(tuple(student.person for student in members), [reason])


def _look_up(claim: IdentityClaim, attempt: Attempt, roster: Roster, found: Resolved) -> Person:
    """The student on the roster that a claim means, else a person made from the claim alone."""
    student = _by_id(claim, roster)
    if student is not None:
        if _contradicts(claim, student, roster):
            found.doubt = texts.ID_AND_NAME_DISAGREE.format(
                label=show(attempt.label),
                id=student.person.student_id or show(student.login),
                name=show(claim.name),
            )
            return _person(claim)
        return _with(student.person, claim)
    # A namesake is possible: with an id that differs from the roster's it is somebody else.
    bearers = roster.named(claim.name) if claim.name else ()
    if len(bearers) == 1 and not _other_id(claim, bearers[0]):
        found.reasons.append(texts.BY_NAME.format(name=show(claim.name)))
        attempt.by_name = True
        return _with(bearers[0].person, claim)
    if len(bearers) > 1:
        found.doubt = texts.NAME_SHARED.format(label=show(attempt.label), names=show(claim.name))
        return _person(claim)
    parsed = labels.parse(claim.name, roster) if claim.name else None
    if parsed is not None and parsed.sure and len(parsed.people) == 1:
        found.reasons += parsed.reasons
        attempt.by_name = True
        return _with(parsed.people[0], claim)
    # An anonymous export cannot match the roster; that is no doubt about this hand-in.
    if not any(platform.endswith("_anonymous") for platform in claim.platform_ids):
        found.doubt = texts.NOT_ON_ROSTER.format(label=show(claim.name or attempt.label))
    return _person(claim)


def _by_id(claim: IdentityClaim, roster: Roster) -> Enrolled | None:
    for platform, value in claim.platform_ids.items():
        if (student := roster.by_platform(platform, value)) is not None:
            return student
    for value in (claim.student_id, claim.login):
        if value and (student := roster.by_student_id(value)) is not None:
            return student
    if claim.login and (student := roster.by_login(claim.login)) is not None:
        return student
    return roster.by_email(claim.email) if claim.email else None


def _contradicts(claim: IdentityClaim, student: Enrolled, roster: Roster) -> bool:
    """Whether the name given belongs to other students of the class and not to this one."""
    bearers = roster.named(claim.name) if claim.name else ()
    return bool(bearers) and student not in bearers


def _other_id(claim: IdentityClaim, bearer: Enrolled) -> bool:
    """Whether the claim has an id that differs from the one on the roster."""
    ours = bearer.person
    if claim.student_id and ours.student_id:
        return normal(claim.student_id) != normal(ours.student_id)
    return any(
        normal(ours.platform_ids[platform]) != normal(value)
        for platform, value in claim.platform_ids.items()
        if platform in ours.platform_ids
    )


def _with(person: Person, claim: IdentityClaim) -> Person:
    """One person with the ids of the roster and of the platform."""
    ids = {**person.platform_ids, **claim.platform_ids}
    name = person.name or claim.name  # a roster may say no names, or below a header not known here
    return replace(person, name=name, platform_ids=ids, email=person.email or claim.email)
