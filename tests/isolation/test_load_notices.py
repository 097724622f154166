"""What a worker reports of loading is looked up in the submission, and nothing else is said."""

from __future__ import annotations

import dataclasses

import pytest

from grader.core.model import Source, Submission
from grader.isolation.load_notices import replaced, sentence
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


IMPORTS = """
from scipy.special import softmax
def f():
    import einops, os; import numpy as np
import wandb
from accelerate import Accelerator
from torch.utils.tensorboard import SummaryWriter
from google.colab import drive
import command_line
x = pandas.y
"""


@pytest.mark.parametrize(
    ("name", "believed"),
    [
        ("scipy", True),
        ("einops", True),
        ("accelerate", True),
        ("google", True),  # the name of the package; what is used of it decides
        ("wandb", False),  # harmless
        ("command_line", False),  # a file of the lab
        ("torch.utils.tensorboard", False),
        ("torch", False),  # never replaced
        ("numpy", False),
        ("os", False),
        ("pandas", False),  # named, not imported
        ("f", False),
        ("Zq7Xk", False),
        ("scipy Zq7Xk", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("kind", ["absent", "lacking"])
def test_a_replaced_module_is_believed_where_it_is_imported_and_may_matter(
    kind: str, name: str, believed: bool
) -> None:
    sources = (Source("a.py", (IMPORTS,), "utf-8"),)
    submission = dataclasses.replace(SUBMISSION, sources=sources)
    notices = (Notice(kind, name=name), Notice("raised", name="scipy"), Notice(kind, name=name))
    assert replaced(notices, submission) == ((name,) if believed else ())


def test_nothing_is_said_of_a_module_whose_stand_in_nobody_has_met() -> None:
    assert said(Notice("lacking", name="wandb")) is None
