"""Whatever is put inside one item changes no other item: not whose it is, when, nor its files."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import synthetic_platforms as sp
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from test_handins import roster

from grader import ROOT
from grader.handins import ClassFolder, HandIn, Reader, Roster, discover

KNOWN = roster(
    *((f"202300{i}", name) for i, name in enumerate(("张三", "李四", "王小明", "赵六"), 1))
)
NUMPY = (ROOT / "solutions" / "numpy_rnn.py").read_bytes()
STAMP = "2021-07-2{}-21-14-05"


def code(i: int) -> bytes:
    return sp.RNN + f"# {i}\n".encode()


CLASSES: dict[str, Mapping[str, bytes]] = {
    "moodle": sp.moodle([("张三", 101), ("李四", 102), ("王小明", 103)]),
    "sakai": sp.sakai([("Zhang", "San", "2023001"), ("Li", "Si", "2023002")], ["2023002"]),
    "gradescope": sp.gradescope(
        {i: [(n, f"202300{i}", "")] for i, n in enumerate(("张三", "李四"), 1)}
    ),
    "plain": {f"202300{i}-{n}/rnn.py": code(i) for i, n in enumerate(("张三", "李四"), 1)},
    "mixed": {
        "2023001-张三/rnn.py": code(1),
        "2023002-李四.zip": sp.pack({"rnn.py": code(2)}),
        "alice/rnn.py": code(3),
        "mallory/rnn.py": code(4),
        "bob.py": code(5),
        "carol.pdf": sp.PDF + b"6",
        "补交/2023003-王小明/rnn.py": code(7),
    },
    "nobody": {f"{n}/rnn.py": code(i) for i, n in enumerate(("alice", "bob", "mallory"))},
    "reports": {f"{n}/report.pdf": sp.PDF + code(i) for i, n in enumerate(("alice", "bob", "eve"))},
    "chaoxing": {
        f"实验6_38123456/202300{i}-{n}/rnn.py": code(i)
        for i, n in enumerate(("张三", "李四", "王小明"), 1)
    },
    "tronclass": {f"202300{i}_{n}/rnn.py": code(i) for i, n in enumerate("张李王赵", 1)},
    "ilias": {
        f"{n}_{1000 + i}/rnn.py": code(i) for i, n in enumerate(("Li_Si_ls", "Wu_W_ww", "A_B_ab"))
    },
    "teams": {
        f"Team {i}/{n}_{1000 + i}/rnn.py": code(i) for i, n in enumerate(("Li_Si_ls", "Wu_W_ww"))
    },
    "brightspace": {
        f"5-{70 + i} - {n} - Mar {i}, 2026 203 PM/rnn.py": code(i)
        for i, n in enumerate(("Li Si", "Wu Wang", "Mary-Ann"), 1)
    },
}
ARCHIVES: dict[str, list[str]] = {
    "moodle": [
        "San Zhang_101_assignsubmission_file_a.zip",
        "Si Li_102_assignsubmission_file_a.zip",
    ],
    "canvas": ["zhang_4321_98765_a.zip", "li_LATE_4322_98766_a.zip", "wu_4323_98767_a.zip"],
    "blackboard": [f"HW5_{u}_attempt_{STAMP.format(i)}_a.zip" for i, u in enumerate("abc")],
    "plain": ["2023001-张三.zip", "2023002-李四.zip", "alice.zip"],
    "sga": [f"{u}_{c * 40}.zip" for u, c in (("alice", "a"), ("bob", "b"))],
}
WORDS = st.sampled_from(
    [
        "2023001-张三",
        "2023002-李四",
        "张三",
        "alice",
        "bob",
        "mallory",
        "submission_1",
        "补交",
        "a(b)",
    ]
    + ["grades.csv", "submission_metadata.yml", "timestamp.txt", "submissions.csv", "index.html"]
    + ["Zhang, San(2023001)", "Submission attachment(s)", "x_101_assignsubmission_file"]
    + ["Team 1", "Li_Si_ls_1000", "5-71 - Li Si - Mar 9, 2026 203 PM", "[1]S, [1]Sub, [1]U"]
    + [
        "[1] - bob - rnn.py",
        "rnn.py",
        "numpy_rnn.py",
        "all.zip",
        "report.pdf",
        "pyvenv.cfg",
        "名单.csv",
    ]
    + ["grades.sqlite", "gradebook.csv", "2021-07-20", "HW5_b_attempt_2030-01-01-00-00-00.txt"]
    + ["__MACOSX", ".git", "实验6_38123456", "2023009-M", "con", "é", "e\u0301"]
)
TABLES = [
    sp.gradescope({1: [("李四", "2023002", "")], 2: [("张三", "2023001", "")]})[
        "assignment_123_export/submission_metadata.yml"
    ],
    sp.sakai([("Li", "Si", "2023001"), ("Zhang", "San", "2023002")], ["2023001"])[
        "Lab 6/grades.csv"
    ],
    b"2030-01-01T00:00:00Z",
    NUMPY,
    sp.pack({f"202300{i}-x/rnn.py": NUMPY for i in range(3)}),
    b"Name: San Zhang (zs)\n",
    b"",
]
ADDED = st.dictionaries(
    st.lists(WORDS, min_size=1, max_size=4).map("/".join),
    st.integers(0, len(TABLES) - 1),
    max_size=8,
)


def summary(found: ClassFolder, mine: Callable[[HandIn], bool]) -> set[object]:
    """Everything said of the hand-ins of others; files by what is in them."""
    said: set[object] = set()
    with Reader() as reader:
        for hand_in in (*found.hand_ins, *found.superseded):
            if not mine(hand_in):
                files = frozenset(
                    (p.name, reader.read(p.source, p.member, 1_000_000)) for p in hand_in.pieces
                )
                people = tuple(
                    (p.student_id, p.name, *p.platform_ids.items()) for p in hand_in.people
                )
                said.add((hand_in.id, people, hand_in.submitted_at, hand_in.late, files))
    return said


def put(folder: Path, files: Mapping[str, bytes], added: Mapping[str, bytes], unit: str) -> Path:
    sp.lay(folder, files)
    for name, data in added.items():
        path = folder / unit / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError:  # a folder of that name, or a file where a folder is wanted
            continue
    return folder


def units_of(files: Mapping[str, bytes]) -> list[str]:
    """The folders that one student's work lies in."""
    tops = {name.rpartition("/")[0].partition("/Submission attachment(s)")[0] for name in files}
    shared = {top for top in tops if any(other.startswith(f"{top}/") for other in tops)}
    return sorted(top for top in tops - shared if top and not top.endswith("_export"))


few = settings(max_examples=examples(15))


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("known", [None, KNOWN], ids=["none", "roster"])
@given(pick=st.integers(0, 11), added=ADDED)
@few
def test_files_inside_one_folder(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    known: Roster | None,
    pick: int,
    added: Mapping[str, int],
) -> None:
    tables = {name: TABLES[table] for name, table in added.items()}
    files = CLASSES[kind]
    units = units_of(files)
    unit = units[pick % len(units)]
    folders = [tmp_path_factory.mktemp("p") / "class" for _ in range(2)]
    looks = []
    for folder, more in zip(folders, ({}, tables), strict=True):
        inside = put(folder, files, more, unit) / unit

        def mine(hand_in: HandIn, inside: Path = inside) -> bool:
            return any(piece.source.is_relative_to(inside) for piece in hand_in.pieces)

        looks.append(summary(discover(folder, roster=known), mine))
    assert looks[0] == looks[1], (unit, sorted(added))


@pytest.mark.parametrize("kind", ARCHIVES)
@given(pick=st.integers(0, 11), added=ADDED)
@few
def test_files_inside_one_archive(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    pick: int,
    added: Mapping[str, int],
) -> None:
    tables = {name: TABLES[table] for name, table in added.items()}
    names = ARCHIVES[kind]
    chosen = names[pick % len(names)]
    packed = {n: sp.pack({"rnn.py": code(i)}) for i, n in enumerate(names)}  # a clock is in them
    looks = []
    for more in ({}, tables):
        folder = tmp_path_factory.mktemp("p") / "class"
        own = {chosen: sp.pack({"rnn.py": code(0), **more})}
        found = discover(sp.lay(folder, {**packed, **own}), roster=KNOWN)
        looks.append(summary(found, lambda h: any(p.source.name == chosen for p in h.pieces)))
    assert looks[0] == looks[1]


@pytest.mark.parametrize("kind", CLASSES)
@given(pick=st.integers(0, 11), added=ADDED)
@few
def test_files_inside_one_folder_of_the_classs_archive(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    pick: int,
    added: Mapping[str, int],
) -> None:
    tables = {name: TABLES[table] for name, table in added.items()}
    files = CLASSES[kind]
    units = units_of(files)
    unit = units[pick % len(units)]
    # A file cannot also be a folder, on a disk or here.
    own = {f"{unit}/{name}": content for name, content in tables.items()}
    taken = {name.casefold() for name in (*files, *own)}
    own = {
        name: content
        for name, content in own.items()
        if name not in files and not any(other.startswith(f"{name.casefold()}/") for other in taken)
    }
    looks = []
    for more in ({}, own):
        path = tmp_path_factory.mktemp("p") / "class.zip"
        path.write_bytes(sp.pack({**files, **more}))
        found = discover(path, roster=KNOWN)
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()

        def mine(hand_in: HandIn, members: list[str] = members) -> bool:
            paths = [members[p.member] for p in hand_in.pieces if p.member is not None]
            return any(path.startswith(f"{unit}/") for path in paths)

        looks.append(summary(found, mine))
    assert looks[0] == looks[1], sorted(own)
