"""How long until a worker of each tier is ready, against an unconfined fork of the same server.

Prints medians and changes nothing. Run it on a quiet machine: ``python bench/spawn.py``.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grader.core.tiers import TIERS, Tier
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
    """Memory that a process shares with no other process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def measure(kind: Kind, repeat: int) -> None:
    """Print the figures of one kind of server."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {kind}"], check=True)
    cold_s = time.perf_counter() - start
    with contextlib.ExitStack() as stack:
        servers: dict[Tier, ForkServer] = {}
        for tier in TIERS:
            server = ForkServer(kind, hash_seed=0, guest=GUEST, best=tier, floor=tier, unsafe=True)
            if stack.enter_context(server).tier == tier:
                servers[tier] = server
        forker = stack.enter_context(servers["none"].spawn())
        # One of each in turn: the speed of a shared machine changes from minute to minute.
        forks, ready = [], {tier: list[float]() for tier in servers}
        for _ in range(repeat):
            forks.append(forker.exchange(_PLAIN_FORK, 60.0))
            for tier, server in servers.items():
                ready[tier].append(ready_s_of(server))
        fork = statistics.median(forks) * 1000
        click.echo(f"{kind}: cold import {cold_s:.2f} s, unconfined fork {fork:.1f} ms")
        for tier, server in servers.items():
            report(tier, server, fork, statistics.median(ready[tier]) * 1000, repeat)


def report(tier: Tier, server: ForkServer, fork: float, ready: float, repeat: int) -> None:
    """One line for a tier: its latency, and what a worker of it costs beyond."""
    cycle = median_ms(lambda: server.spawn().close(), repeat)
    with server.spawn() as worker:
        memory = private_mb(worker.pid)
        array = np.zeros((5, 4))
        worker.send("while True: wire.send(channel, wire.receive(channel, None), None)")
        trip = median_ms(lambda: worker.exchange(array, 5.0), 20 * repeat)
    click.echo(
        f"  {tier:9} ready {ready:5.1f} ms, {ready - fork:+5.1f} ms against the fork; "
        f"spawn and close {cycle:5.1f} ms, private {memory:.1f} MB, round trip {trip:.2f} ms"
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
