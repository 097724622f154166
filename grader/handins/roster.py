"""Who is in the class: a CSV of the course, or a marks file that a platform exported.

Only a fact that identifies exactly one student is used; a name that two students share is not.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.text_decoding import of_spreadsheet
from kit.sources import show
from kit.text import Text, joined, os_reason

from . import texts
from .headers import HEADER_ROWS, PLATFORMS, header, known, normal, participants
from .name_words import CHINESE_NAME, LATIN_WORD, joins, words_of
from .records import Person

MOST_BYTES = 10_000_000
MOST_ROWS = 20_000
_REPLACED = re.compile(r"\?{2,}|.*\ufffd.*")  # letters that a spreadsheet could not write
_COMMON = frozenset(  # words of file names: a login that is one of them must be the whole label
    ("lab", "rnn", "gru", "nlp", "src", "zip", "pdf", "doc", "new", "old", "fin", "ver", "ass")
    + ("exp", "hwk", "ex1", "hw1", "the", "and", "for", "all", "rev", "lstm", "code", "work")
    + ("task", "home", "final", "report", "model", "train", "test", "copy", "main", "numpy")
    + ("torch",)
)
_SPOILED = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")
_CJK = re.compile("[\u3400-\u9fff]")
_USER_PAGE = re.compile(r"(?:https?://)?(?:www\.)?github\.com/@?([\w-]+)/?(?:[?#].*)?", re.I)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One line of the roster."""

    person: Person
    group: str = ""
    login: str = ""
    github: str = ""
    submitted: str = ""  # when this student handed in last, as Moodle's worksheet writes it
    participant: str = ""  # Moodle's word in front of the number, such as `Participant`
    surname_first: str = ""  # the name as one word, where the roster says which is the surname


@dataclass(frozen=True)
class Roster:
    """The class. Every ``by_`` method returns one student, or None for none or several."""

    students: tuple[Enrolled, ...]
    notices: tuple[Text, ...] = ()
    _index: dict[tuple[str, str], list[Enrolled]] = field(init=False, default_factory=dict)
    _words: dict[str, list[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for student in self.students:
            person = student.person
            name = normal(person.name)
            if letters := LATIN_WORD.findall(name) if not CHINESE_NAME.fullmatch(name) else []:
                # A label may write "San Zhang" as ZhangSan or sanzhang.
                squeezed = name.replace(" ", "")
                for word in {letters[0], *joins(letters)}:
                    self._words.setdefault(word, []).append(squeezed)
            words = words_of(person.name)
            keys = {
                ("id", normal(person.student_id)),
                ("name", normal(person.name).replace(" ", "")),
                ("login", normal(student.login)),
                ("login", normal(student.github)),
                ("github", normal(student.github)),
                ("email", normal(person.email)),
                ("group", group_key(student.group)),
                ("words", " ".join(sorted(words))),
                *(("joined", join) for join in joins(words)),
                *((platform, normal(value)) for platform, value in person.platform_ids.items()),
            }
            for key in keys:
                if key[1]:
                    self._index.setdefault(key, []).append(student)

    def _only(self, kind: str, value: str) -> Enrolled | None:
        found = self._index.get((kind, value), ())
        return found[0] if len(found) == 1 else None

    def by_platform(self, platform: str, value: str) -> Enrolled | None:
        """By the number or name that a platform uses for a student."""
        return self._only(platform, normal(value))

    def by_student_id(self, value: str) -> Enrolled | None:
        """By the school's number."""
        return self._only("id", normal(value))

    def entry_of(self, person: Person) -> Enrolled | None:
        """The line of a person who was looked up."""
        if person.student_id:
            return self.by_student_id(person.student_id)
        said = (self.by_platform(key, value) for key, value in person.platform_ids.items())
        found: list[Enrolled] = []
        found += (student for student in said if student is not None and student not in found)
        return found[0] if len(found) == 1 else None

    def by_login(self, value: str) -> Enrolled | None:
        """By the name a student logs in with, or else the front of an e-mail address."""
        return self._only("login", normal(value)) or self._by_mailbox(normal(value))

    def _by_mailbox(self, value: str) -> Enrolled | None:
        found = [
            s for s in self.students if value and normal(s.person.email).split("@")[0] == value
        ]
        return found[0] if len(found) == 1 else None

    def by_github(self, value: str) -> Enrolled | None:
        """By the user name on GitHub."""
        return self._only("github", normal(value))

    def by_email(self, value: str) -> Enrolled | None:
        """By the whole address."""
        return self._only("email", normal(value))

    def named(self, name: str) -> tuple[Enrolled, ...]:
        """Everybody of this name."""
        return tuple(self._index.get(("name", normal(name).replace(" ", "")), ()))

    def read_as(self, name: str) -> tuple[Enrolled, ...]:
        """Everybody whom a name may mean, in whatever order its words are written.

        A name of several words means those who have the same words, if anybody does.
        """
        words = words_of(name)
        same = self._index.get(("words", " ".join(sorted(words))), ()) if len(words) > 1 else ()
        if same:
            return tuple(same)
        found: list[Enrolled] = []
        for join in sorted(joins(words)):
            found += (s for s in self._index.get(("joined", join), ()) if s not in found)
        return tuple(found) or self.named(name)

    def named_in(self, text: str) -> dict[str, tuple[Enrolled, ...]]:
        """Names of the roster that occur in a label; the longest, where one contains another."""
        found: set[str] = set()
        for run in CHINESE_NAME.findall(text):
            ends = {run[:i] for i in range(2, len(run) + 1)} | {
                run[-i:] for i in range(2, len(run))
            }
            found |= {end for end in ends if ("name", end) in self._index}
        words = [normal(word) for word in LATIN_WORD.findall(text)]
        for word in words:
            for name in self._words.get(word, ()):
                letters = LATIN_WORD.findall(normal(self._index["name", name][0].person.name))
                if word in joins(letters) or all(letter in words for letter in letters):
                    found.add(name)
        # Of namesakes who are told apart by a digit, a label without it names none.
        digits = set(re.findall(r"\d+", text))
        found = {name for name in found if digits.issuperset(re.findall(r"\d+", name))}
        longest = {n for n in found if not any(n != other and n in other for other in found)}
        return {name: tuple(self._index["name", name]) for name in sorted(longest)}

    def ending_in(self, digits: str) -> tuple[Enrolled, ...]:
        """Everybody whose student id ends so."""
        return tuple(s for s in self.students if s.person.student_id.endswith(digits))

    def beginning_with(self, digits: str) -> tuple[Enrolled, ...]:
        """Everybody whose student id begins so."""
        key = normal(digits)
        return tuple(s for s in self.students if normal(s.person.student_id).startswith(key))

    def logged_in_as(self, text: str) -> tuple[Enrolled, ...]:
        """Everybody whose login or address is a word of a normalised label."""
        return tuple(self._occurring("login", text) + self._occurring("email", text))

    def numbered_in(self, text: str) -> tuple[Enrolled, ...]:
        """Everybody whose student id has a dash or a dot inside and occurs in a label."""
        return tuple(s for s in self._occurring("id", text) if not s.person.student_id.isalnum())

    def _occurring(self, kind: str, text: str) -> list[Enrolled]:
        """The students that a word of the label means; the longest, where one contains another."""
        words = {
            word: found[0]
            for (other, word), found in self._index.items()
            if other == kind
            and len(found) == 1
            and word in text
            and (word == text or (_identifies(word) and _is_word_of(word, text)))
        }
        longest = [w for w in words if not any(w != other and w in other for other in words)]
        return [words[word] for word in longest]

    def members(self, group: str) -> tuple[Enrolled, ...]:
        """The members of a group; "第3组", "Group 3" and "3" are one."""
        return tuple(self._index.get(("group", group_key(group)), ()))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all students, by which a wrong encoding of other names is recognised."""
        return tuple(s.person.name for s in self.students if s.person.name)


def _identifies(word: str) -> bool:
    """Whether a word alone identifies somebody: two letters and ``lab`` do not."""
    return len(word) >= 3 and word not in _COMMON


def _is_word_of(word: str, text: str) -> bool:
    """Whether `word` occurs in `text` by itself, not inside a longer word."""
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text))


def group_key(name: str) -> str:
    """A key for a group that ignores how its name is written."""
    text = re.sub(r"[\W_]+", "", normal(name))
    number = re.fullmatch(r"(?:第|小组|组|group|team|g)?0*(\d+)(?:小?组)?", text)
    return number[1] if number else text


def read_roster(path: Path) -> Roster:
    """Read the roster from a CSV. Raises UsageError if that fails or a spreadsheet damaged it."""
    rows = _rows(path)
    at, roles = header(rows)
    if not roles:
        first = joined(show(cell) for cell in (rows[0][:8] if rows else []))
        raise UsageError(texts.ROSTER_HEADER.format(path=show(str(path)), found=first))
    students: list[Enrolled] = []
    notices: list[Text] = []
    for number, row in enumerate(rows[at + 1 :], at + 2):
        cells = {role: _cell(row[i]) for i, role in roles.items() if i < len(row)}
        if any(_REPLACED.fullmatch(cell) for cell in cells.values()):
            raise UsageError(texts.ROSTER_ENCODING.format(path=show(str(path))))
        if spoiled := [c for c in cells.values() if _SPOILED.fullmatch(c)]:
            text = texts.ROSTER_SPOILED.format(path=show(str(path)), row=number, cell=spoiled[0])
            raise UsageError(text)
        if (student := _student(cells)) is not None:
            students.append(student)
    if not students:
        raise UsageError(texts.ROSTER_EMPTY.format(path=show(str(path))))
    kept = _without_repeats(students, notices)
    by_name: dict[str, int] = {}
    for student in kept:
        by_name[student.person.name] = by_name.get(student.person.name, 0) + 1
    if twins := [name for name, count in by_name.items() if name and count > 1]:
        notices.append(texts.listed(texts.ROSTER_TWINS, twins))
    return Roster(tuple(kept), tuple(notices))


def _rows(path: Path) -> list[list[str]]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        reason = os_reason(error)
        raise UsageError(texts.UNREADABLE.format(path=show(str(path)), reason=reason)) from error
    # An .xlsx is a zip, an .xls an OLE file.
    if len(data) > MOST_BYTES or data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise UsageError(texts.ROSTER_NOT_CSV.format(path=show(str(path))))
    text = _decode(data, path)
    # The delimiter is the one by which the first lines hold the most known headers, or else by
    # which a column holds participants of Moodle's.
    best: list[list[str]] = []
    most = (-1, False)
    for delimiter in ",;\t":
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            rows = [row for _, row in zip(range(MOST_ROWS), reader, strict=False)]
        except csv.Error:
            continue
        found = max(map(known, rows[:HEADER_ROWS]), default=0), participants(rows[1:], 0)
        if found > most:
            best, most = rows, found
    return best


def _decode(data: bytes, path: Path) -> str:
    text = of_spreadsheet(data)
    if text is None:
        raise UsageError(texts.ROSTER_ENCODING.format(path=show(str(path))))
    return text


def _cell(text: str) -> str:
    """A cell's text without the quoting by which exports keep spreadsheets from changing it."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if quoted := re.fullmatch(r'="(.*)"', text):
        text = quoted[1]
    return text[1:] if re.match(r"'[=+\-@\d]", text) else text


def _student(cells: dict[str, str]) -> Enrolled | None:
    """The student of a row; None for an empty row and for the platforms' own rows."""
    name = cells.get("name", "") or _full_name(cells.get("last", ""), cells.get("first", ""))
    if name.casefold() in ("points possible", "student, test", "manual posting", "test student"):
        return None
    ids = {p: cells[p] for p in PLATFORMS if cells.get(p)}
    word = ""
    if ids.get("moodle", "")[-1:].isdecimal():  # "Participant 123456", in the site's language
        word = ids["moodle"].rstrip("0123456789")
        ids["moodle"] = ids["moodle"][len(word) :] or ids["moodle"]
    last, first = cells.get("last", ""), cells.get("first", "")
    if "canvas" in ids and name.count(",") == 1:  # "Zhang, San"
        last, first = (word.strip() for word in name.split(","))
        name = _full_name(last, first)
    surname_first = "".join(words_of(f"{last} {first}")) if last and first else ""
    login = cells.get("login", "") or ids.get("blackboard", "")
    login, student_id = login.removeprefix("#"), cells.get("student_id", "").removeprefix("#")
    student_id = student_id or cells.get("display_id", "")
    email, said = cells.get("email", ""), cells.get("classroom", "")
    if "@" in said:  # what a roster of GitHub Classroom calls a student
        email = email or said
    elif re.fullmatch(r"\d+|[A-Za-z]{0,3}\d{4,}", said):
        student_id = student_id or said
    elif name:
        login = login or said
    else:
        name = said
    if not student_id and re.fullmatch(r"[A-Za-z]{0,3}\d{5,}", login):
        student_id = login
    github = cells.get("github", "").removeprefix("@")
    page = _USER_PAGE.fullmatch(github)
    github = page[1] if page else github
    if not (name or student_id or login or github or email or ids):
        return None
    if not (name or student_id or email):
        name = login or github
    person = Person(student_id, name, ids, email)
    group, submitted = cells.get("group", ""), cells.get("submitted", "")
    return Enrolled(person, group, login, github, submitted, word, surname_first)


def _full_name(last: str, first: str) -> str:
    """Chinese: family name first and no blank."""
    if _CJK.search(last + first):
        return last + first
    return f"{first} {last}".strip()


def _without_repeats(students: Iterable[Enrolled], notices: list[Text]) -> list[Enrolled]:
    """Each student once; where one id has two names, the first one counts and it is reported."""
    kept: list[Enrolled] = []
    seen: dict[str, Enrolled] = {}
    for student in students:
        key = normal(student.person.student_id)
        before = seen.get(key) if key else None
        if before is None:
            kept.append(student)
            seen[key] = student
        else:
            notices.append(
                texts.ROSTER_REPEATED.format(
                    id=show(student.person.student_id),
                    first=show(before.person.name),
                    second=show(student.person.name),
                )
            )
    return kept
