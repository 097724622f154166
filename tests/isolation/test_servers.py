"""Fork servers that several threads ask for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader.core.settings import Settings
from grader.isolation import servers


class Slow:
    """In place of a fork server: its start gives the other threads a turn."""

    started = 0

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def start(self) -> None:
        time.sleep(0.05)
        Slow.started += 1


def test_threads_that_ask_at_once_get_one_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A second one would be in no list, and stay open."""
    monkeypatch.setattr(servers, "ForkServer", Slow)
    monkeypatch.setattr(Slow, "started", 0)
    shared = servers.Servers(Settings(out_dir=tmp_path))

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: shared.start("reader"), range(8)))

    assert len(found) == Slow.started == 1
