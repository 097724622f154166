"""What a runner makes of a worker that loads slowly, with workers that follow a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from grader.core.model import Source, Submission
from grader.core.settings import Settings
from grader.isolation.runner import WorkerRunner
from grader.protocol import wire
from grader.protocol.messages import Answer, Loaded, Notice, encode
from grader.sandbox.handle import Times
from kit.outcomes import Crashed, TimedOut
from kit.readings import Reading
from kit.statements import Spot

DONE = Loaded((), stalled=False)
SLOW = Notice("overran", "poems.py", 1)
STALLED = Loaded((SLOW,), stalled=True)
HANGS = None


class ScriptedWorker:
    """Loads as it is told; a call is answered with the wall limit that its load was given."""

    def __init__(self, load: Loaded | None) -> None:
        self._load = load
        self._said: list[dict[str, Any]] = []

    @property
    def skipped(self) -> list[tuple[int, int]]:
        """Cell and line of the statements that it was told to leave out."""
        return [(found["cell"], found["line"]) for found in self._said[0]["skip"]]

    def send(self, message: dict[str, Any], limit_s: float | None = None) -> None:
        del limit_s
        self._said.append(message)

    def has_message(self, timeout_s: float) -> bool:
        del timeout_s
        return True

    def receive(self, timeout_s: float) -> Any:
        del timeout_s
        first, *calls = self._said
        if calls:
            return encode(Answer(calls[-1]["call_id"], first["wall_s"]))
        if self._load is None:
            raise wire.DeadlineExpired
        return encode(self._load)

    def cpu_s(self) -> float:
        return 0.0

    def times(self) -> Times:
        return Times(0.0, 0.0)

    def close(self) -> None:
        pass


class ScriptedServer:
    """Gives out one worker a load, in order."""

    tier = "full"

    def __init__(self, loads: list[Loaded | None]) -> None:
        self._loads: Iterator[Loaded | None] = iter(loads)
        self.workers: list[ScriptedWorker] = []

    def spawn(self, limits: object) -> ScriptedWorker:
        del limits
        self.workers.append(ScriptedWorker(next(self._loads)))
        return self.workers[-1]


def runner_of(*loads: Loaded | None, server: Any = None, scripts: Any = ()) -> WorkerRunner:
    source = Source("poems.py", ("x = 1\n",), "utf-8")
    submission = Submission(
        "alice",
        "",
        sources=(source,),
        parts={"poems": ("poems.py",)},
        readings={"poems": (Reading(run=scripts),)} if scripts else {},
    )
    server = server or ScriptedServer(list(loads))
    return WorkerRunner("poems", server, submission, Settings(load_wall_s=6.0))


def test_a_load_that_is_cut_off_once_is_tried_again_at_twice_the_limit() -> None:
    runner = runner_of(STALLED, DONE)
    assert runner.call("x", {}) == 12.0
    assert runner.notices == []


def test_a_load_that_hangs_once_is_tried_again_at_twice_the_limit() -> None:
    assert runner_of(HANGS, DONE).call("x", {}) == 12.0


def test_a_load_that_is_cut_off_twice_is_said_once_and_not_doubted_again() -> None:
    runner = runner_of(STALLED, STALLED, STALLED)
    assert runner.call("x", {}) == 12.0
    runner.forget()
    assert runner.call("x", {}) == 6.0
    (notice,) = runner.notices
    assert notice.en.startswith("poems.py, line 1: ran out of the time")


def test_a_load_that_hangs_twice_is_a_time_out() -> None:
    with pytest.raises(TimedOut, match="6 s"):
        runner_of(HANGS, HANGS).call("x", {})


class HungUp(ScriptedWorker):
    """Closes the channel at the message of that number, and does not end."""

    def __init__(self, after: int) -> None:
        super().__init__(DONE)
        self._after = after

    def receive(self, timeout_s: float) -> Any:
        if len(self._said) >= self._after:
            raise wire.Closed("the worker closed the channel")
        return super().receive(timeout_s)

    def wait_end(self, timeout_s: float) -> Any:
        raise wire.DeadlineExpired


class HungUpServer:
    """Gives out no other workers."""

    tier = "full"

    def __init__(self, after: int) -> None:
        self._after = after

    def spawn(self, limits: object) -> HungUp:
        del limits
        return HungUp(self._after)


@pytest.mark.parametrize("after", [1, 2], ids=["while loading", "in a call"])
def test_code_that_hangs_up_and_goes_on_has_crashed(after: int) -> None:
    """Not a fault of the grader, whose points would wait for a person."""
    runner = runner_of(server=HungUpServer(after))
    for _ in range(2):
        with pytest.raises(Crashed, match="disturbed the channel"):
            runner.call("x", {})


ENDLESS, OTHER, FOREIGN = (Spot("poems.py", 1, line, 0) for line in (3, 5, 7))


def cut_off(*spots: Spot) -> Loaded:
    return Loaded((), stalled=False, unfinished=spots)


def test_scripts_that_run_out_of_time_are_left_out_of_every_later_load() -> None:
    """How far they came would depend on the machine; a worker cannot name any other statement."""
    server = ScriptedServer([cut_off(ENDLESS, FOREIGN), cut_off(OTHER), DONE, DONE])
    runner = runner_of(server=server, scripts=(ENDLESS, OTHER))
    runner.call("x", {})
    runner.forget()
    runner.call("x", {})
    assert [worker.skipped for worker in server.workers] == [
        [],
        [(1, 3)],
        [(1, 3), (1, 5)],
        [(1, 3), (1, 5)],
    ]


def test_a_worker_that_always_claims_to_be_cut_off_is_loaded_a_few_times_only() -> None:
    server = ScriptedServer([cut_off(ENDLESS)] * 20)
    assert runner_of(server=server, scripts=(ENDLESS,)).call("x", {}) == 6.0
    assert len(server.workers) <= 3
