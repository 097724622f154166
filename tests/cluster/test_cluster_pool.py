"""Who joins is checked; a job is answered once, whoever dies; nothing waits without an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dask
import pytest
from class_folders import a_class, numpy_rubric
from distributed import Client, LocalCluster
from fake_workers import GOOD, answer, hello
from in_process_batch import Graders, Quiet

from grader.batch import plan
from grader.batch.messages import Early, Graded, Job
from grader.batch.pool import Pool
from grader.batch.running import Batch, Crew
from grader.cluster import pool as pools
from grader.cluster import remote
from grader.cluster.connection import Connection
from grader.cluster.course import Course, Credentials
from grader.cluster.pool import ClusterPool
from grader.core.errors import MachineError
from grader.core.settings import Secret, Settings
from grader.handins.records import HandIn
from grader.judging.judge import Judge
from kit.text import Text

pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCluster]:
    """A scheduler in this process, without workers."""
    monkeypatch.setattr(pools, "LOOK_S", 0.1)
    with LocalCluster(
        n_workers=0, processes=False, protocol="tcp://", host="127.0.0.1",
        threads_per_worker=1, dashboard_address=None, memory_limit=None,
    ) as made:  # fmt: skip
        yield made


Said = list[Text]


class Watched:
    """A pool of a cluster with workers that answer at once."""

    def __init__(self, cluster: LocalCluster) -> None:
        self.said: Said = []
        self.cluster = cluster
        self.pool = ClusterPool(
            lambda timeout: Client(cluster.scheduler_address, timeout=timeout),
            cluster.scheduler_address, b"", GOOD, "topic", self.said.append,
            hello=hello, patience_s=2.0, refused_s=0.5,
        )  # fmt: skip
        self.jobs = Pool(self.pool.start, self.pool.width, partial(answer, "topic"))

    def worker(self, name: str, threads: int = 1) -> None:
        """Start one."""
        spec = self.cluster.new_worker_spec()
        (found,) = spec.values()
        options = found["options"] | {"nthreads": threads}
        self.cluster.worker_spec[name] = found | {"options": options}
        self.cluster.sync(self.cluster._correct_state)

    def end(self, name: str) -> None:
        """End one, in the middle of whatever it does."""
        worker = self.cluster.workers[name]
        self.cluster.sync(worker.close, timeout=0, reason="a test", nanny=False)

    def run(self, *ids: str) -> dict[str, Graded]:
        answers = list(self.jobs.run(Job(id, ()) for id in ids))
        assert len(answers) == len({graded.id for graded in answers})
        return {graded.id: graded for graded in answers}

    def english(self) -> str:
        return "\n".join(text.en for text in self.said)


@pytest.fixture
def watched(cluster: LocalCluster) -> Iterator[Watched]:
    """The pool of a cluster."""
    made = Watched(cluster)
    yield made
    made.jobs.close()


def test_every_job_is_answered_once(watched: Watched) -> None:
    watched.worker("a")
    watched.worker("b")
    names = [f"s{i}" for i in range(40)]
    answers = watched.run(*names)

    assert sorted(answers) == sorted(names)
    assert {graded.submission_sha256 for graded in answers.values()} == {"a", "b"}
    assert watched.english().count("has joined") == 2


def test_a_worker_that_differs_gets_no_work(watched: Watched) -> None:
    watched.worker("other")
    watched.worker("a")
    watched.worker("many", threads=2)
    answers = watched.run(*[f"s{i}" for i in range(10)])

    assert {graded.submission_sha256 for graded in answers.values()} == {"a"}
    said = watched.english()
    assert "its numpy is 1.26, here it is 2.0" in said
    assert "its tier of confinement is landlock, here it is full" in said
    assert "its fingerprint of the course secret is public, here it is secret" in said
    assert "it has 2 threads and must have one" in said


def test_where_no_worker_is_left_the_run_says_why(watched: Watched) -> None:
    watched.worker("other")
    with pytest.raises(MachineError, match="No worker could be used.*numpy is 1.26"):
        watched.run("s")


@pytest.mark.slow
def test_where_no_worker_comes_the_run_ends(watched: Watched) -> None:
    with pytest.raises(MachineError, match="No worker could be used for 2"):
        watched.run("s")


def test_a_worker_that_joins_later_gets_work(watched: Watched) -> None:
    late = threading.Timer(0.7, watched.worker, ["late"])
    late.start()
    assert set(watched.run("a", "b")) == {"a", "b"}
    late.join()


def test_the_work_of_a_worker_that_is_gone_is_done_by_another(watched: Watched) -> None:
    watched.worker("a")
    watched.worker("b")
    end = threading.Timer(0.8, watched.end, ["a"])
    end.start()
    names = [f"slow-{i}" for i in range(6)]

    assert set(watched.run(*names)) == set(names)
    end.join()


@pytest.mark.slow
def test_all_workers_may_be_replaced(watched: Watched) -> None:
    """Jobs were given to workers none of whom is left."""
    watched.worker("a")

    def replace() -> None:
        watched.end("a")
        watched.worker("b")

    change = threading.Timer(0.8, replace)
    change.start()
    names = [f"slow-{i}" for i in range(4)]
    assert set(watched.run(*names)) == set(names)
    change.join()


@pytest.mark.slow
def test_a_slow_worker_keeps_only_what_it_has_begun(watched: Watched) -> None:
    watched.worker("tortoise")
    watched.worker("a")
    answers = watched.run(*[f"s{i}" for i in range(12)])

    assert len(answers) == 12
    by = [graded.submission_sha256 for graded in answers.values()]
    assert by.count("tortoise") <= 1


def test_a_worker_that_raises_costs_its_job_alone(watched: Watched) -> None:
    watched.worker("a")
    answers = watched.run("s0", "wrong", "s1")

    assert {id for id, graded in answers.items() if graded.fault} == {"wrong"}
    assert "ValueError: no answer" in answers["wrong"].fault.en


def test_after_a_stop_what_has_begun_still_ends(watched: Watched) -> None:
    watched.worker("a")

    def stop_when_begun() -> None:
        while "joined" not in watched.english():
            time.sleep(0.02)
        time.sleep(0.3)
        watched.jobs.stop()

    stop = threading.Thread(target=stop_when_begun)
    stop.start()
    assert set(watched.run("slow-0", "slow-1", "slow-2")) == {"slow-0"}
    stop.join()


def test_a_worker_that_is_there_is_always_seen(cluster: LocalCluster) -> None:
    """Though a thread of Dask's keeps replacing what the client knows by a list without workers."""
    Watched(cluster).worker("one")
    connection = Connection(
        lambda timeout: Client(cluster.scheduler_address, timeout=timeout),
        cluster.scheduler_address, "topic", lambda event: None,
    )  # fmt: skip
    with dask.config.set({"distributed.client.scheduler-info-interval": "1ms"}):
        connection.open(5.0)
    try:
        seen = [len(connection.present()) for _ in range(300)]
    finally:
        connection.close()

    assert seen == [1] * 300


def test_a_scheduler_that_is_not_there_is_explained() -> None:
    def nobody(timeout: float) -> Any:
        raise OSError("refused")

    pool = ClusterPool(
        nobody, "tls://host:1", b"", GOOD, "t", lambda text: None, patience_s=0.1
    )  # fmt: skip
    with pytest.raises(MachineError, match="Cannot reach the scheduler tls://host:1.*refused"):
        pool.start(lambda message: None)
    pool.shutdown()


class Watching(Quiet):
    """Notes how many hand-ins were done, and how many outcomes came, at each early message."""

    def __init__(self) -> None:
        self.done = 0
        self.told: list[tuple[int, int]] = []

    def under_way(self, early: Early) -> None:
        self.told.append((self.done, len(early.outcomes)))

    def finished(self, hand_in: HandIn, graded: Graded) -> None:
        self.done += 1


def test_a_class_has_the_gradebook_of_this_machine(
    cluster: LocalCluster,
    tmp_path: Path,
    secret_file: Path,
    judge: Judge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker in a thread of this process, which grades on the warm servers of the tests."""
    folder = a_class(tmp_path / "class", 3)
    rubric = numpy_rubric(tmp_path / "rubric.yaml")
    monkeypatch.setenv("RNN_GRADER_SECRET_FILE", str(secret_file))
    monkeypatch.setattr(remote, "TOLD_EVERY_S", 0.0)  # a hand-in may take less than the interval
    graders = Graders(judge, monkeypatch)
    books = []
    for name in ("here", "there"):
        settings = Settings(
            out_dir=tmp_path / name, rubric=rubric, secret_file=secret_file, lang="en"
        )
        secret = Secret.load(secret_file)
        found = plan(settings, secret, folder)
        crew = graders.crew(settings, found.rubric, secret)
        environment = judge.of_rubric(found.rubric).environment()
        if name == "there":
            watched = Watched(cluster)
            watched.worker("a")
            course = Course.of(found).encode()
            wanted = Credentials.of(environment, secret.fingerprint)
            pool = ClusterPool(
                watched.pool._connection._connect, "a", course, wanted, "real", lambda text: None
            )
            crew = Crew(pool.start, pool.width, partial(remote.answer, course, "real"))
        watching = Watching()
        summary = Batch(found, environment, watching, jobs=1, crew=crew).run()
        # The bar moves before the first hand-in is done.
        assert watching.told[0] == (0, 0)
        assert any(outcomes and not done for done, outcomes in watching.told)
        assert (len(summary.graded), summary.faults) == (3, [])
        books.append((settings.out_dir / "gradebook.csv").read_bytes())
    monkeypatch.setattr(remote, "_seat", None)
    graders.close()
    assert books[0] == books[1]
