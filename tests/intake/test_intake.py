"""What intake makes of hand-ins as honest students make them."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from grader.core.errors import UsageError
from grader.core.model import Submission
from grader.intake import IntakeLimits, names, read

RNN = b"class RNN:\n    def forward(self, x, h0):\n        return 1\n"
PDF = b"%PDF-1.7\nreport"


def pack(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def read_zip(tmp_path: Path, files: dict[str, bytes], name: str = "alice.zip") -> Submission:
    target = tmp_path / name
    target.write_bytes(pack(files))
    return read(target)


def said(submission: Submission) -> str:
    texts = [*submission.notices, *([submission.refusal] if submission.refusal else [])]
    assert all(text.zh and text.en and text.zh != text.en for text in texts)
    return "\n".join(text.en for text in texts)


def test_a_plain_zip(tmp_path: Path) -> None:
    got = read_zip(tmp_path, {"numpy_rnn.py": RNN, "report.pdf": PDF, "data.txt": b"x"})

    assert (got.id, got.refusal, got.notices) == ("alice", None, ())
    assert got.parts == {"numpy_rnn": ("numpy_rnn.py",)}
    assert got.pdf is not None
    assert got.pdf.data == PDF
    assert got.others == ("data.txt",)


def test_nested_folders_and_litter(tmp_path: Path) -> None:
    litter = ("__MACOSX/a/._rnn.py", ".DS_Store", "a/.git/hook.py", "a/__pycache__/x.py")
    more = ("a/.venv/lib/y.py", "a/.ipynb_checkpoints/rnn.py", "env/pyvenv.cfg", "env/z.py")
    got = read_zip(tmp_path, {"a/b/c/d/rnn.py": RNN, **dict.fromkeys(litter + more, b"1")})

    assert [s.path for s in got.sources] == ["a/b/c/d/rnn.py"]
    assert got.parts == {"numpy_rnn": ("a/b/c/d/rnn.py",)}
    assert got.notices == ()


def test_gbk_names_are_decoded(tmp_path: Path) -> None:
    name = "2023001-郑谋-实验6/循环神经网络.py"
    raw = name.encode("gbk")
    data = pack({"X" * len(raw): RNN}).replace(b"X" * len(raw), raw)
    (tmp_path / "a.zip").write_bytes(data)
    got = read(tmp_path / "a.zip")

    assert [s.path for s in got.sources] == [name]
    assert "GBK" in said(got)


def test_unmarked_utf8_names_of_macos(tmp_path: Path) -> None:
    raw = "张三/实验.py".encode()
    data = pack({"X" * len(raw): RNN}).replace(b"X" * len(raw), raw)
    (tmp_path / "a.zip").write_bytes(data)

    assert [s.path for s in read(tmp_path / "a.zip").sources] == ["张三/实验.py"]


def test_backslashes_are_replaced_after_decoding(tmp_path: Path) -> None:
    raw = "謀\\rnn.py".encode("gbk")  # its second byte is 0x5C
    data = pack({"X" * len(raw): RNN}).replace(b"X" * len(raw), raw)
    (tmp_path / "a.zip").write_bytes(data)

    assert [s.path for s in read(tmp_path / "a.zip").sources] == ["謀/rnn.py"]


def test_a_surname_that_is_valid_utf8_by_accident() -> None:
    both = ["郑".encode("gbk"), "张三.py".encode("gbk")]

    assert names.decode_together(both) == (["郑", "张三.py"], True)
    assert names.decode_together(both[:1]) == (["郑"], True)
    assert names.decode_together(["实é.py".encode()]) == (["实é.py"], False)


def test_a_name_marked_as_utf8_that_is_gbk(tmp_path: Path) -> None:
    marked = pack({"张三.py": RNN}).replace("张三.py".encode(), "张三xx.py".encode("gbk"))
    (tmp_path / "a.zip").write_bytes(marked)

    assert [s.path for s in read(tmp_path / "a.zip").sources] == ["张三xx.py"]


def test_a_zip_inside_the_zip(tmp_path: Path) -> None:
    deep = pack({"x.py": RNN})
    inner = pack({"lab/rnn.py": RNN, "deeper.zip": deep})
    got = read_zip(tmp_path, {"work.zip": inner, "r.pdf": PDF})

    assert [s.path for s in got.sources] == ["work.zip/lab/rnn.py"]
    assert "was opened: work.zip" in said(got)
    assert "not opened: work.zip/deeper.zip" in said(got)


def test_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "bob"
    (folder / "src" / "__pycache__").mkdir(parents=True)
    (folder / "src" / "numpy_rnn.py").write_bytes(RNN)
    (folder / "src" / "__pycache__" / "z.py").write_bytes(RNN)
    (folder / "lab.zip").write_bytes(pack({"poems.py": b"def to_word(): return 1\n"}))
    got = read(folder)

    assert got.id == "bob"
    assert got.parts == {"numpy_rnn": ("src/numpy_rnn.py",), "poems": ("lab.zip/poems.py",)}


def test_a_folder_with_links_and_special_files(tmp_path: Path) -> None:
    folder = tmp_path / "bob"
    folder.mkdir()
    (tmp_path / "secret.py").write_bytes(RNN)
    (folder / "link.py").symlink_to(tmp_path / "secret.py")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.py")
    (folder / "rnn.py").write_bytes(RNN)
    got = read(folder)

    assert [s.path for s in got.sources] == ["rnn.py"]
    assert "never followed: link.py, loop" in said(got)
    assert "Not an ordinary file: pipe.py" in said(got)


def test_folder_names_in_gbk_on_disk(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "a")
    os.mkdir(folder)
    with open(folder + "/张三.py".encode("gbk"), "wb") as file:
        file.write(RNN)

    assert [s.path for s in read(tmp_path / "a").sources] == ["张三.py"]


def test_a_single_py_and_a_single_notebook(tmp_path: Path) -> None:
    (tmp_path / "rnn.py").write_bytes(RNN)
    cell = b'{"cells": [{"cell_type": "code", "source": ["class RNN:\\n", " pass"]}]}'
    (tmp_path / "rnn2.ipynb").write_bytes(cell)

    assert read(tmp_path / "rnn.py").parts == {"numpy_rnn": ("rnn.py",)}
    assert read(tmp_path / "rnn2.ipynb").parts == {"numpy_rnn": ("rnn2.ipynb",)}


def test_a_zip_named_py_is_opened(tmp_path: Path) -> None:
    assert read_zip(tmp_path, {"rnn.py": RNN}, "alice.py").parts


def test_the_report_beside(tmp_path: Path) -> None:
    (tmp_path / "alice.pdf").write_bytes(PDF)
    got = read_zip(tmp_path, {"rnn.py": RNN})

    assert got.pdf is not None
    assert got.pdf.path == "alice.pdf"


def test_the_report_that_was_named_wins(tmp_path: Path) -> None:
    (tmp_path / "r.pdf").write_bytes(PDF)
    (tmp_path / "a.zip").write_bytes(pack({"rnn.py": RNN, "x.pdf": PDF * 9}))
    got = read(tmp_path / "a.zip", report=tmp_path / "r.pdf")

    assert got.pdf is not None
    assert got.pdf.path == "r.pdf"


def test_the_largest_of_several_reports(tmp_path: Path) -> None:
    got = read_zip(tmp_path, {"rnn.py": RNN, "a.pdf": PDF, "b.PDF": PDF * 2, "c.pdf": b"no"})

    assert got.pdf is not None
    assert got.pdf.path == "b.PDF"
    assert "There are 2 PDFs" in said(got)
    assert "not a PDF: c.pdf" in said(got)


def test_a_report_that_is_too_large_or_no_pdf(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(pack({"rnn.py": RNN, "x.pdf": PDF, "报告.docx": b""}))
    got = read(tmp_path / "a.zip", limits=IntakeLimits(report_bytes=10))

    assert got.pdf is None
    assert "too large and was not kept: x.pdf" in said(got)
    assert "save it as PDF: 报告.docx" in said(got)


def test_the_hash_is_of_the_content_not_of_the_packing(tmp_path: Path) -> None:
    files = {"a/rnn.py": RNN, "a/b.py": b"1"}
    first = read_zip(tmp_path, files)
    second = read_zip(tmp_path, dict(reversed(files.items())), "b.zip")
    folder = tmp_path / "c" / "a"
    folder.mkdir(parents=True)
    for path, data in files.items():
        (tmp_path / "c" / path).write_bytes(data)

    assert first.sha256 == second.sha256 == read(tmp_path / "c").sha256
    assert read_zip(tmp_path, {**files, "a/b.py": b"2"}).sha256 != first.sha256
    assert read_zip(tmp_path, {**files, "r.pdf": PDF}).sha256 != first.sha256


def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        read(tmp_path / "nobody.zip")
    (tmp_path / "a.py").write_bytes(RNN)
    with pytest.raises(UsageError, match="does not exist"):
        read(tmp_path / "a.py", report=tmp_path / "none.pdf")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2023001-张三 (终稿)", "2023001-张三_终稿"),
        ("../../etc", "etc"),
        ("CON", "_CON"),
        ("nul.tar", "_nul.tar"),
        ("...", "submission"),
        ("", "submission"),
        ("a<b>:c|d?", "a_b_c_d"),
        ("-rf", "rf"),
        ("a\u202egpj", "a_gpj"),
        ("x" * 300, "x" * 80),
        ("张" * 80, "张" * 66),
    ],
)
def test_ids_are_safe_folder_names(name: str, expected: str) -> None:
    assert names.safe_id(name) == expected


def test_the_starters_own_tests_are_set_aside(tmp_path: Path) -> None:
    own = {"s/tests/kit/runner.py": RNN, "s/tests/test_numpy_rnn.py": RNN, "s/conftest.py": RNN}
    got = read_zip(tmp_path, {**own, "s/pack.py": b"1", "s/test.py": RNN})

    assert got.parts == {"numpy_rnn": ("s/test.py",)}
    assert got.others == tuple(sorted([*own, "s/pack.py"]))
    assert "not graded" in said(got)


def test_no_part_and_no_code(tmp_path: Path) -> None:
    no_part = read_zip(tmp_path, {"hello.py": b"print(1)"})
    no_code = read_zip(tmp_path, {"r.pdf": PDF, "x.txt": b"1"})

    assert (no_part.refusal, no_part.parts, len(no_part.sources)) == (None, {}, 1)
    assert "no part of the lab" in said(no_part)
    assert no_code.refusal is None
    assert "No code was found" in said(no_code)


def test_a_syntax_error_costs_that_file_only(tmp_path: Path) -> None:
    got = read_zip(tmp_path, {"numpy_rnn.py": RNN, "poems.py": b"x = 1\ndef to_word(:\n"})

    assert got.parts == {"numpy_rnn": ("numpy_rnn.py",), "poems": ("poems.py",)}
    assert "poems.py, line 2: syntax error" in said(got)


def test_python_2_is_called_so(tmp_path: Path) -> None:
    got = read_zip(tmp_path, {"rnn.py": b'class RNN:\n  pass\nprint "hello"\n'})

    assert got.parts == {"numpy_rnn": ("rnn.py",)}
    assert "rnn.py, line 3: this is Python 2" in said(got)


def test_names_that_differ_between_directory_and_header(tmp_path: Path) -> None:
    data = bytearray(pack({"ab.py": RNN}))
    data[data.index(b"ab.py")] = ord("z")
    (tmp_path / "a.zip").write_bytes(bytes(data))

    assert [s.path for s in read(tmp_path / "a.zip").sources] == ["ab.py"]
