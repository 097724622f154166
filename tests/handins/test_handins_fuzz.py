"""Every format of a roster with every format of an export: nothing crashes, nobody is mixed up.

Combinations are drawn by a seed. Each hand-in's file says whose it is, so that a wrong name is
seen whatever the two formats have in common.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import synthetic_platforms as sp

from grader.core.errors import UsageError
from grader.handins import ClassFolder, Reader, Roster, discover, read_roster


@dataclass(frozen=True)
class Student:
    number: str
    last: str
    first: str
    login: str
    uid: int

    @property
    def name(self) -> str:
        return self.last + self.first if not self.last.isascii() else f"{self.first} {self.last}"

    @property
    def code(self) -> bytes:
        return sp.RNN + f"# owner {self.number}\n".encode()


NAMES = [
    ("张", "三"),
    ("欧阳", "小明"),
    ("Gross", "Eva"),
    ("O'Neil", "Mary-Ann"),
    ("Müller", "José"),
]
NAMES += [("李", "四"), ("王", "五"), ("Smith", "Al"), ("阿不都", "·热合曼"), ("Li", "Si")]
LOGINS = ["zha", "ouy", "egross", "mo'neil", "jm7", "lsi", "w.wu", "al-s", "abd", "li_si"]


def people(rng: random.Random) -> list[Student]:
    found = []
    start = rng.choice([2023001, 31120001, 10254700432, 3180101100])
    prefix = rng.choice(["", "", "00", "PB"])
    for i, index in enumerate(rng.sample(range(len(NAMES)), rng.randint(2, 7))):
        last, first = NAMES[index]
        number = f"{prefix}{start + i}"
        found.append(Student(number, last, first, LOGINS[index], 101 + 7 * i))
    return found


# ---------------------------------------------------------------- rosters

Rows = list[list[str]]
MOODLE = {
    "en": ("Identifier", "Full name", "ID number", "Email address", "Last modified (submission)"),
    "zh": ("标识符", "全名", "学号", "电子邮件地址", "上次修改（作业）"),
    "de": (
        "ID",
        "Vollständiger Name",
        "Matrikelnummer",
        "E-Mail-Adresse",
        "Zuletzt geändert (Abgabe)",
    ),
    "fr": (
        *("Identifiant", "Nom complet", "Numéro d’identification", "Adresse de courriel"),
        "Dernière modification (travail remis)",
    ),
    "es": (
        *("Identificador", "Nombre completo", "Número de ID", "Dirección de correo"),
        "Última modificación (entrega)",
    ),
    "ja": ("ID", "フルネーム", "学籍番号", "メールアドレス", "最終更新日時 (提出)"),
}
HIDDEN = {"en": "Participant ", "zh": "参与人", "de": "Teilnehmer/in", "fr": "Participant "}
HIDDEN |= {"es": "Participante ", "ja": "参加者"}
HIDDENS = (*HIDDEN.values(), "참가자 ", "Uczestnik ", "參與者", "Deltagare ")
TIMES = {
    "en": "Tuesday, 5 March 2024, 2:03 PM",
    "zh": "2024年03月5日 星期二 14:03",
    "de": "Dienstag, 5. März 2024, 14:03",
    "fr": "mardi 5 mars 2024, 14:03",
    "es": "martes, 5 de marzo de 2024, 14:03",
    "ja": "2024年 03月 5日(火曜日) 14:03",
}


def worksheet(lang: str) -> Callable[[random.Random, list[Student]], Rows]:
    def rows(rng: random.Random, class_: list[Student]) -> Rows:
        kept = [0, 1, *rng.choice([(2, 3), (3,), (2,), ()]), 4]
        empty = rng.choice(["", class_[0].number])
        lines = []
        for s in class_:
            number = "" if s.number == empty else s.number
            cells = [f"{HIDDEN[lang]}{s.uid}", s.name, number, f"{s.number}@x.cn"]
            lines.append([*cells, rng.choice([TIMES[lang], "-", ""])])
        return [[line[i] for i in kept] for line in (list(MOODLE[lang]), *lines)]

    return rows


def blind(rng: random.Random, class_: list[Student]) -> Rows:
    """A worksheet of Moodle's that hides who everybody is."""
    lang = rng.choice(list(MOODLE))
    rows = [[MOODLE[lang][0], "Status", "Grade", MOODLE[lang][4]]]
    return rows + [[f"{HIDDEN[lang]}{s.uid}", "-", "", TIMES[lang]] for s in class_]


def canvas(rng: random.Random, class_: list[Student]) -> Rows:
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab (1)"]]
    rows.append(["    Points Possible", "", "", "", "", "100"])
    return rows + [[f"{s.last}, {s.first}", str(s.uid), s.number, s.login, "S", ""] for s in class_]


def blackboard(rng: random.Random, class_: list[Student]) -> Rows:
    rows = [["Last Name", "First Name", "Username", "Student ID", "Lab [Total Pts: 15] |409"]]
    return rows + [[s.last, s.first, s.login, s.number, ""] for s in class_]


def sakai(rng: random.Random, class_: list[Student]) -> Rows:
    rows = [["Lab 6", "SCORE_GRADE_TYPE"], [""]]
    rows.append(["Display ID", "ID", "Last Name", "First Name", "grade"])
    return rows + [[s.number, s.login, s.last, s.first, ""] for s in class_]


def classroom(rng: random.Random, class_: list[Student]) -> Rows:
    rows = [["identifier", "github_username", "github_id", "name"]]
    how = rng.randrange(3)
    for s in class_:
        said = (s.number, f"{s.number}@x.cn", s.name)[how]
        rows.append([said, s.login, str(s.uid), rng.choice(["", s.name])])
    return rows


def brightspace(rng: random.Random, class_: list[Student]) -> Rows:
    rows = [["OrgDefinedId", "Username", "Last Name", "First Name", "End-of-Line Indicator"]]
    return rows + [[f"#{s.number}", f"#{s.login}", s.last, s.first, "#"] for s in class_]


def plain(rng: random.Random, class_: list[Student]) -> Rows:
    zh = rng.random() < 0.5
    header = (
        ["学号", "姓名", "用户名", "邮箱"] if zh else ["Student ID", "Name", "Username", "Email"]
    )
    lines = [[s.number, s.name, s.login, f"{s.number}@x.cn"] for s in class_]
    kept = sorted(rng.sample(range(4), rng.randint(2, 4)))
    return [[line[i] for i in kept] for line in (header, *lines)]


def names_only(rng: random.Random, class_: list[Student]) -> Rows:
    return [["Nom", "Prénom"], *([s.last, s.first] for s in class_)]


ROSTERS: dict[str, Callable[[random.Random, list[Student]], Rows]] = {
    **{f"moodle {lang}": worksheet(lang) for lang in MOODLE},
    "moodle blind": blind,
    **{"canvas": canvas, "blackboard": blackboard, "sakai": sakai, "classroom": classroom},
    **{"brightspace": brightspace, "plain": plain, "names": names_only},
}


def write(rng: random.Random, rows: Rows, path: Path) -> Path:
    stream = io.StringIO()
    csv.writer(stream, delimiter=rng.choice(",;\t"), lineterminator="\n").writerows(rows)
    text, encodings = stream.getvalue(), ["utf-8", "utf-8-sig", "utf-16", "gb18030"]
    path.write_bytes(text.encode(rng.choice(encodings)))
    return path


# ---------------------------------------------------------------- exports

Export = Callable[[random.Random, list[Student]], dict[str, bytes]]


def each(*templates: str) -> Export:
    """One of `templates` for all students."""

    def files(rng: random.Random, class_: list[Student]) -> dict[str, bytes]:
        template = rng.choice(templates)
        made = {}
        for i, s in enumerate(class_):
            name = template.format(
                s=s, name=s.name.replace("/", "_"), i=i, att=98760 + i, sha=f"{i:040x}"
            )
            made[name] = sp.pack({"rnn.py": s.code}) if name.endswith(".zip") else s.code
        return made

    return files


def blackboard_in(word: str, notes: bool) -> Export:
    def files(rng: random.Random, class_: list[Student]) -> dict[str, bytes]:
        title = rng.choice(["HW5", "Lab 6", "实验_6", "Lab_6_a"])
        made = {}
        for s in class_:
            stamp = f"2021-07-2{rng.randrange(10)}-21-14-05"
            stored = f"{title}_{s.login}_{word}_{stamp}_rnn.py"
            made[stored] = s.code
            if notes:
                note = sp.blackboard_txt(s.name, s.login, stamp, stored, "rnn.py", "CET")
                made[f"{title}_{s.login}_{word}_{stamp}.txt"] = note.encode()
        return made

    return files


def sakai_in(top: str, table: bool) -> Export:
    def files(rng: random.Random, class_: list[Student]) -> dict[str, bytes]:
        made = sp.sakai([(s.last, s.first, s.login) for s in class_])
        if not table:
            del made["Lab 6/grades.csv"]
        for s in class_:
            inner = next(n for n in made if f"({s.login})/Submission" in n)
            made[inner] = s.code
        return {name.replace("Lab 6/", top): data for name, data in made.items()}

    return files


def gradescope_in(top: str) -> Export:
    def files(rng: random.Random, class_: list[Student]) -> dict[str, bytes]:
        made = sp.gradescope({s.uid: [(s.name, s.number, f"{s.number}@x.cn")] for s in class_})
        for s in class_:
            made[f"assignment_123_export/submission_{s.uid}/rnn.py"] = s.code
        return {n.replace("assignment_123_export/", top): data for n, data in made.items()}

    return files


EXPORTS: dict[str, Export] = {
    "moodle": each("{name}_{s.uid}_assignsubmission_file/rnn.py"),
    "moodle 4.0": each("{name}_{s.uid}_assignsubmission_file_/a/rnn.py"),
    "moodle flat": each("{name}_{s.uid}_assignsubmission_file_rnn.py"),
    "moodle anonymous": each(
        *(f"{w.strip().replace('/', '')}_{{s.uid}}_assignsubmission_file/a.py" for w in HIDDENS),
        "Gruppe 2-Teilnehmerin_{s.uid}_assignsubmission_file_/rnn.py",
        "参与人_{s.uid}_assignsubmission_file_rnn.py",
    ),
    "canvas": each("{s.login}_{s.uid}_{att}_rnn.py", "{s.login}_LATE_{s.uid}_{att}_a.zip"),
    **{
        f"blackboard {word}": blackboard_in(word, notes)
        for word, notes in (("attempt", True), ("Tentative", True), ("poging", False))
    },
    **{
        "blackboard zh": blackboard_in("尝试", True),
        "blackboard de": blackboard_in("Versuch", False),
    },
    "sakai": sakai_in("Lab 6/", True),
    "sakai inner": sakai_in("", True),
    "sakai bare": sakai_in("", False),
    "gradescope": gradescope_in("assignment_123_export/"),
    "gradescope inner": gradescope_in(""),
    "brightspace": each(
        "7-{s.uid} - {name} - Mar 5, 2026 203 PM/rnn.py",
        "7-{s.uid} - {name} - 5 March, 2026 1403 - a.py",
        "7-{s.uid} - {name} - 2026年3月5日 下午 203/rnn.py",
        "7-{s.uid} - {name} - 2026-3-5 1403 - a.py",
        "7-{s.uid} - {name} - 5. März 2026 1403 - a.py",
        "7-{s.uid} - {name} - 5 мар. 2026 г., 1403/rnn.py",
        "7-{s.uid} - {name} - 05-03-2026 1403 - a.py",
    ),
    "ora2": each("[1]S, [1]Sub, [1]U/[{i}] - {s.login} - rnn.py"),
    "sga": each("{s.login}_{sha}.py", "{s.login}_{sha}.zip"),
    "classroom": each("lab6-{s.login}/rnn.py", "rnn-lab-{s.login}/src/rnn.py"),
    "chaoxing": each("实验6_38123456/{s.number}-{name}/rnn.py", "{s.number}-{name}.zip"),
    "tronclass": each("实验6/{s.number}_{name}/rnn.py"),
    "plain": each(
        "{s.number}-{name}-实验6.zip",
        "{s.number} {name}/rnn.py",
        "{name}-{s.number}.py",
        "一班/{s.number}-{name}/rnn.py",
        "lab6_{s.number}.zip",
    ),
}


def owners(found: ClassFolder) -> Iterator[tuple[str, str]]:
    """(student id given, student id of the file's owner)."""
    with Reader() as reader:
        for hand_in in found.hand_ins:
            for piece in hand_in.pieces:
                data = reader.read(piece.source, piece.member, 1_000_000)
                if data.startswith(b"PK"):
                    folder = hand_in.pieces[0].source.parent
                    data = _unpacked(data, folder)
                number = data.partition(b"# owner ")[2].strip().decode()
                yield hand_in.people[0].student_id, number


def _unpacked(data: bytes, folder: Path) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("rnn.py")


def look(seed: int, roster: str, export: str, folder: Path) -> None:
    rng = random.Random(f"{seed} {roster} {export}")
    class_ = people(rng)
    listed: Roster | None = None
    if roster != "none":
        rows = ROSTERS[roster](rng, class_)
        try:
            listed = read_roster(write(rng, rows, folder / "roster.csv"))
        except UsageError:  # the header was drawn without a column that names anybody
            assert roster == "plain"
            return
        assert len(listed.students) == len(class_)
    files = EXPORTS[export](rng, class_)
    if rng.random() < 0.3:
        path = folder / "export.zip"
        path.write_bytes(sp.pack(files))
    else:
        path = sp.lay(folder / "export", files)
    found = discover(path, roster=listed)
    pairs = list(owners(found))
    assert sorted(owner for _, owner in pairs) == sorted(s.number for s in class_), found.layout
    assert len(found.hand_ins) == len(class_)
    login = {s.number: s.login for s in class_}  # Sakai's display id is the login here
    assert all(given in ("", owner, login[owner]) for given, owner in pairs), pairs
    if listed is not None:
        known = {s.person.student_id for s in listed.students} - {""}
        given = {number for number, _ in pairs}
        absent = {person.student_id for person in found.missing}
        assert known <= given | absent or export.startswith("sakai")
        if roster.startswith("moodle") and export.startswith("moodle"):
            assert found.missing == ()


EVERY = [(r, e) for r in ("none", *ROSTERS) for e in EXPORTS]


@pytest.mark.parametrize("export", EXPORTS)
def test_a_sample_of_rosters_and_exports(export: str, tmp_path: Path) -> None:
    rng = random.Random(export)
    for i, roster in enumerate(rng.sample(["none", *ROSTERS], 5)):
        (tmp_path / str(i)).mkdir()
        look(0, roster, export, tmp_path / str(i))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 23))
def test_all_rosters_with_all_exports(seed: int, tmp_path: Path) -> None:
    for i, (roster, export) in enumerate(EVERY):
        (tmp_path / str(i)).mkdir()
        try:
            look(seed, roster, export, tmp_path / str(i))
        except Exception as error:
            raise AssertionError(f"{seed} {roster} {export}") from error
