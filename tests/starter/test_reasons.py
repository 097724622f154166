"""Reasons say exactly what students read, and a check's state follows its phases."""

from __future__ import annotations

import codecs
import importlib
from collections.abc import Callable
from datetime import tzinfo
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest

from grader.protocol.codec import decode, encode
from kit.compare import array, describe
from kit.lab import Lab
from kit.outcomes import Failed, Missing, NotAttempted, Partial, Skipped
from kit.plain import MAX_DIMENSIONS, Opaque, to_plain
from kit.plugin import CheckState
from kit.reasons import Introduced, Line, Raised, Reason, Stub, Undefined, text_of, words_of
from kit.run import raised, run_probe
from kit.text import Text

LINE = Line("rnn.py", 3)

SENTENCES: list[tuple[Reason, str, str]] = [
    (Raised("KeyError"), "你的代码抛出了 KeyError", "your code raised KeyError"),
    (
        Raised("KeyError", LINE, "'x'"),
        "你的代码抛出了 KeyError（rnn.py 第 3 行）",
        "your code raised KeyError (rnn.py, line 3)",
    ),
    (
        Stub(LINE, "RNN.forward", Text("写循环", "write the loop")),
        "未作答（rnn.py 第 3 行）RNN.forward：写循环",
        "not attempted yet (rnn.py, line 3) RNN.forward: write the loop",
    ),
    (
        Stub(LINE, "", Text("TODO", "TODO")),
        "未作答（rnn.py 第 3 行）TODO",
        "not attempted yet (rnn.py, line 3) TODO",
    ),
    (Undefined("RNN.forward"), "没有定义 RNN.forward", "RNN.forward is not defined"),
    (
        Undefined("RNN", Text("第 3 行有语法错误", "line 3: syntax error")),
        "没有定义 RNN：第 3 行有语法错误",
        "RNN is not defined: line 3: syntax error",
    ),
    (
        Introduced(Text("选做：", "optional:"), Undefined("RNN")),
        "选做：没有定义 RNN",
        "optional: RNN is not defined",
    ),
]


@pytest.mark.parametrize(("reason", "zh", "en"), SENTENCES)
def test_a_reason_is_said_in_both_languages(reason: Reason, zh: str, en: str) -> None:
    assert text_of(reason) == Text(zh, en)
    assert Failed(reason).text == Text(zh, en)
    assert str(Failed(reason)) == en


def test_only_an_exception_has_words_of_its_own() -> None:
    raised = Raised("KeyError", LINE, "'x'")
    assert words_of(raised) == words_of(Introduced(Text("a", "a"), raised)) == "'x'"
    assert words_of(Undefined("RNN")) == words_of(Text("a", "a")) == ""


def run(function: Callable[..., Any]) -> Any:
    """A probe of the first part on a lab whose ``clip_by_norm`` is `function`."""
    lab = Lab([{"clip_by_norm": function}])
    arguments = {"grads": [], "max_norm": 1.0}
    return run_probe("numpy_rnn", lab, "clip_by_norm", arguments, frozenset({__file__}))


def test_a_probe_reports_an_exception_as_facts() -> None:
    def raises(grads: Any, max_norm: Any) -> None:
        raise ValueError("words")

    with pytest.raises(Failed) as caught:
        run(raises)
    reason = caught.value.reason
    assert isinstance(reason, Raised)
    assert (reason.kind, reason.words) == ("ValueError", "words")
    assert reason.line is not None
    assert reason.line.file == "test_reasons.py"


@pytest.mark.parametrize(
    ("words", "name", "said"),
    [
        ("clip_by_norm: 缩放 | scale it", "clip_by_norm", Text("缩放", "scale it")),
        ("TODO: scale", "", Text("TODO: scale", "TODO: scale")),
        ("", "", Text("", "")),
    ],
)
def test_a_probe_reports_a_blank_as_facts(words: str, name: str, said: Text) -> None:
    def blank(grads: Any, max_norm: Any) -> None:
        raise NotImplementedError(words)

    with pytest.raises(NotAttempted) as caught:
        run(blank)
    reason = caught.value.reason
    assert isinstance(reason, Stub)
    assert (reason.name, reason.words) == (name, said)


def _library(grads: Any, max_norm: Any) -> None:
    codecs.Codec().encode("x")  # raises in a frame of Python's own


def _in_c(grads: Any, max_norm: Any) -> None:
    tzinfo().utcoffset(None)  # raises in C, which has no frame


def _raised_again(grads: Any, max_norm: Any) -> None:
    try:
        tzinfo().utcoffset(None)
    except NotImplementedError as error:
        raise error


def _of_torch(grads: Any, max_norm: Any) -> None:
    torch = importlib.import_module("torch")
    torch.softmax(torch.ones(2, dtype=torch.complex64), -1)


@pytest.mark.parametrize(
    "function", [_library, _in_c, _raised_again, pytest.param(_of_torch, marks=pytest.mark.slow)]
)
def test_what_a_library_has_not_implemented_is_no_blank(function: Callable[..., Any]) -> None:
    with pytest.raises(Failed) as caught:
        run(function)
    reason = caught.value.reason
    assert isinstance(reason, Raised)
    assert reason.kind == "NotImplementedError"
    assert reason.line is not None
    assert reason.line.file == "test_reasons.py"


def test_a_blank_that_written_code_reaches_is_one() -> None:
    def helper() -> None:
        for _ in range(3):
            raise NotImplementedError("step: 写 | write it")

    with pytest.raises(NotAttempted) as caught:
        run(lambda grads, max_norm: helper())
    reason = caught.value.reason
    assert isinstance(reason, Stub)
    assert reason.name == "step"


DEEP = "array of 60 axes"


@pytest.mark.parametrize("kind", ["f", "i", "U", "O"])
def test_an_array_of_many_dimensions_is_named_by_their_number(kind: str) -> None:
    plain = to_plain([np.ones((1,) * 60, kind), np.ones((1,) * MAX_DIMENSIONS)])

    assert plain[0] == Opaque(DEEP)
    assert plain[1].ndim == MAX_DIMENSIONS
    _, header, *body = encode(plain)
    back = decode(bytes(header), b"".join(body))
    assert back[0] == plain[0]
    assert back[1].shape == plain[1].shape
    with pytest.raises(Failed) as caught:
        array("h_T", back[0], (3, 5))
    assert caught.value.text == Text(
        "h_T 应是形状为 (3, 5) 的数组，实际是 60 维的数组（最多 16 维）",
        "h_T should be an array of shape (3, 5), got an array of 60 axes (at most 16)",
    )


@pytest.mark.slow
def test_so_is_a_tensor_of_many_dimensions() -> None:
    torch = importlib.import_module("torch")

    assert to_plain(torch.ones((1,) * 60)) == Opaque(DEEP)


@pytest.mark.parametrize("name", ["array of 60 axes of x", "array of 600 axes", "mine"])
def test_only_a_number_of_dimensions_is_shown_of_such_a_name(name: str) -> None:
    assert describe(Opaque(name)) in ("array", "object")


def test_a_blank_between_other_statements_is_one() -> None:
    def cleaned(grads: Any, max_norm: Any) -> None:
        try:
            with memoryview(b""):
                raise NotImplementedError("clip_by_norm: 缩放 | scale it")
        finally:
            del grads

    with pytest.raises(NotAttempted):
        run(cleaned)


def test_what_compiled_code_does_not_implement_is_no_blank() -> None:
    def unsupported(grads: Any, max_norm: Any) -> Any:
        return tzinfo().utcoffset(None)

    with pytest.raises(Failed) as caught:
        run(unsupported)
    reason = caught.value.reason
    assert isinstance(reason, Raised)
    assert (reason.kind, reason.line is None) == ("NotImplementedError", False)
    assert "must implement utcoffset" in words_of(reason)


def after(
    state: CheckState,
    when: Literal["setup", "call", "teardown"],
    error: BaseException | None = None,
) -> CheckState:
    """The state after a phase that raises `error` or does not."""

    def phase() -> None:
        if error is not None:
            raise error

    return state.after(pytest.CallInfo.from_call(phase, when), optional=False)


def test_a_check_that_raises_nothing_has_passed() -> None:
    state = after(after(after(CheckState(), "setup"), "call"), "teardown")
    assert (state.outcome, state.fraction) == ("passed", 1)
    assert 0 < state.seconds < 1


def test_a_verdict_decides_and_the_state_before_it_is_unchanged() -> None:
    before = after(CheckState(), "setup")
    state = after(before, "call", Failed(Undefined("RNN")))
    assert (state.outcome, state.reason, state.fraction) == ("failed", Undefined("RNN"), 0)
    assert before.outcome == "passed"
    assert after(state, "teardown") == state
    half = after(before, "call", Partial(Text("半", "half"), Fraction(1, 2)))
    assert (half.outcome, half.fraction) == ("partial", Fraction(1, 2))


def test_a_fault_of_the_check_is_kept_whatever_its_teardown_says() -> None:
    state = after(CheckState(), "call", ZeroDivisionError("judge"))
    assert (state.outcome, state.fraction) == ("grader_error", 0)
    assert "ZeroDivisionError: judge" in state.trouble
    later = after(state, "teardown", Failed(Text("错", "wrong")))
    assert (later.outcome, later.trouble) == ("grader_error", state.trouble)


def test_what_is_missing_of_an_optional_part_is_skipped() -> None:
    def phase() -> None:
        raise Missing(Undefined("RNN"))

    call = pytest.CallInfo.from_call(phase, "call")
    state = CheckState().after(call, optional=True)
    assert (state.outcome, state.fraction) == (Skipped.outcome, 0)
    assert text_of(state.reason).en == "optional and not done: RNN is not defined"
    assert CheckState().after(call, optional=False).outcome == "missing"


class Net:
    """A model whose forward asks for more than the contract has."""

    def forward(self, x: int, more: int) -> None:
        """Never runs."""


def asks_for_more(x: int, more: int) -> None:
    """Never runs."""


@pytest.mark.parametrize(
    ("call", "name"),
    [(lambda: asks_for_more(1), "asks_for_more"), (lambda: Net().forward(1), "Net.forward")],
)
def test_a_call_that_a_function_refuses_names_the_function(
    call: Callable[[], object], name: str
) -> None:
    with pytest.raises(TypeError) as found:
        call()
    reason = raised(found.value, frozenset())
    assert reason.called == name
    assert reason.text.en.startswith(f"calling {name} with the arguments of its docstring raised")
    assert name in reason.text.zh


@pytest.mark.parametrize(
    "error", [TypeError("'int' object is not callable"), ValueError("f() got")]
)
def test_another_exception_names_no_function(error: Exception) -> None:
    assert raised(error, frozenset()).called == ""
