"""Hand-ins that are broken or made to do harm: a sentence each, never an exception."""

from __future__ import annotations

import io
import random
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from drawing import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_intake import PDF, RNN, pack, read_zip, said

from grader.core.model import Submission
from grader.intake import IntakeLimits, names, read
from grader.intake.messages import REFUSED

SMALL = IntakeLimits(
    zip_bytes=400_000,
    unpacked_bytes=600_000,
    entries=20,
    listed=100,
    source_bytes=200_000,
    ratio_from=50_000,
)


def read_bytes(tmp_path: Path, data: bytes, limits: IntakeLimits | None = None) -> Submission:
    (tmp_path / "a.zip").write_bytes(data)
    return read(tmp_path / "a.zip", limits=limits)


def with_mode(mode: int, name: str = "link.py") -> bytes:
    buffer = io.BytesIO(pack({"rnn.py": RNN}))
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(info, b"/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "zero"),
        (b"hello, this is my homework", "not_zip"),
        (b"Rar!\x1a\x07\x01\x00rest", "rar"),
        (b"Rar!\x1a\x07\x00rest", "rar"),
        (b"7z\xbc\xaf\x27\x1crest", "7z"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"\xfd7zXZ\x00rest", "xz"),
        (b"x" * 257 + b"ustar\x00", "tar"),
        (b"\n<!DOCTYPE html><html>login", "html"),
        (PDF, "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "office"),
        (pack({"[Content_Types].xml": b"", "_rels/.rels": b"", "word/d.xml": b""}), "office"),
        (pack({}), "empty"),
        (pack({"a/": b"", "__MACOSX/._a": b"1"}), "empty"),
        (pack({"rnn.py": RNN})[:-30], "truncated"),
        (b"PK\x07\x08PK\x03\x04", "split"),
    ],
)
def test_what_cannot_be_opened_is_refused(tmp_path: Path, data: bytes, kind: str) -> None:
    got = read_bytes(tmp_path, data)

    assert got.refusal == REFUSED[kind]
    assert (got.sources, got.parts, len(got.sha256)) == ((), {}, 64)


def test_an_encrypted_zip(tmp_path: Path) -> None:
    data = bytearray(pack({"rnn.py": RNN}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    got = read_bytes(tmp_path, bytes(data))

    assert got.refusal == REFUSED["encrypted"]
    assert "Encrypted with a password: rnn.py" in said(got)


def test_a_hand_in_that_is_too_large(tmp_path: Path) -> None:
    got = read_bytes(tmp_path, pack({"rnn.py": RNN}), IntakeLimits(zip_bytes=50))

    assert got.refusal is not None
    assert "exceeds" in got.refusal.en
    assert "{" not in got.refusal.zh


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("C:", "too long or empty"),
        ("..", "too long or empty"),
        ("../../NUL.py", "reserved on Windows: ../../NUL.py"),
        ("lab/NUL.py", "reserved on Windows: lab/NUL.py"),
        ("com1 .x/evil.py", "reserved on Windows"),
        ("a\nb.py", "control characters: a?b.py"),
        ("a\u202eyp.py", "control characters: a?yp.py"),
        ("a/" * 60 + "x.py", "nested too deeply"),
        ("x" * 600 + ".py", "too long"),
    ],
)
def test_a_hostile_name_is_left_out_alone(tmp_path: Path, path: str, words: str) -> None:
    got = read_zip(tmp_path, {"rnn.py": RNN, path: RNN})

    assert got.refusal is None
    assert [s.path for s in got.sources] == ["rnn.py"]
    assert words in said(got)


@pytest.mark.parametrize(
    ("path", "read", "words"),
    [
        ("/home/alice/lab6/rnn.py", "home/alice/lab6/rnn.py", "absolute: /home/alice/lab6/rnn.py"),
        ("\\\\server\\share\\rnn.py", "server/share/rnn.py", "absolute"),
        ("C:\\Users\\alice\\rnn.py", "Users/alice/rnn.py", "a drive: C:/Users/alice/rnn.py"),
        ("c:rnn.py", "rnn.py", "a drive"),
        ("/D:/rnn.py", "rnn.py", "absolute"),
        ("../rnn.py", "rnn.py", "folder above): ../rnn.py"),
        ("../lab6/rnn.py", "lab6/rnn.py", "folder above): ../lab6/rnn.py"),
        ("..\\lab6\\rnn.py", "lab6/rnn.py", "folder above): ../lab6/rnn.py"),
        ("../../../lab6/./src/rnn.py", "lab6/src/rnn.py", "folder above)"),
        ("lab6/../rnn.py", "rnn.py", "folder above)"),
        ("lab6/../../x/../rnn.py", "rnn.py", "folder above)"),
        ("/../rnn.py", "rnn.py", "absolute"),
        ("C:\\..\\lab6\\rnn.py", "lab6/rnn.py", "a drive"),
        ("c:../rnn.py", "rnn.py", "a drive"),
        ("x/../C:/rnn.py", "rnn.py", "folder above)"),
        ("../c:../C:D:\\rnn.py", "rnn.py", "folder above)"),
    ],
)
def test_a_path_from_a_root_is_read_below_the_hand_in(
    tmp_path: Path, path: str, read: str, words: str
) -> None:
    got = read_zip(tmp_path, {path: RNN})

    assert got.refusal is None
    assert [s.path for s in got.sources] == [read]
    assert words in said(got)
    assert set(got.parts) == {"numpy_rnn"}


@settings(max_examples=examples(300))
@given(
    st.lists(
        st.sampled_from(["..", ".", "", "C:", "c:..", "D:a", "lab", "x.py", "..."]), max_size=7
    )
)
def test_a_tidy_path_is_relative_and_stays_as_it_is(words: list[str]) -> None:
    tidy = names.check("/".join(words), 500)

    if isinstance(tidy, str):
        assert names.check(tidy, 500) == tidy
        assert names.rooted(tidy) is None
        assert {"..", ".", ""}.isdisjoint(tidy.split("/"))


@pytest.mark.parametrize("other", ["/rnn.py", "C:\\rnn.py", "../rnn.py", "lab6/../rnn.py"])
def test_two_spellings_of_one_place_are_one_file(tmp_path: Path, other: str) -> None:
    got = read_zip(tmp_path, {other: b"x = 1\n", "rnn.py": RNN})

    assert [s.path for s in got.sources] == ["rnn.py"]
    assert "same name more than once" in said(got)
    assert set(got.parts) == {"numpy_rnn"}


def test_a_zip_that_was_packed_from_a_folder_beside(tmp_path: Path) -> None:
    """``zip hand-in.zip ../lab5/*.py ../lab6/*.py``: nothing is lost, and nothing collides."""
    got = read_zip(tmp_path, {"../lab5/main.py": b"x = 1\n", "../lab6/main.py": RNN})

    assert [s.path for s in got.sources] == ["lab5/main.py", "lab6/main.py"]
    assert got.parts == {"numpy_rnn": ("lab6/main.py",)}


def test_a_path_from_above_in_a_zip_inside(tmp_path: Path) -> None:
    """It stays below the zip that it is in."""
    got = read_zip(tmp_path, {"report.py": b"y = 1\n", "code.zip": pack({"../../report.py": RNN})})

    assert sorted(s.path for s in got.sources) == ["code.zip/report.py", "report.py"]
    assert set(got.parts) == {"numpy_rnn"}


def test_a_notebook_of_text_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text('{"cells": [{"cell_type": "markdown", "source": ["# RNN"]}], "metadata": {}}')
    assert read(path).refusal == REFUSED["no_cells"]

    path.write_text('{"cells": [{"cell_type": "code", "source": [" "]}], "metadata": {}}')
    assert read(path).refusal == REFUSED["no_cells"]

    path.write_text('{"cells": ')
    assert read(path).refusal == REFUSED["notebook"]


def test_a_name_that_is_cut_is_said(tmp_path: Path) -> None:
    path = tmp_path / ("experiment-6-" * 6 + "2023001234.py")
    path.write_bytes(RNN)
    got = read(path)

    assert len(got.id) <= 80
    assert "See whose hand-in it is" in said(got)


def test_a_name_with_a_null_byte(tmp_path: Path) -> None:
    data = pack({"rnn.py": RNN, "evilX.py.txt": RNN}).replace(b"evilX.py", b"evil.py\0")
    got = read_bytes(tmp_path, data)

    assert [s.path for s in got.sources] == ["rnn.py"]
    assert "control characters: evil.py?.txt" in said(got)


def test_nothing_but_hostile_names(tmp_path: Path) -> None:
    got = read_zip(tmp_path, {"lab/NUL.py": RNN})

    assert got.refusal == REFUSED["nothing"]
    assert "reserved on Windows" in said(got)


def test_symlinks_and_devices(tmp_path: Path) -> None:
    link = read_bytes(tmp_path, with_mode(stat.S_IFLNK | 0o777))
    device = read_bytes(tmp_path, with_mode(stat.S_IFBLK | 0o600))

    assert [s.path for s in link.sources] == ["rnn.py"]
    assert "never followed: link.py" in said(link)
    assert "Not an ordinary file: link.py" in said(device)


def test_the_same_name_twice_the_last_one_wins(tmp_path: Path) -> None:
    buffer = io.BytesIO(pack({"rnn.py": b"x = 1\n"}))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("rnn.py", RNN)
    got = read_bytes(tmp_path, buffer.getvalue())

    assert got.parts == {"numpy_rnn": ("rnn.py",)}
    assert "more than once: rnn.py" in said(got)


def test_names_that_differ_in_case_only(tmp_path: Path) -> None:
    got = read_zip(tmp_path, {"Rnn.py": RNN, "rnn.py": RNN})

    assert len(got.sources) == 2
    assert "upper and lower case: rnn.py" in said(got)


def test_a_wrong_checksum_costs_that_file(tmp_path: Path) -> None:
    data = bytearray(pack({"poems.py": b"def to_word(): pass\n", "rnn.py": RNN}))
    data[data.index(b"poems.py") + 8 + 4] ^= 0xFF
    got = read_bytes(tmp_path, bytes(data))

    assert [s.path for s in got.sources] == ["rnn.py"]
    assert "Damaged (wrong checksum or missing data): poems.py" in said(got)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_bound_are_not_tried(tmp_path: Path, method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("rnn.py", RNN + b"#" * 1_000_000)
    got = read_bytes(tmp_path, buffer.getvalue())

    assert got.refusal == REFUSED["method"]


def test_a_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    data = pack({"numpy_rnn.py": b"0" * 10_000_000})
    tracemalloc.start()
    got = read_bytes(tmp_path, data, SMALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert got.refusal == REFUSED["bomb"]
    assert "abnormal size" in said(got)
    assert peak < 3_000_000


def test_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    data = bytearray(pack({"numpy_rnn.py": b"0" * 10_000_000}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(mark) + at, 0xFFFFFFF0)
    got = read_bytes(tmp_path, bytes(data), SMALL)

    assert got.refusal == REFUSED["bomb"]


def test_a_bomb_beside_code_costs_the_bomb_only(tmp_path: Path) -> None:
    data = pack({"rnn.py": RNN, "x.bin": b"0" * 10_000_000, "y.zip": b"0" * 10_000_000})
    got = read_bytes(tmp_path, data, SMALL)

    assert got.parts == {"numpy_rnn": ("rnn.py",)}
    assert "abnormal size, so it was not unpacked: x.bin, y.zip" in said(got)


def test_a_bomb_among_data_alone_is_refused(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, pack({"x": b"0" * 9_000_000}), SMALL).refusal == REFUSED["bomb"]


def test_many_inner_zips_share_the_budget(tmp_path: Path) -> None:
    text = random.Random(1).randbytes(75_000).hex().encode()
    inner = pack({"a.py": b"#" + text})
    got = read_bytes(tmp_path, pack({f"{i}.zip": inner for i in range(4)}), SMALL)

    assert 1 <= len(got.sources) <= 3
    assert "Beyond the limit on the whole" in said(got)


def test_too_many_files(tmp_path: Path) -> None:
    some = {f"x/{i}.txt": b"" for i in range(30)}
    got = read_bytes(tmp_path, pack({**some, "y/rnn.py": RNN}), SMALL)
    flood = read_bytes(tmp_path, pack({f"{i}.py": b"" for i in range(101)}), SMALL)

    assert got.parts == {"numpy_rnn": ("y/rnn.py",)}
    assert "Too many files" in said(got)
    assert flood.refusal == REFUSED["many"]


def test_overlapping_entries(tmp_path: Path) -> None:
    data = bytearray(pack({"a.py": RNN, "b.py": RNN}))
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)  # both at the first local header
    got = read_bytes(tmp_path, bytes(data))

    assert [s.path for s in got.sources] == []
    assert "Overlaps with another entry of the zip: a.py, b.py" in said(got)
    assert got.refusal == REFUSED["overlap"]


def test_a_rar_inside(tmp_path: Path) -> None:
    got = read_zip(tmp_path, {"work.rar": b"Rar!"})

    assert got.refusal == REFUSED["rar"]
    assert "not opened: work.rar" in said(got)


def test_an_inner_zip_that_cannot_be_opened(tmp_path: Path) -> None:
    got = read_zip(tmp_path, {"rnn.py": RNN, "x.zip": b"nonsense"})

    assert got.parts
    assert "cannot be opened: x.zip" in said(got)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"Rar!\x1a\x07", "RAR archive"),
        (b"7z\xbc\xaf\x27\x1c", "7z archive"),
        (b"\x1f\x8b\x08", "gzip archive"),
        (b"\xfd7zXZ\x00", "xz archive"),
        (b"BZh9", "bzip2 archive"),
        (b"\x28\xb5\x2f\xfd", "zstd archive"),
        (257 * b"a" + b"ustar", "tar archive"),
        (PDF, "a PDF"),
        (b"<!DOCTYPE html><p>", "a web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
        (pack({"[Content_Types].xml": b"", "_rels/.rels": b""}), "an Office document"),
        (b"", "an empty file"),
        (b"nonsense", "not a zip"),
        (pack({"a.py": RNN})[:-30], "incomplete"),
        (b"PK\x07\x08", "one volume of a split archive"),
        (pack({}), "no files in it"),
        (b"PK\x01\x02" * 120_000, "an abnormal number of files"),
    ],
)
def test_why_an_inner_zip_cannot_be_opened(tmp_path: Path, content: bytes, why: str) -> None:
    got = read_zip(tmp_path, {"rnn.py": RNN, "x.zip": content})

    assert got.parts
    assert f"cannot be opened: x.zip ({why})" in said(got)


def test_a_single_file_that_is_too_large_or_no_notebook(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"#" * 200_001)
    (tmp_path / "b.ipynb").write_bytes(b'{"cells": [')

    assert "not look like code" in said(read(tmp_path / "a.py", limits=SMALL))
    assert read(tmp_path / "b.ipynb").refusal == REFUSED["notebook"]
    assert "not a complete Jupyter notebook" in said(read(tmp_path / "b.ipynb"))


def test_folder_limits(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    for i in range(30):
        (folder / f"{i}.txt").touch()
    (folder / "rnn.py").write_bytes(RNN)
    (folder / "big.py").write_bytes(b"#" * 300_000)
    got = read(folder, limits=SMALL)

    assert [s.path for s in got.sources] == ["rnn.py"]
    assert "Too large to be code, so it was not read: big.py" in said(got)
    assert "Too many files" in said(got)


def never_raises(tmp_path: Path, data: bytes) -> None:
    got = read_bytes(tmp_path, data, SMALL)
    assert sum(len(c) for s in got.sources for c in s.cells) <= SMALL.unpacked_bytes
    said(got)


quiet = settings(
    max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quiet
@given(data=st.binary(max_size=400), head=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06"]))
def test_arbitrary_bytes_never_raise(tmp_path: Path, data: bytes, head: bytes) -> None:
    never_raises(tmp_path, head + data)


WHOLE = pack(
    {"a/numpy_rnn.py": RNN * 40, "r.pdf": PDF, "i.zip": pack({"poems.py": RNN}), "张.py": RNN}
)


@quiet
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=12
    ),
    cut=st.integers(0, len(WHOLE)),
)
def test_mutated_zips_never_raise(tmp_path: Path, edits: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(WHOLE)
    for at, value in edits:
        data[at] = value
    never_raises(tmp_path, bytes(data))
    never_raises(tmp_path, bytes(data[:cut]))


MARKS = [i for i in range(len(WHOLE)) if WHOLE[i : i + 2] == b"PK"]


@quiet
@given(
    edits=st.lists(
        st.tuples(st.sampled_from(MARKS), st.integers(4, 45), st.integers(0, 255)),
        min_size=1,
        max_size=6,
    )
)
def test_mutated_headers_never_raise(tmp_path: Path, edits: list[tuple[int, int, int]]) -> None:
    data = bytearray(WHOLE)
    for mark, offset, value in edits:
        if mark + offset < len(data):
            data[mark + offset] = value
    never_raises(tmp_path, bytes(data))
