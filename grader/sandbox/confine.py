"""Turn the process that is about to run student code into one that cannot do harm.

Runs in the worker itself, right after the fork: namespaces and a private scratch where the tier has
them, descriptors, limits, then another user, no capabilities, Landlock and seccomp, each under the
name of its step. The order matters: every layer takes away what the layer before it needed.
"""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from . import jail, kernel, landlock, seccomp
from .setup_stages import StepFailed, step
from .tiers import Tier

CHANNEL_FD: Final = 3
STATUS_FD: Final = 4
_RULESET_FD: Final = 5
BEFORE_DESCRIPTORS: Final = (
    "session", "pid_namespace", "user_namespace", "user_map", "host_name", "scratch",
)  # fmt: skip
"""Steps during which our status is still where the server received it."""

_WORKER_PID: Final = 2
_SHARED_MEMORY_MB: Final = 16
_MB: Final = 1 << 20
_OUT_OF_THE_WAY: Final = 200  # above any descriptor that is about to be replaced


@dataclass(frozen=True)
class Ground:
    """What the server knows of itself and every worker starts from."""

    tier: Tier
    uid: int
    gid: int
    proc: int  # descriptor of a /proc that shows us
    landlock: int = 0  # its version; 0 where it is not used
    ruleset: int = -1  # of Landlock, where it is the same for all workers
    other_user: bool = False  # without mounts but root: each worker becomes an unused user
    devices: tuple[str, ...] = ()  # of a GPU
    server: int = 0  # its process id

    @property
    def jailed(self) -> bool:
        """Whether the server lives in a root of its own, with namespaces."""
        return self.tier == "full"


@dataclass(frozen=True)
class Descriptors:
    """What the judge sent for one worker."""

    channel: int
    output: int
    status: int


def confine(ground: Ground, fds: Descriptors, limits: dict[str, Any], memory_base: int) -> None:
    """All layers of the tier; StepFailed names the one that could not be had."""
    with step("session"):
        os.setsid()  # signal 0 crosses process namespaces by process group
        _die_with_the_server(ground)
    if ground.jailed:
        if os.getpid() != _WORKER_PID:
            raise StepFailed("pid_namespace", 0, f"the worker has pid {os.getpid()}, not 2")
        _namespaces(ground)
        with step("scratch"):
            jail.mount_scratch(limits["scratch_mb"], limits["scratch_inodes"])
            jail.mount_shared_memory(min(_SHARED_MEMORY_MB, limits["scratch_mb"]))
            os.chdir(jail.WORK)
    with step("descriptors"):
        ruleset = _keep_only(fds, ground.ruleset)
    with step("user"):
        user = unused_user() if ground.other_user else None
    with step("limits"):
        # Counted in our own user namespace or for our own user; else for the whole desktop.
        counted = ground.jailed or user is not None
        gpu = bool(ground.devices)
        _limit(limits, memory_base, threads=counted, gpu=gpu)
    if user is not None:
        with step("user"):
            if ground.tier == "none":
                os.chown(".", user, user)
            _become(user)
            _die_with_the_server(ground)  # a new user clears it
    if ground.tier == "none":
        return
    with step("capabilities"):
        kernel.drop_capabilities()
    with step("no_new_privileges"):
        kernel.control_process(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if ground.landlock:
        with step("landlock"):
            landlock.enforce(_own_ruleset(ground) if ground.jailed else ruleset)
    with step("seccomp"):
        program = seccomp.program(
            kernel.MACHINE, tier=ground.tier, own_pid=os.getpid(), any_ioctl=bool(ground.devices)
        )
        kernel.enforce_filter(program)


def _die_with_the_server(ground: Ground) -> None:
    kernel.control_process(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if not ground.jailed and os.getppid() != ground.server:
        os.kill(os.getpid(), signal.SIGKILL)  # it died before we asked


def _own_ruleset(ground: Ground) -> int:
    """On top of the worker's own mounts, which hide everything else."""
    writable = (jail.SCRATCH, jail.SHARED_MEMORY)
    devices = (*jail.WRITABLE_DEVICES, *ground.devices)
    return landlock.ruleset(ground.landlock, ("/",), writable, devices)


def _namespaces(ground: Ground) -> None:
    with step("user_namespace"):
        kernel.unshare(
            kernel.CLONE_NEWUSER
            | kernel.CLONE_NEWNS
            | kernel.CLONE_NEWNET
            | kernel.CLONE_NEWIPC
            | kernel.CLONE_NEWUTS
        )
    with step("user_map"):
        kernel.map_self(ground.proc, ground.uid, ground.gid)
    with step("host_name"):
        socket.sethostname("lab")


def _keep_only(fds: Descriptors, ruleset: int) -> int:
    """Nothing to read, output to the judge, the channel as 3, our own status as 4, else none.

    But for a ruleset, for a moment: where it is now.
    """
    nothing = os.open("/dev/null", os.O_RDONLY)
    wanted = [nothing, fds.output, fds.output, fds.channel, fds.status]
    wanted += [ruleset] if ruleset >= 0 else []
    kept = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY) for fd in wanted]
    for target, fd in enumerate(kept):
        os.dup2(fd, target, inheritable=False)
    kernel.close_from(len(wanted))
    return _RULESET_FD if ruleset >= 0 else -1


def _limit(limits: dict[str, Any], memory_base: int, *, threads: bool, gpu: bool) -> None:
    def fixed(which: int, value: int) -> None:
        _, hard = resource.getrlimit(which)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))

    if not gpu:
        fixed(resource.RLIMIT_AS, memory_base + limits["memory_mb"] * _MB)
    fixed(resource.RLIMIT_FSIZE, limits["file_mb"] * _MB)
    fixed(resource.RLIMIT_NOFILE, limits["descriptors"])
    # Of 1 and not 0: a core that is piped to a crash reporter ignores 0.
    fixed(resource.RLIMIT_CORE, 1)
    fixed(resource.RLIMIT_MEMLOCK, 0)
    fixed(resource.RLIMIT_MSGQUEUE, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_s"] + 5))
    if threads:
        fixed(resource.RLIMIT_NPROC, limits["threads"])


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def unused_user() -> int | None:
    """An id far above those of people and services, and of this process alone; None without one.

    In a container only some ids exist: then one near the top of the largest range.
    """
    top = min(_highest_id("uid_map"), _highest_id("gid_map"))
    wanted = 2_000_000_000 + os.getpid()
    if top >= wanted:
        return wanted
    return top - 2_000 + os.getpid() % 1_000 if top > 10_000 else None


def _highest_id(name: str) -> int:
    """The end of the largest range of ids that this user namespace maps."""
    ranges = [line.split() for line in Path(f"/proc/self/{name}").read_text().splitlines()]
    return max((int(count), int(first) + int(count) - 1) for first, _, count in ranges)[1]
