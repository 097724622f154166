"""The warm fork servers of one run, started early and shared by all that grades.

Starting one returns at once; its imports go on beside whatever the caller does next. So this
module imports little, and the command line makes it before it loads the rest of the grader.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from grader.sandbox import ForkServer
from grader.settings import Settings

Name = Literal["numpy", "torch", "torch again", "torch gpu"]

GUEST = "grader.worker:main"

HASH_SEEDS: dict[Name, int] = {"numpy": 1, "torch": 2, "torch again": 3, "torch gpu": 2}
"""Of the servers' interpreters: different, so that an order that hashing decides shows."""

READY_S = 120.0
"""For a server to import torch, on the slowest machine that still makes sense."""


def gpu_devices(folder: Path = Path("/dev")) -> tuple[str, ...]:
    """The nodes through which CUDA reaches a GPU; none where there is none."""
    if not list(folder.glob("nvidia[0-9]*")) or not (folder / "nvidiactl").exists():
        return ()
    return tuple(sorted(str(node) for node in folder.glob("nvidia*") if not node.is_dir()))


class Servers:
    """Fork servers by name, each started when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._unsafe = settings.unsafe
        self._started: dict[Name, ForkServer] = {}

    def close(self) -> None:
        """End every server and all that it forked."""
        for server in self._started.values():
            server.close()

    def for_training(self) -> Name:
        """Proofs of learning see a GPU where there is one; all other checks have it hidden."""
        return "torch gpu" if gpu_devices() else "torch"

    def start(self, name: Name) -> ForkServer:
        """The server, which may still be importing."""
        if name not in self._started:
            server = ForkServer(
                "numpy" if name == "numpy" else "torch",
                hash_seed=HASH_SEEDS[name],
                guest=GUEST,
                unsafe=self._unsafe,
                devices=gpu_devices() if name == "torch gpu" else (),
            )
            server.start()
            self._started[name] = server
        return self._started[name]

    def ready(self, name: Name) -> ForkServer:
        """The server, ready to fork workers.

        Raises:
            ConfinementError: this machine cannot confine student code.
        """
        server = self.start(name)
        server.wait_ready(READY_S)
        return server
