"""The warm fork servers of one run, started early and shared by everything that grades.

Starting a server returns at once; it imports its libraries while the caller does something else.
So this module imports little, and the command line uses it before it loads the rest of the grader.
"""

from __future__ import annotations

import copy
import os
import threading
from pathlib import Path
from typing import Literal, cast

from grader.core.closing import Closing
from grader.core.settings import Settings
from grader.core.tiers import Tier
from grader.protocol.environment import REDUCED_TIERS
from grader.sandbox import ForkServer
from grader.sandbox.packages import Kind
from kit.text import Text

Name = Literal["reader", "numpy", "torch", "torch again", "torch gpu", "similarity"]

GUEST = "grader.worker:main"
READER = "grader.reader.guest:main"
GUESTS: dict[Name, str] = {"reader": READER, "similarity": "grader.similarity.guest:main"}
"""Of servers whose workers read what was handed in and run nothing of it."""

KINDS: dict[Name, Kind] = {"reader": "reader", "numpy": "numpy", "similarity": "similarity"}
"""What a server imports, if not torch."""

HASH_SEEDS: dict[Name, int] = {
    "reader": 1,
    "numpy": 1,
    "torch": 2,
    "torch again": 3,
    "torch gpu": 2,
    "similarity": 1,
}
"""Hash seeds of the servers' interpreters. They differ, so that a check can see whether an order
depends on hashing (``list(set(text))``). "torch gpu" replaces "torch", so its seed is the same."""

READY_S = 120.0
"""How long a server may take to import torch; generous, for a slow disk."""


def gpu_devices(folder: Path = Path("/dev")) -> tuple[str, ...]:
    """The device files through which CUDA reaches a GPU; empty if there is no GPU.

    Empty also where staff hide every GPU, by a ``CUDA_VISIBLE_DEVICES`` that begins with none.
    """
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None and (not chosen.strip() or chosen.strip().startswith("-")):
        return ()
    # CUDA opens the control device first and finds no GPU without it.
    if not list(folder.glob("nvidia[0-9]*")) or not (folder / "nvidiactl").exists():
        return ()
    return tuple(sorted(str(node) for node in folder.glob("nvidia*") if not node.is_dir()))


class Servers(Closing):
    """Fork servers by name; each is started at the first request.

    `best` is the tier to try first. Tests and benchmarks of a lower tier set it. Threads may share
    one object.
    """

    def __init__(self, settings: Settings, best: Tier = "full") -> None:
        self._best = best
        self._unsafe = settings.unsafe
        self._floor = cast("Tier", settings.floor)
        self._tier: Tier | None = None
        self._started: dict[Name, ForkServer] = {}
        self._shared: dict[Name, ForkServer] = {}
        # Two threads that ask for the same server at once get one; the other would never be closed.
        self._lock = threading.RLock()

    def in_a_fork(self) -> Servers:
        """These servers in a forked process, which closes only those that it starts itself.

        Requests of several processes do not mix on a server's socket. A server that is not ready
        is not shared, because it says only once, and to one process, that it is.
        """
        forked = copy.copy(self)
        forked._shared = {n: s for n, s in (self._shared | self._started).items() if s.is_ready}
        forked._started = {}
        forked._lock = threading.RLock()
        return forked

    def close(self) -> None:
        """End every server and every process that it forked."""
        for server in self._started.values():
            server.close()

    def lowered(self) -> Text | None:
        """Which tier applies and why not the best; None if the best does or none is ready yet."""
        missing = next((s.unavailable for s in self._started.values() if s.unavailable), None)
        if self._tier is None or not missing:
            return None
        zh = "；".join(f"{tier}：{error.reason.zh}" for tier, error in missing.items())
        en = "; ".join(f"{tier}: {error.reason.en}" for tier, error in missing.items())
        remedy = next(iter(missing.values())).remedy
        return (
            Text(
                f"隔离级别是 {self._tier}，不是 full（{zh}）。",
                f"The tier of confinement is {self._tier}, not full ({en}).",
            )
            + remedy
        )

    def for_training(self) -> Name:
        """The server for the proof of learning, which may use a GPU; other checks see none.

        A reduced tier opens no device, so there it is the usual server.
        """
        return "torch gpu" if gpu_devices() and self._tier not in REDUCED_TIERS else "torch"

    def start(self, name: Name) -> ForkServer:
        """The server, started at the first request; it may still be importing."""
        with self._lock:
            if name in self._shared:
                return self._shared[name]
            if name not in self._started:
                server = ForkServer(
                    KINDS.get(name, "torch"),
                    hash_seed=HASH_SEEDS[name],
                    guest=GUESTS.get(name, GUEST),
                    # Once a tier is chosen, a later server gets exactly this one or fails.
                    best=self._tier or self._best,
                    floor=self._tier or self._floor,
                    unsafe=self._unsafe,
                    # The other servers see no GPU, so that all other checks run alike on any
                    # machine.
                    devices=gpu_devices() if name == "torch gpu" else (),
                )
                server.start()
                self._started[name] = server
            return self._started[name]

    def end(self, name: Name) -> None:
        """End a server that was started early and is not needed; a later request starts another.

        Its import of torch would take a core from the checks. A shared server is its lender's.
        """
        with self._lock:
            server = self._started.pop(name, None)
        if server is not None:
            server.close()

    def ready(self, name: Name) -> ForkServer:
        """The server, ready to fork workers.

        All servers of a run use the tier of the first that is ready, because a report names one.

        Raises:
            ConfinementError: this machine cannot confine student code as the course requires.
        """
        server = self.start(name)
        # The lock is free meanwhile, so that other threads can start and use other servers.
        server.wait_ready(READY_S)
        with self._lock:
            if self._tier is None:
                self._tier = server.tier
                for other in self._started.values():
                    other.confine_as(self._tier)
                    other.start()  # again, in the background, if it has started with another tier
        return server
