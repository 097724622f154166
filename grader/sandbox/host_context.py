"""Where a server and its workers stand, for each tier: tried in the keeper, before any import.

Standard library only.
"""

from __future__ import annotations

import os
from typing import Any

from . import jail, kernel, landlock, syscall_numbers
from .confine import Ground, unused_user
from .setup_stages import StepFailed, step


def prepare(config: dict[str, Any]) -> Ground:
    """Enter the jail if the tier has one; StepFailed if the tier is not to be had."""
    tier = config["tier"]
    if tier == "none":
        return Ground(tier, os.getuid(), os.getgid(), _open_proc(), other_user=os.getuid() == 0)
    with step("machine"):
        if kernel.MACHINE not in syscall_numbers.AUDIT_ARCH:
            raise StepFailed("machine", 0, kernel.MACHINE)
    if tier == "full":
        return _enter(config)
    version, ruleset = 0, -1
    if tier == "landlock":
        plan = jail.plan(tuple(config["entries"]), tuple(config["lab"]), config["checkout"])
        with step("landlock"):
            version = kernel.landlock_version()
            ruleset = landlock.ruleset(version, jail.readable(plan))
    uid, gid = os.getuid(), os.getgid()
    return Ground(tier, uid, gid, _open_proc(), version, ruleset, other_user=uid == 0)


def _open_proc() -> int:
    with step("proc"):
        return os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _enter(config: dict[str, Any]) -> Ground:
    """Enter the jail; as root with real mounts and then an unused user, else by a namespace.

    From the second user namespace on both are the same: its owner has no power over the mounts.
    """
    devices = tuple(config["devices"])
    with step("landlock"):
        version = kernel.landlock_version()
    proc = _open_proc()
    plan = jail.plan(tuple(config["entries"]), tuple(config["lab"]), config["checkout"], devices)
    uid, gid = os.getuid(), os.getgid()
    unused = None if uid else unused_user()
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
    return Ground("full", uid, gid, proc, version, devices=devices)


def _new_user_namespace(proc: int, uid: int, gid: int, also: int = 0) -> None:
    with step("user_namespace"):
        kernel.unshare(kernel.CLONE_NEWUSER | also)
    with step("user_map"):
        kernel.map_self(proc, uid, gid)
