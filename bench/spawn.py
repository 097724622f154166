"""How long until a confined worker is ready, against an unconfined fork of the same server.

Prints medians and changes nothing. Run it on a quiet machine: ``python bench/spawn.py``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grader.sandbox import ForkServer
from grader.sandbox.packages import Kind

GUEST = "tests.sandbox_guest:main"

# Run in an unconfined worker, which has the server's memory: the time of a fork until the child
# answers, as a server without any confinement and without an attendant would need it.
_PLAIN_FORK = """
import os, time
read, write = os.pipe()
start = time.perf_counter()
pid = os.fork()
if pid == 0:
    os.write(write, b"x")
    os._exit(0)
os.read(read, 1)
answer = time.perf_counter() - start
os.waitpid(pid, 0)
os.close(read); os.close(write)
"""


def median_ms(action: Callable[[], object], repeat: int) -> float:
    """Median time of `action`."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def private_mb(pid: int | None) -> float:
    """Memory that a process shares with nobody."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def measure(kind: Kind, repeat: int) -> None:
    """Print the figures of one kind of server."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {kind}"], check=True)
    cold_s = time.perf_counter() - start
    start = time.perf_counter()
    with (
        ForkServer(kind, hash_seed=0, guest=GUEST) as server,
        ForkServer(kind, hash_seed=0, guest=GUEST, best="none", unsafe=True) as free,
        free.spawn() as forker,
    ):
        server.wait_ready()
        ready_s = time.perf_counter() - start
        # One of each in turn: the speed of a shared machine changes from minute to minute.
        rounds = [
            (forker.exchange(_PLAIN_FORK, 60.0), ready_s_of(free), ready_s_of(server))
            for _ in range(repeat)
        ]
        fork, unconfined, confined = (
            statistics.median(times) * 1000 for times in zip(*rounds, strict=True)
        )
        cycle = median_ms(lambda: server.spawn().close(), repeat)
        with server.spawn() as worker:
            memory = private_mb(worker.pid)
            array = np.zeros((5, 4))
            worker.send("while True: wire.send(channel, wire.receive(channel, None), None)")
            trip = median_ms(lambda: worker.exchange(array, 5.0), 20 * repeat)
        tier = server.tier
    click.echo(
        f"{kind:6} tier {tier}: import {cold_s:.2f} s, two servers ready {ready_s:.2f} s\n"
        f"       plain fork {fork:.1f} ms, unconfined worker {unconfined:.1f} ms, "
        f"confined worker {confined:.1f} ms ({confined / fork:.2f} x a plain fork, "
        f"{confined / unconfined:.2f} x an unconfined worker)\n"
        f"       spawn and close {cycle:.1f} ms, private memory {memory:.1f} MB, "
        f"round trip of a 5x4 array {trip:.2f} ms"
    )


def ready_s_of(server: ForkServer) -> float:
    """Time until a worker is at the start of its guest; its end is not counted."""
    start = time.perf_counter()
    worker = server.spawn()
    taken = time.perf_counter() - start
    worker.close()
    return taken


@click.command()
@click.option("--repeat", default=40, show_default=True, help="Workers of each kind.")
@click.argument("kinds", nargs=-1, type=click.Choice(["numpy", "torch"]))
def main(repeat: int, kinds: tuple[Kind, ...]) -> None:
    """Measure the spawning of workers."""
    for kind in kinds or ("numpy", "torch"):
        measure(kind, repeat)


if __name__ == "__main__":
    main()
