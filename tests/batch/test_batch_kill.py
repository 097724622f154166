"""A batch that is killed at any moment loses nothing, and leaves nothing running."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from class_folders import a_class, committed, numpy_rubric
from in_process_batch import HERE, Graders, Quiet
from quick import sample

from grader import ROOT
from grader.batch import plan
from grader.batch.running import Batch
from grader.core.settings import Secret, Settings
from grader.judging.judge import Judge
from grader.records.gradebook_builder import DATABASE

MARK = "RNN_TEST_RUN"
"""A variable by which the processes of a run are found again."""


def start(
    folder: Path, out: Path, rubric: Path, secret: Path, mark: str, jobs: int = 2
) -> subprocess.Popen:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "grader", "batch", str(folder), "--out", str(out)),
            *("--rubric", str(rubric), "--jobs", str(jobs), "--lang", "en"),
        ],
        env=os.environ | {"RNN_GRADER_SECRET_FILE": str(secret), MARK: mark},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(run: subprocess.Popen) -> str:
    output, _ = run.communicate(timeout=180)
    assert run.returncode == 0, output
    return output


def kill_somewhere(run: subprocess.Popen, out: Path, dice: random.Random) -> None:
    """SIGKILL after some more commits and some milliseconds, or somewhere in the start."""
    goal = committed(out) + dice.choice((0, 1, 5, 20, 30))
    pause = dice.random() * (2.0 if goal == committed(out) else 0.05)
    deadline = time.monotonic() + 60
    while committed(out) < goal and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(pause)
    run.kill()
    run.communicate()


def left_behind(mark: str) -> list[int]:
    """Processes that still carry the mark of a run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if f"{MARK}={mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:  # it ended, or is another user's
                continue
    return found


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory, secret_file: Path) -> Path:
    """A class in ``class``, and what a batch that nobody disturbs makes of it in ``out``."""
    folder = tmp_path_factory.mktemp("calm")
    rubric = numpy_rubric(folder / "rubric.yaml")
    finish(start(a_class(folder / "class", 4), folder / "out", rubric, secret_file, "calm"))
    return folder


@pytest.fixture
def calm_here(
    tmp_path: Path, secret_file: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The same, made in this process with the warm servers: the gradebook has to be the same."""
    folder = tmp_path / "calm"
    settings = Settings(
        out_dir=folder / "out",
        rubric=numpy_rubric(a_class(folder / "class", 4).parent / "rubric.yaml"),
        secret_file=secret_file,
        lang="en",
    )
    secret = Secret.load(secret_file)
    found = plan(settings, secret, folder / "class", None)
    graders = Graders(judge, monkeypatch)
    Batch(found, HERE, Quiet(), jobs=1, crew=graders.crew(settings, found.rubric, secret)).run()
    yield folder
    graders.close()


def kill_again_and_again(
    calm: Path, folder: Path, secret: Path, seed: int, kills: int, jobs: int = 2
) -> None:
    dice, mark = random.Random(seed), str(uuid.uuid4())
    hand_ins, rubric = calm / "class", calm / "rubric.yaml"
    for _ in range(kills):
        kill_somewhere(
            start(hand_ins, folder / "killed", rubric, secret, mark, jobs),
            folder / "killed",
            dice,
        )
        deadline = time.monotonic() + 1
        while left_behind(mark) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert left_behind(mark) == []
    finish(start(hand_ins, folder / "killed", rubric, secret, mark, jobs))

    books = ((out / "gradebook.csv").read_bytes() for out in (calm / "out", folder / "killed"))
    assert len(set(books)) == 1
    with sqlite3.connect(folder / "killed" / DATABASE) as db:
        twice = db.execute(
            "SELECT run, check_id FROM outcome GROUP BY run, check_id HAVING count(*) > 1"
        ).fetchall()
        runs = db.execute("SELECT count(*) FROM part_run").fetchone()[0]
    assert (twice, runs) == ([], 4)


def test_a_killed_batch_ends_as_if_nothing_had_happened(
    calm_here: Path, tmp_path: Path, secret_file: Path
) -> None:
    kill_again_and_again(calm_here, tmp_path, secret_file, seed=0, kills=1, jobs=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", sample(range(6), range(2)))
def test_ten_kills_change_no_mark(calm: Path, tmp_path: Path, secret_file: Path, seed: int) -> None:
    kill_again_and_again(calm, tmp_path, secret_file, seed=seed, kills=10)


@pytest.mark.slow
def test_ctrl_c_ends_what_is_under_way_and_says_how_to_go_on(
    tmp_path: Path, secret_file: Path
) -> None:
    hand_ins = a_class(tmp_path / "class", 12)
    rubric, out = numpy_rubric(tmp_path / "rubric.yaml"), tmp_path / "out"
    run = start(hand_ins, out, rubric, secret_file, str(uuid.uuid4()))
    deadline = time.monotonic() + 60
    while committed(out) < 10 and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=60)

    assert run.returncode == 1, output
    assert "Ctrl-C again" in output
    assert "Traceback" not in output
    assert (out / "gradebook.csv").exists()
    assert "12 handled, 0 unchanged" not in output

    again = finish(start(hand_ins, out, rubric, secret_file, str(uuid.uuid4())))
    assert "0 left" in again


@pytest.mark.slow
def test_a_second_ctrl_c_ends_at_once_and_leaves_nothing(tmp_path: Path, secret_file: Path) -> None:
    hand_ins, mark = a_class(tmp_path / "class", 40), str(uuid.uuid4())
    rubric, out = numpy_rubric(tmp_path / "rubric.yaml"), tmp_path / "out"
    run = start(hand_ins, out, rubric, secret_file, mark)
    deadline = time.monotonic() + 60
    while committed(out) < 30 and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    run.send_signal(signal.SIGINT)
    assert run.stdout is not None
    said = ""
    while "Ctrl-C again" not in said and (line := run.stdout.readline()):
        said += line
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=30)

    assert run.returncode == 130, said + output
    assert "leaked" not in output
    assert "Traceback" not in output
    deadline = time.monotonic() + 2
    while left_behind(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left_behind(mark) == []
    assert "0 left" in finish(start(hand_ins, out, rubric, secret_file, mark))
