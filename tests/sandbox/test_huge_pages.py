"""A server's memory is gathered into huge pages, which makes forks of it cheaper."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox import ForkServer, huge_pages, kernel

MEGABYTE = 1 << 20


def maps(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def ranges(monkeypatch: pytest.MonkeyPatch, text: str, error: int = 0) -> list[int]:
    """Where huge pages are asked for, if this is what a process has mapped."""
    asked: list[int] = []

    def collapse(start: int, length: int) -> None:
        assert length == 2 * MEGABYTE
        asked.append(start)
        if error:
            raise OSError(error, "no")

    monkeypatch.setattr(huge_pages, "_maps", lambda proc: text)
    monkeypatch.setattr(kernel, "collapse", collapse)
    list(huge_pages.gather(-1))
    return asked


def test_only_whole_ranges_of_private_memory_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    text = maps(
        "00100000-00900000 rw-p 00000000 00:00 0                          [heap]",
        "7f0000000000-7f0000400000 rw-p 00000000 00:00 0 ",
        "7f0000500000-7f0000700000 rw-p 00000000 00:00 0",  # crosses a border: none is whole
        "7f1000000000-7f1000400000 r--p 00000000 00:00 0",
        "7f2000000000-7f2000400000 rw-s 00000000 00:01 77   /dev/zero (deleted)",
        "7f3000000000-7f3000400000 rw-p 00200000 08:01 99   /usr/lib/a library.so",
        "7ffd00000000-7ffd00400000 rw-p 00000000 00:00 0    [stack]",
    )
    wanted = [0x200000, 0x400000, 0x600000, 0x7F0000000000, 0x7F0000200000]
    assert ranges(monkeypatch, text) == wanted
    assert ranges(monkeypatch, text, errno.EINVAL) == wanted  # the next range may be another kind
    assert ranges(monkeypatch, text, errno.ENOMEM) == wanted[:1]
    assert ranges(monkeypatch, "") == []


def huge_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages:"))


def test_a_server_gathers_its_memory_and_serves_meanwhile() -> None:
    with ForkServer("numpy", hash_seed=0, guest="tests.sandbox_guest:main") as server:
        for _ in range(50):
            with server.spawn() as worker:
                assert worker.exchange("answer = 1 + 1", 10.0) == 2
                pid = worker.pid
                assert pid is not None
                gathered = huge_kb(pid)
            if gathered:
                break
            time.sleep(0.1)
    if not gathered and not _possible():
        pytest.skip("this kernel has no huge pages")
    assert gathered >= 2048


def _possible() -> bool:
    """Whether this process can do it with memory of its own."""
    import mmap

    memory: Any = mmap.mmap(-1, 8 * MEGABYTE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory[:] = bytes([1]) * len(memory)
    proc = os.open("/proc", os.O_RDONLY)
    try:
        before = huge_kb(os.getpid())
        list(huge_pages.gather(proc))
        return huge_kb(os.getpid()) > before
    finally:
        os.close(proc)
