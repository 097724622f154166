"""How ``grader grade`` spreads its work."""

from __future__ import annotations

import os

import pytest

from grader.cli.grading import lanes
from grader.cli.results import PLATFORMS, Wanted


@pytest.mark.parametrize("cores", [1, 3])
def test_parts_have_the_cores_but_for_a_platforms_container(
    cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert lanes(Wanted()) == cores
    assert {lanes(Wanted(platform)) for platform in PLATFORMS} == {1}
