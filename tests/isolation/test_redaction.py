"""Of what a worker says in a hidden check, only what was known beforehand reaches the student."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from grader.core.model import Source, Submission
from grader.isolation.redaction import blank_of, from_worker, redacted, without_values
from kit.reasons import Detailed, Introduced, Line, Raised, Reason, Stub, Undefined, UntrustedText
from kit.text import Text

SOURCE = """class RNN:
    def forward(self):
        def inner():
            return 1
        return inner()
    secret = 1
def helper():
    return 2
"""
SUBMISSION = Submission(
    id="alice",
    sha256="0" * 64,
    sources=(Source("alice/numpy_rnn.py", (SOURCE,), "utf-8"),),
    parts={"numpy_rnn": ("alice/numpy_rnn.py",)},
)
SECRET = "0.123456"


def line(number: int, file: str = "numpy_rnn.py") -> Line:
    return Line(file, number)


def test_a_line_of_a_notebook_keeps_its_cell_if_there_is_one() -> None:
    book = replace(SUBMISSION, sources=(Source("alice/a.ipynb", ("x = 1\n", SOURCE), "utf-8"),))
    for cell, said in ((2, " (a.ipynb, cell 2, line 2)"), (1, ""), (9, ""), (-1, "")):
        reason = Raised("ValueError", Line("a.ipynb", 3, cell))
        found = redacted(reason, "failed", "numpy_rnn", book)
        assert found.en == f"your code raised ValueError{said}"


LEAK = UntrustedText(Text(SECRET, SECRET))


@pytest.mark.parametrize(
    ("outcome", "reason", "repeated"),
    [
        ("failed", Raised("ValueError", line(2), SECRET), None),
        ("failed", Raised("LinAlgError"), None),
        ("failed", Raised(f"E{SECRET[2:]}"), "your code raised an exception"),
        ("failed", Raised("KeyError", line(99)), "your code raised KeyError"),
        ("failed", Raised("KeyError", line(8)), "your code raised KeyError"),
        ("failed", Raised("KeyError", line(6)), "your code raised KeyError"),
        ("failed", Raised("KeyError", line(-1)), "your code raised KeyError"),
        ("failed", Raised("KeyError", line(2, SECRET)), "your code raised KeyError"),
        (
            "failed",
            Raised("TypeError", None, SECRET, "RNN.forward"),
            "calling RNN.forward with the arguments of its docstring raised TypeError before it "
            "could run; compare its parameters",
        ),
        ("failed", Raised("TypeError", None, SECRET, SECRET), "your code raised TypeError"),
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
    found = redacted(reason, outcome, "numpy_rnn", SUBMISSION)
    assert found.zh
    assert found.en
    assert SECRET not in found.zh + found.en
    assert SECRET[2:] not in found.zh + found.en
    if repeated is not None:
        assert found.en == repeated


def test_the_place_of_the_contracts_function_and_the_name_of_the_contract_are_said() -> None:
    for reported in (2, 4, 5):  # never the line that the worker reports, but the function's
        raised = redacted(Raised("ValueError", line(reported)), "failed", "numpy_rnn", SUBMISSION)
        assert raised.en == "your code raised ValueError (numpy_rnn.py, line 2)"
    assert "numpy_rnn.py" in raised.zh
    stub = redacted(Stub(line(2), "", Text("", "x")), "not_attempted", "numpy_rnn", SUBMISSION)
    assert stub == Text(
        "未作答（numpy_rnn.py 第 2 行）", "not attempted yet (numpy_rnn.py, line 2)"
    )
    missing = redacted(
        Undefined("RNN.forward", Text("", "why")), "missing", "numpy_rnn", SUBMISSION
    )
    assert missing == Text("没有定义 RNN.forward", "RNN.forward is not defined")


def test_a_sentence_of_our_own_is_said_as_it_is() -> None:
    own = Text("超时", "took too long")
    assert not from_worker(own)
    assert redacted(own, "timed_out", "numpy_rnn", SUBMISSION) == own
    introduced = Introduced(Text("选做：", "optional:"), own)
    assert not from_worker(introduced)
    assert redacted(introduced, "skipped", "numpy_rnn", SUBMISSION).en == "optional: took too long"


def test_a_sentence_of_a_workers_does_not_pass_for_ours_by_being_put_into_one() -> None:
    with pytest.raises(TypeError):
        Text("a", "a") + LEAK


def test_checks_are_grouped_by_a_blank_only_where_there_is_such_a_line() -> None:
    assert blank_of(Stub(line(5)), "numpy_rnn", SUBMISSION) == "numpy_rnn.py:2"
    assert blank_of(Stub(line(2, SECRET)), "numpy_rnn", SUBMISSION) == ""
    assert blank_of(Stub(None, words=Text("x", "x")), "numpy_rnn", SUBMISSION) == ""
    assert blank_of(Raised("ValueError", line(2)), "numpy_rnn", SUBMISSION) == ""


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("line 3 is '李白 0.5' (6 characters), which is wrong", "line … is … (… characters)"),
        ("clip_by_norm should return the joint norm, got 0.1235", "norm, got …"),
        ("logits should have shape (3, 5), got (731, 4)", "should have shape (…), got (…)"),
        ("dWxh should be an array, got list of 3", "dWxh should be an array, got list of …"),
        ("X should hold integers, got float32", "X should hold integers, got float32"),
        ("the weight W_is_073 is wrong", "the weight … is wrong"),
        ('got "it\'s 0x1f" and -1.5e-07, 35% of it', "got … and … of it"),
        ("the student's own model's loss", "the student's own model's loss"),
    ],
)
def test_a_checks_sentence_says_nothing_that_the_answer_held(said: str, shown: str) -> None:
    found = redacted(Text(said, said), "failed", "numpy_rnn", SUBMISSION)
    assert shown in found.en
    assert shown in found.zh


def test_a_detail_is_for_staff_and_the_brief_sentence_for_the_student() -> None:
    reason = Detailed(Text("退出", "it ended"), Text("退出码 7", "exit status 7"))
    assert redacted(reason, "crashed", "numpy_rnn", SUBMISSION) == Text("退出", "it ended")
    assert from_worker(reason)


def test_a_sentence_of_the_judges_keeps_its_numbers() -> None:
    own = Text("超过 10 秒", "ran for more than 10 s")
    assert redacted(own, "timed_out", "numpy_rnn", SUBMISSION) == own


@pytest.mark.parametrize("unit", ["\\'", "'a\\", " '", '\\"', "1.", "-"])
def test_no_sentence_keeps_the_judge_busy(unit: str) -> None:
    """Twice as much takes twice the time: each starts at a quote that nobody closes."""
    said = unit * 100_000
    start = time.process_time()
    without_values(Text(said, said))
    assert time.process_time() - start < 5
