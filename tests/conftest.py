"""What the tests share: one warm judge, and ways to grade a handful of files with it."""

from __future__ import annotations

import copy
import dataclasses
import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import drawing
import pytest
from drawing import SECRET
from handing_in import Files, grade_files

from grader import ROOT
from grader.core.model import GradeReport
from grader.core.settings import Secret, Settings
from grader.diagnosis.explain import Explainer, Explanation
from grader.judging.judge import Judge
from grader.records.database import Database
from grader.records.store import Store
from grader.scoring import rubric

os.environ["RNN_GRADER_SELF_CHECK"] = "no"  # of runs of the command; it has tests of its own
# As workers have it: more threads than cores wait for one another, ten times as long as they work.
os.environ["OMP_NUM_THREADS"] = "1"
drawing.load_profile()

# No test cuts the power, so none waits for the disk. Processes that a test starts do wait.
Database.synchronous = "OFF"
Store.synchronous = "OFF"
os.fsync = lambda file: None


def pytest_configure(config: pytest.Config) -> None:
    """Reading the suites makes marks, which the outer run's strict markers would refuse."""
    gc.disable()  # until all tests are collected, which makes almost no garbage
    config.addinivalue_line("markers", "check(id, needs, hidden, advice): a check of the lab")


def pytest_collection_finish() -> None:
    """Spare the garbage collector the thousands of tests, which live as long as the process."""
    gc.freeze()
    gc.enable()


def pytest_report_header() -> list[str]:
    """What a run that is to be repeated has to be given again."""
    return [f"drawing: HYPOTHESIS_PROFILE={drawing.PROFILE} RNN_TEST_SECRET={SECRET}"]


@pytest.fixture(scope="session")
def secret_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the course secret, readable by its owner alone."""
    path = tmp_path_factory.mktemp("secret") / "secret"
    path.write_text(SECRET + "\n", "ascii")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, secret_file: Path) -> Settings:
    """The default limits, with results in a temporary folder."""
    return Settings(
        out_dir=tmp_path_factory.mktemp("out"),
        rubric=ROOT / "rubric.yaml",
        secret_file=secret_file,
        lang="en",
    )


@pytest.fixture(scope="session")
def hasty(settings: Settings) -> Settings:
    """Limits that are soon reached, for code that hangs or grows without end."""
    return dataclasses.replace(
        settings,
        call_wall_s=1.0,
        learning_wall_s=3.0,
        load_cpu_s=0.5,
        load_wall_s=1.5,
        memory_mb=192,
    )


@pytest.fixture(scope="session")
def judge(settings: Settings) -> Iterator[Judge]:
    """One judge with warm servers for the whole run."""
    with Judge(settings, rubric.load(settings.rubric), Secret.load(settings.secret_file)) as made:
        yield made


@pytest.fixture(scope="session")
def hasty_judge(judge: Judge, hasty: Settings) -> Judge:
    """The judge with limits that are soon reached, on the same warm servers."""
    made = copy.copy(judge)
    made._settings = hasty
    return made


@pytest.fixture
def grade(judge: Judge, tmp_path: Path) -> Callable[[Files], GradeReport]:
    """Grade files as a zip, through intake, judge and store."""
    return lambda files: grade_files(judge, tmp_path, files)


@pytest.fixture
def unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for no cause of a failed check: how a check ends is decided before.

    The search takes most of the time of grading what is wrong in many places. A test whose subject
    is outcomes alone uses this; one of each kind does not, so that causes are sought there too.
    """
    monkeypatch.setattr(Explainer, "explain", lambda *_: Explanation())
