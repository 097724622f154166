"""Process namespaces for workers, each with an idle process 1, made by a small process.

A worker must not be process 1 of its namespace, and a fork of a server that has torch costs ten
milliseconds. So a process forked before the imports makes the namespaces, one ahead, and the
server forks the worker itself, once, into the next. Standard library only.
"""

from __future__ import annotations

import os
import signal
import socket
from typing import NoReturn

from . import kernel


def rock(requests: socket.socket, proc: int) -> NoReturn:
    """Answer each request with a pidfd of process 1 of a fresh namespace. Does not return."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # they are reaped by the kernel
    own = os.open("self/ns/pid", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        while True:
            first = _first_process(own)
            if not requests.recv(1):
                break
            socket.send_fds(requests, [b"!"], [first])
            os.close(first)
    finally:
        os._exit(0)


def _first_process(own_namespace: int) -> int:
    kernel.unshare(kernel.CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        try:
            kernel.close_from(0)
            kernel.drop_capabilities()
            while True:
                signal.pause()
        finally:
            os._exit(0)
    kernel.setns(own_namespace, kernel.CLONE_NEWPID)
    return os.pidfd_open(pid)


def next_namespace(requests: socket.socket) -> int:
    """Ask for one, from the server: a pidfd of its process 1."""
    requests.send(b"?")
    data, fds, _, _ = socket.recv_fds(requests, 1, 1)
    if not data or not fds:
        raise OSError("the process that makes namespaces has ended")
    return fds[0]
