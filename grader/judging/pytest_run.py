"""Run suites under pytest, silently and in this process; configuration comes from here alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest

from grader import ROOT
from grader.parts.checks import suite_files

_UNUSED = (
    *("cacheprovider", "terminal", "faulthandler", "junitxml", "doctest", "unittest"),
    *("threadexception", "unraisableexception"),  # collects garbage five times, 0.15 s
    *("logging", "recwarn", "debugging", "pastebin", "stepwise", "skipping"),
    *("setuponly", "setupplan", "legacypath", "tmpdir", "monkeypatch"),
)
"""Plugins of pytest that checks do not need; each costs every phase of every check a little."""


def run_suites(parts: tuple[str, ...], plugin: object) -> None:
    """Run the suites of `parts`; `plugin` hears of each check."""
    files = [str(file) for part in parts for file in suite_files(part)]
    arguments = [
        *files,
        "--noconftest",  # the students' runner is not the judge's
        "--import-mode=importlib",  # public and hidden suites of a part bear the same name
        f"--rootdir={ROOT}",
        f"--config-file={os.devnull}",
        *(f"-pno:{name}" for name in _UNUSED),
        "--capture=no",
    ]
    with _environ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"), _environ("PYTEST_ADDOPTS", None):
        if pytest.main(arguments, plugins=[plugin]) == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt  # pytest keeps it to itself; the grading goes on another time


@contextlib.contextmanager
def _environ(name: str, value: str | None) -> Iterator[None]:
    """Set or unset a variable for a while."""
    old = os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if old is not None:
            os.environ[name] = old
