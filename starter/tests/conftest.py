"""Makes ``pytest starter/`` run the public checks on the files in this folder's parent."""

from __future__ import annotations

import os
from pathlib import Path

# The models are tiny: with several threads, the threads mostly wait for one another.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # the checks compare on the CPU

import pytest  # noqa: E402  (numpy reads the variables when it is imported)

from kit.student import StudentPlugin  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Register the checks' plugin with the folder that holds the student's files."""
    plugin = StudentPlugin(Path(__file__).resolve().parent.parent)
    config.pluginmanager.register(plugin, "lab-checks")
