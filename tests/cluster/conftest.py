"""The engine is an extra. And the class that is graded, as one machine grades it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from class_folders import a_class, numpy_rubric
from loopback import SIZE, Loopback

collect_ignore = (
    []
    if importlib.util.find_spec("distributed")
    else [
        "fake_workers.py",
        "loopback.py",
        "namespaces.py",
        "test_cluster_pool.py",
        "test_kills.py",
        "test_partitions.py",
    ]
)


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory, secret_file: Path) -> Path:
    """A class in ``class``, and what a batch on this machine makes of it in ``out``."""
    folder = tmp_path_factory.mktemp("calm")
    a_class(folder / "class", SIZE)
    numpy_rubric(folder / "rubric.yaml")
    subprocess.run(
        [
            *(sys.executable, "-m", "grader", "batch", str(folder / "class")),
            *("--out", str(folder / "out"), "--rubric", str(folder / "rubric.yaml")),
        ],
        env=Loopback.environ_of(secret_file),
        check=True,
        capture_output=True,
    )
    return folder
