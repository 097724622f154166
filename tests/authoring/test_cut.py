"""The starter is what the solutions leave when their regions are cut out, and nothing more."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from grader import ROOT
from grader.authoring import handout
from grader.authoring.cut import (
    HEADER,
    CutError,
    cut,
    expected,
    explained,
    leaks,
    main,
    solution_lines,
    stale,
    write,
)
from kit.contracts import PARTS

SOLUTION = '''\
"""Doc."""

GIVEN_VALUE = 12345


def f(x):
    """Doubles."""
    # BEGIN SOLUTION
    # STUB: "f: 加倍 | double \\"x\\""
    doubled_value = x + x
    GIVEN_VALUE = 12345
    return doubled_value  # at last
    # END SOLUTION


def g(x):
    # BEGIN SOLUTION
    # STUB: "g: one "
    # STUB: "two"
    tripled_value = 3 * x
    return tripled_value
    # END SOLUTION
'''


@pytest.fixture
def checkout(tmp_path):
    """A small checkout with one solution and its starter."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "poems.py").write_text(SOLUTION, encoding="utf-8")
    write(tmp_path)
    return tmp_path


def test_a_region_becomes_its_sentence():
    starter = cut(SOLUTION)
    assert starter.startswith(HEADER + '"""Doc."""')
    assert "tripled" not in starter
    assert "SOLUTION" not in starter
    assert "STUB" not in starter
    space: dict = {}
    exec(starter, space)
    with pytest.raises(NotImplementedError, match=re.escape('f: 加倍 | double "x"')):
        space["f"](1)
    with pytest.raises(NotImplementedError, match="^g: one two$"):
        space["g"](1)


def test_line_ends_do_not_matter():
    assert cut(SOLUTION.replace("\n", "\r\n")) == cut(SOLUTION)
    assert cut("\ufeff" + SOLUTION) == cut(SOLUTION)
    assert "\r" not in cut(SOLUTION.replace("\n", "\r\n"))


def test_solution_lines_leave_out_what_is_trivial_or_given():
    assert solution_lines(SOLUTION) == {
        "doubled_value = x + x",
        "return doubled_value",
        "tripled_value = 3 * x",
        "return tripled_value",
    }


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("# BEGIN SOLUTION\nx = 1\n", "without an END"),
        ("# END SOLUTION\n", "without a BEGIN"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n", "nested"),
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION\n", "a region without # STUB"),
        ('# BEGIN SOLUTION\n# STUB: "s"\n# END SOLUTION\n', "without a solution"),
        ("# BEGIN SOLUTION\n# STUB: s\nx = 1\n# END SOLUTION\n", "no quoted string"),
        ('# STUB: "s"\n', "outside a region"),
        ("x = 1  # BEGIN SOLUTION\n", "shares its line"),
        (
            'x = (\n    # BEGIN SOLUTION\n    # STUB: "s"\n    1,\n    # END SOLUTION\n)\n',
            "not valid Python",
        ),
    ],
)
def test_wrong_markers_are_named(source, fault):
    with pytest.raises(CutError, match=fault) as caught:
        cut(source)
    assert caught.value.text.zh != caught.value.text.en


def test_check_says_what_is_stale_and_writing_mends_it(checkout):
    path = checkout / "starter" / "poems.py"
    run = CliRunner()
    assert run.invoke(main, ["--check", "--root", str(checkout)]).exit_code == 0
    path.write_text("changed", encoding="utf-8")
    done = run.invoke(main, ["--check", "--root", str(checkout)])
    assert (done.exit_code, done.output) == (
        1,
        "stale: starter/poems.py (run `make starter`)\n",
    )
    assert path.read_text("utf-8") == "changed"
    assert run.invoke(main, ["--root", str(checkout)]).output == "written: starter/poems.py\n"
    assert stale(checkout) == []


def test_a_windows_checkout_is_not_stale(checkout):
    path = checkout / "starter" / "poems.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert stale(checkout) == []


def test_a_part_whose_solution_is_gone_is_removed_and_other_files_stay(checkout):
    old, own = checkout / "starter" / "old.py", checkout / "starter" / "pack.py"
    old.write_text(HEADER + "x = 1\n", encoding="utf-8")
    own.write_text("x = 1\n", encoding="utf-8")
    assert stale(checkout) == [old]
    assert write(checkout) == [old]
    assert not old.exists()
    assert own.exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "Hint: `tripled_value = 3*x`."),
        ("tests/test_poems.py", "        tripled_value = 3 * x"),
        ("poems.ipynb", '{"cells": [{"source": ["    tripled_value = 3 * x\\n"]}]}'),
    ],
)
def test_a_leak_is_found_in_any_file(checkout, name, text):
    path = checkout / "starter" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert leaks(checkout) == [(path, "tripled_value=3*x")]
    assert CliRunner().invoke(main, ["--check", "--root", str(checkout)]).exit_code == 1


def test_a_line_of_a_kept_solution_is_a_leak_and_its_file_is_not_handed_out(checkout):
    name = handout.KEPT[0]
    line = "    np.take(rows, by_time, axis=0, out=states[1:])"
    (checkout / "solutions" / name).write_text(f"def f():\n{line}\n", "utf-8")
    path = checkout / "starter" / "README.md"
    path.write_text(line, "utf-8")

    assert write(checkout) == []
    assert not (checkout / "starter" / name).exists()
    assert leaks(checkout) == [(path, "".join(line.split()))]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("test_hidden.py", "    checks.sampling_agrees(lab, draw, texts=2000, floor=1e-9)"),
        ("cases_hidden.py", '    return {"x": draw.normal(size=(6, 3, 7)), "scale": 40}'),
        ("mistakes.yaml", "  replace: self.cell.forward(X[:, 0], previous_state)"),
    ],
)
def test_a_line_of_the_staffs_side_is_a_leak(checkout, file, line):
    home = checkout / "grader" / "parts" / "poems"
    home.mkdir(parents=True)
    (home / file).write_text(f"from kit.plugin import check, answers, draws\n{line}\n", "utf-8")
    path = checkout / "starter" / "tests" / "parts" / "poems" / "checks.py"
    path.parent.mkdir(parents=True)
    path.write_text(f"from kit.plugin import check, answers, draws\n  {line}  # why\n", "utf-8")
    assert leaks(checkout) == [(path, "".join(line.split()))]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("new_part.py", "answer = 42\n", "new_part.py: this file is not declared"),
        ("char_lstm.py", "answer = 42\n", "char_lstm.py: no region is marked"),
    ],
)
def test_a_solution_is_never_handed_out_because_it_lies_there(checkout, name, text, fault):
    (checkout / "solutions" / name).write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["--root", str(checkout)])
    assert done.exit_code == 1
    assert fault in done.output
    assert not (checkout / "starter" / name).exists()


@pytest.mark.parametrize(
    "name", ["notes.txt", "tests/parts/poems/test_hidden.py", "tests/parts/new/cases.py"]
)
def test_a_file_that_is_not_declared_is_not_handed_out(checkout, name):
    path = checkout / "starter" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x = 1\n", encoding="utf-8")
    (checkout / "starter" / ".pytest_cache").mkdir()
    (checkout / "starter" / ".pytest_cache" / "README.md").touch()
    assert handout.undeclared(checkout) == [path]
    done = CliRunner().invoke(main, ["--check", "--root", str(checkout)])
    assert (done.exit_code, done.output) == (
        1,
        f"not declared in grader/authoring/handout.py: starter/{name}\n",
    )


def test_a_fault_names_its_file(checkout):
    (checkout / "solutions" / "poems.py").write_text("# END SOLUTION\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["--root", str(checkout)])
    assert done.exit_code == 1
    assert "poems.py: Line 1: an END without a BEGIN" in done.output
    assert "poems.py：第 1 行" in done.output


# The real starter


def test_the_committed_starter_is_fresh():
    assert [p.name for p in stale(ROOT)] == []


def test_no_file_of_the_starter_holds_a_line_that_students_must_not_see():
    assert leaks(ROOT) == []


def test_every_file_of_the_starter_is_declared_and_every_declared_one_is_there():
    assert handout.undeclared(ROOT) == []
    assert [name for name in handout.SOURCES if not (ROOT / "solutions" / name).is_file()] == []


@pytest.mark.parametrize("line", handout.SHARED)
def test_a_line_that_both_sides_may_hold_is_on_both_sides(line):
    for folder in ("starter/tests/parts", "grader/parts"):
        texts = (path.read_text("utf-8") for path in (ROOT / folder).rglob("*.py"))
        assert any(line in text for text in texts), folder


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.id)
def test_every_region_of_the_real_solutions_is_guarded(part):
    text = (ROOT / "solutions" / part.file).read_text("utf-8")
    regions = text.count("# BEGIN SOLUTION")
    assert regions >= 1
    assert cut(text).count("raise NotImplementedError(") == regions
    assert len(solution_lines(text)) >= regions


def test_a_leak_is_told_with_its_line_its_origin_and_the_remedy(checkout):
    path = checkout / "starter" / "notes.md"
    path.write_text("# Notes\n\n    tripled_value = 3 * x\n", "utf-8")
    ((found, line),) = leaks(checkout)
    said = explained(checkout, found, line)

    for text in said:
        assert "starter/notes.md:3" in text
        assert "solutions/" in text
        assert "shared_lines" in text


@pytest.mark.parametrize("path", expected(ROOT), ids=lambda p: p.name)
def test_starter_parses_on_the_oldest_python(path):
    ast.parse(path.read_text("utf-8"), feature_version=(3, 10))


CALL_BLANKS = """
import sys
sys.modules["torch"] = None  # as if it were not installed
import numpy_rnn, corpora
model = numpy_rnn.RNN(7, 5)
blanks = {
    "RNN.forward": lambda: model.forward(None, None),
    "RNN.backward": lambda: model.backward(None, None, None),
    "RNN.forward_all": lambda: model.forward_all(None, None),
    "RNN.backward_all": lambda: model.backward_all(None, None, None),
    "gradient_check": lambda: numpy_rnn.gradient_check(model, None, None),
    "clip_by_norm": lambda: numpy_rnn.clip_by_norm([], 1),
    "sample": lambda: numpy_rnn.sample(model, "a", {}, {}, 7),
}
for name, blank in blanks.items():
    try:
        blank()
    except NotImplementedError as error:
        print(name, "|", error)
for heavy in ("requests", "matplotlib"):
    assert heavy not in sys.modules, heavy
"""


@pytest.mark.parametrize("without", [(), ("tqdm", "matplotlib", "requests")], ids=["all", "bare"])
def test_starter_imports_with_numpy_alone_and_every_blank_says_what_to_do(tmp_path, without):
    hide = "import sys\n" + "".join(f"sys.modules[{name!r}] = None\n" for name in without)
    check = CALL_BLANKS.split("for heavy")[0] if without else CALL_BLANKS
    done = subprocess.run(
        [sys.executable, "-c", hide + check],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "starter"), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 7
    for line in lines:
        name, sentence, english = line.split(" | ")
        assert sentence.startswith(f"{name}: ")
        assert re.search("[一-鿿]", sentence)
        assert len(english) > 30
        assert english.isascii()


def test_blanks_are_documented_in_both_languages():
    for path, text in expected(ROOT).items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and "NotImplementedError" in ast.unparse(node):
                doc = ast.get_docstring(node) or ""
                assert re.search("[一-鿿]", doc), (path.name, node.name)
                assert "Source: " in doc, (path.name, node.name)
