"""Hundreds of workers, half of which end badly, leave nothing behind, in every tier."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from quick import only
from test_sandbox import descendants

from grader.core.tiers import TIERS, Tier
from grader.protocol import wire
from grader.sandbox import ForkServer, Limits

GUEST = "tests.sandbox_guest:main"
SMALL = Limits(memory_mb=96, scratch_mb=2, file_mb=1, cpu_s=20)

GOOD = "import numpy; answer = float(numpy.ones((40, 40)).sum())"
BAD = (
    "import os; os._exit(0)",
    "import os; os.abort()",
    "import ctypes; ctypes.string_at(0)",
    "while True: pass",
    "import time; time.sleep(60)",
    "x = []\nwhile True: x.append(bytearray(1 << 22))",
    "channel.send(b'this is no frame'); channel.close()",
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "import sys\nwhile True: sys.stdout.write('x' * 9999)",
    "import os\nheld = [os.pipe() for _ in range(99)]",
    "import threading\nwhile True: threading.Thread(target=threading.Event().wait).start()",
    "import sys; sys.exit('why')",
    "def f(): return f()\nimport sys; sys.setrecursionlimit(10**8); f()",
)


def state(server: ForkServer) -> dict[str, int]:
    """What must not grow: processes, descriptors, mounts, folders, and the server's memory."""
    assert server._process is not None
    below = descendants(os.getpid())
    largest = max(below, key=resident_kb)
    return {
        "processes": len(below),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "descriptors of the server": len(os.listdir(f"/proc/{largest}/fd")),
        "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
        "mounts of the server": len(Path(f"/proc/{largest}/mountinfo").read_text().splitlines()),
        "folders": len(list(Path(tempfile.gettempdir()).rglob("*"))),
        "memory": resident_kb(largest),
    }


def resident_kb(pid: int) -> int:
    """Memory of a process."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    return 0


@contextlib.contextmanager
def folder_of_our_own() -> Iterator[None]:
    """Temporary files of this process go where no other grader on the machine puts its own."""
    with tempfile.TemporaryDirectory() as name, mock.patch.object(tempfile, "tempdir", name):
        os.chmod(name, 0o711)  # a worker with a user of its own passes through
        yield


def soak(tier: Tier, count: int) -> None:
    """`count` workers, every second one a bad one."""
    unsafe = tier == "none"
    with (
        folder_of_our_own(),
        ForkServer(
            "numpy", hash_seed=3, guest=GUEST, limits=SMALL, best=tier, floor=tier, unsafe=unsafe
        ) as server,
    ):
        assert server.tier == tier
        for source in (GOOD, *BAD):
            end(server, source)
        before = state(server)
        for i in range(count):
            end(server, BAD[i // 2 % len(BAD)] if i % 2 else GOOD)
        after = state(server)
        assert after.pop("memory") < before.pop("memory") + 2048
        assert after == before


def end(server: ForkServer, source: str) -> None:
    """One worker that runs `source` for at most a fifth of a second, and its end."""
    with (
        server.spawn() as worker,
        contextlib.suppress(wire.WireError, wire.DeadlineExpired),
    ):
        answer = worker.exchange(source, 2.0 if source is GOOD else 0.2)
        assert source is not GOOD or answer == 1600.0


@pytest.mark.slow
@pytest.mark.parametrize("tier", only(("full",), ["full", "landlock"]))
def test_forty_workers_leave_nothing(tier: Tier) -> None:
    soak(tier, 40)


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_four_hundred_workers_leave_nothing(tier: Tier) -> None:
    soak(tier, 400)
