"""``python pack.py alice``: what is packed, what is said, on every console."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.intake import read

ROOT = Path(__file__).resolve().parents[2]
RNN = "class RNN:\n    def forward(self): return 1\n\n    def backward(self):\n"
RNN += "        raise NotImplementedError\n"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A student's copy of the starter with some work in it."""
    folder = tmp_path / "实验6"
    (folder / "tests").mkdir(parents=True)
    shutil.copy(ROOT / "starter" / "pack.py", folder)
    for name in ("kit", "parts"):
        shutil.copytree(ROOT / "starter" / "tests" / name, folder / "tests" / name)
    (folder / "numpy_rnn.py").write_text(RNN, encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "big.py").write_text("x = 1", encoding="utf-8")
    (folder / "model.npz").write_bytes(b"weights")
    return folder


def pack(lab: Path, *arguments: str, lang: str = "en", encoding: str = "utf-8") -> tuple[int, str]:
    environment = {**os.environ, "FEEDBACK_LANG": lang, "PYTHONIOENCODING": encoding}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [sys.executable, "-W", "error", str(lab / "pack.py"), *arguments],
        cwd=lab,
        env=environment,
        capture_output=True,
    )
    return done.returncode, (done.stdout + done.stderr).decode(encoding)


def test_the_zip_holds_the_code_and_nothing_else(lab: Path) -> None:
    (lab / "工具.py").write_text("# 中文\n", encoding="utf-8")
    code, out = pack(lab, "alice")

    assert code == 0
    assert zipfile.ZipFile(lab / "alice.zip").namelist() == ["alice/numpy_rnn.py", "alice/工具.py"]
    assert "numpy_rnn: numpy_rnn.py" in out
    assert "written: RNN.forward\n" in out
    assert "still the stub: RNN.backward\n" in out
    assert "not defined: RNN.forward_all, RNN.backward_all, gradient_check" in out
    assert "Parts that are not in it: char_lstm" in out
    assert "--report report.pdf" in out


def test_the_grader_reads_what_pack_announced(lab: Path) -> None:
    pack(lab, "张三")
    got = read(lab / "张三.zip")

    assert (got.id, got.notices) == ("张三", ())
    assert got.parts == {"numpy_rnn": ("张三/numpy_rnn.py",)}


def test_the_report_goes_inside_when_named(lab: Path) -> None:
    (lab / "报告.pdf").write_bytes(b"%PDF-1.7\n")
    _, beside = pack(lab, "alice")
    code, inside = pack(lab, "alice", "--report", "报告.pdf", "--out", "out")

    assert "--report 报告.pdf" in beside
    assert code == 0
    assert "is in the zip" in inside
    assert "alice/报告.pdf" in zipfile.ZipFile(lab / "out" / "alice.zip").namelist()


def test_syntax_errors_are_announced(lab: Path) -> None:
    (lab / "poems.py").write_text("def to_word(:\n", encoding="utf-8")
    code, out = pack(lab, "alice")

    assert code == 0
    assert "poems.py, line 1: syntax error" in out


def test_everything_prints_on_a_chinese_windows_console(lab: Path) -> None:
    (lab / "poems.py").write_bytes("# 诗\nprint 'x'\n".encode("gbk"))
    (lab / "emoji\U0001f600.py").write_text("x = 1", encoding="utf-8")
    code, out = pack(lab, "alice", lang="zh", encoding="gbk")

    assert code == 0
    assert "评分器会在里面找到：" in out
    assert "这是 Python 2 的写法" in out
    assert "Traceback" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "usage:"),
        (("CON",), "cannot be used as a file name"),
        (("...",), "cannot be used as a file name"),
        (("a", "--report", "none.pdf"), "does not exist"),
        (("a", "--report", "numpy_rnn.py"), "is not a PDF"),
        (("a", "--folder", "nowhere"), "No such folder"),
        (("a", "--folder", "tests"), "no .py or .ipynb file"),
    ],
)
def test_wrong_usage_ends_with_2(lab: Path, arguments: tuple[str, ...], words: str) -> None:
    code, out = pack(lab, *arguments)

    assert code == 2
    assert words in out
    assert not list(lab.glob("*.zip"))


@pytest.mark.parametrize(
    ("name", "expected"), [("a/b:c?.zip", "a_b_c"), ("..\\x y", "x_y"), ("a.ZIP", "a")]
)
def test_names_are_made_safe(lab: Path, name: str, expected: str) -> None:
    pack(lab, name)

    assert [path.name for path in lab.glob("*.zip")] == [f"{expected}.zip"]


@pytest.mark.parametrize("gone", ["tests", "tests/kit", "tests/parts"])
def test_pack_without_the_tests_says_so(lab: Path, gone: str) -> None:
    shutil.rmtree(lab / gone)
    code, out = pack(lab, "alice")

    assert code != 0
    assert "needs the folder tests of the starter" in out
    assert "Traceback" not in out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_syntax_that_is_newer_than_the_graders_python_is_told(lab: Path, lang: str) -> None:
    """With a grader of Python 3.9, so that any Python of a student's is newer."""
    contracts = lab / "tests" / "kit" / "contracts.py"
    text = contracts.read_text("utf-8")
    assert "GRADER_PYTHON = (3, 11)" in text
    contracts.write_text(text.replace("= (3, 11)", "= (3, 9)"), "utf-8")
    (lab / "helper.py").write_text("x = 1\nmatch x:\n    case 1: pass\n", "utf-8")
    code, out = pack(lab, "alice", lang=lang)
    assert code == 0
    assert "Python 3.9" in out
    assert "helper.py" in out.split("Python 3.9")[0].rsplit("\n", 1)[-1]
    assert out.count("Python 3.9") == 2


def test_nothing_is_said_of_syntax_that_the_grader_reads(lab: Path) -> None:
    (lab / "helper.py").write_text('x = f"{1!r:>{2}}"\n', "utf-8")
    assert "Python 3.11" not in pack(lab, "alice")[1]
