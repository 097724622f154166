"""A cluster of machines of their own: network namespaces that meet at a bridge, to be cut off.

The bridge is in the scheduler's namespace, so no interface of this machine takes part, and with
the namespaces everything is gone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from loopback import Loopback

PLACES = ("scheduler", "head", "worker0", "worker1", "worker2")
_PORT = "to-{}"


def why_not() -> str:
    """Why there can be no namespaces here; nothing where there can."""
    if missing := [name for name in ("ip", "nsenter", "openssl") if not shutil.which(name)]:
        return f"needs {', '.join(missing)}"
    probe = f"grader-{os.getpid()}-probe"
    made = _tried("netns", "add", probe)
    linked = made or _tried("-n", probe, "link", "add", "bridge0", "type", "bridge")
    _tried("netns", "del", probe)
    return f"no network namespaces here: {linked}" if linked else ""


class Namespaces(Loopback):
    """A scheduler, a head and up to three workers, each in a namespace."""

    def __init__(self, folder: Path, secret: Path, **environ: str) -> None:
        try:
            for number, place in enumerate(PLACES):
                self._make(number, place)
            super().__init__(folder, secret, **environ)
        except BaseException:
            self._remove()
            raise

    def host(self, place: str) -> str:
        return f"10.213.7.{PLACES.index(place) + 1}"

    def enter(self, place: str) -> tuple[str, ...]:
        return ("nsenter", f"--net=/var/run/netns/{_name(place)}", "--")

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._remove()

    def cut(self, place: str, connected: bool = False) -> None:
        """Pull the cable of a place; `connected` plugs it in again."""
        state = "up" if connected else "down"
        _ip("-n", _name("scheduler"), "link", "set", _PORT.format(place), state)

    def _make(self, number: int, place: str) -> None:
        hub, here = _name("scheduler"), _name(place)
        _ip("netns", "add", here)
        _ip("-n", here, "link", "set", "lo", "up")
        if number == 0:
            device = "bridge0"
            _ip("-n", hub, "link", "add", device, "type", "bridge")
        else:
            device, port = "cable", _PORT.format(place)
            _ip(
                *("-n", hub, "link", "add", port, "type", "veth"),
                *("peer", "name", device, "netns", here),
            )
            _ip("-n", hub, "link", "set", port, "master", "bridge0", "up")
        _ip("-n", here, "address", "add", f"{self.host(place)}/24", "dev", device)
        _ip("-n", here, "link", "set", device, "up")

    def _remove(self) -> None:
        for place in PLACES:
            _tried("netns", "del", _name(place))


def _name(place: str) -> str:
    return f"grader-{os.getpid()}-{place}"


def _ip(*arguments: str) -> None:
    if said := _tried(*arguments):
        raise OSError(f"ip {' '.join(arguments)}: {said}")


def _tried(*arguments: str) -> str:
    """What `ip` says against it; nothing if it was done."""
    run = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else run.stderr.strip() or f"exit code {run.returncode}"
