"""What the tests share: one warm judge, and ways to grade a handful of files with it."""

from __future__ import annotations

import copy
import dataclasses
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from grader import ROOT, intake, rubric
from grader.judge import Judge
from grader.model import CheckResult, GradeReport, Source, Submission
from grader.settings import Secret, Settings
from grader.store import Store
from kit.locate import locate

SECRET = "5e" * 32
"""The course secret of the tests: hidden inputs are the same in every run."""

Files = Mapping[str, "str | bytes"]


def pytest_configure(config: pytest.Config) -> None:
    """Reading the suites makes marks, which the outer run's strict markers would refuse."""
    config.addinivalue_line("markers", "check(id, needs, hidden, advice): a check of the lab")


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
        learning_wall_s=6.0,
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


def grade_files(judge: Judge, folder: Path, files: Files, name: str = "alice") -> GradeReport:
    """The report of a zip that holds `files`."""
    return grade_path(judge, folder, zip_of(folder / f"{name}.zip", files))


def grade_path(judge: Judge, folder: Path, path: Path) -> GradeReport:
    """The report of what is handed in at `path`, kept in a store of its own."""
    submission = intake.read(path)
    with Store(folder / f"{path.stem}-{submission.sha256[:12]}.sqlite") as store:
        return judge.grade(submission, store)


def zip_of(path: Path, files: Files) -> Path:
    """A zip at `path` that holds `files`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def submission_of(files: Mapping[str, str]) -> Submission:
    """`files` as intake would hand them on, without packing them first."""
    sources = tuple(Source(path, (text,), "utf-8") for path, text in files.items())
    return Submission(id="alice", sha256="0" * 64, sources=sources, parts=locate(sources).parts)


def solution(part: str) -> str:
    """The source of the reference solution."""
    return (ROOT / "solutions" / f"{part}.py").read_text("utf-8")


def starter(part: str) -> str:
    """The source of the starter's file."""
    return (ROOT / "starter" / f"{part}.py").read_text("utf-8")


def results_of(report: GradeReport, prefix: str = "") -> dict[str, CheckResult]:
    """The results of the checks whose id starts with `prefix`; advice left out."""
    found = [check.result for check in report.score.checks]
    return {result.id: result for result in found if result.id.startswith(prefix)}


def outcomes_of(report: GradeReport, prefix: str = "") -> dict[str, str]:
    """How each check ended."""
    return {id: str(result.outcome) for id, result in results_of(report, prefix).items()}


def lost(report: GradeReport, prefix: str = "") -> dict[str, str]:
    """What did not pass, and why: empty where no point is lost."""
    found = results_of(report, prefix)
    assert found, f"the rubric has no check {prefix}..."
    return {
        id: f"{result.outcome}: {result.message.en} {result.staff_note}"
        for id, result in found.items()
        if result.outcome != "passed"
    }
