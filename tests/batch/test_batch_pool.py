"""Jobs of a pool whose processes die."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from grader.batch import work
from grader.batch.messages import Graded, Job, decode_job, encode_graded, encode_job
from grader.batch.pool import AHEAD, Pool
from grader.core.model import Status
from grader.records.marks import Marks


def answered(job: Job) -> bytes:
    return encode_graded(Graded(job.id, "", Status.GRADED, Marks(), {}, 0.0, 0.0))


def done(data: bytes) -> bytes:
    return answered(decode_job(data))


def die_on_request(data: bytes) -> bytes:
    """Ends its process for the hand-in "bad"; once only for "shaky"."""
    job = decode_job(data)
    if job.id == "bad":
        os._exit(9)
    if job.id.startswith("shaky"):
        flag = Path(job.files[0][0])
        if not flag.exists():
            flag.touch()
            os._exit(9)
    time.sleep(0.01)
    return answered(job)


def processes(tell: work.Tell) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


def threads(count: int) -> Callable[[work.Tell], ThreadPoolExecutor]:
    return lambda tell: ThreadPoolExecutor(count)


def jobs(*names: str) -> Iterator[Job]:
    return (Job(name, ()) for name in names)


def test_every_job_is_answered_once() -> None:
    pool = Pool(threads(2), lambda: 2, done)
    names = [f"s{i}" for i in range(30)]

    assert sorted(graded.id for graded in pool.run(jobs(*names))) == sorted(names)
    pool.close()


def test_only_a_few_jobs_are_read_ahead() -> None:
    read: list[str] = []

    def lazy() -> Iterator[Job]:
        for i in range(100):
            read.append(f"s{i}")
            yield Job(f"s{i}", ())

    pool = Pool(threads(2), lambda: 2, done)
    answers = pool.run(lazy())
    next(answers)

    assert len(read) <= 2 * AHEAD
    pool.close()


def test_a_job_that_kills_its_process_costs_no_other_job() -> None:
    pool = Pool(processes, lambda: 2, die_on_request)
    names = [f"s{i}" for i in range(6)]
    answers = {g.id: g for g in pool.run(jobs("s0", "bad", *names[1:]))}
    pool.close()

    assert sorted(answers) == sorted([*names, "bad"])
    assert {id for id, graded in answers.items() if graded.fault} == {"bad"}
    assert answers["bad"].status is Status.GRADER_ERROR
    assert "died twice" in answers["bad"].fault.en


def test_a_process_that_dies_once_is_no_fault(tmp_path: Path) -> None:
    pool = Pool(processes, lambda: 2, die_on_request)
    shaky = Job("shaky", ((str(tmp_path / "flag"), b""),))
    answers = {g.id: g for g in pool.run(iter([shaky, *jobs("a", "b")]))}
    pool.close()

    assert {id: graded.fault for id, graded in answers.items()} == dict.fromkeys(
        ("shaky", "a", "b")
    )


def test_after_a_stop_nothing_that_has_not_begun_begins() -> None:
    begun, go = [], threading.Event()

    def slow(data: bytes) -> bytes:
        begun.append(decode_job(data).id)
        assert go.wait(20)
        return done(data)

    pool = Pool(threads(1), lambda: 1, slow)
    stop = threading.Timer(0.2, lambda: (pool.stop(), go.set()))
    stop.start()

    assert [graded.id for graded in pool.run(jobs("a", "b", "c"))] == ["a"]
    assert begun == ["a"]
    pool.close()
    stop.join()


def test_a_process_that_was_told_to_stop_begins_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_stop", get_context("spawn").RawValue("b", 1))
    assert work.grade(encode_job(Job("a", ()))) is None

    pool = Pool(threads(1), lambda: 1, work.grade)
    assert list(pool.run(jobs("a", "b"))) == []
    pool.close()


def test_after_a_stop_what_is_under_way_still_ends() -> None:
    pool = Pool(threads(1), lambda: 1, done)
    answers = pool.run(jobs(*[f"s{i}" for i in range(20)]))
    next(answers)
    pool.stop()

    assert len(list(answers)) <= AHEAD
    pool.close()
