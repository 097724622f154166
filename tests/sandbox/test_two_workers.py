"""Nothing that one worker does can be seen by another; ordinary code does not notice the filter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from grader.core.tiers import Tier
from grader.sandbox import ForkServer, Limits

GUEST = "tests.sandbox_files_guest:main"
SMALL = Limits(memory_mb=256, scratch_mb=4, file_mb=2, cpu_s=20)
TIERS: tuple[Tier, ...] = ("full", "landlock", "seccomp")


@pytest.fixture(scope="module", params=TIERS)
def server(request: pytest.FixtureRequest) -> Iterator[ForkServer]:
    with ForkServer(
        "numpy", hash_seed=7, guest=GUEST, limits=SMALL, best=request.param, floor=request.param
    ) as server:
        yield server


def run(server: ForkServer, source: str, wall_s: float = 20.0) -> Any:
    with server.spawn() as worker:
        return worker.exchange(source, wall_s)


CALL = """
import ctypes, mmap, os, posix, resource, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(number, *arguments):
    if libc.syscall(ctypes.c_long(number), *arguments) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
page = ctypes.c_void_p(ctypes.cast(libc.abs, ctypes.c_void_p).value & ~4095)
value = ctypes.c_int.from_address(page.value).value
"""
"""`page` is in the C library, which every worker has mapped from the same file."""

CHANNELS = {
    "flock": "call(73, 0, 1)",
    "a lock": "call(72, 0, 6, bytes(32))",
    "a look at locks": "call(72, 0, 5, bytes(32))",
    "a lock of an open file": "call(72, 0, 37, bytes(32))",
    "a look at the locks of open files": "call(72, 0, 36, bytes(32))",
    "a read that does not wait": "call(327, 0, None, 0, 0, 0, 8)",
    "pages of a file out of memory": "call(221, 0, 0, 0, 4)",
    "memory out to the disk": "call(28, page, 4096, 21)",
    "cold memory": "call(28, page, 4096, 20)",
    "merged memory": "call(28, page, 4096, 12)",
    "which pages are in memory": "call(27, page, 4096, bytes(1))",
    "a count of cached pages": "call(451, 0, bytes(16), bytes(40), 0)",
    "load and memory of the machine": "call(99, bytes(200))",
    "a wake of another's futex": "call(202, page, 1, 1)",
    "a wake by bits": "call(202, page, 10, 1, None, None, -1)",
    "a requeue": "call(202, page, 3, 1)",
    "a wait for another's wake": "call(202, page, 0, value)",
    "a wake by the end of a thread": "call(218, page)",
    "a wake by a robust list": "call(273, page, 24)",
    "faults that read the disk": "resource.getrusage(resource.RUSAGE_SELF)",
    "free space": "posix.statvfs('/usr')",
    "clocks of other processes": "time.clock_gettime(~1 << 3 | 2)",
    "processors of others": "posix.sched_getaffinity(posix.getppid() or 1)",
    "the session of others": "posix.getsid(posix.getppid() or 1)",
    "queued signals": "posix.kill(posix.getpid(), 40)",
    "timers, which are counted": "call(222, 0, None, bytes(8))",
    "huge pages": "mmap.mmap(-1, 1 << 21, flags=0x40022)",
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
def test_no_way_to_tell_another_worker(server: ForkServer) -> None:
    with server.spawn() as worker:
        found = {
            name: worker.exchange(f"{CALL}\n{source}\nanswer = 'not refused'", 20)
            for name, source in CHANNELS.items()
        }
    # "Try again" is what a futex without the private flag answers; OSError a call not known here.
    refusals = ("PermissionError", "BlockingIOError", "OSError")
    assert {n: a for n, a in found.items() if a.split(":")[0] not in refusals} == {}


LIMIT = """
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
two = struct.pack("QQ", 2, 2)
answer = [libc.setrlimit(6, two), libc.prlimit(0, 6, two, None)]
"""


def test_no_worker_counts_the_threads_of_its_user(server: ForkServer) -> None:
    """By a limit on threads that it sets for itself; in `full` its own namespace is counted."""
    assert run(server, LIMIT) == ([0, 0] if server.tier == "full" else [-1, -1])


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
def test_a_waiter_is_not_woken_by_another_worker(server: ForkServer) -> None:
    wait = CALL + (
        "end = time.monotonic() + 1.0\nwoken = 0\n"
        "while time.monotonic() < end:\n"
        "    woken += libc.syscall(202, page, 0, value, None, None, 0) == 0\n"
        "answer = woken"
    )
    wake = CALL + (
        "import threading\n"
        "def end(): libc.syscall(218, page); libc.syscall(202, page, 1, 1)\n"
        "for _ in range(20):\n"
        "    thread = threading.Thread(target=end); thread.start(); thread.join()\n"
        "    time.sleep(0.01)\n"
    )
    with server.spawn() as one, server.spawn() as other:
        one.send(wait, 5)
        assert other.exchange(wake, 20) is None
        assert one.receive(20) == 0


THREADS = """
import queue, threading, time
import numpy as np
lock, condition, results, work = threading.Lock(), threading.Condition(), [], queue.Queue()
def compute():
    while (item := work.get()) is not None:
        with lock:
            results.append(float((np.ones((64, 64)) @ np.ones((64, 64)))[0, 0]) * item)
        with condition:
            condition.notify()
threads = [threading.Thread(target=compute) for _ in range(4)]
for thread in threads:
    thread.start()
for item in range(50):
    work.put(item)
with condition:
    assert condition.wait_for(lambda: len(results) == 50, 10)
for _ in threads:
    work.put(None)
for thread in threads:
    thread.join()
assert not lock.locked() and lock.acquire(timeout=0.01)
event = threading.Event()
assert not event.wait(0.01)
start = time.perf_counter(); time.sleep(0.02); assert time.perf_counter() - start >= 0.02
time.process_time(); time.thread_time(); time.monotonic()
threading.Timer(0.01, event.set).start()
assert event.wait(5)
answer = sum(results)
"""

JOIN = """
import ctypes, time
libc = ctypes.CDLL(None)
START = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
ended = []
def run(_):
    time.sleep(0.05); ended.append(1)
start, thread = START(run), ctypes.c_ulong()
assert libc.pthread_create(ctypes.byref(thread), None, start, None) == 0
assert libc.pthread_join(thread, None) == 0
answer = len(ended)
"""

SEMAPHORE = """
import multiprocessing
try:
    lock = multiprocessing.Lock()
    with lock:
        answer = "works"
except OSError as error:
    answer = "refused"
"""


def test_threads_locks_and_clocks_work(server: ForkServer) -> None:
    assert run(server, THREADS) == 64.0 * sum(range(50))


def test_a_thread_of_the_c_library_is_joined(server: ForkServer) -> None:
    assert run(server, JOIN) == 1


def test_a_lock_of_multiprocessing_works_or_is_refused(server: ForkServer) -> None:
    assert run(server, SEMAPHORE) in ("works", "refused")


TORCH = """
import io, torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.set_num_threads(2)
data = TensorDataset(torch.randn(64, 5), torch.randn(64, 1))
model = nn.LSTM(5, 8, batch_first=True)
head = nn.Linear(8, 1)
optimizer = torch.optim.AdamW([*model.parameters(), *head.parameters()])
for x, y in DataLoader(data, batch_size=16, shuffle=True, num_workers=0):
    optimizer.zero_grad()
    loss = ((head(model(x[:, None])[0][:, -1]) - y) ** 2).mean()
    loss.backward()
    optimizer.step()
buffer = io.BytesIO()
torch.save(model.state_dict(), buffer)
buffer.seek(0)
model.load_state_dict(torch.load(buffer))
torch.save(head.state_dict(), "head.pt")
head.load_state_dict(torch.load("head.pt"))
big = torch.randn(400, 400)
torch.linalg.svd(big)
answer = bool(torch.isfinite(loss))
"""


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_torch_trains_saves_and_loads(tier: Tier) -> None:
    with ForkServer(
        "torch", hash_seed=7, guest=GUEST, limits=Limits(), best=tier, floor=tier
    ) as server:
        assert run(server, TORCH, 60) is True
