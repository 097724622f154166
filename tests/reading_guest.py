"""Guests in the place of the reader that give no answer, each in its own way."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import time

from grader.protocol import wire


def spin(channel: socket.socket) -> None:
    """Use processor time without an end."""
    while True:
        pass


def crash(channel: socket.socket) -> None:
    """End by a fault of memory."""
    ctypes.string_at(0)


def abort(channel: socket.socket) -> None:
    """End as a library does that finds itself damaged."""
    os.abort()


def killed(channel: socket.socket) -> None:
    """End as the system ends a process when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def silent(channel: socket.socket) -> None:
    """Wait, as on a machine that has no time."""
    time.sleep(3600)


def hangs_up(channel: socket.socket) -> None:
    """Close the channel and go on."""
    channel.shutdown(socket.SHUT_RDWR)
    time.sleep(3600)


def fault(channel: socket.socket) -> None:
    """End by an exception."""
    raise ZeroDivisionError("a fault of the reader")


def lie(channel: socket.socket) -> None:
    """Answer with something else."""
    wire.receive(channel, None)
    wire.send(channel, {"message": "HandInRead", "sha256": 3}, None)
    wire.receive(channel, None)
