"""The processes of a fork server: a monitor that lives as long as the judge, and the server.

Both run in a fresh interpreter with a clean environment. In the tier "full" the monitor enters the
jail and a user namespace, and forks the server as process 1 of a PID namespace; in every tier it
kills the server when the judge has ended, so that no process survives. The server imports, warms
up, and forks a worker for each request. It holds no secret: every worker can read its memory.

Order of the start: capture the guest's source (the checkout is out of reach in the jail), set up
confinement (one thread and no imports yet, so every system call still works), fork the server, fork
the pool of PID namespaces (while a fork is cheap), import, warm up, report ``ready``.

Standard library only at import: nothing else can be imported until the jail has been entered.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import importlib
import os
import platform
import select
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from grader.protocol import environment

from . import (
    allowed_imports,
    canary,
    capture,
    confine,
    host_context,
    huge_pages,
    jail,
    kernel,
    pid_pool,
    warm,
)
from .control import Event, ServerConfig, ServerReady, encode
from .host_context import HostContext
from .setup_stages import StageFailed, stage
from .supervisor import Supervisor

MESSAGE_BYTES = 1 << 18


def main(control: socket.socket, liveness_fd: int) -> None:
    """Entry of the fresh interpreter. Does not return before the server has ended.

    Only the judge holds the other end of `liveness_fd`, so it becomes readable when the judge ends,
    however that happens.
    """
    sys.argv[:], sys.orig_argv[:] = [""], ["python"]  # what student code finds there
    try:
        config = ServerConfig.decode(control.recv(MESSAGE_BYTES))
        kernel.control_process(kernel.PR_SET_NO_NEW_PRIVS, 1)
        with stage("guest"):
            guest_module, _, guest_function = config.guest.partition(":")
            captured = capture.capture(guest_module, Path(config.checkout))
            capture.install(captured)
        host = host_context.prepare(config)
        if host.jailed:
            with stage("pid_namespace"):
                kernel.unshare(kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC)
        monitor = os.getpid()
        with stage("fork"):
            server = os.fork()
    except StageFailed as failure:
        _notify(control, failure.event())
        sys.exit(1)
    if server:
        control.close()
        _monitor(server, liveness_fd)
    os.close(liveness_fd)
    try:
        kernel.control_process(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        # The signal is sent only if the parent dies after the call, hence this check. In the jail
        # it is impossible: the parent is outside the PID namespace and its id reads as 0.
        if not host.jailed and os.getppid() != monitor:
            os._exit(0)
        serve(control, config, host, captured, guest_module, guest_function)
    except StageFailed as failure:
        _notify(control, failure.event())
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _notify(control: socket.socket, event: Event) -> None:
    with contextlib.suppress(OSError):
        control.send(encode(event))


def _monitor(server: int, liveness_fd: int) -> NoReturn:
    """Wait until the judge or the server ends, then kill the server."""
    server_fd = os.pidfd_open(server)
    poll = select.poll()
    poll.register(liveness_fd, select.POLLIN)
    poll.register(server_fd, select.POLLIN)
    poll.poll()
    with contextlib.suppress(ProcessLookupError):
        os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
    os._exit(0)


def serve(
    control: socket.socket,
    config: ServerConfig,
    host: HostContext,
    captured: capture.Captured,
    guest_module: str,
    guest_function: str,
) -> None:
    """Import, warm up, report ``ready``, fork on request until the judge hangs up."""
    os.setsid()
    host = dataclasses.replace(host, server=os.getpid())
    namespaces = _start_pid_pool(control, host) if host.jailed else None
    if host.jailed:
        os.chdir(environment.WORK)
    _limit_imports(config, host)
    with stage("imports"):
        numpy = torch = ""
        # A reader runs no student code: it imports what it needs, all of it before it forks.
        for_code = config.kind not in ("reader", "similarity")
        if for_code:
            warm.stdlib()
            numpy = warm.numpy()
        if config.kind == "torch":
            torch = warm.torch()
        # In the reduced tiers a worker may be unable to open the file of a module later.
        if for_code and not host.jailed:
            warm.everything(config.lab)
    with stage("guest"):
        module = importlib.import_module(guest_module)
        guest = getattr(module, guest_function)
        getattr(module, "warm", lambda: None)()
        captured.import_all()
    sys.meta_path.remove(captured)
    captured.release()
    guests = {"guest": guest, "canary": canary.main}
    _prepare_to_fork(host)
    _notify(control, ServerReady(platform.python_version(), numpy, torch, host.landlock))
    Supervisor(host, guests, namespaces, huge_pages.gather(host.proc)).serve(control)


def _limit_imports(config: ServerConfig, host: HostContext) -> None:
    """Make the same modules importable in every tier, whether or not a jail hides the rest."""
    homes = {str(Path(folder).parent) for folder in config.lab}
    theirs = [p for p in sys.path if p != config.checkout and p not in homes]
    if host.jailed:
        sys.path[:] = [*theirs, *config.folders, jail.LAB]
    else:
        sys.path[:] = theirs
        sys.meta_path.append(allowed_imports.AllowedImports([*config.entries, *config.lab]))
    sys.path_importer_cache.clear()


def _start_pid_pool(control: socket.socket, host: HostContext) -> socket.socket:
    """Fork the process that keeps the pool of PID namespaces, while a fork is still cheap."""
    ours, theirs = socket.socketpair()
    with stage("fork"):
        pid = os.fork()
    if pid == 0:
        try:
            control.close()
            ours.close()
            pid_pool.serve_pool(theirs, host.proc)
        finally:
            os._exit(1)
    theirs.close()
    return ours


def _prepare_to_fork(host: HostContext) -> None:
    """Make sure that there is one thread, and no garbage that a worker's collector would copy."""
    # A fork copies only the calling thread; locks that the others hold would stay locked.
    with stage("single_thread"):
        tasks = os.open("self/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=host.proc)
        try:
            threads = len(os.listdir(tasks))
        finally:
            os.close(tasks)
        if threads != 1:
            raise StageFailed("single_thread", 0, f"{threads} threads after the imports")
    confine.prepare(host)
    # A collection in a worker writes to the header of every object: 46 MB copied instead of 1.4.
    gc.collect()
    gc.disable()
    gc.freeze()
