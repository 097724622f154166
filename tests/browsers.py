"""Chromium for the tests of pages, and axe, which looks for what WCAG forbids."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any, Final

import pytest

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")

# WCAG 2.2, levels A and AA.
_RULES: Final = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}


def need(module: str) -> Any:
    """The module; where it is not installed, as where there is no browser."""
    try:
        return __import__(module, fromlist=["x"])
    except ImportError:
        absent(f"{module} is not installed")


def absent(what: str) -> None:
    """Skip with one line, or fail where everything has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI=true allows no skip", pytrace=False)
    pytest.skip(f"{what}: no page is tried in a browser")


def chromium() -> Iterator[Any]:
    """A browser, for a fixture."""
    playwright = need("playwright.sync_api")
    if CHROMIUM is None:
        absent("there is no chromium here")
    with playwright.sync_playwright() as run:
        started = run.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


def violations(page: Any, without: str = "") -> list[str]:
    """What axe finds on a page, each with its first elements; `without` some of it, by selector."""
    axe = need("axe_playwright_python.sync_playwright").Axe()
    context = {"exclude": [[without]]} if without else None
    found = axe.run(page, context, _RULES).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {[node['html'][:160] for node in one['nodes'][:4]]}"
        for one in found
    ]
