"""Fork servers that several threads ask for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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


class Closeable(Slow):
    """In place of a fork server that may be ready."""

    def __init__(self, *_: object, **__: object) -> None:
        self.closed = self.is_ready = False

    def close(self) -> None:
        self.closed = True


def closed(server: Any) -> bool:
    """Whether it was closed."""
    return bool(server.closed)


def test_a_fork_shares_what_is_ready_and_closes_only_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(servers, "ForkServer", Closeable)
    ours = servers.Servers(Settings(out_dir=tmp_path))
    ready, importing = ours.start("numpy"), ours.start("torch")
    monkeypatch.setattr(ready, "is_ready", True)
    with ours.in_a_fork() as theirs:
        assert theirs.start("numpy") is ready
        own = theirs.start("torch")
        assert own is not importing  # it would wait for a word that another process has taken
        with theirs.in_a_fork() as again:
            assert again.start("numpy") is ready
    assert closed(own)
    assert not closed(ready)
    assert not closed(importing)
    assert ours.start("torch") is importing
    ours.close()
    assert closed(ready)
    assert closed(importing)


def test_a_server_that_is_not_needed_ends_and_may_start_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(servers, "ForkServer", Closeable)
    ours = servers.Servers(Settings(out_dir=tmp_path))
    ours.end("torch")  # it was never started
    numpy, early = ours.start("numpy"), ours.start("torch")
    monkeypatch.setattr(numpy, "is_ready", True)
    ours.end("torch")
    assert closed(early)
    assert not closed(numpy)
    assert ours.start("torch") is not early
    with ours.in_a_fork() as theirs:
        theirs.end("numpy")
        assert theirs.start("numpy") is numpy
    assert not closed(numpy)
    ours.close()
