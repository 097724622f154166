"""What the tests of the desk share: passwords whose hashes cost little."""

from __future__ import annotations

import functools

import pytest
from werkzeug.security import generate_password_hash

from grader.desk import keeping

QUICK = "scrypt:128:8:1"
"""The desk's own hashes take a tenth of a second each, so that nobody can try many passwords."""


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash the same way with less work, but for tests that are marked ``slow_passwords``."""
    if request.node.get_closest_marker("slow_passwords") is None:
        quick = functools.partial(generate_password_hash, method=QUICK)
        monkeypatch.setattr(keeping, "generate_password_hash", quick)
        monkeypatch.setattr(keeping, "_NOBODY", quick(""))
