"""Confine the process that is about to run student code.

Runs in the worker itself, right after the fork: namespaces and a private scratch folder where the
tier has them, descriptors, limits, then another user, no capabilities, Landlock and seccomp. Each
layer is a setup stage with a name. The order matters: a layer may forbid the system calls by which
the layers before it were set up, so seccomp, which forbids the most, comes last.
"""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
from dataclasses import dataclass
from typing import Final

from grader.protocol import environment

from . import jail, kernel, landlock, seccomp
from .control import Limits
from .host_context import HostContext, unused_user
from .setup_stages import StageFailed, stage

CHANNEL_FD: Final = 3
STATUS_FD: Final = 4
_RULESET_FD: Final = 5
BEFORE_DESCRIPTORS: Final = (
    "session", "pid_namespace", "user_namespace", "user_map", "host_name", "scratch",
)  # fmt: skip
"""Stages during which the status socket still has the number that the server received it by."""

_WORKER_PID: Final = 2
_SHARED_MEMORY_MB: Final = 16
_MB: Final = 1 << 20
_PARKED_FROM: Final = 200  # above any descriptor that is about to be replaced


@dataclass(frozen=True)
class Descriptors:
    """What the judge sent for one worker."""

    channel: int
    output: int
    status: int


def prepare(host: HostContext) -> None:
    """Compute in the server what every worker needs, so that they share it."""
    if host.tier != "none":
        _filter(host, _WORKER_PID)


def _filter(host: HostContext, own_pid: int) -> bytes:
    any_ioctl = bool(host.devices)
    return seccomp.program(kernel.MACHINE, tier=host.tier, own_pid=own_pid, any_ioctl=any_ioctl)


def confine(host: HostContext, fds: Descriptors, limits: Limits, memory_base: int) -> None:
    """Apply all layers of the tier; StageFailed names the one that failed.

    `memory_base` is the address space of the server, which every worker inherits.
    """
    with stage("session"):
        os.setsid()  # kill(0) reaches the whole process group, in other PID namespaces too
        _end_with_server(host)
    if host.jailed:
        if os.getpid() != _WORKER_PID:
            raise StageFailed("pid_namespace", 0, f"the worker has pid {os.getpid()}, not 2")
        _namespaces(host)
        with stage("scratch"):
            jail.mount_scratch(limits.scratch_mb, limits.scratch_inodes)
            jail.mount_shared_memory(min(_SHARED_MEMORY_MB, limits.scratch_mb))
            os.chdir(environment.WORK)
    with stage("descriptors"):
        ruleset = _keep_only(fds, host.ruleset)
    with stage("user"):
        user = unused_user() if host.other_user else None
    with stage("limits"):
        # RLIMIT_NPROC counts the user's threads in this user namespace. Without a namespace and
        # without a user of its own, a worker would share the count with the whole desktop.
        counted = host.jailed or user is not None
        gpu = bool(host.devices)
        _limit(limits, memory_base, threads=counted, gpu=gpu)
    if user is not None:
        with stage("user"):
            if host.tier == "none":
                os.chown(".", user, user)
            _become(user)
            _end_with_server(host)  # setresuid clears the death signal
    if host.tier == "none":
        return
    with stage("capabilities"):
        kernel.drop_capabilities()
    with stage("no_new_privileges"):
        # Landlock and seccomp demand it of a process without CAP_SYS_ADMIN.
        kernel.control_process(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if host.landlock:
        with stage("landlock"):
            landlock.enforce(_own_ruleset(host) if host.jailed else ruleset)
    with stage("seccomp"):
        kernel.enforce_filter(_filter(host, os.getpid()))


def _end_with_server(host: HostContext) -> None:
    kernel.control_process(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    # A server that died before the call sends no signal. In the jail its death ends the PID
    # namespace of every worker, and its id cannot be compared across namespaces.
    if not host.jailed and os.getppid() != host.server:
        os.kill(os.getpid(), signal.SIGKILL)


def _own_ruleset(host: HostContext) -> int:
    """A ruleset for the worker's own mounts: everything that they show may be read."""
    writable = (environment.SCRATCH, environment.SHARED_MEMORY)
    devices = (*jail.WRITABLE_DEVICES, *host.devices)
    return landlock.make_ruleset(host.landlock, ("/",), writable, devices)


def _namespaces(host: HostContext) -> None:
    with stage("user_namespace"):
        kernel.unshare(
            kernel.CLONE_NEWUSER
            | kernel.CLONE_NEWNS
            | kernel.CLONE_NEWNET
            | kernel.CLONE_NEWIPC
            | kernel.CLONE_NEWUTS
        )
    with stage("user_map"):
        kernel.map_self(host.proc, host.uid, host.gid)
    with stage("host_name"):
        socket.sethostname("lab")


def _keep_only(fds: Descriptors, ruleset: int) -> int:
    """Renumber the descriptors of this process and close all others.

    0 reads nothing, 1 and 2 go to the judge, 3 is the channel, 4 the status socket. Returns the new
    number of the Landlock ruleset, which is closed once it has been applied, or -1 without one.
    """
    nothing = os.open("/dev/null", os.O_RDONLY)
    wanted = [nothing, fds.output, fds.output, fds.channel, fds.status]
    wanted += [ruleset] if ruleset >= 0 else []
    # First far away, so that no dup2 below overwrites one that is still needed.
    kept = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _PARKED_FROM) for fd in wanted]
    for target, fd in enumerate(kept):
        os.dup2(fd, target, inheritable=False)
    kernel.close_from(len(wanted))
    return _RULESET_FD if ruleset >= 0 else -1


def _limit(limits: Limits, memory_base: int, *, threads: bool, gpu: bool) -> None:
    def fixed(which: int, value: int) -> None:
        _, hard = resource.getrlimit(which)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))

    # CUDA reserves address space by the hundred gigabytes.
    if not gpu:
        fixed(resource.RLIMIT_AS, memory_base + limits.memory_mb * _MB)
    fixed(resource.RLIMIT_FSIZE, limits.file_mb * _MB)
    fixed(resource.RLIMIT_NOFILE, limits.descriptors)
    # 1 byte and not 0: the kernel ignores 0 where core dumps are piped to a crash reporter.
    fixed(resource.RLIMIT_CORE, 1)
    fixed(resource.RLIMIT_MEMLOCK, 0)
    fixed(resource.RLIMIT_MSGQUEUE, 0)
    # SIGXCPU at the soft limit can be caught, SIGKILL at the hard limit cannot.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 5))
    if threads:
        fixed(resource.RLIMIT_NPROC, limits.threads)


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
