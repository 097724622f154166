"""What is newer than the grader's Python is told from what it can read, without that Python."""

from __future__ import annotations

import ast
import sys

import pytest

from kit import newer_syntax
from kit.contracts import GRADER_PYTHON
from kit.newer_syntax import new_fstring_line, newer_line

NEW = [
    'f"{d["x"]}"',
    "f'{d['x']}'",
    "f\"{'\\n'.join(d)}\"",
    'f"{a!r:{w["x"]}}"',
    'f"""{d["""x"""]}"""',
    "f'{f'{1}'}'",
    'f"{(\n1)}"',
    'f"{1 # why\n}"',
    'f"{f\'{f"{1}"}\'}"',
    "rf'{x['a']:>{y}}'",
    'f"""{x # why\n}"""',
]
OLD = [
    "f\"{d['x']}\"",
    'f"""{d["x"]}"""',
    'f"{a!r:{w}}" + "x"',
    'f"{{{a}}}" f\'{b:>10}\' # f"{d["x"]}"',
    '"{d[" + x + "]}"',
    'f"""{\nd["x"]\n}"""',
    "f'{(lambda x: 1)(2)}'",
    'f"{x[1:2]}" + f"\\n{y}"',
    "'it\\'s' + f'{x}'",
    'f"{ {1: 2}[1] :{w}.{p}f}"',
    'x = "#" + f"{y}"  # it\'s',
    'rb"\\"" + f"{y:%Y-%m-%d}".encode()',
    'buf["x"], f"{buf}"',
]


@pytest.mark.parametrize("text", NEW)
def test_a_new_fstring_is_found_on_its_line(text: str) -> None:
    assert new_fstring_line(f"x = 1\ny = '''\n'''\nprint({text})\n") in (4, 5)


@pytest.mark.parametrize("text", OLD)
def test_an_fstring_of_python_3_11_is_not_new(text: str) -> None:
    assert new_fstring_line(text) is None


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the lists are those of Python 3.11")
def test_the_lists_are_what_this_python_says() -> None:
    for text in OLD:
        ast.parse(text)
    for text in NEW:
        with pytest.raises(SyntaxError):
            ast.parse(text)


def test_grammar_is_told_by_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """As 3.12's type parameters for 3.11: what this Python has, an earlier one had not."""
    text = "x = 1\nmatch x:\n    case 1: pass\n"
    assert newer_line(text, grader=(3, 9)) in (2, 3)
    assert newer_line("x = 1\n", grader=(3, 9)) is None
    assert newer_line("x = (\n", grader=(3, 9)) is None  # this Python has said so itself
    monkeypatch.setattr(newer_syntax, "NEW_FSTRINGS", (3, 12))
    assert newer_line(text, grader=sys.version_info[:2]) is None


def test_every_source_of_the_starter_is_old_enough() -> None:
    from grader import ROOT

    for file in [*(ROOT / "starter").rglob("*.py"), *(ROOT / "solutions").glob("*.py")]:
        assert new_fstring_line(file.read_text("utf-8")) is None, file
    assert GRADER_PYTHON == (3, 11)
