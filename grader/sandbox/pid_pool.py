"""A pool of PID namespaces, each with an idle init process, kept by a small helper process.

A worker must not be process 1 of its namespace, because the kernel shields process 1 from signals.
Forking a server that holds torch costs ten milliseconds, so a second fork only for an init process
would double the cost of a worker. The pool process is forked before the imports and is therefore
cheap to fork; it makes one namespace at a time, and the server forks each worker once, into the
next namespace. Standard library only.

Protocol: the server sends one byte, and the pool answers with one byte and, beside it
(SCM_RIGHTS), a pidfd of the init process of an unused namespace. The server asks one namespace
ahead: the answer waits in its socket when a worker is wanted.
"""

from __future__ import annotations

import os
import signal
import socket
from typing import NoReturn

from . import kernel


def serve_pool(requests: socket.socket, proc: int) -> NoReturn:
    """Answer requests until the server hangs up. Runs in the pool process; does not return."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the init processes
    own = os.open("self/ns/pid", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        while True:
            if not requests.recv(1):
                break
            init_pidfd = _new_namespace(own)
            socket.send_fds(requests, [b"!"], [init_pidfd])
            os.close(init_pidfd)
    finally:
        os._exit(0)


def _new_namespace(own_namespace: int) -> int:
    """A pidfd of the init process of a new namespace."""
    # CLONE_NEWPID moves only children of the caller: the next fork becomes process 1.
    kernel.unshare(kernel.CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        try:
            # Student code shares the namespace with this process: it must hold nothing.
            kernel.close_from(0)
            kernel.drop_capabilities()
            while True:
                signal.pause()
        finally:
            os._exit(0)
    # The kernel refuses the next unshare while children go to another namespace than ours.
    kernel.setns(own_namespace, kernel.CLONE_NEWPID)
    return os.pidfd_open(pid)


def ask_for_namespace(requests: socket.socket) -> None:
    """Ask the pool for one more namespace, which `take_namespace` will take. For the server."""
    requests.send(b"?")


def take_namespace(requests: socket.socket) -> int:
    """The namespace that was asked for, as a pidfd of its init process. For the server."""
    data, fds, _, _ = socket.recv_fds(requests, 1, 1)
    if not data or not fds:
        raise OSError("the process that keeps the pool of PID namespaces has ended")
    return fds[0]
