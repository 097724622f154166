"""No answer of a submission makes a fault of the grader; a fault of a check costs no student."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from handing_in import solution
from mutated_answers import Tally, mutate
from part_suites import run_suites
from quick import only
from recorded_answers import Recorder, checks_of

from grader.core.model import CheckResult, Outcome
from grader.parts.registry import spec_of
from kit import learning
from kit.compare import shape_of
from kit.contracts import BY_ID
from kit.declared import (
    ByName,
    Flag,
    Form,
    Number,
    Record,
    Several,
    Validated,
    Values,
    Words,
    validated,
)
from kit.outcomes import Failed
from kit.runner import Runner
from parts.numpy_rnn import checks

IN_PROCESS = [part for part in BY_ID if spec_of(part).in_process]


def tally_of(part: str, share: float) -> Tally:
    """A sample of the mutated answers to the checks of `part`, without those that train."""
    recorder, tally = Recorder(part), Tally()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for check in checks_of(part, recorder):
            if not check.id.endswith(f".{learning.CHECK}"):
                mutate(check, recorder, tally, share)
    return tally


def assert_none_raised(tally: Tally) -> None:
    """Some answers failed, so that they were seen, and no check raised."""
    assert tally.verdicts > 0
    assert not tally.raised, "\n".join(
        f"{r.check} {r.path} {r.mode}\n{r.trace}" for r in tally.raised
    )


@pytest.mark.parametrize("part", only(("numpy_rnn",), IN_PROCESS))
def test_mutated_answers_make_no_fault(part: str) -> None:
    assert_none_raised(tally_of(part, share=0.005))


@pytest.mark.slow
@pytest.mark.parametrize("part", BY_ID)
def test_a_sample_of_mutated_answers_makes_no_fault(part: str) -> None:
    assert_none_raised(tally_of(part, share=0.1 if part in IN_PROCESS else 0.02))


# ---------------------------------------------------------------- a check that raises all the same

RAISES = "numpy_rnn.clip.values"
FOLLOWS = "numpy_rnn.clip.hidden"

right_clips = checks.clips


def clips_but_not_float32(lab: Runner, grads: Any, max_norm: float, **how: Any) -> None:
    """The check with a fault that the reference's float64 does not meet."""
    if lab.clip_by_norm(grads=grads, max_norm=max_norm)["norm"].dtype == np.float32:
        raise ZeroDivisionError("a fault of the check")
    right_clips(lab, grads, max_norm, **how)


def clips_never(*_: Any, **__: Any) -> None:
    """The check with a fault that every answer meets."""
    raise ZeroDivisionError("a fault of the check")


FLOAT32 = (
    solution("numpy_rnn")
    + """
_right = clip_by_norm
def clip_by_norm(grads, max_norm):
    return np.asarray(_right(grads, max_norm), np.float32)
"""
)


def test_a_check_that_raises_on_one_answer_alone_is_skipped(secret_file: Path) -> None:
    with mock.patch("parts.numpy_rnn.checks.clips", clips_but_not_float32):
        results = run_suites("numpy_rnn", FLOAT32, secret_file)
    for id in (RAISES, FOLLOWS):
        assert (results[id].outcome, results[id].undecided) == (Outcome.SKIPPED, True)
        assert "pending" in results[id].message.en
        assert "ZeroDivision" not in results[id].message.en
        assert "ZeroDivisionError" in results[id].staff_note
    assert Outcome.GRADER_ERROR not in {result.outcome for result in results.values()}
    read_back = CheckResult.from_json(results[RAISES].to_json())
    assert read_back == results[RAISES]


def test_a_check_that_raises_on_right_answers_too_is_a_fault_of_the_grader(
    secret_file: Path,
) -> None:
    with mock.patch("parts.numpy_rnn.checks.clips", clips_never):
        results = run_suites("numpy_rnn", FLOAT32, secret_file)
    assert results[RAISES].outcome is Outcome.GRADER_ERROR
    assert not results[RAISES].undecided


# ---------------------------------------------------------------- declarations


def test_every_probe_that_a_check_calls_declares_its_answer() -> None:
    for part in IN_PROCESS:
        recorder = Recorder(part)
        for check in checks_of(part, recorder):
            if not check.id.endswith(f".{learning.CHECK}"):
                check.run(recorder)  # it would raise a KeyError
        declared = importlib.import_module(f"parts.{part}.answers").ANSWERS
        for probe, key in recorder.calls:
            answer = recorder.answers[key]
            found = Validated(answer, declared[probe])
            assert (dict(found).keys(), found.misfits) == (answer.keys(), {}), probe


@pytest.mark.parametrize(
    ("form", "wrong", "sentence"),
    [
        (Number(), "3", "x should be a number, got str of 1; float(...)"),
        (Number(), np.ones(2), "x should be a number, got array (2,) float64; "),
        (Flag(), 1, "x should be True or False, got int 1; "),
        (Words(), np.ones(3), "x should be a str, got array (3,) float64; "),
        (Values(), [1.0, "y" * 10**6], "x should be an array of numbers, got list of 2; "),
        (Values(), [[1], [2, 3]], "x should be an array of numbers, got list of 2; "),
        (Values(2), np.ones(3), "x should be an array of numbers with 2 axes, got array (3,)"),
        (Values(0, "iu"), 1.5, "x should be an array of integers with 0 axes, got float 1.5; "),
        (Several(Words()), ["a", None], "x[1] should be a str, got None; "),
        (Several(Words(), least=1), [], "x should be a list, got list of 0; "),
        (ByName(Values()), {"a": None}, "x['a'] should be an array of numbers, got None; "),
        (ByName(Values()), {1: 1.0}, "x should be a dict whose keys are strings, got dict of 1"),
        (ByName(Values(), numbered=True), {"a": 1}, "x should be a dict whose keys are integers"),
        (Record({"y": Number()}), {"y": None}, "y should be a number, got None; "),
    ],
)  # fmt: skip
def test_an_entry_that_does_not_fit_fails_where_it_is_read(
    form: Form, wrong: Any, sentence: str
) -> None:
    answer = Validated(
        {"x": wrong, "other": 1.0, "more": 2}, Record({"x": form, "other": Number()})
    )
    assert dict(answer) == {"other": 1.0}
    with pytest.raises(Failed) as failed:
        answer["x"]
    assert failed.value.text.en.startswith(sentence)
    assert "应是" in failed.value.text.zh
    with pytest.raises(Failed, match="no usable more"):
        answer["more"]


def test_an_answer_without_names_fails_at_once() -> None:
    with pytest.raises(Failed, match="forward should be a dict, got list of 0"):
        validated("numpy_rnn", "forward", [])


def test_the_shape_of_a_list_is_known_before_an_array_is_made() -> None:
    assert shape_of([[1, 2.5, np.ones(())], [np.float32(1) * np.ones(()), 0, 1]]) == (2, 3)
    assert shape_of([]) == (0,)
    assert shape_of([[], []]) == (2, 0)
    assert shape_of([np.ones((2, 3))] * 4) == (4, 2, 3)
    assert shape_of(True, "iu") is None
    assert shape_of([1, "a"]) is None
    assert shape_of([1, [2]]) is None
    assert shape_of([np.ones(10**6)] * 30) is None


@pytest.mark.parametrize(
    "key", ["'\\" * 500_000, "\n" * 1_000_000, 10**5000], ids=["quotes", "lines", "digits"]
)
def test_a_key_without_end_makes_a_short_sentence(key: object) -> None:
    form = ByName(Number(), numbered=isinstance(key, int))
    misfit = form.misfit("grads", {key: "no number"})

    assert misfit is not None
    assert len(misfit.text().en) < 300
