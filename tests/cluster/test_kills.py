"""Kills at any moment lose nothing and double nothing: the gradebook of an undisturbed batch."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from class_folders import committed
from loopback import Loopback, same_book, until

from grader import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("openssl"), reason="makes its certificates by openssl"),
]
KILLS = 20


@pytest.fixture
def cluster(tmp_path: Path, secret_file: Path) -> Iterator[Loopback]:
    """A scheduler and three workers."""
    made = Loopback(tmp_path, secret_file)
    for _ in range(3):
        made.add_worker()
    yield made
    made.close()


def has_come_to(out: Path, goal: int, head: subprocess.Popen[bytes]) -> bool:
    return head.poll() is not None or committed(out) >= goal


def test_twenty_random_kills_change_no_mark(calm: Path, cluster: Loopback, tmp_path: Path) -> None:
    """After some more commits each: of a worker, of the scheduler, or of the head."""
    dice, kills, outs = random.Random(7), 0, 0
    while kills < KILLS:
        outs += 1
        out = tmp_path / f"out{outs}"
        head = cluster.head(calm / "class", out, calm / "rubric.yaml")
        while head.poll() is None:
            goal = committed(out) + dice.choice((0, 1, 10, 40))
            until(
                partial(has_come_to, out, goal, head),
                10 if kills < KILLS else 60,
                cluster.keep_three,
            )
            time.sleep(dice.random() / 2)
            if head.poll() is not None or kills >= KILLS:
                continue
            kills += 1
            victim = dice.choice(("worker",) * 4 + ("scheduler", "head"))
            if victim == "worker":
                cluster.replace_worker(dice.randrange(3))
            elif victim == "scheduler":
                cluster.restart_scheduler()
            else:
                head.kill()
                head.wait()
                head = cluster.head(calm / "class", out, calm / "rubric.yaml")
        assert head.returncode == 0, out.with_suffix(".log").read_text("utf-8")
        same_book(calm, out)


def test_a_machine_that_falls_silent_costs_nothing(
    calm: Path, secret_file: Path, tmp_path: Path
) -> None:
    """As where a network is cut: its connection stays open, and later it answers after all."""
    patience = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "8s"}
    cluster, out = Loopback(tmp_path, secret_file, **patience), tmp_path / "out"
    try:
        silent, _ = cluster.add_worker(), cluster.add_worker()
        head = cluster.head(calm / "class", out, calm / "rubric.yaml")
        assert until(lambda: committed(out) >= 20, 90)
        silent.send_signal(signal.SIGSTOP)
        until(lambda: head.poll() is not None, 15)
        silent.send_signal(signal.SIGCONT)
        assert until(lambda: head.poll() is not None, 120)
    finally:
        cluster.close()

    assert head.returncode == 0, out.with_suffix(".log").read_text("utf-8")
    same_book(calm, out)


def test_a_worker_with_another_secret_gets_no_work(
    calm: Path, cluster: Loopback, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text("0" * 64 + "\n", "ascii")
    other.chmod(0o600)
    cluster.add_worker(RNN_GRADER_SECRET_FILE=str(other))
    out = tmp_path / "out"
    head = cluster.head(calm / "class", out, calm / "rubric.yaml")
    assert until(lambda: head.poll() is not None, 120)
    said = out.with_suffix(".log").read_text("utf-8")

    assert head.returncode == 0, said
    assert "its fingerprint of the course secret is" in said
    same_book(calm, out)
    secret = Path(cluster.environ["RNN_GRADER_SECRET_FILE"]).read_text("ascii").strip()
    logs = [path.read_text("utf-8", "replace") for path in tmp_path.glob("*.log")]
    assert not [log for log in logs if secret in log]


def test_processes_of_this_machine_end_as_those_of_a_pool(
    calm: Path, secret_file: Path, tmp_path: Path
) -> None:
    """Ctrl-C reaches all processes of a terminal: what has begun ends, and the rest comes later."""
    out, hand_ins, rubric = tmp_path / "out", calm / "class", calm / "rubric.yaml"

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "grader", "batch", str(hand_ins), "--out", str(out)),
                *("--rubric", str(rubric), "--cluster", "local:2", "--lang", "en"),
            ],
            env=Loopback.environ_of(secret_file),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    run = start()
    assert until(lambda: committed(out) >= 40, 90)
    os.killpg(run.pid, signal.SIGINT)
    said, _ = run.communicate(timeout=90)

    assert run.returncode == 1, said
    assert "Ctrl-C again" in said
    assert "Traceback" not in said
    assert said.count("has joined") == 2
    run = start()
    said, _ = run.communicate(timeout=180)
    assert run.returncode == 0, said
    same_book(calm, out)
