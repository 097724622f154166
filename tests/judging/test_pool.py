"""The runners of one submission: one for each use, notices only of those that checks use."""

from __future__ import annotations

from typing import Any

import pytest

from grader.core.model import Source, Submission
from grader.core.settings import Settings
from grader.isolation.part_time import PartTime
from grader.isolation.runner import WorkerRunner
from grader.judging.pool import RunnerPool
from kit.outcomes import Failed
from kit.text import Text

SUBMISSION = Submission(
    "alice",
    "",
    sources=(Source("poems.py", ("x = 1\n",), "utf-8"),),
    parts={"poems": ("poems.py",), "numpy_rnn": ("poems.py",)},
)


class Scripted(WorkerRunner):
    """Answers with its server's name, and says it; the NumPy server answers no poem."""

    made: list[Scripted] = []

    def __init__(
        self,
        part: str,
        server: Any,
        submission: Submission,
        settings: Settings,
        part_time: PartTime,
    ) -> None:
        super().__init__(part, server, submission, settings, part_time)
        self.server, self.limits, self.closed = server, settings, False
        self.part_time = part_time
        self.made.append(self)

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        self.notices.append(Text(self.server, self.server))
        self.compute_s[probe] = 1.0
        if (self.part, self.server) == ("poems", "numpy"):
            raise Failed(Text("无", "none"))
        return self.server

    def close(self) -> None:
        self.closed = True


class Servers:
    """Gives out names in place of servers."""

    def ready(self, name: str) -> str:
        return name

    def for_training(self) -> str:
        return "torch gpu"


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> RunnerPool:
    """A pool whose runners follow the script."""
    monkeypatch.setattr("grader.judging.pool.WorkerRunner", Scripted)
    monkeypatch.setattr(Scripted, "made", [])
    servers: Any = Servers()
    return RunnerPool(SUBMISSION, Settings(call_wall_s=10.0), servers)


def test_checks_of_a_part_share_a_runner_and_those_that_train_have_the_gpus(
    pool: RunnerPool,
) -> None:
    assert pool.runner("poems", False) is pool.runner("poems", False)
    assert pool.runner("poems", False).call("x", {}) == "torch"
    assert pool.runner("poems", True).call("x", {}) == "torch gpu"
    assert pool.runner("numpy_rnn", True) is pool.runner("numpy_rnn", False)
    assert pool.runner("numpy_rnn", True).call("x", {}) == "numpy"


def test_the_runner_under_another_hash_seed_falls_back_on_the_second_torch_server(
    pool: RunnerPool,
) -> None:
    assert pool.other_hash_seed("poems").call("x", {}) == "torch again"
    assert pool.other_hash_seed("poems") is pool.other_hash_seed("poems")


def test_notices_are_those_of_the_first_runner_of_the_checks(pool: RunnerPool) -> None:
    pool.other_hash_seed("poems").call("x", {})
    pool.spare("poems").call("x", {})
    pool.runner("poems", True).call("x", {})
    pool.runner("numpy_rnn", False).call("x", {})
    pool.runner("poems", False).call("x", {})
    assert [n.en for n in pool.notices("poems")] == ["torch gpu"]
    assert [n.en for n in pool.notices("numpy_rnn")] == ["numpy"]
    assert pool.notices("theory") == []


def test_a_used_stand_in_is_told_once_with_the_modules_of_the_first_load(pool: RunnerPool) -> None:
    pool.runner("poems", True)
    pool.runner("poems", False)
    pool.other_hash_seed("poems")
    first, second, other = Scripted.made
    first.replaced, second.replaced, other.replaced = ("scipy",), ("torch",), ("torch",)
    assert pool.stood_in("poems") == ()
    for used in (first, second, other):
        used.stood_in = True
        assert pool.stood_in("numpy_rnn") == ()
        assert pool.stood_in("poems") == ("scipy",)
        assert pool.stood_in("poems") == ()


def test_a_stand_in_in_an_explanation_does_not_count(pool: RunnerPool) -> None:
    pool.runner("poems", False)
    pool.spare("poems")
    first, spare = Scripted.made
    first.replaced, spare.stood_in = ("scipy",), True
    assert pool.stood_in("poems") == ()


def test_workers_of_a_part_are_ended_before_another_part_loads(pool: RunnerPool) -> None:
    pool.runner("poems", False)
    pool.other_hash_seed("poems").call("x", {})
    pool.spare("poems")
    pool.runner("poems", False)
    assert not any(runner.closed for runner in Scripted.made)
    before = list(Scripted.made)
    pool.runner("numpy_rnn", False)
    assert all(runner.closed for runner in before)


def test_the_runners_of_a_part_share_its_time_and_a_spare_one_has_its_own(
    pool: RunnerPool,
) -> None:
    pool.runner("poems", False)
    pool.runner("poems", True)
    pool.other_hash_seed("poems")
    pool.spare("poems")
    pool.runner("numpy_rnn", False)
    checks, training, other, spare, another = [runner.part_time for runner in Scripted.made]
    assert checks is training is other
    assert len({id(checks), id(spare), id(another)}) == 3


def test_a_spare_runner_has_little_time_and_does_not_count(pool: RunnerPool) -> None:
    pool.spare("poems").call("x", {})
    assert pool.compute_s() == {}
    (made,) = Scripted.made
    assert (made.limits.call_wall_s, made.limits.part_wall_s) == (0.5, 1.5)
    pool.runner("poems", False).call("x", {})
    pool.other_hash_seed("poems").call("x", {})
    assert pool.compute_s() == {"x": 3.0}


def test_closing_the_pool_closes_every_runner(pool: RunnerPool) -> None:
    pool.runner("poems", False)
    pool.other_hash_seed("poems").call("x", {})
    pool.spare("poems")
    pool.close()
    assert len(Scripted.made) == 4
    assert all(runner.closed for runner in Scripted.made)
