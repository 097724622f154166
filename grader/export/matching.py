"""Which row of a platform's file is which student of the gradebook.

In order: the platform's own id, the student id, the login, the e-mail address; the name only
where exactly one on each side has it and no known id contradicts. Where a match is ambiguous there
is none: a mark in another student's row is worse than one that a person enters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from grader.records.gradebook import StudentMark
from kit.text import Text

from ..handins.records import Person

_LOGINS: Final = ("login", "username", "email")  # names of ids that a roster may have
_CJK: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """A student's row in a platform's file. What the file does not say is empty."""

    index: int
    platform_id: str = ""
    student_id: str = ""
    login: str = ""
    name: str = ""  # given and family name apart: "Family, Given"
    email: str = ""

    @property
    def shown(self) -> str:
        """The row as the report names it."""
        return " ".join(
            part
            for part in (
                self.student_id or self.login or self.email or self.platform_id,
                self.name,
            )
            if part
        )


@dataclass(frozen=True, slots=True)
class Matching:
    """The pairs by row, each with a note for the person who uploads; and what is left over."""

    pairs: dict[int, tuple[StudentMark, Text]]
    rows: dict[int, Text]  # unmatched row -> why
    marks: tuple[tuple[StudentMark, Text], ...]  # students without a row, and why


_ALONE: Final = Text("", "")
_TWICE: Final = Text("有重复，无法确定是谁", "it occurs more than once, so its owner is unknown")
_OTHERS_ID: Final = Text(
    "编号相同，但姓名或学号不同；请确认文件属于这次作业",
    "the id fits, the name or the student id does not: is it the file of this assignment?",
)
_NAMESAKE: Final = Text("同名，但编号不同", "the same name, but another id")
_BY_NAME: Final = Text("仅凭姓名对应，请核对", "matched by the name alone, please check")
_OTHER_NAME: Final = Text("姓名不同，请核对", "the names differ, please check")

Keys = frozenset[str]


def id_key(text: str) -> str:
    """An id for comparison: full-width digits and letter case make no difference."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def name_keys(name: str) -> Keys:
    """A name for comparison: only its letters, in both orders of two parts.

    A name with replaced characters ("?") has no key.
    """
    # Excel writes ? for each letter that its code page lacks, so such a name fits many people.
    if "\ufffd" in name or "?" in name:
        return frozenset()
    name = unicodedata.normalize("NFKC", name).casefold()
    parts = re.split(r"[,，]", name) if re.search("[,，]", name) else name.split()
    letters = [
        "".join(char for char in part if unicodedata.category(char)[0] in "LMN") for part in parts
    ]
    orders = [letters, letters[::-1]] if len(letters) == 2 else [letters]
    return frozenset(filter(None, ("".join(order) for order in orders)))


def match(
    rows: Sequence[PlatformRow],
    marks: Sequence[StudentMark],
    platform: str,
    *,
    local_ids: bool = False,
) -> Matching:
    """Pair rows and marks.

    `local_ids`: the platform's ids are valid in one assignment only, so a pair by such an id is
    refused as soon as a name or a student id contradicts it.
    """
    pairs = _Pairs(rows, [mark.person for mark in marks])

    def platform_keys(person: Person) -> Keys:
        return _keys(person.platform_ids.get(platform, ""))

    def other_ids(row: PlatformRow, person: Person) -> bool:
        other = _differ(_keys(row.platform_id), platform_keys(person))
        return other or _other_student_id(row, person)

    def another_login(row: PlatformRow, person: Person) -> bool:
        if _keys(row.login) & _keys(person.student_id):  # hand-ins named by login
            return _differ(_keys(row.platform_id), platform_keys(person))
        return other_ids(row, person)

    def strange(row: PlatformRow, person: Person) -> bool:
        if _keys(row.student_id) & _keys(person.student_id) or _same_address(row, person):
            return False
        if not local_ids:
            return _other_student_id(row, person) and _other_name(row, person)
        # Without a student id the name comes from the platform, and must equal the row's: the
        # number of a team's folder is some other participant's number here.
        names = _differ(name_keys(row.name), name_keys(person.name))
        other_name = _other_name(row, person) if person.student_id else names
        return _other_student_id(row, person) or other_name

    pairs.find(lambda row: _keys(row.platform_id), platform_keys, strange, _OTHERS_ID)
    # The members of a group may all have the platform id of the one who handed in; their own
    # student ids distinguish them.
    pairs.find(lambda row: _keys(row.student_id), lambda p: _keys(p.student_id), None, retry=True)
    pairs.find(lambda row: _keys(row.login), _logins, another_login, _OTHERS_ID)
    pairs.find(_row_addresses, _person_addresses, _other_student_id, _OTHERS_ID, retry=True)
    pairs.find(
        lambda row: name_keys(row.name),
        lambda p: name_keys(p.name),
        other_ids,
        _NAMESAKE,
        by_name=True,
    )
    return pairs.matching(marks)


class _Pairs:
    """The pairs found so far, by position, and why others were not paired."""

    def __init__(self, rows: Sequence[PlatformRow], people: Sequence[Person]) -> None:
        self.rows, self.people = rows, people
        self.mark_of: dict[int, int] = {}
        self.row_of: dict[int, int] = {}
        self.notes: dict[int, Text] = {}
        self.why_row: dict[int, Text] = {}
        self.why_mark: dict[int, Text] = {}

    def find(
        self,
        of_row: Callable[[PlatformRow], Keys],
        of_person: Callable[[Person], Keys],
        against: Callable[[PlatformRow, Person], bool] | None,
        why: Text = _ALONE,
        *,
        retry: bool = False,
        by_name: bool = False,
    ) -> None:
        """Pair a row and a student who share a key with each other and with no one else.

        `retry`: also those for whom an earlier key was ambiguous.
        """
        left = _index(map(of_row, self.rows))
        right = _index(map(of_person, self.people))
        keys = left.keys() & right.keys()
        found = {(r, m) for key in keys for r in left[key] for m in right[key]}
        partners = Counter(("row", r) for r, _ in found) + Counter(("mark", m) for _, m in found)
        still_open = [
            (r, m)
            # Sorted, so that the result does not depend on the order of a set.
            for r, m in sorted(found)
            if not (r in self.mark_of or m in self.row_of)
            and (retry or not (r in self.why_row or m in self.why_mark))
        ]
        for r, m in still_open:
            if partners["row", r] > 1 or partners["mark", m] > 1:
                self.why_row[r] = self.why_mark[m] = _TWICE
            elif against is not None and against(self.rows[r], self.people[m]):
                self.why_row[r] = self.why_mark[m] = why
            else:
                self.mark_of[r], self.row_of[m] = m, r
                other = _other_name(self.rows[r], self.people[m])
                self.notes[r] = _BY_NAME if by_name else _OTHER_NAME if other else _ALONE

    def matching(self, marks: Sequence[StudentMark]) -> Matching:
        """The pairs and what is left over; `marks` are those of the people, in their order."""
        rows = list(enumerate(self.rows))
        left = [(m, mark) for m, mark in enumerate(marks) if m not in self.row_of]
        return Matching(
            {
                row.index: (marks[self.mark_of[r]], self.notes[r])
                for r, row in rows
                if r in self.mark_of
            },
            {row.index: self.why_row.get(r, _ALONE) for r, row in rows if r not in self.mark_of},
            tuple((mark, self.why_mark.get(m, _ALONE)) for m, mark in left),
        )


def _keys(*ids: str) -> Keys:
    return frozenset(filter(None, map(id_key, ids)))


def _addresses(*ids: str) -> Keys:
    """Those of `ids` that are e-mail addresses; a platform's login may be one."""
    return frozenset(key for key in _keys(*ids) if "@" in key.strip("@"))


def _logins(person: Person) -> Keys:
    return _keys(person.student_id, *(person.platform_ids.get(key, "") for key in _LOGINS))


def _row_addresses(row: PlatformRow) -> Keys:
    return _addresses(row.email, row.login)


def _person_addresses(person: Person) -> Keys:
    return _addresses(person.email, *_logins(person))


def _same_address(row: PlatformRow, person: Person) -> bool:
    return bool(_row_addresses(row) & _person_addresses(person))


def _other_student_id(row: PlatformRow, person: Person) -> bool:
    return _differ(_keys(row.student_id), _keys(person.student_id))


def _index(keys: Iterable[Keys]) -> dict[str, set[int]]:
    index: dict[str, set[int]] = {}
    for position, own in enumerate(keys):
        for key in own:
            index.setdefault(key, set()).add(position)
    return index


def _differ(one: Keys, other: Keys) -> bool:
    return bool(one and other and not one & other)


def _other_name(row: PlatformRow, person: Person) -> bool:
    """Whether two names of one script differ; a name and its pinyin are not compared."""
    same_script = bool(_CJK.search(row.name)) == bool(_CJK.search(person.name))
    return same_script and _differ(name_keys(row.name), name_keys(person.name))
