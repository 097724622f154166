"""``python pack.py alice``: what is packed, what is said, on every console."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from quick import only

from grader.authoring import lab_folder
from grader.core.model import Source
from grader.intake import read
from kit.contracts import PARTS
from kit.locate import locate
from kit.part import Part

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
    assert "with --report" in out


def test_the_grader_reads_what_pack_announced(lab: Path) -> None:
    pack(lab, "张三")
    got = read(lab / "张三.zip")

    assert (got.id, got.notices) == ("张三", ())
    assert got.parts == {"numpy_rnn": ("张三/numpy_rnn.py",)}


def packed(lab: Path) -> list[str]:
    """What lies in the zip, without the folder."""
    return [n.removeprefix("alice/") for n in zipfile.ZipFile(lab / "alice.zip").namelist()]


@pytest.mark.parametrize("path", ["报告.pdf", "report/Report.PDF"])
def test_a_lone_pdf_is_taken_along(lab: Path, path: str) -> None:
    (lab / path).parent.mkdir(exist_ok=True)
    (lab / path).write_bytes(b"%PDF-1.7\n")
    code, out = pack(lab, "alice")

    assert code == 0
    assert f"{path} is in the zip, as the only PDF" in out
    assert Path(path).name in packed(lab)


def test_of_several_pdfs_one_has_to_be_named(lab: Path) -> None:
    for name in ("handout.pdf", "报告.pdf"):
        (lab / name).write_bytes(b"%PDF-1.7\n")
    code, out = pack(lab, "alice")
    assert code == 0
    assert "several PDFs: handout.pdf, 报告.pdf" in out
    assert packed(lab) == ["numpy_rnn.py"]

    code, out = pack(lab, "alice", "--report", "报告.pdf")
    assert "Report: 报告.pdf is in the zip." in out
    assert packed(lab) == ["numpy_rnn.py", "报告.pdf"]


def test_no_pdf_or_a_false_one_is_told_and_the_code_packed(lab: Path) -> None:
    assert "Note: there is no report in the zip" in pack(lab, "alice")[1]

    (lab / "report.pdf").write_bytes(b"<html>")
    code, out = pack(lab, "alice")
    assert code == 0
    assert "is not a PDF. Export the report as PDF first.\nNote: there is no report" in out
    assert packed(lab) == ["numpy_rnn.py"]


@pytest.mark.parametrize("lang", only(("zh",), ["zh", "en"]))
def test_code_above_a_raise_that_was_left_is_no_stub(lab: Path, lang: str) -> None:
    """Each blank of each part: code of one's own above the template's ``raise``, or none."""
    points = json.loads((ROOT / "starter" / "tests" / "points.json").read_text("utf-8"))
    (lab / "tests" / "points.json").write_text(json.dumps(points), "utf-8")
    for part in points["blanks"]:
        text = (ROOT / "starter" / f"{part}.py").read_text("utf-8")
        begun = re.sub(r"^( +)raise NotImpl", r"\1own = 1\n\1raise NotImpl", text, flags=re.M)
        assert begun != text
        for source, stubs in ((text, True), (begun, False)):
            (lab / f"{part}.py").write_text(source, "utf-8")
            _, out = pack(lab, "alice", lang=lang)
            said = out.split(f"  {part}: ")[1].split("\n  ")[0:3]
            still = {"zh": "还是模板原样：", "en": "still the stub: "}[lang]
            left = {
                "zh": "里面还有 NotImplementedError",
                "en": "still with a NotImplementedError",
            }
            assert (still in "\n".join(said)) == stubs
            assert (left[lang] in "\n".join(said)) != stubs
    line = 1 + begun[: begun.index("raise NotImpl")].count("\n")
    assert {"zh": f"第 {line} 行", "en": f"line {line}"}[lang] in out


def test_a_file_with_a_syntax_error_lacks_no_names(lab: Path) -> None:
    (lab / "numpy_rnn.py").write_text(RNN + "def sample(:\n", "utf-8")
    _, out = pack(lab, "alice")

    assert "numpy_rnn.py, line 6: syntax error" in out
    assert "not defined" not in out


def test_syntax_errors_are_announced(lab: Path) -> None:
    (lab / "poems.py").write_text("def to_word(:\n", encoding="utf-8")
    code, out = pack(lab, "alice")

    assert code == 0
    assert out.startswith("Correct this first")
    assert "poems.py, line 1: syntax error" in out.splitlines()[1]
    assert out.count("poems.py, line 1") == 1


def test_only_the_parts_of_this_lab_are_described(lab: Path) -> None:
    """A part of another course lies in the folder too, and this course's points do not name it."""
    shutil.copy(ROOT / "starter" / "tests" / "points.json", lab / "tests")
    shutil.copy(ROOT / "starter" / "theory.py", lab)
    _, out = pack(lab, "alice")

    assert "numpy_rnn: numpy_rnn.py" in out
    assert "Parts that are not in it: char_lstm, poems, extensions" in out
    assert "theory" not in out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_torch_in_a_numpy_part_is_told(lab: Path, lang: str) -> None:
    (lab / "numpy_rnn.py").write_text("import math\nimport torch.nn as nn\n" + RNN, "utf-8")
    _, out = pack(lab, "alice", lang=lang)
    assert {"zh": "numpy_rnn.py 第 2 行：导入了 torch", "en": "numpy_rnn.py, line 2: torch is"}[
        lang
    ] in out


def test_torch_beside_a_part_that_needs_it_is_not_told(lab: Path) -> None:
    lstm = "import torch\nclass CharLSTM(torch.nn.Module):\n    def forward(self): return 1\n"
    (lab / "numpy_rnn.py").write_text(RNN + lstm, "utf-8")
    assert "torch is" not in pack(lab, "alice")[1]


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


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.id)
def test_blanks_are_named_as_in_the_starter_s_own_lines(part: Part) -> None:
    """So they are in the table of a handout, in what pack.py says, and in pytest's last lines."""
    text = (ROOT / "starter" / part.file).read_text("utf-8")
    raised = re.findall(r'NotImplementedError\(\s*"([\w.]+):', text)
    packed = locate([Source(part.file, (text,), "utf-8")]).found[part.id]

    assert raised
    assert sorted(packed.unwritten) == sorted(raised)
    assert sorted(lab_folder.blanks_of(part.id)) == sorted(raised)
    assert set(map(part.blank_title, packed.stubs)) <= set(raised)
