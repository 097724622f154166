"""A wheel grades outside the checkout, from an environment that has never seen it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from grader import ROOT
from grader.records import keys

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout; offline where the build backend is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    here = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    command = [*PIP, "wheel", "--no-deps", *here, "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site-packages of an environment that holds the wheel and, by a link, what it needs."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    install = [*PIP, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, timeout=300)
    (folder,) = home.glob("lib/python*/site-packages")
    # A line of a .pth file is a folder whose own .pth files, the checkout's, are not read.
    (folder / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return folder


def test_the_wheel_holds_what_grading_needs_and_says_who_must_not_have_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith("/METADATA"))
        said = archive.read(metadata).decode("utf-8")
    checkout = [
        *(ROOT / "starter").rglob("*"), *(ROOT / "solutions").glob("*.py"),
        *(ROOT / "presets").glob("*.yaml"), ROOT / "rubric.yaml",
    ]  # fmt: skip
    wanted = {
        f"grader/bundle/{path.relative_to(ROOT).as_posix()}"
        for path in checkout
        if path.is_file() and not hidden(path.relative_to(ROOT))
    }
    assert wanted == {name for name in names if name.startswith("grader/bundle/")}
    assert {name.split("/")[0] for name in names} == {"grader", metadata.split("/")[0]}
    assert "Never give it to students" in " ".join(said.split())
    assert "Private :: Do Not Upload" in said


@pytest.mark.slow
def test_an_installed_grader_grades_and_writes_nothing_beside_its_code(
    site: Path, tmp_path: Path
) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    with zipfile.ZipFile(desk / "alice.zip", "w") as archive:
        archive.write(ROOT / "solutions" / "numpy_rnn.py", "lab/numpy_rnn.py")
    before = contents(site)

    done = subprocess.run(
        [site.parents[2] / "bin" / "grader", "grade", "alice.zip"],
        cwd=desk,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path / "home"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "FEEDBACK_LANG": "en",
            "RNN_GRADER_SELF_CHECK": "no",
            **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
        },
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((desk / "results" / "alice" / "report.json").read_text("utf-8"))
    checks = [check for check in report["checks"] if check["part"] == "numpy_rnn"]
    assert {check["outcome"] for check in checks} == {"passed"}
    assert {row["id"]: row["earned"] for row in report["score"]["rows"]}["code"] == "12.00"
    assert contents(site) == before
    assert {path.name for path in desk.iterdir()} == {"alice.zip", "results"}
    own = tmp_path / "config" / "rnn-lab-grader"
    assert [path.name for path in own.iterdir()] == [".course-secret"]
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_outcomes_of_the_checkout_are_known_to_the_wheel(site: Path) -> None:
    code = "from grader.records import keys; print(keys.code_sha256('poems'))"
    python = site.parents[2] / "bin" / "python"
    done = subprocess.run(
        [python, "-c", code], cwd=site, capture_output=True, check=True, text=True, env={}
    )
    assert done.stdout.strip() == keys.code_sha256("poems")


def hidden(path: Path) -> bool:
    """Whether a tool left it in the checkout: it is no part of the project."""
    return any(part.startswith((".", "__pycache__")) for part in path.parts)


def contents(folder: Path) -> dict[str, int]:
    """Every file below `folder` with the time of its last change."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
