"""The processes of a fork server: a keeper that lives as long as the judge, and the server.

Started with a fresh interpreter and a clean environment. In the tier "full" the keeper enters the
jail and a user namespace, and forks the server as process 1 of a process namespace; in every tier
it ends the server when the judge is gone, so that nothing below survives. The server imports, warms
up, and forks a worker for each request. It holds no secret: its memory is every worker's to read.

Standard library only at import: the rest does not exist until the jail has been entered.
"""

from __future__ import annotations

import contextlib
import dataclasses
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

from . import canary, capture, entries, host_context, jail, kernel, pid_pool, supervisor, warm
from .confine import Ground
from .setup_stages import StepFailed, step

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
        ground = host_context.prepare(config)
        if ground.jailed:
            with step("pid_namespace"):
                kernel.unshare(kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC)
        keeper = os.getpid()
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
        if not ground.jailed and os.getppid() != keeper:
            os._exit(0)  # it died before we asked
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
    ground = dataclasses.replace(ground, server=os.getpid())
    namespaces = _start_cradle(control, ground) if ground.jailed else None
    if ground.jailed:
        os.chdir(jail.WORK)
    _see(config, ground)
    with step("imports"):
        warm.stdlib()
        versions = {"numpy": warm.numpy(), "torch": ""}
        if config["kind"] == "torch":
            versions["torch"] = warm.torch()
        if not ground.jailed:  # what is not imported now may be out of reach later
            warm.everything(config["lab"])
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
    supervisor.Charges(ground, guests, namespaces).serve(control)


def _see(config: dict[str, Any], ground: Ground) -> None:
    """Let what the jail shows be imported: the same where there is no jail to hide the rest."""
    homes = {str(Path(folder).parent) for folder in config["lab"]}
    theirs = [p for p in sys.path if p != config["checkout"] and p not in homes]
    if ground.jailed:
        sys.path[:] = [*theirs, *config["folders"], jail.LAB]
    else:
        sys.path[:] = theirs
        sys.meta_path.append(entries.Entries([*config["entries"], *config["lab"]]))
    sys.path_importer_cache.clear()


def _start_cradle(control: socket.socket, ground: Ground) -> socket.socket:
    """Fork the maker of process namespaces, while we are still small."""
    ours, theirs = socket.socketpair()
    with step("fork"):
        pid = os.fork()
    if pid == 0:
        try:
            control.close()
            ours.close()
            pid_pool.rock(theirs, ground.proc)
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
