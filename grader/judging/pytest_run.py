"""Run suites under pytest in this process: without output, and without the user's configuration."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import ROOT
from grader.parts.checks import suite_files

_UNUSED = (
    *("cacheprovider", "terminal", "faulthandler", "junitxml", "doctest", "unittest"),
    *("threadexception", "unraisableexception"),  # these collect garbage five times, 0.15 s
    *("logging", "recwarn", "debugging", "pastebin", "stepwise", "skipping"),
    *("setuponly", "setupplan", "legacypath", "tmpdir", "monkeypatch"),
)
"""Plugins of pytest that checks do not need. Each adds a little time to every phase of a check."""


class _OnlyTheSuites:
    """Collects no file but those named: pytest would ask about each that lies beside one."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self) -> bool:
        """Leave a file or folder out; pytest does not ask about those on the command line."""
        return True


def run_suites(parts: tuple[str, ...], plugin: object) -> None:
    """Run the suites of `parts` with `plugin`, whose hooks receive every check."""
    files = [str(file) for part in parts for file in suite_files(part)]
    if not files:
        return  # without files pytest would collect whatever lies in the current folder
    arguments = [
        *files,
        # Nor about what lies beside the folders above: the home of a user may hold thousands.
        f"--confcutdir={Path(files[0]).parent}",
        "--noconftest",  # starter/tests/conftest.py is for students
        "--import-mode=importlib",  # modules of several parts have the same name
        f"--rootdir={ROOT}",
        f"--config-file={os.devnull}",
        *(f"-pno:{name}" for name in _UNUSED),
        "--capture=no",
    ]
    # A plugin that happens to be installed, or the user's options, must not change an outcome.
    with _environ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"), _environ("PYTEST_ADDOPTS", None):
        ended = pytest.main(arguments, plugins=[plugin, _OnlyTheSuites()])
        if ended == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt  # pytest caught it; the grading must stop too


@contextlib.contextmanager
def _environ(name: str, value: str | None) -> Iterator[None]:
    """Set or unset an environment variable inside a with block."""
    old = os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if old is not None:
            os.environ[name] = old
