"""The processes of a fork server: a keeper that lives as long as the judge, and the server.

Started with a fresh interpreter and a clean environment. The keeper enters the jail and a user
namespace, forks the server as process 1 of a process namespace, and ends it when the judge is
gone, so that nothing below survives. The server imports, warms up, and forks a worker for each
request. It holds no secret: its memory is every worker's to read.

Standard library only at import: the rest does not exist until the jail has been entered.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import platform
import select
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from . import canary, capture, charges, cradle, jail, kernel, seccomp, warm
from .confine import Ground
from .steps import StepFailed, step

MESSAGE_BYTES = 1 << 18


def main(control_fd: int, life_fd: int) -> None:
    """Entry of the fresh interpreter. Does not return before the server has ended."""
    control = socket.socket(fileno=control_fd)
    try:
        config = json.loads(control.recv(MESSAGE_BYTES))
        kernel.control_process(kernel.PR_SET_NO_NEW_PRIVS, 1)
        with step("guest"):
            guest_module, _, guest_function = config["guest"].partition(":")
            captured = capture.capture(guest_module, Path(config["checkout"]))
            capture.install(captured)
        ground = _enter(config) if config["confined"] else _stay()
        if config["confined"]:
            with step("pid_namespace"):
                kernel.unshare(kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC)
        with step("fork"):
            server = os.fork()
    except StepFailed as failure:
        _tell(control, failure.to_message())
        sys.exit(1)
    if server:
        control.close()
        _keep(server, life_fd)
    os.close(life_fd)
    try:
        kernel.control_process(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        serve(control, config, ground, captured, guest_module, guest_function)
    except StepFailed as failure:
        _tell(control, failure.to_message())
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _tell(control: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        control.send(json.dumps(message).encode())


def _keep(server: int, life_fd: int) -> NoReturn:
    """End the server when the judge, who alone holds the other end of `life_fd`, is gone."""
    server_fd = os.pidfd_open(server)
    poll = select.poll()
    poll.register(life_fd, select.POLLIN)
    poll.register(server_fd, select.POLLIN)
    poll.poll()
    with contextlib.suppress(ProcessLookupError):
        os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
    os._exit(0)


def _enter(config: dict[str, Any]) -> Ground:
    """Enter the jail; as root with real mounts and then an unused user, else by a namespace.

    From the second user namespace on both are the same: its owner has no power over the mounts.
    """
    with step("machine"):
        if kernel.MACHINE not in ("x86_64", "aarch64"):
            raise StepFailed("machine", 0, kernel.MACHINE)
        devices = tuple(config["devices"])
        program = seccomp.program(kernel.MACHINE, any_ioctl=bool(devices))
    with step("landlock"):
        version = kernel.landlock_version()
    with step("proc"):
        proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    plan = jail.plan(tuple(config["entries"]), config["kit"], config["checkout"], devices)
    uid, gid = os.getuid(), os.getgid()
    unused = None if uid else _unused_user()
    if unused is not None:
        uid = gid = unused
        with step("mount_namespace"):
            kernel.unshare(kernel.CLONE_NEWNS)
        jail.enter(plan, uid, gid)
        with step("user"):
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            kernel.control_process(kernel.PR_SET_DUMPABLE, 1)  # else uid_map is not ours to write
    else:
        _new_user_namespace(proc, uid, gid, also=kernel.CLONE_NEWNS)
        jail.enter(plan, uid, gid)
    _new_user_namespace(proc, uid, gid)
    return Ground(True, uid, gid, proc, program, version, None, devices)


def _new_user_namespace(proc: int, uid: int, gid: int, also: int = 0) -> None:
    with step("user_namespace"):
        kernel.unshare(kernel.CLONE_NEWUSER | also)
    with step("user_map"):
        kernel.map_self(proc, uid, gid)


def _stay() -> Ground:
    """No jail: only limits, and as root another user for the workers."""
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    drop_to = None if os.getuid() else _unused_user()
    return Ground(False, os.getuid(), os.getgid(), proc, b"", 0, drop_to)


def _unused_user() -> int | None:
    """An id far above those of people and services, and of this server alone; None without one.

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


def serve(
    control: socket.socket,
    config: dict[str, Any],
    ground: Ground,
    captured: capture.Captured,
    guest_module: str,
    guest_function: str,
) -> None:
    """Import, warm up, say that we are ready, then fork on request until the judge hangs up."""
    os.setsid()
    namespaces = _start_cradle(control, ground) if ground.confined else None
    if ground.confined:
        os.chdir(jail.WORK)
    kit_home = str(Path(config["kit"]).parent)
    theirs = [p for p in sys.path if p not in (config["checkout"], kit_home)]
    sys.path[:] = [*theirs, *config["folders"], jail.LAB if ground.confined else kit_home]
    sys.path_importer_cache.clear()
    with step("imports"):
        warm.stdlib()
        versions = {"numpy": warm.numpy(), "torch": ""}
        if config["kind"] == "torch":
            versions["torch"] = warm.torch()
    with step("guest"):
        module = importlib.import_module(guest_module)
        guest = getattr(module, guest_function)
        getattr(module, "warm", lambda: None)()
        captured.import_all()
    sys.meta_path.remove(captured)
    captured.release()
    guests = {"guest": guest, "canary": canary.main}
    _settle(ground)
    ready = {"event": "ready", "python": platform.python_version(), "landlock": ground.landlock}
    _tell(control, ready | versions)
    charges.Charges(ground, guests, namespaces).serve(control)


def _start_cradle(control: socket.socket, ground: Ground) -> socket.socket:
    """Fork the maker of process namespaces, while we are still small."""
    ours, theirs = socket.socketpair()
    with step("fork"):
        pid = os.fork()
    if pid == 0:
        try:
            control.close()
            ours.close()
            cradle.rock(theirs, ground.proc)
        finally:
            os._exit(1)
    theirs.close()
    return ours


def _settle(ground: Ground) -> None:
    """One thread, and no garbage that a worker's collector would copy."""
    with step("single_thread"):
        tasks = os.open("self/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=ground.proc)
        try:
            threads = len(os.listdir(tasks))
        finally:
            os.close(tasks)
        if threads != 1:
            raise StepFailed("single_thread", 0, f"{threads} threads after the imports")
    gc.collect()
    gc.disable()
    gc.freeze()
