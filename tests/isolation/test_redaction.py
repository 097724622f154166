"""Of what a worker says in a hidden check, only what was known beforehand reaches the student."""

from __future__ import annotations

import pytest

from grader.core.model import Source, Submission
from grader.isolation.redaction import blank_of, from_worker, redacted
from kit.reasons import Introduced, Line, Raised, Reason, Stub, Undefined, UntrustedText
from kit.text import Text

SUBMISSION = Submission(
    id="alice",
    sha256="0" * 64,
    sources=(Source("alice/numpy_rnn.py", ("a\nb\nc\n",), "utf-8"),),
    parts={"numpy_rnn": ("alice/numpy_rnn.py",)},
)
SECRET = "0.123456"


def line(number: int, file: str = "numpy_rnn.py") -> Line:
    return Line(file, number)


LEAK = UntrustedText(Text(SECRET, SECRET))


@pytest.mark.parametrize(
    ("outcome", "reason", "repeated"),
    [
        ("failed", Raised("ValueError", line(2), SECRET), None),
        ("failed", Raised("LinAlgError"), None),
        ("failed", Raised(f"E{SECRET[2:]}"), "your code raised an exception"),
        ("failed", Raised("KeyError", line(7)), "your code raised KeyError"),
        ("failed", Raised("KeyError", line(-1)), "your code raised KeyError"),
        ("failed", Raised("KeyError", line(2, SECRET)), "your code raised KeyError"),
        ("not_attempted", Stub(line(2), SECRET, Text(SECRET, SECRET)), None),
        ("not_attempted", Stub(None, SECRET, Text(SECRET, SECRET)), "not attempted yet"),
        ("missing", Undefined("RNN.forward", Text(SECRET, SECRET)), None),
        ("missing", Undefined(SECRET), None),
        ("out_of_memory", LEAK, None),
        ("failed", LEAK, None),
        ("missing", LEAK, None),
        ("skipped", Introduced(Text("选做：", "optional:"), LEAK), None),
        ("skipped", Introduced(Text("选做：", "optional:"), Undefined(SECRET)), None),
    ],
)
def test_a_hidden_check_repeats_only_what_was_known(
    outcome: str, reason: Reason, repeated: str | None
) -> None:
    assert from_worker(reason)
    found = redacted(reason, outcome, SUBMISSION)
    assert found.zh
    assert found.en
    assert SECRET not in found.zh + found.en
    assert SECRET[2:] not in found.zh + found.en
    if repeated is not None:
        assert found.en == repeated


def test_the_place_in_ones_own_file_and_the_name_of_the_contract_are_said() -> None:
    raised = redacted(Raised("ValueError", line(2)), "failed", SUBMISSION)
    assert raised.en == "your code raised ValueError (numpy_rnn.py, line 2)"
    assert "numpy_rnn.py" in raised.zh
    stub = redacted(Stub(line(2), "", Text("", "x")), "not_attempted", SUBMISSION)
    assert stub == Text(
        "未作答（numpy_rnn.py 第 2 行）", "not attempted yet (numpy_rnn.py, line 2)"
    )
    missing = redacted(Undefined("RNN.forward", Text("", "why")), "missing", SUBMISSION)
    assert missing == Text("没有定义 RNN.forward", "RNN.forward is not defined")


def test_a_sentence_of_our_own_is_said_as_it_is() -> None:
    own = Text("超时", "took too long")
    assert not from_worker(own)
    assert redacted(own, "timed_out", SUBMISSION) == own
    introduced = Introduced(Text("选做：", "optional:"), own)
    assert not from_worker(introduced)
    assert redacted(introduced, "skipped", SUBMISSION).en == "optional: took too long"


def test_a_sentence_of_a_workers_does_not_pass_for_ours_by_being_put_into_one() -> None:
    with pytest.raises(TypeError):
        Text("a", "a") + LEAK


def test_checks_are_grouped_by_a_blank_only_where_there_is_such_a_line() -> None:
    assert blank_of(Stub(line(2)), SUBMISSION) == "numpy_rnn.py:2"
    assert blank_of(Stub(line(2, SECRET)), SUBMISSION) == ""
    assert blank_of(Stub(None, words=Text("x", "x")), SUBMISSION) == ""
    assert blank_of(Raised("ValueError", line(2)), SUBMISSION) == ""
