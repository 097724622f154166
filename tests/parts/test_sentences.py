"""What a failed check says: facts that it has found, and advice; no cause that it only guesses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import parts
from grader import ROOT
from grader.core.model import Submission
from grader.diagnosis.narrowing import entries, quantities
from grader.isolation.redaction import redacted, without_values
from kit.contracts import PARTS
from kit.reasons import UntrustedText
from kit.text import Text

GUESSES = re.compile(
    r"probably|perhaps|is cut on|did not learn|not use (it|them)\b|keeps the state of|still at work"
    r"|no state is carried|多半|大概|被截断了|没有学会|没有用到它|仍在起作用|保留了上一次"
)
"""Words of sentences that named a cause, each of which was once false."""

FILES = sorted((ROOT / "starter" / "tests").rglob("*.py"))


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each argument of ``Text(...)`` in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "Text"
        ):
            for argument in node.args:
                words = [n.value for n in ast.walk(argument) if isinstance(n, ast.Constant)]
                yield node.lineno, "".join(w for w in words if isinstance(w, str))


def test_no_check_guesses_a_cause() -> None:
    found = [
        (path.name, line, text)
        for path in FILES
        for line, text in sentences(path)
        if GUESSES.search(text)
    ]
    assert found == []


SETTING = re.compile(
    r"\b(of|for|over|in|with|after|read|reading|through) (\w+ )?((text|seed|poem)s? of )?"
    r"… (steps?|characters?|tokens?)\b|(读|前|有|共|经)了? ?… ?(步|个字符?|个词元)(时|后|，)"
)
"""How many steps a check takes, as the setting of its sentence, without the number."""


def shown_in_a_hidden_check(node: ast.expr) -> str:
    """A sentence where hidden checks show it: each value that is put in is a number here."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    said = [str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts]
    return without_values(Text("", "".join(said))).en


def test_no_sentence_needs_a_number_that_hidden_checks_mask() -> None:
    """So "of … steps the gradient is wrong"; what was found, as "got …", may be masked."""
    for said in ("of 7 steps it is wrong", "for a text of 7 characters", "读 7 步时，梯度不对"):
        assert SETTING.search(without_values(Text("", said)).en)
    found = [
        (path.name, text.lineno, shown)
        for path in FILES
        if "parts" in path.parts
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.Call) and isinstance(text.func, ast.Name) and text.func.id == "Text"
        for shown in map(shown_in_a_hidden_check, text.args)
        if SETTING.search(shown)
    ]
    assert found == []


def test_the_sentences_are_found() -> None:
    assert Path(parts.__path__[0]) in {path.parent.parent for path in FILES}
    assert sum(1 for path in FILES for _ in sentences(path)) > 500


def test_a_hidden_check_sends_to_no_public_check_that_may_pass() -> None:
    submission = Submission(id="a", sha256="", sources=(), parts={})
    said = redacted(UntrustedText(Text("值", "1.25")), "failed", "poems", submission)
    assert "see the public checks" not in said.en
    assert "1.25" not in said.en
    assert "请看公开" not in said.zh


@pytest.mark.parametrize("part", [p.id for p in PARTS])
def test_a_clue_names_only_what_the_starter_names(part: str) -> None:
    assert not quantities(part) & {"first", "between", "again", "moved", "autograd", "texts"}
    said = entries(part, ["between"], ["first", "again"])
    assert said is not None
    assert not any(word in said.en for word in ("first", "between", "again"))


def test_a_clue_names_quantities_of_the_contract() -> None:
    said = entries("numpy_rnn", ["h_T"], ["logits", "again"])
    assert said == Text(
        "与参考解比较：logits 不对；h_T 对。",
        "Compared with the reference: logits wrong; h_T right.",
    )
