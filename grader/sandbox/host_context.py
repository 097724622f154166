"""Set up the confinement of a fork server: what all its workers share, tried before any import.

Runs in the monitor process. Standard library only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.core.tiers import Tier

from . import jail, kernel, landlock, syscall_numbers
from .control import ServerConfig
from .setup_stages import StageFailed, stage

_UNUSED_IDS_FROM: Final = 2_000_000_000  # above the ids of people, services and containers


@dataclass(frozen=True)
class HostContext:
    """What the server knows of its own surroundings; every worker starts from it."""

    tier: Tier
    uid: int
    gid: int
    proc: int  # descriptor of a /proc that shows this process; the jail has none
    landlock: int = 0  # its ABI version; 0 where it is not used
    ruleset: int = -1  # descriptor of a Landlock ruleset that all workers share
    other_user: bool = False  # root without mounts: each worker becomes an unused user
    devices: tuple[str, ...] = ()  # of a GPU
    server: int = 0  # process id of the server

    @property
    def jailed(self) -> bool:
        """Whether the server runs in a root directory of its own, with namespaces."""
        return self.tier == "full"


def prepare(config: ServerConfig) -> HostContext:
    """Enter the jail if the tier has one; StageFailed if the tier does not work here."""
    tier = config.tier
    if tier == "none":
        uid, gid = os.getuid(), os.getgid()
        return HostContext(tier, uid, gid, _open_proc(), other_user=uid == 0)
    with stage("machine"):
        if kernel.MACHINE not in syscall_numbers.AUDIT_ARCH:
            raise StageFailed("machine", 0, kernel.MACHINE)
    if tier == "full":
        return _enter_jail(config)
    version, ruleset = 0, -1
    if tier == "landlock":
        plan = _plan(config)
        with stage("landlock"):
            version = kernel.landlock_version()
            ruleset = landlock.make_ruleset(version, jail.readable(plan))
    uid, gid = os.getuid(), os.getgid()
    return HostContext(tier, uid, gid, _open_proc(), version, ruleset, other_user=uid == 0)


FONTS: Final = ("/usr/share/fonts", "/usr/local/share/fonts")
"""Visible to readers alone, which draw reports that embed no fonts."""


def _plan(config: ServerConfig) -> jail.Plan:
    fonts = [path for path in FONTS if config.kind == "reader" and os.path.isdir(path)]
    entries = (*config.entries, *fonts)
    return jail.plan(entries, config.lab, config.checkout, config.devices, config.libraries)


def _open_proc() -> int:
    with stage("proc"):
        return os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _enter_jail(config: ServerConfig) -> HostContext:
    """Enter the jail: root mounts first and then becomes an unused user, others by a namespace.

    From the second user namespace on both cases are the same. The second one is needed because
    the owner of the first one has power over the mounts; the owner of the second has none.
    """
    with stage("landlock"):
        version = kernel.landlock_version()
    proc = _open_proc()
    plan = _plan(config)
    uid, gid = os.getuid(), os.getgid()
    unused = None if uid else unused_user()
    if unused is not None:
        uid = gid = unused
        with stage("mount_namespace"):
            kernel.unshare(kernel.CLONE_NEWNS)
        jail.enter(plan, uid, gid)
        with stage("user"):
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            # setresuid clears the flag, and then /proc/self/uid_map belongs to root.
            kernel.control_process(kernel.PR_SET_DUMPABLE, 1)
    else:
        _new_user_namespace(proc, uid, gid, also=kernel.CLONE_NEWNS)
        jail.enter(plan, uid, gid)
    _new_user_namespace(proc, uid, gid)
    return HostContext("full", uid, gid, proc, version, devices=config.devices)


def _new_user_namespace(proc: int, uid: int, gid: int, also: int = 0) -> None:
    with stage("user_namespace"):
        kernel.unshare(kernel.CLONE_NEWUSER | also)
    # Ubuntu 24.04 permits the unshare and refuses the map, hence two stages.
    with stage("user_map"):
        kernel.map_self(proc, uid, gid)


def unused_user() -> int | None:
    """A user id that only this process has, or None if none is free.

    Far above the ids of people and services. A container maps only some ids: there it is one near
    the top of the largest range.
    """
    top = min(_highest_id("uid_map"), _highest_id("gid_map"))
    wanted = _UNUSED_IDS_FROM + os.getpid()
    if top >= wanted:
        return wanted
    return top - 2_000 + os.getpid() % 1_000 if top > 10_000 else None


def _highest_id(name: str) -> int:
    """The end of the largest range of ids that this user namespace maps."""
    ranges = [line.split() for line in Path(f"/proc/self/{name}").read_text().splitlines()]
    return max((int(count), int(first) + int(count) - 1) for first, _, count in ranges)[1]
