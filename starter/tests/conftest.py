"""Makes ``pytest starter/`` run the public checks on the files in this folder's parent."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.student import StudentPlugin


def pytest_configure(config: pytest.Config) -> None:
    """Register the checks' plugin with the folder that holds the student's files."""
    plugin = StudentPlugin(Path(__file__).resolve().parent.parent)
    config.pluginmanager.register(plugin, "lab-checks")
