"""Of what a worker says in a hidden check, only what was known beforehand reaches the student."""

from __future__ import annotations

import pytest

from grader.core.model import Source, Submission
from grader.isolation.redaction import Told, repeatable
from kit.text import Text

SUBMISSION = Submission(
    id="alice",
    sha256="0" * 64,
    sources=(Source("alice/numpy_rnn.py", ("a\nb\nc\n",), "utf-8"),),
    parts={"numpy_rnn": ("alice/numpy_rnn.py",)},
)
SECRET = "0.123456"


@pytest.mark.parametrize(
    ("outcome", "said", "repeated"),
    [
        ("failed", "your code raised ValueError (numpy_rnn.py, line 2)", None),
        ("failed", "your code raised LinAlgError", None),
        ("failed", f"your code raised E{SECRET[2:]}", "your code raised an exception"),
        ("failed", "your code raised KeyError (numpy_rnn.py, line 7)", "your code raised KeyError"),
        ("failed", f"your code raised KeyError ({SECRET}, line 2)", "your code raised KeyError"),
        ("not_attempted", "not attempted yet (numpy_rnn.py, line 2) RNN.forward: loop", None),
        ("missing", "RNN.forward is not defined", None),
        ("missing", f"{SECRET} is not defined", None),
        ("out_of_memory", SECRET, None),
        ("failed", SECRET, None),
    ],
)
def test_a_hidden_check_repeats_only_what_was_known(
    outcome: str, said: str, repeated: str | None
) -> None:
    found = repeatable(Told(said, said), outcome, SUBMISSION)
    assert found.zh
    assert found.en
    assert SECRET not in found.zh + found.en
    assert SECRET[2:] not in found.zh + found.en
    if repeated is not None:
        assert found.en == repeated


def test_the_place_in_ones_own_file_and_the_name_of_the_contract_are_said() -> None:
    raised = repeatable(
        Told("", "your code raised ValueError (numpy_rnn.py, line 2)"), "failed", SUBMISSION
    )
    assert raised.en == "your code raised ValueError (numpy_rnn.py, line 2)"
    assert "numpy_rnn.py" in raised.zh
    stub = repeatable(
        Told("", "not attempted yet (numpy_rnn.py, line 2) x"), "not_attempted", SUBMISSION
    )
    assert stub == Text(
        "未作答（numpy_rnn.py 第 2 行）", "not attempted yet (numpy_rnn.py, line 2)"
    )
    missing = repeatable(Told("", "RNN.forward is not defined: why"), "missing", SUBMISSION)
    assert missing == Text("没有定义 RNN.forward", "RNN.forward is not defined")
