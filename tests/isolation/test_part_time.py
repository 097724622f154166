"""What the calls of a part may use, and how a function that does not end is recognised."""

from __future__ import annotations

import pytest

from grader.core.settings import Settings
from grader.isolation.part_time import NOWHERE, Overtime, PartTime, Watch
from grader.protocol.messages import Place
from kit.contracts import BY_ID
from kit.outcomes import TimedOut

FORWARD = ("rnn.py", "forward", 10)


def place(name: str = "forward", line: int = 10, *, lasted: bool = True) -> Place:
    return Place("rnn.py", name, line, line + 2, lasted)


def watch(*hung: tuple[str, str, int], every: bool = False) -> Watch:
    return Watch(frozenset(hung), every, 3.0, 0.5, 0.5, frozenset())


def test_a_call_of_a_part_where_nothing_hangs_is_looked_at_twice() -> None:
    assert list(watch().looks()) == [1.5, 3.0]


def test_a_call_of_a_part_where_something_hangs_is_looked_at_soon_and_often() -> None:
    looks = list(watch(FORWARD).looks())
    assert looks == pytest.approx([0.1, 0.6, 1.1, 1.6, 2.1, 2.6, 3.0])


def test_one_activation_of_a_function_that_has_hung_is_stopped_and_several_are_not() -> None:
    seen = watch(FORWARD)
    assert not seen.stops((place(lasted=False),))
    assert seen.stops((place(),))
    assert seen.overtime(known=True, computed=True) == Overtime(place(), FORWARD, True, True)
    seen = watch(FORWARD)
    # Called again and again, as training does: each time it is another activation.
    assert not any(seen.stops((place("train", 1), place(lasted=False))) for _ in range(9))


def test_another_function_has_its_time() -> None:
    seen = watch(FORWARD)
    assert not any(seen.stops((place("sample", 40),)) for _ in range(9))
    assert seen.overtime(known=False, computed=True).function == ("rnn.py", "sample", 40)


def test_a_function_of_the_same_name_elsewhere_is_another_one() -> None:
    assert not watch(FORWARD).stops((place(line=80),))


def test_the_caller_of_a_function_that_hangs_is_not_noted() -> None:
    seen = watch()
    seen.stops((place("forward_all", 30), place(), place("helper", 50, lasted=False)))
    assert seen.overtime(known=False, computed=True).function == FORWARD


def test_a_worker_that_cannot_answer_is_recognised_by_that() -> None:
    seen = watch()
    assert not seen.stops(None)
    assert not seen.stops(())
    assert seen.overtime(known=False, computed=True) == Overtime(None, NOWHERE, False, True)
    seen = watch(NOWHERE)
    assert not seen.stops(None)
    assert not seen.stops((place(lasted=False),))
    assert not seen.stops(None)
    assert seen.stops(None)


def test_what_is_answered_counts_and_what_hangs_does_not() -> None:
    time = PartTime("numpy_rnn", Settings(part_wall_s=10.0))
    for _ in range(5):
        time.charge_stopped(60.0)
        time.confirm(Overtime(place(), FORWARD))
    time.charge(9.0)
    assert not time.spent
    time.charge(1.5)
    assert time.spent
    time.require()  # no check is refused: each function has a short run


def test_the_time_of_explanations_is_used_up_by_any_call() -> None:
    time = PartTime("numpy_rnn", Settings(part_wall_s=1.5), refuses=True)
    time.require()
    time.charge_stopped(2.0)
    with pytest.raises(TimedOut):
        time.require()


def test_with_the_time_used_up_one_run_of_any_function_is_short() -> None:
    seen = watch(every=True)
    assert not seen.stops((place(lasted=False),))
    assert seen.stops((place("sample", 40),))


def test_more_functions_than_the_contract_has_are_not_believed_to_hang() -> None:
    time = PartTime("theory", Settings())
    for line in range(len(BY_ID["theory"].names)):
        time.confirm(Overtime(place(line=line), ("rnn.py", "f", line)))
    assert not time.spent
    time.confirm(Overtime(place(), FORWARD))
    assert time.spent


def test_only_what_trains_has_the_longer_limits() -> None:
    time = PartTime("numpy_rnn", Settings())
    assert (time.limit_s("learn"), time.limit_s("forward")) == (15.0, 3.0)


def looks_until_stopped(name: str, probe: str) -> int:
    """How many looks find one activation of a function that has hung, until the call is stopped."""
    time = PartTime("char_lstm", Settings())
    time.confirm(Overtime(place(name), ("rnn.py", name, 10)))
    seen = time.watch(probe, time.limit_s(probe))
    assert not seen.stops((place(name, lasted=False),))
    return next(n for n in range(1, 99) if seen.stops((place(name),)))


def test_in_training_one_activation_may_last_if_it_can_be_the_training() -> None:
    assert looks_until_stopped("forward", "forward") == 1
    assert looks_until_stopped("train", "forward") == 1
    assert looks_until_stopped("forward", "learn") == 1
    for name in ("train", "run_epoch"):  # 5.4 s in steps of 0.6
        assert looks_until_stopped(name, "learn") == 9


def test_looks_at_several_activations_do_not_add_up() -> None:
    time = PartTime("char_lstm", Settings())
    time.confirm(Overtime(place("train"), ("rnn.py", "train", 10)))
    seen = time.watch("learn", 12.0)
    for _ in range(5):
        assert not any(seen.stops((place("train"),)) for _ in range(8))
        assert not seen.stops((place("train", lasted=False),))
