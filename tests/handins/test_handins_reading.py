"""A hand-in of a class gives the Submission that it would give alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import synthetic_platforms as sp
from synthetic_platforms import PDF, POEMS, RNN

from grader import intake
from grader.core.errors import UsageError
from grader.core.model import Submission
from grader.handins import HandIn, Reader, discover, read
from grader.intake import IntakeLimits, read_files


def only(folder: Path) -> HandIn:
    (hand_in,) = discover(folder).hand_ins
    return hand_in


def same(one: Submission, other: Submission) -> bool:
    return (one.sha256, one.sources, one.parts, one.pdf, one.refusal, one.notices) == (
        other.sha256,
        other.sources,
        other.parts,
        other.pdf,
        other.refusal,
        other.notices,
    )


CONTENTS: dict[str, tuple[str, bytes]] = {
    "zip": ("2023001-张三.zip", sp.pack({"src/rnn.py": RNN, "report.pdf": PDF, "a.txt": b"x"})),
    "gbk": ("a.zip", sp.pack_in("gbk", {"实验6/循环.py": RNN, "实验6/诗.py": POEMS})),
    "code": ("alice.py", RNN),
    "empty": ("alice.zip", b""),
    "rar": ("alice.rar", b"Rar!\x1a\x07\x00" + b"x" * 40),
    "7z": ("alice.7z", b"7z\xbc\xaf\x27\x1c" + b"x" * 40),
    "rar called zip": ("alice.zip", b"Rar!\x1a\x07\x00" + b"x" * 40),
    "docx": ("alice.docx", sp.pack({"[Content_Types].xml": b"<x/>", "_rels/.rels": b"<x/>"})),
    "truncated": ("alice.zip", sp.pack({"a.py": RNN * 50})[:-40]),
    "notebook": ("alice.ipynb", b"{}"),
    "empty code": ("alice.py", b""),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_one_file_is_read_as_if_handed_in_alone(tmp_path: Path, kind: str) -> None:
    name, data = CONTENTS[kind]
    (tmp_path / name).write_bytes(data)

    assert same(read_files({name: data}, id="a"), intake.read(tmp_path / name))


def test_a_zip_with_its_report_beside_it(tmp_path: Path) -> None:
    data = sp.pack({"rnn.py": RNN})
    folder = sp.lay(tmp_path / "c", {"alice.zip": data, "alice.pdf": PDF})
    got = read(only(folder))

    assert same(got, intake.read(folder / "alice.zip"))
    assert got.pdf is not None
    assert got.id == "alice"


def test_a_rar_with_a_report_is_refused_as_a_rar() -> None:
    got = read_files({"a.rar": b"Rar!\x1a\x07\x00xx", "a.pdf": PDF}, id="a")

    assert got.refusal is not None
    assert "RAR" in got.refusal.en
    assert got.pdf is not None  # a person can still mark the report


def test_a_report_alone_is_kept_for_whoever_marks_it() -> None:
    got = read_files({"a.pdf": PDF}, id="a")

    assert got.refusal is None
    assert got.pdf is not None
    assert any("No code" in n.en for n in got.notices)


def test_several_files_are_read_as_a_folder_is(tmp_path: Path) -> None:
    files = {
        "rnn.py": RNN,
        "poems/poems.py": POEMS,
        "report.pdf": PDF,
        "data.csv": b"1",
        "more.zip": sp.pack({"extra.py": b"x = 1\n"}),
    }
    folder = sp.lay(tmp_path / "alice", files)

    assert same(read_files(files, id="alice"), intake.read(folder))


@pytest.mark.parametrize("how", ["folder", "archive", "alone"])
def test_reading_from_a_folder_and_from_an_archive_is_the_same(tmp_path: Path, how: str) -> None:
    inner = sp.pack({"rnn.py": RNN})
    files = {"2023001-张三.zip": inner, "2023002-李四/a/rnn.py": RNN, "2023002-李四/b.pdf": PDF}
    path = tmp_path / "class"
    if how == "folder":
        sp.lay(path, files)
    elif how == "alone":
        sp.lay(path, {"export.zip": sp.pack_in("gbk", files)})
    else:
        path = tmp_path / "export.zip"
        path.write_bytes(sp.pack_in("gbk", files))
    with Reader() as reader:
        zhang, li = (read(h, reader=reader) for h in discover(path).hand_ins)
    (tmp_path / "x.zip").write_bytes(inner)

    assert zhang.sha256 == intake.read(tmp_path / "x.zip").sha256
    assert [s.path for s in li.sources] == ["a/rnn.py"]
    assert li.pdf is not None


def test_what_is_too_large_is_said_and_the_rest_graded() -> None:
    limits = IntakeLimits(source_bytes=100, report_bytes=50)
    files = {"big.py": b"#" * 101, "rnn.py": RNN, "a.pdf": PDF + b"x" * 60}
    got = read_files(files, id="a", limits=limits)

    assert [s.path for s in got.sources] == ["rnn.py"]
    said = "\n".join(n.en for n in got.notices)
    assert "big.py" in said
    assert "a.pdf" in said


def test_a_file_larger_than_the_limit_is_not_loaded_whole(tmp_path: Path) -> None:
    folder = sp.lay(tmp_path / "c", {"alice/rnn.py": RNN, "alice/big.py": b"#" * 5000})
    folder2 = sp.lay(tmp_path / "d", {"alice.zip": b"PK\x03\x04" + b"x" * 5000})
    limits = IntakeLimits(source_bytes=1000, zip_bytes=1000)

    assert [s.path for s in read(only(folder), limits).sources] == ["rnn.py"]
    refused = read(only(folder2), limits)
    assert refused.refusal is not None
    assert "exceeds" in refused.refusal.en


def test_hostile_names_inside_a_hand_in_are_left_out_with_a_word(tmp_path: Path) -> None:
    got = read_files({"rnn.py": RNN, "con.py": RNN, "a\nb.py": RNN, "../x.py": RNN}, id="a")

    assert sorted(s.path for s in got.sources) == ["rnn.py", "x.py"]  # `..` is left out
    assert len(got.notices) >= 3


def test_no_files_at_all_is_refused() -> None:
    assert read_files({}, id="a").refusal is not None


def test_different_refused_hand_ins_have_different_hashes() -> None:
    one = read_files({"a.rar": b"Rar!\x1a\x07\x00a", "b.rar": b"Rar!\x1a\x07\x00b"}, id="a")
    two = read_files({"c.rar": b"Rar!\x1a\x07\x00c", "d.rar": b"Rar!\x1a\x07\x00d"}, id="b")

    assert one.refusal is not None
    assert one.sha256 != two.sha256


def test_a_file_that_vanished_is_not_the_students_fault(tmp_path: Path) -> None:
    folder = sp.lay(tmp_path / "c", {"alice.py": RNN})
    hand_in = only(folder)
    (folder / "alice.py").unlink()

    with pytest.raises(UsageError, match="cannot be read"):
        read(hand_in)


def test_a_damaged_archive_of_the_class_is_not_the_students_fault(tmp_path: Path) -> None:
    data = bytearray(sp.pack({"2023001-张三.py": RNN * 40, "2023002-李四.py": RNN}))
    data[60:70] = b"\xff" * 10
    (tmp_path / "c.zip").write_bytes(data)
    zhang, li = discover(tmp_path / "c.zip").hand_ins

    with pytest.raises(UsageError):
        read(zhang)
    assert read(li).sources
