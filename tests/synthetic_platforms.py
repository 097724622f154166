"""Folders and zips in the shape in which learning platforms give them out.

All of it is synthetic: made after descriptions of the formats, none is a real export and no
name belongs to a real student.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

Files = Mapping[str, bytes]

RNN = b"class RNN:\n    def forward(self, x, h0):\n        return 1\n"
POEMS = b"def process_poems(path):\n    return [], {}, {}\n"
PDF = b"%PDF-1.7\nreport"


def pack(files: Files) -> bytes:
    """An ordinary zip; names that are not ASCII are marked as UTF-8."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def pack_in(encoding: str | Iterable[str], files: Files) -> bytes:
    """A zip whose names are raw bytes in `encoding` (one for all or one for each), unmarked."""
    encodings = [encoding] * len(files) if isinstance(encoding, str) else list(encoding)
    names = [name.encode(e) for name, e in zip(files, encodings, strict=True)]
    stand_ins = [f"{i:04d}".encode() + b"X" * (len(n) - 4) for i, n in enumerate(names)]
    data = pack({s.decode(): d for s, d in zip(stand_ins, files.values(), strict=True)})
    for stand_in, name in zip(stand_ins, names, strict=True):
        assert len(stand_in) == len(name)
        data = data.replace(stand_in, name)
    return data


def lay(folder: Path, files: Files) -> Path:
    """The files on disk, below `folder`."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def moodle(people: Iterable[tuple[str, int]], *, trailing: str = "") -> dict[str, bytes]:
    """Moodle's "download all submissions", in folders."""
    return {
        f"{name}_{uid}_assignsubmission_file{trailing}/rnn.py": RNN + f"# {uid}\n".encode()
        for name, uid in people
    }


def moodle_flat(people: Iterable[tuple[str, int]]) -> dict[str, bytes]:
    """The same without folders."""
    return {f"{name}_{uid}_assignsubmission_file_rnn.py": RNN for name, uid in people}


def blackboard_txt(name: str, user: str, stamp: str, stored: str, original: str, zone: str) -> str:
    """The note that Blackboard puts beside an attempt."""
    clock = stamp[11:].replace("-", ":")
    return (
        f"Name: {name} ({user})\nAssignment: HW5\n"
        f"Date Submitted: Tuesday, 20 July 2021 {clock} o'clock {zone}\n"
        "Current Mark: Needs Marking\n\nSubmission Field:\n"
        "There is no student submission text data for this assignment.\n\n"
        "Comments:\nThere are no student comments for this assignment.\n\nFiles:\n"
        f"\tOriginal filename: {original}\n\tFilename: {stored}\n"
    )


def blackboard(
    title: str, attempts: Iterable[tuple[str, str, str, str]], zone: str = "BST"
) -> dict[str, bytes]:
    """(name, user, stamp, file) -> the flat folder with a txt for each attempt."""
    files: dict[str, bytes] = {}
    for name, user, stamp, file in attempts:
        stored = f"{title}_{user}_attempt_{stamp}_{file.replace(' ', '')}"
        note = blackboard_txt(name, user, stamp, stored, file, zone)
        files[stored] = RNN + stamp.encode().join((b"# ", b"\n"))
        files[f"{title}_{user}_attempt_{stamp}.txt"] = note.encode()
    return files


def sakai(people: Iterable[tuple[str, str, str]], late: Iterable[str] = ()) -> dict[str, bytes]:
    """(last, first, eid) -> Sakai's "download all", with grades.csv."""
    late = set(late)
    rows = ['"Lab 6","SCORE_GRADE_TYPE"', '""']
    rows.append(
        '"Display ID","ID","Last Name","First Name","grade","Submission date","Late submission"'
    )
    files: dict[str, bytes] = {}
    for last, first, eid in people:
        word = "Late" if eid in late else "On time"
        rows.append(f'"{eid}","{eid}","{last}","{first}","","2026-04-02T04:00:05Z","{word}"')
        # Whatever is not ASCII is stripped from names.
        who = f"{last}, {first}".encode("ascii", "ignore").decode()
        files[f"Lab 6/{who}({eid})/Submission attachment(s)/rnn.py"] = RNN
        files[f"Lab 6/{who}({eid})/timestamp.txt"] = b"2026-04-02T04:00:05Z"
        files[f"Lab 6/{who}({eid})/comments.txt"] = b""
    files["Lab 6/grades.csv"] = ("\n".join(rows) + "\n").encode("utf-8-sig")
    return files


def gradescope(submissions: Mapping[int, Iterable[tuple[str, str, str]]]) -> dict[str, bytes]:
    """Number -> its (name, sid, email): Gradescope's export with its YAML of Ruby symbols."""
    files: dict[str, bytes] = {}
    lines = ["---"]
    for number, people in submissions.items():
        files[f"assignment_123_export/submission_{number}/rnn.py"] = RNN
        lines += [f"submission_{number}:", "  :submitters:"]
        for name, sid, email in people:
            lines += [f"  - :name: {name}", f"    :sid: {sid}", f"    :email: {email}"]
        lines += ["  :created_at: 2026-04-02 12:00:05.123456789 +08:00", "  :score: 1.0"]
        lines += ["  :results:", "    tests:", "    - name: shape", "      score: 1.0"]
    files["assignment_123_export/submission_metadata.yml"] = "\n".join(lines).encode()
    return files
