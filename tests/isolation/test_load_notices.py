"""What a worker reports of loading is looked up in the submission, and nothing else is said."""

from __future__ import annotations

import dataclasses

import pytest

from grader.core.model import Source, Submission
from grader.isolation.load_notices import sentence
from grader.protocol.messages import Notice
from kit.locate import Unparsed
from kit.text import Text

SUBMISSION = Submission(
    id="a",
    sha256="",
    sources=(
        Source("lab/numpy_rnn.py", ("import wandb.sdk as w\nx = 1\n",), "utf-8"),
        Source("lab/b.ipynb", ("x = 1\n", "y = (\n"), "utf-8"),
    ),
    parts={},
)
RAISED = Notice("raised", "lab/numpy_rnn.py", 2, name="FileNotFoundError")


def said(notice: Notice) -> Text | None:
    ended = Text("它结束了进程", "it ended")
    return sentence(notice, SUBMISSION, {("lab/numpy_rnn.py", 1, 2): ended})


@pytest.mark.parametrize(
    ("notice", "words"),
    [
        (RAISED, "numpy_rnn.py, line 2: raised FileNotFoundError while it was loaded"),
        (
            dataclasses.replace(RAISED, name="W_is_0_73"),
            "numpy_rnn.py, line 2: raised an exception while it was loaded",
        ),
        (Notice("syntax", "lab/b.ipynb", 2, 2), "b.ipynb, cell 2, line 2: syntax error"),
        (Notice("syntax", "lab/b.ipynb"), "b.ipynb, cell 1: syntax error"),
        (Notice("skipped", "lab/numpy_rnn.py", 2), "it ended"),
    ],
)
def test_a_fact_is_said(notice: Notice, words: str) -> None:
    text = said(notice)
    assert text is not None
    assert text.en == words
    assert any("\u4e00" <= c <= "\u9fff" for c in text.zh)


def test_a_syntax_error_that_reading_has_told_is_not_told_twice() -> None:
    told = dataclasses.replace(
        SUBMISSION, unparsed=(Unparsed("lab/b.ipynb", 2, Text("错", "wrong")),)
    )

    assert sentence(Notice("syntax", "lab/b.ipynb", 2, 2), told, {}) is None
    assert sentence(Notice("syntax", "lab/b.ipynb", 0, 1), told, {}) is not None


def test_a_place_and_a_module_of_the_submission_are_named() -> None:
    assert "line 1: ran out of the time" in said(Notice("overran", "lab/numpy_rnn.py", 1)).en  # type: ignore[union-attr]
    assert said(Notice("absent", name="wandb.sdk")).en.startswith("wandb.sdk is not available")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "notice",
    [
        dataclasses.replace(RAISED, path="Zq7Xk.py"),
        dataclasses.replace(RAISED, line=731),
        dataclasses.replace(RAISED, line=-1),
        dataclasses.replace(RAISED, cell=2),
        dataclasses.replace(RAISED, cell=0),
        dataclasses.replace(RAISED, kind="Zq7Xk"),
        Notice("skipped", "lab/numpy_rnn.py", 1),
        Notice("absent", name="Zq7Xk"),
        Notice("absent", name="wandb Zq7Xk"),
        Notice("absent", name="wandb.Zq7Xk"),
        Notice("absent", name="w" * 500),
        Notice("absent"),
    ],
)
def test_what_the_submission_does_not_have_is_left_out(notice: Notice) -> None:
    assert said(notice) is None
