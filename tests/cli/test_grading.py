"""How ``grader grade`` spreads its work."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from grader.cli import lanes as of_lanes
from grader.cli.lanes import available_mb, lane_mb, lanes
from grader.cli.results import PLATFORMS
from grader.core.settings import Settings

SETTINGS = Settings()


@pytest.mark.parametrize("cores", [1, 3])
def test_parts_have_the_cores_but_for_a_platforms_container(
    cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(of_lanes, "available_mb", lambda: 1 << 20)
    assert lanes(None, SETTINGS) == cores
    assert {lanes(platform, SETTINGS) for platform in PLATFORMS} == {1}


def test_parts_have_the_memory_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))

    def with_free(free_mb: int | None, settings: Settings = SETTINGS) -> int:
        monkeypatch.setattr(of_lanes, "available_mb", lambda: free_mb)
        return lanes(None, settings)

    each = lane_mb(SETTINGS)
    assert each >= 2 * SETTINGS.memory_mb
    assert [with_free(n) for n in (0, each, 2 * each - 1, 2 * each, 3 * each)] == [1, 1, 1, 2, 3]
    assert with_free(None) == 1
    assert with_free(3 * each, replace(SETTINGS, memory_mb=4 * SETTINGS.memory_mb)) == 1


def test_memory_is_the_least_of_the_machines_and_the_groups(tmp_path: Path) -> None:
    proc, groups = tmp_path / "proc", tmp_path / "groups"
    inner = groups / "outer" / "inner"
    (proc / "self").mkdir(parents=True)
    inner.mkdir(parents=True)
    assert available_mb(proc, groups) is None

    def limit(folder: Path, most: str, current_mb: int, files_mb: int = 0) -> None:
        (folder / "memory.max").write_text(f"{most}\n")
        (folder / "memory.current").write_text(f"{current_mb << 20}\n")
        (folder / "memory.stat").write_text(f"anon 5\ninactive_file {files_mb << 20}\n")

    (proc / "meminfo").write_text(f"MemTotal: 9 kB\nMemAvailable:   {4096 << 10} kB\n")
    assert available_mb(proc, groups) == 4096
    (proc / "self" / "cgroup").write_text("1:cpu:/elsewhere\n0::/outer/inner\n")
    assert available_mb(proc, groups) == 4096, "no group has a limit"
    limit(inner, "max", 100)
    limit(groups / "outer", str(2048 << 20), 1024, 512)
    assert available_mb(proc, groups) == 1536
    limit(inner, str(512 << 20), 100)
    assert available_mb(proc, groups) == 412
    limit(inner, str(512 << 20), 600)
    assert available_mb(proc, groups) == 0
    (proc / "self" / "cgroup").write_text("0::/\n")
    limit(groups, str(1024 << 20), 24)
    assert available_mb(proc, groups) == 1000, "as a container sees its own group"


def test_this_machine_tells_its_memory() -> None:
    assert (available_mb() or 0) > 0
