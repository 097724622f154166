"""Hostile class folders: whatever one student does, the others keep what is theirs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import synthetic_platforms as sp

from grader import ROOT
from grader.handins import Bounds, Reader, discover, read_roster
from grader.intake import read_files

NUMPY = (ROOT / "solutions" / "numpy_rnn.py").read_bytes()
IDS = ("2023001", "2023002", "2023003")
NAMES = ("张三", "李四", "王五")
LOGINS = ("zhs", "lisi", "ww")
PEOPLE = tuple(zip(IDS, NAMES, LOGINS, strict=True))
ROSTER = "学号,姓名,用户名\n" + "".join(f"{i},{n},{u}\n" for i, n, u in PEOPLE)
ALL = {number: number for number in IDS}


@dataclass(frozen=True)
class Case:
    """A class's files, and whose code each student must be given; None: no owner for now."""

    files: Mapping[str, bytes]
    expected: Mapping[str, str | None] = field(default_factory=lambda: ALL)
    roster: str = ROSTER
    newer: str = ""  # a folder whose files are newer than all others
    entries: int = 0
    packed: bool = False


def by(owner: str) -> bytes:
    return NUMPY + f"# owner {owner}\n".encode()


def plain(form: str = "{i}-{n}/numpy_rnn.py") -> dict[str, bytes]:
    files = {form.format(i=i, n=n): by(i) for i, n, _ in PEOPLE}
    return {k: sp.pack({"a.py": v}) if k.endswith(".zip") else v for k, v in files.items()}


def mallory(*forms: str) -> dict[str, bytes]:
    """The same under other students' names."""
    files = {f.format(i=i, n=n): by("mallory") for f in forms for i, n, _ in PEOPLE}
    return {k: sp.pack({"a.py": v}) if k.endswith(".zip") else v for k, v in files.items()}


def gradescope(name: str, top: str = "") -> dict[str, bytes]:
    files = sp.gradescope({k: [(n, i, "")] for k, (i, n, _) in enumerate(PEOPLE, 1)})
    for k, number in enumerate(IDS, 1):
        files[f"assignment_123_export/submission_{k}/rnn.py"] = by(number)
    forged = b'submission_2:\n  :submitters:\n  - :name: x\n    :sid: "2023001"\n'
    files[f"assignment_123_export/submission_1/{name}"] = forged
    return {k.replace("assignment_123_export/", top): v for k, v in files.items()}


def sakai(top: str = "Lab 6/") -> dict[str, bytes]:
    files = sp.sakai([("Z", "S", IDS[0]), ("L", "S", IDS[1]), ("W", "W", IDS[2])])
    for number in IDS:
        files[next(k for k in files if f"({number})/Sub" in k)] = by(number)
    return {k.replace("Lab 6/", top): v for k, v in files.items()}


def blackboard(word: str) -> dict[str, bytes]:
    files = {}
    for number, _, user in PEOPLE:
        for day, owner in (("09", "old"), ("10", number)):
            stem = f"Lab 6_{user}_{word}_2019-03-{day}-00-00-47"
            files[f"{stem}_numpy_rnn.py"] = by(owner)
            files[f"{stem}.txt"] = f"Nom : X ({user})\nActivité : Lab 6\n".encode()
    return files


def attempts(form: str, older: str, newer: str) -> dict[str, bytes]:
    files = {}
    for number, name, _ in PEOPLE:
        for mark, owner in ((older, "old"), (newer, number)):
            path = form.format(i=number, n=name, m=mark, u=number[-2:])
            files[path] = sp.pack({"a.py": by(owner)}) if path.endswith(".zip") else by(owner)
    return files


def hoard() -> dict[str, bytes]:
    return {f"0mallory/{i}/{j}/{k}.py": b"" for i in range(6) for j in range(6) for k in range(6)}


CANVAS_ROSTER = "Student,ID,SIS User ID,SIS Login ID,Section,L (1)\n" + "".join(
    f"{n},{k},{i},{u},S,\n"
    for k, (i, n, u) in zip(
        (4320, 4321, 4322, 4325), (*PEOPLE, ("2023009", "M", "mal")), strict=True
    )
)
CANVAS = {f"u{k}_{4320 + k}_{98760 + k}_numpy_rnn.py": by(i) for k, i in enumerate(IDS)}
WORKSHEET = 'ID,"Vollständiger Name",{m}Status,"Zuletzt geändert (Abgabe)"\n' + "".join(
    f'"Teilnehmer/in{100 + k}",Eva{k},{{{k}}}"-","Donnerstag, 4. Dezember 2025, 10:37"\n'
    for k in range(3)
)
MOODLE = {f"Eva{k}_{100 + k}_assignsubmission_file/rnn.py": by(i) for k, i in enumerate(IDS)}
SORTED = plain("一班/{i}-{n}/numpy_rnn.py")
ONE = {"mallory/2023001-张三/numpy_rnn.py": by("mallory")}

CASES: dict[str, Callable[[], Case]] = {
    "gradescope table inside": lambda: Case(gradescope("submission_metadata.yml")),
    "gradescope table deeper": lambda: Case(gradescope("a/b/submission_metadata.yml", "x_export/")),
    "gradescope table sorted first": lambda: Case(gradescope("!/submission_metadata.yml")),
    "sakai table inside": lambda: Case(
        {**sakai(), "Lab 6/A, A(2023000)/grades.csv": sakai()["Lab 6/grades.csv"][:-40]}
    ),
    "sakai inner folder": lambda: Case(sakai("")),
    "sakai lookalike": lambda: Case(
        {**plain(), **mallory("m/{i}({i})/timestamp.txt", "m/x({i})/Submission attachment(s)/f.py")}
    ),
    "moodle lookalike": lambda: Case(
        {**plain(), **mallory(*(f"m/{{n}}_1_assignsubmission_file/{k}.py" for k in range(20)))}
    ),
    "moodle lookalike beside zips": lambda: Case(
        {**plain("{i}-{n}.zip"), **mallory("m/{n}_{i}_assignsubmission_file/f.py")}
    ),
    "gradescope lookalike": lambda: Case(
        {**plain(), **mallory("m/submission_{i}/f.py"), "m/submission_metadata.yml": b"x: 1"}
    ),
    "nested and newer": lambda: Case({**plain(), **mallory("m/{i}-{n}/a.py")}, newer="m"),
    "nested deeper": lambda: Case({**plain(), **mallory("m/x/{i}-{n}/a.py")}, newer="m"),
    "nested zips": lambda: Case({**plain(), **mallory("m/{i}-{n}.zip")}, newer="m"),
    "nested 最终版": lambda: Case({**plain("{i}-{n}.py"), **mallory("m/{i}-{n}-最终版.py")}),
    "nested in 补交": lambda: Case({**plain(), **mallory("补交/{i}-{n}/a.py")}, newer="补交"),
    "nested under a false name": lambda: Case({**plain(), **mallory("m/{i}-伪造/a.py")}),
    "the same without a roster": lambda: Case({**plain(), **mallory("m/{i}-伪造/a.py")}, roster=""),
    "beside sorted folders": lambda: Case({**SORTED, **ONE}, newer="mallory"),
    "an archive beside reports": lambda: Case(
        {
            **{f"{i}-{n}/report.pdf": b"%PDF-" + by(i) for i, n, _ in PEOPLE},
            "m/all.zip": sp.pack(mallory("{i}-{n}/a.py")),
        }
    ),
    "a folder beside reports": lambda: Case(
        {**{f"{i}-{n}.pdf": b"%PDF-" + by(i) for i, n, _ in PEOPLE}, **mallory("m/{i}-{n}/a.py")},
        newer="m",
    ),
    "files without end": lambda: Case(
        {**hoard(), **plain("{i}-{n}/src/a/b/numpy_rnn.py")}, entries=100
    ),
    "files without end, packed": lambda: Case(
        {**hoard(), **plain("{i}-{n}/src/a/b/numpy_rnn.py")}, entries=100, packed=True
    ),
    "a folder of results": lambda: Case(
        {**plain(), "m/grades.sqlite": b"", "m/gradebook.csv": b""}
    ),
    "an environment": lambda: Case({**plain(), "m/pyvenv.cfg": b""}),
    "dated files": lambda: Case(attempts("{i}-{n}-实验6-{m}.py", "20260305", "20260306")),
    "numbered archives": lambda: Case(attempts("{i}-{n}-delivery-{m}.zip", "9", "10")),
    "numbered archives in Moodle": lambda: Case(
        attempts("{n}_{u}_assignsubmission_file/v{m}.zip", "9", "10")
    ),
    "brightspace": lambda: Case(attempts("7-{u} - {n} - Mar {m}, 2026 203 PM - a.py", "9", "10")),
    **{
        f"blackboard {word}": lambda word=word: Case(blackboard(word))  # type: ignore[misc]
        for word in ("attempt", "Tentative", "poging", "intento", "Versuch", "尝试", "tentativo")
    },
    "a note that names another": lambda: Case(
        {
            **blackboard("attempt"),
            "Lab 6_mal_attempt_2019-03-12-00-00-47.txt": "Name: 张三 (zhs)\n".encode(),
            "Lab 6_mal_attempt_2019-03-12-00-00-47_a.py": by("mallory"),
        }
    ),
    "numbers in Canvas's name": lambda: Case(
        {**CANVAS, "u0_4320_4325_98799_numpy_rnn.py": by("mallory")}, roster=CANVAS_ROSTER
    ),
    "two that nothing tells apart": lambda: Case(
        {"2023001-张三-a.py": by("x"), "2023001-张三-b.py": by("y")}, {"2023001": None}
    ),
    "teams of ILIAS": lambda: Case(
        {f"Team {k}/L_F_{u}_10{k}/rnn.py": by(i) for k, (i, _, u) in enumerate(PEOPLE)}
    ),
    "logins of three letters": lambda: Case(
        {f"lab6-{u}/rnn.py": by(i) for i, _, u in PEOPLE[:2]}, {i: i for i in IDS[:2]}
    ),
    "one login begins another": lambda: Case(
        {"lab6-zhang/a.py": by(IDS[0]), "lab6-zhang-san/a.py": by(IDS[1])},
        {i: i for i in IDS[:2]},
        "identifier,github_username,name\n2023001,zhang,张三\n2023002,zhang-san,李四\n",
    ),
    "nested under a login": lambda: Case(
        {f"lab6-{u}/a.py": by(i) for i, _, u in PEOPLE[:2]} | {"x/lab6-lisi/a.py": by("mallory")},
        {IDS[1]: IDS[1]},
        newer="x",
    ),
    "a worksheet without numbers": lambda: Case(
        MOODLE, {"Eva0": IDS[0]}, WORKSHEET.format("", "", "", m="")
    ),
    "a worksheet with one empty number": lambda: Case(
        MOODLE,
        {IDS[0]: IDS[0], "Eva1": IDS[1]},
        WORKSHEET.format("2023001,", ",", "2023003,", m="Matrikelnummer,"),
    ),
}


def owners(data: bytes) -> set[str]:
    """Who wrote the code in a file or an archive."""
    taken = [data]
    if data.startswith(b"PK"):
        submission = read_files({"a.zip": data}, id="x")
        taken = ["\n".join(source.cells).encode() for source in submission.sources]
    return {part.split(b"\n")[0].decode() for t in taken for part in t.split(b"# owner ")[1:]}


@pytest.mark.parametrize("name", CASES)
def test_everyone_keeps_their_own(name: str, tmp_path: Path) -> None:
    case = CASES[name]()
    path = tmp_path / "class.zip"
    if case.packed:
        path.write_bytes(sp.pack(case.files))
    else:
        path = sp.lay(tmp_path / "class", case.files)
        for file in path.rglob("*"):
            inside = case.newer and file.is_relative_to(path / case.newer)
            os.utime(file, (1.75e9, 1.75e9) if inside else (1.7e9, 1.7e9))
    (tmp_path / "roster.csv").write_text(case.roster, "utf-8")
    roster = read_roster(tmp_path / "roster.csv") if case.roster else None
    found = discover(path, roster=roster, bounds=Bounds(entries=case.entries or 100_000))

    got: dict[str, set[str]] = {}
    with Reader() as reader:
        for hand_in in found.hand_ins:
            files = (reader.read(p.source, p.member, 10**7) for p in hand_in.pieces)
            wrote = {owner for data in files for owner in owners(data)}
            for person in hand_in.people:
                for key in {person.student_id, person.name} - {""}:
                    got.setdefault(key, set()).update(wrote)
    for key, owner in case.expected.items():
        assert got.get(key) == (None if owner is None else {owner}), (name, found)
