"""A function that does not end costs what calls it, little time, and nothing else."""

from __future__ import annotations

import copy
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from handing_in import solution, submission_of
from hanging import KINDS, calling, functions, hanging, lost
from quick import only

from grader.core.model import CheckResult
from grader.judging.judge import Judge
from kit.contracts import BY_ID

SEED = 20_260_713
LONGEST_S = 90.0


@pytest.fixture(scope="module")
def every_judge(judge: Judge) -> Judge:
    """The judge for every part, those too that the default rubric has not."""
    return judge.of_parts(tuple(BY_ID))


def limited(judge: Judge, **limits: float) -> Judge:
    """The judge with other limits, on the same warm servers."""
    made = copy.copy(judge)
    made._settings = replace(judge._settings, **limits)  # type: ignore[arg-type]
    return made


@pytest.fixture(scope="module")
def tiny_judge(every_judge: Judge) -> Judge:
    """A judge with limits that a hang soon reaches, and right code does not."""
    return limited(every_judge, call_wall_s=1.2, learning_wall_s=6.0)


@pytest.fixture(scope="module")
def brief_judge(every_judge: Judge) -> Judge:
    """A judge with half of the usual limits: much of these tests is waiting."""
    made = every_judge._settings
    return limited(
        every_judge,
        call_wall_s=made.call_wall_s / 2,
        learning_wall_s=made.learning_wall_s / 2,
        part_wall_s=made.part_wall_s / 2,
    )


def results(judge: Judge, part: str, source: str) -> dict[str, CheckResult]:
    """How the checks of a part end."""
    ids = [check.id for check in judge.checks if check.part == part]
    return judge.outcomes(submission_of({f"{part}.py": source}), ids)


@pytest.mark.parametrize(
    ("part", "name", "kind"),
    [
        ("sequence", "bleu", "endless"),
        pytest.param("theory", "delta", "asleep", marks=pytest.mark.slow),
    ],
)
def test_a_hang_costs_the_checks_that_call_it_and_no_other(
    tiny_judge: Judge, part: str, name: str, kind: str
) -> None:
    found = results(tiny_judge, part, hanging(part, [name], kind))
    assert lost(found) == lost(results(tiny_judge, part, calling(part, [name])))
    assert {str(found[id].outcome) for id in lost(found)} <= {"timed_out", "blocked"}


@pytest.mark.slow
def test_only_the_first_check_waits_and_the_others_say_why_they_did_not(
    tiny_judge: Judge,
) -> None:
    source = hanging("numpy_rnn", ["RNN.backward_all"], "asleep")
    found = results(tiny_judge, "numpy_rnn", source)
    first, *others = [found[id] for id in found if id in lost(found)]
    assert "ran for more than 2.4 s" in first.message.en
    assert "numpy_rnn.py, line" in first.message.en
    assert others
    for result in others:
        assert "short try of 0.24 s" in result.message.en
        assert result.seconds < 1.2


@pytest.mark.slow
def test_a_hang_in_one_c_function_is_recognised_too(tiny_judge: Judge) -> None:
    source = hanging("sequence", ["bleu"], "endless").replace(
        "while True: pass", "sum(iter(int, 1))"
    )
    found = results(tiny_judge, "sequence", source)
    assert lost(found) == lost(results(tiny_judge, "sequence", calling("sequence", ["bleu"])))
    assert any("short try" in found[id].message.en for id in lost(found))


SLOW = """
import time

def _slow(right, seconds):
    def slow(*args, **kwargs):
        time.sleep(seconds)
        return right(*args, **kwargs)
    return slow
"""


@pytest.mark.slow
def test_a_slow_function_beside_one_that_hangs_has_its_time(tiny_judge: Judge) -> None:
    source = hanging("sequence", ["bleu", "pad_sequences"], "asleep")
    source += f"{SLOW}\nlayer_norm = _slow(layer_norm, 0.4)\n"
    found = results(tiny_judge, "sequence", source)
    assert {id for id in found if id.startswith("sequence.layer_norm")}.isdisjoint(lost(found))


def test_where_the_time_of_a_part_is_used_up_quick_functions_still_pass(
    every_judge: Judge,
) -> None:
    made = limited(every_judge, part_wall_s=0.5)
    source = f"{solution('sequence')}{SLOW}\nlayer_norm = _slow(layer_norm, 1.4)\n"
    found = results(made, "sequence", source)
    slow = ("sequence.layer_norm", "sequence.arrays_kept")
    assert all(id.startswith(slow) for id in lost(found))
    told = [found[id].message.en for id in lost(found)]
    assert told
    assert all("used up their time" in said for said in told)


KEPT_ALIVE = """
import signal, socket, sys, time

def keep():
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    messages, wire = sys.modules["grader.protocol.messages"], sys.modules["grader.protocol.wire"]
    channel = socket.socket(fileno=3)
    number = 100
    while True:
        number += 1
        said = messages.Loading("theory.py", number, 0, 0)
        wire.send(channel, messages.encode(said), None)
        time.sleep(0.05)

x = keep()
"""


def test_a_load_that_is_kept_alive_ends_at_its_limit(every_judge: Judge) -> None:
    made = limited(every_judge, load_cpu_s=0.5, load_wall_s=1.0)
    start = time.monotonic()
    found = results(made, "theory", KEPT_ALIVE + solution("theory"))
    # All workers together have four times the limit, and each a second more.
    assert time.monotonic() - start < 20.0
    assert {str(result.outcome) for result in found.values()} <= {"timed_out", "blocked"}


WAITS = """

import time

_ready = [time.sleep(0.6) for _ in range(9)]
_again = time.sleep(1.4)
_once_more = time.sleep(1.4)
_at_last = time.sleep(1.4)
"""


@pytest.mark.parametrize("where", only(("above",), ["below", "above"]))
def test_waiting_at_the_top_of_a_file_costs_nothing(every_judge: Judge, where: str) -> None:
    """As a download does that tries again; each worker that loads the part waits again."""
    made = limited(every_judge, load_cpu_s=0.5, load_wall_s=1.0)
    code = solution("theory")
    found = results(made, "theory", code + WAITS if where == "below" else WAITS + code)
    assert {str(result.outcome) for result in found.values()} == {"passed"}


# ---------------------------------------------------------------- every function, by a sample


def some() -> Iterator[tuple[str, str, str, bool]]:
    """Of each part one function that students write, how it hangs, and whether in training only."""
    dice, kinds = random.Random(SEED), itertools.cycle(KINDS)
    for part, contract in BY_ID.items():
        written = [name for name in functions(part) if name in contract.blanks]
        training = bool(contract.trains) and dice.random() < 0.5
        yield part, dice.choice(written), next(kinds), training


@pytest.mark.slow
@pytest.mark.parametrize(("part", "name", "kind", "training"), list(some()))
def test_a_hang_in_any_function_costs_only_what_calls_it(
    brief_judge: Judge, part: str, name: str, kind: str, training: bool
) -> None:
    """``bench/hangs.py`` tries every function."""
    start = time.monotonic()
    found = results(brief_judge, part, hanging(part, [name], kind, in_training=training))
    assert time.monotonic() - start < LONGEST_S
    ending = calling(part, [name], in_training=training)
    assert lost(found) == lost(results(brief_judge, part, ending))


@pytest.mark.slow
@pytest.mark.parametrize("part", ["sequence", "scratch_rnn"])
def test_a_hang_in_every_function_of_a_part_ends_in_time(every_judge: Judge, part: str) -> None:
    start = time.monotonic()
    found = results(every_judge, part, hanging(part, functions(part), "asleep"))
    assert time.monotonic() - start < LONGEST_S
    assert "passed" not in {str(result.outcome) for result in found.values()}
