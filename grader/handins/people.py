"""Who a hand-in's people are: what its platform says of them, looked up on the roster.

Facts are tried in this order: the platform's own id, the student id, the login, the e-mail address,
and a name that only one student has. Where two facts contradict each other, a person must decide.
A student may choose the name that is shown, so no name beats an id, not even that of a group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kit.sources import show
from kit.text import Text, joined

from . import label_names, labels, texts, who_texts
from .headers import normal
from .layout_result import Attempt, IdentityClaim
from .name_words import words_of
from .records import Person
from .roster import Enrolled, Roster, group_key


@dataclass(slots=True)
class Resolved:
    """The people of one hand-in, how they were found, and what is doubtful about it."""

    people: tuple[Person, ...]
    reasons: list[Text] = field(default_factory=list)
    doubt: Text | None = None
    known: bool = False  # the one person is a student of the roster
    stranger: bool = False  # nothing that is said of the one person is on the roster


def resolve_each(attempts: Sequence[Attempt], roster: Roster | None) -> list[Resolved]:
    """The people of each attempt; never empty."""
    look = _Look(roster, attempts) if roster is not None and roster.students else None
    found = [_resolve(attempt, look) for attempt in attempts]
    _of_one_user(attempts, found)
    return found


def _resolve(attempt: Attempt, look: _Look | None) -> Resolved:
    if attempt.people:
        return Resolved(attempt.people, [], attempt.doubt)
    if (
        attempt.claims and attempt.doubt is not None
    ):  # the layout's own: a name in it may be anybody's
        return replace(_without_roster(attempt), doubt=attempt.doubt)
    if not attempt.claims and not attempt.group:
        return Resolved((Person("", attempt.shown_name or attempt.label),), [], attempt.doubt)
    if look is None:
        return _without_roster(attempt)
    if (members := look.team(attempt)) is not None:
        return members
    found = Resolved(())
    for claim in attempt.claims or (IdentityClaim(name=attempt.group),):
        found.people += (look.up(claim, attempt, found),)
    return found


def _without_roster(attempt: Attempt) -> Resolved:
    people = tuple(_person(claim) for claim in attempt.claims)
    return Resolved(people or (Person("", attempt.group),))


def _person(claim: IdentityClaim) -> Person:
    name = claim.name or claim.login
    return Person(claim.student_id, name, dict(claim.platform_ids), claim.email)


class _Look:
    """A roster, and what an export as a whole says of it, which one hand-in alone cannot change."""

    def __init__(self, roster: Roster, attempts: Sequence[Attempt]) -> None:
        self._roster = roster
        # Each user once, however many attempts there are.
        named = {(attempt.key, name) for attempt in attempts if (name := _only_name(attempt))}
        teams = {(key, group_key(name)) for key, name in named if self._is_group(name)}
        self._of_teams = 2 * len(teams) > len(named)
        self._shown_by = Counter(key for key, _ in teams)
        self._teams = Counter(team for _, team in teams)
        self._alone = labels.unique(
            student
            for attempt in attempts
            if len(attempt.claims) == 1
            for student in (
                *self._with_ids(attempt.claims[0]),
                *roster.read_as(attempt.claims[0].name),
            )
        )
        claims = [claim for attempt in attempts for claim in attempt.claims]
        # A school may write ids into all names; a student, into one's own.
        shown = {
            (attempt.key, i): claim.name
            for attempt in attempts
            for i, claim in enumerate(attempt.claims)
            if claim.name
        }
        self._ids_shown = 2 * sum(map(self._is_by_id, shown.values())) > len(shown)
        logins = [roster.by_login(claim.login) for claim in claims if claim.login]
        numbers = [roster.by_student_id(claim.student_id) for claim in claims if claim.student_id]
        self._our_logins = 2 * logins.count(None) <= len(logins)
        # A worksheet of another assignment has other participants' numbers, a gradebook of another
        # course may have other users: such numbers contradict nobody.
        # Where most names have more words than the roster's, a school writes these behind them.
        names = [claim.name for claim in claims if claim.name]
        self._names_are_whole = 2 * sum(not roster.read_as(name) for name in names) <= len(names)
        said = [pair for claim in claims for pair in claim.platform_ids.items()]
        known = Counter(key for key, value in said if roster.by_platform(key, value) is not None)
        self._our_platforms = {
            key for key, count in Counter(key for key, _ in said).items() if 2 * known[key] >= count
        }
        self._our_numbers = 2 * numbers.count(None) <= len(numbers)

    def _is_group(self, name: str) -> bool:
        return not self._roster.read_as(name) and bool(self._roster.members(name))

    def team(self, attempt: Attempt) -> Resolved | None:
        """The members, where the layout or the names of the export say that this is a group's.

        Any student may show a group's name. So where few names are groups', one counts only where
        no id is a student's, other groups handed in too, and no member handed in otherwise.
        """
        named = _only_name(attempt)
        if not named or not self._is_group(named):
            return None
        members = self._roster.members(named)
        if attempt.claims and not self._of_teams:
            if self._with_ids(attempt.claims[0]):
                return None
            alone = any(student in self._alone for student in members)
            several = self._teams[group_key(named)] > 1 or self._shown_by[attempt.key] > 1
            if len(self._teams) < 2 or several or alone:
                doubt = who_texts.GROUP_AMONG_STUDENTS.format(label=show(named))
                return Resolved((_person(attempt.claims[0]),), doubt=doubt)
        reason = texts.GROUP_BY_NAME.format(label=show(named), count=len(members))
        return Resolved(tuple(student.person for student in members), [reason])

    def up(self, claim: IdentityClaim, attempt: Attempt, found: Resolved) -> Person:
        """The student on the roster that a claim means, else a person made from it alone."""
        label = show(claim.name or attempt.label)
        student, doubt = self._by_ids(claim, label)
        if student is None and doubt is None and claim.name:
            student, doubt, reasons = self._by_name(claim, label)
            found.reasons += reasons
            attempt.by_name = attempt.by_name or student is not None
        elif student is not None and self._is_typed(claim):
            attempt.by_name = True
        if student is not None:
            found.known = True
            return _with(student.person, claim)
        found.stranger = doubt is None
        # An anonymous export cannot match the roster; that is no doubt about this hand-in.
        anonymous = any(platform.endswith("_anonymous") for platform in claim.platform_ids)
        if doubt is not None or not anonymous:
            found.doubt = doubt or texts.NOT_ON_ROSTER.format(label=label)
        return _person(claim)

    def _by_ids(self, claim: IdentityClaim, label: str) -> tuple[Enrolled | None, Text | None]:
        students = self._with_ids(claim)
        if not students:
            return None, None
        if len(students) > 1:
            ids = joined(_shown(student) for student in students)
            return None, who_texts.IDS_DISAGREE.format(label=label, ids=ids)
        (student,) = students
        if self._has_other_id(claim, student):
            return None, who_texts.OTHER_ID.format(label=label, name=_shown(student))
        bearers = self._roster.read_as(claim.name) if claim.name else ()
        if bearers and student not in bearers:
            values = {"label": label, "id": _shown(student), "name": show(claim.name)}
            return None, texts.ID_AND_NAME_DISAGREE.format(**values)
        return student, None

    def _with_ids(self, claim: IdentityClaim) -> list[Enrolled]:
        """The students whom the ids of a claim mean: one, unless they contradict each other."""
        roster = self._roster
        said = [roster.by_platform(key, value) for key, value in claim.platform_ids.items()]
        if claim.student_id:
            said.append(roster.by_student_id(claim.student_id))
        if claim.login:
            said.append(roster.by_student_id(claim.login) or roster.by_login(claim.login))
        if claim.email:
            said.append(roster.by_email(claim.email))
        return labels.unique(student for student in said if student is not None)

    def _is_typed(self, claim: IdentityClaim) -> bool:
        """Whether only a student id says who it is, which its student may have typed."""
        return bool(claim.student_id) and not self._with_ids(replace(claim, student_id=""))

    def _is_by_id(self, name: str) -> bool:
        """Whether a shown name means a student by an id or a user name in it alone."""
        if not name or self._roster.read_as(name):
            return False
        parsed = labels.parse(name, self._roster)
        if not (parsed.sure and len(parsed.people) == 1):
            return False
        called = self._roster.named_in(name).values()
        return not any([s.person for s in same] == [parsed.people[0]] for same in called)

    def _by_name(
        self, claim: IdentityClaim, label: str
    ) -> tuple[Enrolled | None, Text | None, list[Text]]:
        alike = self._roster.read_as(claim.name)
        bearers = _in_order(claim, alike)
        names = sorted({show(student.person.name) for student in bearers})
        if len(names) > 1:
            values = {"label": label, "names": joined(names)}
            return None, who_texts.READ_AS_SEVERAL.format(**values), []
        if len(bearers) > 1:
            return None, texts.NAME_SHARED.format(label=label, names=show(claim.name)), []
        found = who_texts.BY_ORDER if len(alike) > 1 else texts.BY_NAME
        reasons = [found.format(name=show(claim.name))]
        if not bearers:
            parsed = labels.parse(claim.name, self._roster)
            if not (parsed.sure and len(parsed.people) == 1):
                return None, parsed.doubt, []
            bearers = tuple(s for s in self._roster.students if s.person is parsed.people[0])
            if self._names_are_whole and _has_other_words(claim.name, bearers):
                return None, parsed.doubt or texts.NOT_ON_ROSTER.format(label=label), []
            if not self._ids_shown and self._is_by_id(claim.name):
                values = {"label": label, "name": _shown(bearers[0])}
                return None, who_texts.ID_IN_NAME.format(**values), []
            reasons = list(parsed.reasons)
        # A namesake is possible: with an id that differs from the roster's it is somebody else.
        if self._has_other_id(claim, bearers[0]):
            return None, who_texts.OTHER_ID.format(label=label, name=_shown(bearers[0])), []
        return bearers[0], None, reasons

    def _has_other_id(self, claim: IdentityClaim, bearer: Enrolled) -> bool:
        """Whether the claim has an id that differs from the one on the roster.

        It does where at least half of the export's ids of this kind are on the roster.
        """
        ours = bearer.person
        pairs = [
            (value, ours.platform_ids.get(key, ""))
            for key, value in claim.platform_ids.items()
            if key in self._our_platforms
        ]
        pairs += [(claim.student_id, ours.student_id)] if self._our_numbers else []
        different = any(a and b and normal(a) != normal(b) for a, b in pairs)
        return different or (
            self._our_logins
            and bool(claim.login and bearer.login)
            and bearer is not self._roster.by_student_id(claim.login)
            and bearer is not self._roster.by_login(claim.login)
            and not any(
                _same_login(claim.login, own) for own in (bearer.login, bearer.github, ours.email)
            )
        )


def _has_other_words(name: str, bearers: Sequence[Enrolled]) -> bool:
    """Whether a name has words beside a student's: Ana Silva Costa is not Ana Silva."""
    rest = label_names.without_names(normal(name), bearers)
    return any(len(word) > 1 and word.isalpha() for word in words_of(rest))


def _same_login(one: str, other: str) -> bool:
    """Whether two are one user name, which a system may write with the address's end or without."""
    names = [normal(one), normal(other)]
    if not all("@" in name for name in names):
        names = [name.split("@")[0] for name in names]
    return bool(names[0]) and names[0] == names[1]


def _only_name(attempt: Attempt) -> str:
    if not attempt.claims:
        return attempt.group
    return attempt.claims[0].name if len(attempt.claims) == 1 else ""


def _shown(student: Enrolled) -> str:
    return student.person.student_id or show(student.person.known_as or student.login)


def _in_order(claim: IdentityClaim, bearers: tuple[Enrolled, ...]) -> tuple[Enrolled, ...]:
    """Those of `bearers` who are meant, where platform and roster say which is the surname."""
    if len(bearers) < 2 or not (claim.surname_first and all(s.surname_first for s in bearers)):
        return bearers
    written = "".join(words_of(claim.name))
    return tuple(s for s in bearers if s.surname_first == written) or bearers


def _of_one_user(attempts: Sequence[Attempt], found: list[Resolved]) -> None:
    """All that one user of a platform handed in is one student's, whatever names were shown."""
    users: dict[tuple[str, str], list[tuple[Attempt, Resolved]]] = {}
    for attempt, one in zip(attempts, found, strict=True):
        if attempt.keyed and len(attempt.claims) == 1 and attempt.layout != "gradescope":
            users.setdefault((attempt.layout, attempt.key), []).append((attempt, one))
    for same in users.values():
        if len(same) > 1:
            _unite(same)


def _unite(same: Sequence[tuple[Attempt, Resolved]]) -> None:
    known = [(attempt, one) for attempt, one in same if one.known]
    if not known or len(known) == len(same) and len(_people(known)) == 1:
        return
    sure = [(attempt, one) for attempt, one in known if not attempt.by_name]
    owners = _people(sure or known)
    lost = [(attempt, one) for attempt, one in same if not one.known]
    open_ = [pair for pair in lost if pair[1].stranger or pair[0].doubt is not None]
    if len(owners) > 1 or (not sure and len(open_) < len(lost)):
        names = joined(dict.fromkeys(show(a.claims[0].name or a.label) for a, _ in same))
        for attempt, one in (pair for pair in same if pair not in sure):
            one.doubt = who_texts.USER_OF_SEVERAL_NAMES.format(
                label=show(attempt.label), names=names
            )
            one.people, one.known = (_person(attempt.claims[0]),), False
        return
    (owner,) = owners
    for attempt, one in open_:
        reason = who_texts.SAME_USER.format(name=show(owner.known_as))
        one.reasons += [reason, *([attempt.doubt] if attempt.doubt is not None else [])]
        one.people, one.doubt, one.known = (owner,), None, True
        attempt.by_name = not sure


def _people(found: Sequence[tuple[Attempt, Resolved]]) -> list[Person]:
    people: list[Person] = []
    people += (one.people[0] for _, one in found if one.people[0] not in people)
    return people


def _with(person: Person, claim: IdentityClaim) -> Person:
    """One person with the ids of the roster and of the platform."""
    ids = {**person.platform_ids, **claim.platform_ids}
    name = person.name or claim.name  # a roster may say no names, or below a header not known here
    return replace(person, name=name, platform_ids=ids, email=person.email or claim.email)
