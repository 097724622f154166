"""How much of a class's folder is looked at, and what is said where that ends."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest
import synthetic_platforms as sp
from synthetic_platforms import RNN
from test_handins import roster

from grader.core.errors import UsageError
from grader.handins import Bounds, discover, labels, read


def test_a_table_of_contents_without_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "c.zip").write_bytes(sp.pack({f"{i}.py": RNN for i in range(50)}))

    with pytest.raises(UsageError, match="abnormal number"):
        discover(tmp_path / "c.zip", bounds=Bounds(directory_bytes=1000))


@pytest.mark.parametrize("how", ["folder", "archive"])
def test_what_was_not_looked_at_is_said(tmp_path: Path, how: str) -> None:
    files = {f"202300{i}-张三.py": RNN for i in range(9)}
    if how == "folder":
        path = sp.lay(tmp_path / "c", files)
    else:
        path = tmp_path / "c.zip"
        path.write_bytes(sp.pack(files))
    found = discover(path, bounds=Bounds(entries=4))

    assert len(found.hand_ins) == 4
    assert any("not all were looked at" in n.en for n in found.notices)


def test_one_students_data_set_hides_nobody(tmp_path: Path) -> None:
    hoard = {f"2023001-张三/data/{i}.txt": b"" for i in range(60)}
    hoard |= {f"2023001-张三/a{i}.txt": b"" for i in range(60)}
    files = {**hoard, "2023001-张三/rnn.py": RNN, "2023002-李四/src/rnn.py": RNN}
    found = discover(sp.lay(tmp_path / "c", files), bounds=Bounds(entries=80, a_folder=20))
    got = {h.id: [p.name for p in h.pieces] for h in found.hand_ins}

    assert "rnn.py" in got["2023001"]
    assert got["2023002"] == ["src/rnn.py"]


def test_folders_without_end(tmp_path: Path) -> None:
    files = {"alice/rnn.py": RNN, "bob/" + "d/" * 30 + "rnn.py": RNN}
    found = discover(sp.lay(tmp_path / "c", files), bounds=Bounds(depth=10))

    assert [h.id for h in found.hand_ins] == ["alice"]
    assert any("nested too deeply" in n.en for n in found.notices)


@pytest.mark.parametrize(
    ("damage", "words"), [("encrypted", "password"), ("lzma", "unusual method")]
)
def test_an_archive_of_the_class_that_cannot_be_unpacked(
    tmp_path: Path, damage: str, words: str
) -> None:
    data = bytearray(sp.pack({"2023001-张三.py": RNN, "2023002-李四.py": RNN}))
    if damage == "encrypted":
        for signature, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
            data[data.index(signature) + flags] |= 1
    else:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
            archive.writestr("2023001-张三.py", RNN)
            archive.writestr("2023002-李四.py", RNN)
        data = bytearray(buffer.getvalue())
    (tmp_path / "c.zip").write_bytes(data)
    found = discover(tmp_path / "c.zip")

    assert len(found.hand_ins) == 2
    with pytest.raises(UsageError, match=words):
        read(found.hand_ins[0])


@pytest.mark.parametrize("how", ["folder", "archive"])
@pytest.mark.parametrize("top", ["", "实验6/"], ids=["bare", "wrapped"])
def test_files_without_end_hide_nobody(tmp_path: Path, how: str, top: str) -> None:
    files = {
        f"{top}0000-mallory/{i}/{j}/x{k}.py": RNN
        for i in range(6)
        for j in range(6)
        for k in range(6)
    }
    others = {f"{top}202300{i}-张三/src/a/b/rnn.py": RNN for i in range(9)}
    if how == "folder":
        path = sp.lay(tmp_path / "c", {**files, **others})
    else:
        path = tmp_path / "c.zip"
        path.write_bytes(sp.pack({**files, **others}))
    found = discover(path, bounds=Bounds(entries=100))
    got = {h.id: [p.name for p in h.pieces] for h in found.hand_ins}

    assert all(got[f"202300{i}"] == ["src/a/b/rnn.py"] for i in range(9))
    assert any("not all were looked at" in n.en for n in found.notices)


def test_names_inside_one_folder_do_not_say_how_others_are_read(tmp_path: Path) -> None:
    known = roster(("001", "สมชาย"), ("002", "能登花子"), ("003", "郑功"), ("004", "許蓋"))
    files = {f"{name}/rnn.py": RNN for name in ("สมชาย", "mallory")}
    hostile = {"mallory/\u90d1功.py": "gbk", "mallory/能登花子/許蓋.py": "cp932"}
    data = {**files, **dict.fromkeys(hostile, RNN)}
    (tmp_path / "c.zip").write_bytes(sp.pack_in(["utf-8", "utf-8", *hostile.values()], data))

    for class_list in (None, known):
        found = discover(tmp_path / "c.zip", roster=class_list)
        assert "สมชาย" in {p.name for h in found.hand_ins for p in h.people}


@pytest.mark.parametrize("word", ["-", "(1)", "最终", "20260305", " copy", "2023001", "级"])
def test_names_without_end_in_an_archive_take_no_time(tmp_path: Path, word: str) -> None:
    long = word * (60_000 // len(word.encode()))
    data = {"2023001-张三/rnn.py": RNN, "2023002-李四/rnn.py": RNN}
    data |= {f"{long}.py": RNN, f"{long}x/rnn.py": RNN}
    (tmp_path / "c.zip").write_bytes(sp.pack(data))
    start = time.process_time()
    found = discover(tmp_path / "c.zip", roster=roster(("2023001", "张三"), ("2023002", "李四")))

    assert time.process_time() - start < 2.0  # minutes, before names had a bound
    assert [h.id for h in found.hand_ins] == ["2023001", "2023002"]
    assert any("names that are too long" in n.en for n in found.notices)


def test_a_run_of_separators_takes_linear_time() -> None:
    seconds = []
    for size in (20_000, 80_000):
        start = time.process_time()
        labels.without_role(labels.without_copy_marks("a" + "-" * size + "b"))
        seconds.append(time.process_time() - start)

    assert seconds[1] < 16 * max(seconds[0], 0.01)
