"""The messages between the judge and a fork server, one record for each; JSON on a socket.

They set up confinement and report on processes. What a confined worker says has another channel
(:mod:`grader.protocol.messages`).

Standard library only: the server imports it before it enters its jail.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from grader.core.tiers import Tier


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may use. Each overrun ends in an outcome of its own."""

    memory_mb: int = 512  # address space above what the server itself has
    scratch_mb: int = 64
    scratch_inodes: int = 20_000
    file_mb: int = 32  # of one file
    threads: int = 24
    descriptors: int = 64
    cpu_s: int = 600  # a second line; calls have their own wall and CPU limits
    output_kb: int = 64  # kept of the beginning, and again of the end


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What a server is for and what it may see: the first message to it."""

    kind: str
    guest: str  # "module:function"
    tier: Tier
    checkout: str
    lab: tuple[str, ...]
    folders: tuple[str, ...]  # for sys.path
    entries: tuple[str, ...]  # of site-packages
    libraries: tuple[tuple[str, str], ...]  # path that the loader looks at, file
    devices: tuple[str, ...]

    def encode(self) -> bytes:
        """As one datagram."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> ServerConfig:
        """The record of :meth:`encode`."""
        fields = json.loads(data)
        lists = {name: tuple(fields[name]) for name in ("lab", "folders", "entries", "devices")}
        libraries = tuple((at, file) for at, file in fields["libraries"])
        return cls(**fields | lists | {"libraries": libraries})


@dataclass(frozen=True, slots=True)
class SpawnRequest:
    """Fork a worker; its descriptors come along."""

    guest: str  # a name that the server knows
    limits: Limits
    folder: str | None = None  # to work in, where the tier has no private one

    def encode(self) -> bytes:
        """As one datagram."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> SpawnRequest:
        """The record of :meth:`encode`."""
        fields = json.loads(data)
        return cls(**fields | {"limits": Limits(**fields["limits"])})


@dataclass(frozen=True, slots=True)
class ServerReady:
    """The server has imported everything; versions are empty for what it did not import."""

    python: str
    numpy: str
    torch: str
    landlock: int


@dataclass(frozen=True, slots=True)
class WorkerStarted:
    """The worker was forked; its pidfd comes along."""


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """The worker is confined and about to run its guest."""


@dataclass(frozen=True, slots=True)
class WorkerEnded:
    """The worker's process ended; `status` as `os.wait4` gives it."""

    status: int
    cpu_s: float
    max_rss_kb: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A setup stage failed; `errno` is 0 where the cause was not a system call."""

    stage: str
    errno: int
    detail: str


Event = ServerReady | WorkerStarted | WorkerReady | WorkerEnded | Failed

_EVENTS: Final[dict[str, type[Event]]] = {
    "server_ready": ServerReady,
    "started": WorkerStarted,
    "ready": WorkerReady,
    "ended": WorkerEnded,
    "failed": Failed,
}
_NAMES: Final = {kind: name for name, kind in _EVENTS.items()}


def encode(event: Event) -> bytes:
    """As one datagram."""
    return json.dumps({"event": _NAMES[type(event)], **asdict(event)}).encode()


def decode(data: bytes) -> Event:
    """The record of :func:`encode`."""
    fields = json.loads(data)
    return _EVENTS[fields.pop("event")](**fields)
