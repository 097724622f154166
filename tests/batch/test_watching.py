"""``grader batch --watch``: what arrives is graded once it rests, and Ctrl-C ends it cleanly."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from class_folders import a_class, clip_only, numpy_rubric
from click.testing import CliRunner
from handing_in import zip_of

from grader import batch
from grader.batch import ClassPlan, watching
from grader.cli import main
from grader.core.errors import UsageError
from grader.core.settings import Secret, Settings

LAST = "2023099-钱安-实验6.zip"


class Ended(Exception):
    """The end of a test's looks at the folder."""


def watched(
    folder: Path, rubric: Path, secret: Path, *looks: Callable[[], object]
) -> tuple[list[list[str]], list[str]]:
    """The hand-ins of each round, and what was refused; before each look something happens."""
    settings = Settings(out_dir=folder / "results", rubric=rubric, secret_file=secret, lang="en")
    rounds: list[list[str]] = []
    refusals: list[str] = []
    happens = iter(looks)

    def wait(seconds: float) -> None:
        if (next_one := next(happens, None)) is None:
            raise Ended
        next_one()

    def grade(plan: ClassPlan) -> bool:
        (folder / "results").mkdir(exist_ok=True)
        (folder / "results" / f"{len(rounds)}.zip").write_bytes(b"")
        rounds.append(sorted(hand_in.people[0].student_id for hand_in in plan.folder.hand_ins))
        return True

    with pytest.raises(Ended):
        watching.watch(
            folder,
            lambda: batch.plan(settings, Secret.load(secret), folder),
            grade,
            lambda error: refusals.append(error.text.en),
            results=settings.out_dir,
            wait=wait,
        )
    return rounds, refusals


def nothing() -> None:
    """Nothing happens."""


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    return numpy_rubric(tmp_path / "rubric.yaml")


def test_a_file_is_graded_when_it_rests(tmp_path: Path, rubric: Path, secret_file: Path) -> None:
    folder = a_class(tmp_path / "class", 2)
    whole = zip_of(tmp_path / "whole.zip", {"numpy_rnn.py": clip_only()}).read_bytes()
    path = folder / LAST

    rounds, refusals = watched(
        folder,
        rubric,
        secret_file,
        nothing,  # the class
        lambda: path.write_bytes(whole[:100]),
        lambda: path.write_bytes(whole[:200]),
        lambda: path.write_bytes(whole),
        nothing,  # it rests
        nothing,
        lambda: (folder / LAST).unlink(),
    )

    two = ["2023000", "2023001"]
    assert rounds == [two, [*two, "2023099"], two]
    assert refusals == []


def test_one_slow_file_does_not_hold_up_another(
    tmp_path: Path, rubric: Path, secret_file: Path
) -> None:
    folder = a_class(tmp_path / "class", 1)
    other = folder / "2023050-李安-实验6.zip"

    rounds, _ = watched(
        folder,
        rubric,
        secret_file,
        lambda: (folder / LAST).write_bytes(b"PK"),
        lambda: (
            (folder / LAST).write_bytes(b"PK\x03"),
            zip_of(other, {"numpy_rnn.py": clip_only()}),
        ),
        lambda: (folder / LAST).write_bytes(b"PK\x03\x04"),
    )

    assert rounds == [["2023000"], ["2023000", "2023050"]]


def test_an_empty_folder_is_waited_for(tmp_path: Path, rubric: Path, secret_file: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()

    rounds, refusals = watched(
        folder, rubric, secret_file, nothing, nothing, lambda: a_class(folder, 1), nothing
    )

    assert rounds == [["2023000"]]
    assert len(refusals) == 1


def test_only_a_folder_can_be_watched(tmp_path: Path, rubric: Path, secret_file: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        watching.watch(tmp_path / "x.zip", pytest.fail, pytest.fail, pytest.fail, results=tmp_path)


@pytest.mark.parametrize("option", ["--again", "--dry-run"])
def test_options_that_do_not_go_together_are_refused(option: str) -> None:
    assert CliRunner().invoke(main, ["batch", "x", "--watch", option]).exit_code == 2


@pytest.fixture
def running(tmp_path: Path, rubric: Path, secret_file: Path) -> Iterator[subprocess.Popen[str]]:
    a_class(tmp_path / "class", 1)
    words = [sys.executable, "-m", "grader", "batch", str(tmp_path / "class"), "--watch"]
    names = ["--out", str(tmp_path / "out"), "--rubric", str(rubric), "--lang", "en"]
    with subprocess.Popen(
        [*words, *names, "--jobs", "1"],
        env=os.environ | {"RNN_GRADER_SECRET_FILE": str(secret_file)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        # What a shell starts in the background ignores Ctrl-C, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


@pytest.mark.slow
def test_it_goes_on_until_ctrl_c(tmp_path: Path, running: subprocess.Popen[str]) -> None:
    wait_for(tmp_path / "out", 1)
    zip_of(tmp_path / "class" / LAST, {"numpy_rnn.py": clip_only()})
    wait_for(tmp_path / "out", 2)
    time.sleep(0.5)

    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert said.rstrip().endswith("Ended.")


def wait_for(out: Path, students: int) -> None:
    """Until the gradebook has so many students, all graded."""
    until = time.monotonic() + 240
    while time.monotonic() < until:
        if (path := out / "gradebook.csv").exists():
            rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
            if len(rows) == students:
                return
        time.sleep(0.2)
    pytest.fail("nothing was graded")
