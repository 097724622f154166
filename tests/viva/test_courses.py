"""How a norm goes over t: asked about only where it is clear, and answered from a run."""

from __future__ import annotations

import re

import numpy as np
import pytest
from handing_in import solution, submission_of
from test_viva import all_right, answered_anew, of_secret

from grader.core.settings import Secret
from grader.judging.judge import Judge
from grader.parts.registry import spec_of
from grader.viva import words
from grader.viva.bench import Scaling
from grader.viva.courses import Change, Changed, compared, norms_in, over_time
from grader.viva.sheets import sheet

FALLS = np.array([0.1, 0.2, 0.4, 0.8])
STEEPLY = FALLS**2
FLATLY = FALLS**0.3

CHANGES = {
    "nothing": (FALLS, FALLS, Changed(Change.SAME)),
    "a factor": (FALLS, 2 * FALLS, Changed(Change.FACTOR, 2.0)),
    "steeper": (FALLS, STEEPLY, Changed(Change.STEEPER)),
    "flatter": (FALLS, FLATLY, Changed(Change.FLATTER)),
    "turned": (FALLS, FALLS[::-1], Changed(Change.TURNED)),
    "rising, steeper": (FALLS[::-1], STEEPLY[::-1], Changed(Change.STEEPER)),
    "rising, turned": (FALLS[::-1], FALLS, Changed(Change.TURNED)),
    "a little steeper": (FALLS, FALLS**1.1, None),
    "flatter, but not at one step": (FALLS, np.array([0.3, 0.32, 0.34, 0.8]), None),
    "nearly the same": (FALLS, FALLS * [1, 1, 1, 1.001], None),
    "nearly a factor": (FALLS, FALLS * [2, 2, 2, 2.01], None),
    "up and down": (FALLS, STEEPLY[[0, 2, 1, 3]], None),
    "up and down before": (FALLS[[0, 2, 1, 3]], STEEPLY, None),
    "two steps alike": (FALLS, np.array([0.01, 0.2, 0.201, 0.8]), None),
    "fewer steps": (FALLS, STEEPLY[1:], None),
    "no answer": (FALLS, None, None),
}


@pytest.mark.parametrize(("before", "after", "changed"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_named_only_where_it_is_clear(
    before: np.ndarray, after: np.ndarray | None, changed: Changed | None
) -> None:
    courses = compared(before, after)

    assert (courses and courses.changed) == changed
    if courses is not None:
        assert courses.falls is bool(before[0] < before[-1])
        assert courses.before == tuple(before)


@pytest.mark.parametrize(
    "value",
    [None, "norms", 3.0, [], [1.0, 2.0], [[1.0], [1.0, 2.0]], [1.0, 2.0, np.nan], [0.0, 1.0, 2.0],
     [1.0, -2.0, 3.0], {"norms": 1}, [1e-12, 0.5, 1.0], np.zeros((0, 4)), np.ones((3, 3))],
)  # fmt: skip
def test_an_answer_may_be_anything(value: object) -> None:
    norms = norms_in(spec_of("numpy_rnn").over_time["backward"], value)

    assert norms is None
    assert norms_in(spec_of("theory").over_time["delta"], [1, 2]) is None


RUNS = {
    ("numpy_rnn", "weights.Whh", 0.5): Changed(Change.STEEPER),
    ("numpy_rnn", "weights.Whh", 2.0): Changed(Change.FLATTER),
    ("numpy_rnn", "weights.Wxh", 2.0): None,
    ("numpy_rnn", "weights.Why", 2.0): Changed(Change.FACTOR, 2.0),
    ("numpy_rnn", "weights.by", 2.0): Changed(Change.SAME),
    ("numpy_rnn", "weights.bh", 0.5): None,
    ("theory", "weights.U", 0.5): Changed(Change.STEEPER),
    ("theory", "weights.U", 2.0): None,
}


@pytest.mark.parametrize(("run", "changed"), RUNS.items(), ids=str)
def test_the_change_is_that_of_a_run(
    judge: Judge, run: tuple[str, str, float], changed: Changed | None
) -> None:
    part, argument, factor = run
    viva = of_secret(judge, judge._secret)
    bench = viva.bench(all_right(submission_of({f"{part}.py": solution(part)})))
    ((call, over),) = ((c, over_time(c)) for c in viva._calls_of(part) if over_time(c))

    courses = bench.courses(call, Scaling(tuple(argument.split(".")), factor))

    assert (courses and courses.changed) == changed
    if courses is not None:
        assert over is not None
        assert courses.before == pytest.approx(norms_in(over, call.answer[over.entry]))
        assert len(courses.after) == 6


def test_it_is_asked_in_both_languages_and_staff_see_the_norms(judge: Judge) -> None:
    report = all_right(submission_of({"numpy_rnn.py": solution("numpy_rnn")}))
    for number in range(20):
        viva = of_secret(judge, Secret(f"course {number}".encode()))
        asked = [q for q in viva.questions(report) if q.kind == "course"]
        if asked:
            break
    (question,) = asked
    courses = question.courses
    assert courses is not None

    staff, shown = (sheet("alice", [question], staff=who) for who in (True, False))

    assert question.options[question.right] == answered_anew(viva.bench(report), question)
    assert len(set(question.options)) == len(question.options) >= 3
    assert "从 t = T 往回到 t = 1" in question.asked.zh
    assert "how would that norm change with t?" in question.asked.en
    told = re.findall(r"<td>([^<]*)</td>", staff)
    assert told[:6] == ["1", "2", "3", "4", "5", "6"]
    assert told[6:] == [words.number(n) for n in (*courses.before, *courses.after)]
    assert "<td>" not in shown


def test_every_change_has_words_of_its_own() -> None:
    changes = [*map(Changed, set(Change) - {Change.FACTOR}), Changed(Change.FACTOR, 0.5)]
    for falls in (True, False):
        said = {words.a_change(changed, falls) for changed in changes}
        assert len(said) == len(changes)
        assert all(text.zh != text.en for text in said)
