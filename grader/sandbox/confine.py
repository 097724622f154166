"""Turn the process that is about to run student code into one that cannot do harm.

Runs in the worker itself, right after the fork: namespaces, private scratch, descriptors, limits,
then no capabilities, Landlock and seccomp, each under the name of its step. The order matters:
every layer takes away what the layer before it needed.
"""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
from dataclasses import dataclass
from typing import Any, Final

from . import jail, kernel, landlock
from .steps import StepFailed, step

CHANNEL_FD: Final = 3
STATUS_FD: Final = 4
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

    confined: bool
    uid: int
    gid: int
    proc: int  # descriptor of a /proc that shows us; -1 when not confined
    program: bytes  # the seccomp filter
    landlock: int  # its version
    drop_to: int | None  # not confined but root: become this user
    devices: tuple[str, ...] = ()  # of a GPU


@dataclass(frozen=True)
class Descriptors:
    """What the judge sent for one worker."""

    channel: int
    output: int
    status: int


def confine(ground: Ground, fds: Descriptors, limits: dict[str, Any], memory_base: int) -> None:
    """All layers; StepFailed names the one that could not be had."""
    with step("session"):
        os.setsid()  # signal 0 crosses process namespaces by process group
        kernel.control_process(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if ground.confined:
        if os.getpid() != _WORKER_PID:
            raise StepFailed("pid_namespace", 0, f"the worker has pid {os.getpid()}, not 2")
        _namespaces(ground)
        with step("scratch"):
            jail.mount_scratch(limits["scratch_mb"], limits["scratch_inodes"])
            jail.mount_shared_memory(min(_SHARED_MEMORY_MB, limits["scratch_mb"]))
            os.chdir(jail.WORK)
    with step("descriptors"):
        _keep_only(fds)
    with step("limits"):
        _limit(limits, memory_base, threads=ground.confined, gpu=bool(ground.devices))
    if not ground.confined:
        _become(ground.drop_to)
        return
    with step("capabilities"):
        kernel.drop_capabilities()
    with step("no_new_privileges"):
        kernel.control_process(kernel.PR_SET_NO_NEW_PRIVS, 1)
    with step("landlock"):
        writable = (jail.SCRATCH, jail.SHARED_MEMORY)
        devices = (*jail.WRITABLE_DEVICES, *ground.devices)
        landlock.enforce(ground.landlock, "/", writable, devices)
    with step("seccomp"):
        kernel.enforce_filter(ground.program)


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


def _keep_only(fds: Descriptors) -> None:
    """Nothing to read, output to the judge, the channel as 3, our own status as 4, else none."""
    nothing = os.open("/dev/null", os.O_RDONLY)
    wanted = (nothing, fds.output, fds.output, fds.channel, fds.status)
    kept = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY) for fd in wanted]
    for target, fd in enumerate(kept):
        os.dup2(fd, target, inheritable=False)
    kernel.close_from(STATUS_FD + 1)


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
    if threads:  # counted in our own user namespace; elsewhere it would count the whole desktop
        fixed(resource.RLIMIT_NPROC, limits["threads"])


def _become(uid: int | None) -> None:
    if uid is None:
        return
    with step("user"):
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        kernel.control_process(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)  # a new user clears it
