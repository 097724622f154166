"""The root directory that a fork server and its workers see: a tmpfs with read-only bind mounts.

Paths are the same as outside, so that a virtual environment works wherever it is; what is not bound
does not exist. Standard library only.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from grader.protocol.environment import SCRATCH, SHARED_MEMORY, TEMP, WORK

from . import kernel
from .setup_stages import StageFailed, stage

LAB: Final = "/lab"
"""Holds the engine of the checks and the parts' public side; nothing else of the checkout."""

DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
WRITABLE_DEVICES: Final = ("/dev/null", "/dev/zero")

_SYSTEM: Final = ("/etc/ld.so.cache", "/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8")
_LINKS: Final = ("/lib", "/lib64", "/lib32")
"""What leads into /usr, by which the dynamic loader looks for libraries."""

_UNUSED: Final = ("test", "idlelib", "ensurepip", "turtledemo", "lib2to3/tests", "config-*")
"""Folders of the standard library that no code imports."""

# The new root is assembled on one of these folders: none of them holds anything that is bound.
_ASSEMBLY_POINTS: Final = ("/sys", "/mnt", "/media", "/proc")
_READ_ONLY: Final = kernel.MOUNT_ATTR_RDONLY | kernel.MOUNT_ATTR_NOSUID | kernel.MOUNT_ATTR_NODEV


@dataclass(frozen=True)
class Plan:
    """What the jail shows: `binds` at their own paths, `covered` folders as empty, `lab` in LAB.

    `libraries` are single files, by the path at which each is shown. `unused` folders are empty
    too, but only because nothing needs what is in them.
    """

    binds: tuple[str, ...]
    covered: tuple[str, ...]
    lab: tuple[str, ...]
    links: dict[str, str] = field(default_factory=dict)
    devices: tuple[str, ...] = ()
    libraries: dict[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


def plan(
    packages: tuple[str, ...],
    lab: tuple[str, ...],
    checkout: str,
    devices: tuple[str, ...] = (),
    libraries: tuple[tuple[str, str], ...] = (),
) -> Plan:
    """The jail for this interpreter, these entries of site-packages, this lab, these devices.

    Of the system it shows the shared `libraries` alone.
    """
    standard = [entry for entry in sys.path if os.path.exists(entry) and entry != checkout
                and not entry.startswith(f"{checkout}/")]  # fmt: skip
    links = {path: os.readlink(path) for path in _LINKS if os.path.islink(path)}
    binds: list[str] = []
    for path in dict.fromkeys([*_SYSTEM, *sorted(standard)]):  # sorted: a folder before its own
        if os.path.exists(path) and not _inside(path, binds):
            binds.append(path)
    covered = [str(site) for bind in binds for site in _site_folders(Path(bind))]
    if _inside(checkout, binds) and checkout not in covered:  # it may be a site-packages itself
        covered.append(checkout)
    unused = [str(p) for bind in binds for name in _UNUSED for p in Path(bind).glob(name)]
    unused += [f"{entry}/include" for entry in packages if os.path.isdir(f"{entry}/include")]
    shown = {at: file for at, file in libraries if not _inside(at, [*binds, *packages])}
    return Plan((*binds, *packages), tuple(covered), lab, links, devices, shown, tuple(unused))


def readable(plan: Plan) -> tuple[str, ...]:
    """The paths that Landlock must permit so that a worker without mounts can read the same.

    Landlock has no rule that denies. So a folder that contains something covered is not permitted
    itself; its other entries are, one by one.
    """
    covered = (*plan.covered, *plan.unused)
    found: list[str] = list(plan.libraries.values())
    waiting = [path for path in plan.binds if path not in plan.covered]
    while waiting:
        path = waiting.pop()
        if path in covered:
            continue
        if os.path.isdir(path) and any(_inside(c, [path]) for c in covered):
            waiting += [entry.path for entry in os.scandir(path) if not entry.is_symlink()]
        elif os.path.exists(path):
            found.append(path)
    return (*found, *plan.lab, *DEVICES)


def _inside(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _site_folders(bind: Path) -> list[Path]:
    """Folders of third-party packages below a bind; no deeper than Python puts them."""
    found = []
    for pattern in ("", "python*/", "*/python*/"):
        for name in ("site-packages", "dist-packages"):
            found += [p for p in bind.glob(pattern + name) if p.is_dir() and not p.is_symlink()]
    return found


def enter(plan: Plan, uid: int, gid: int) -> None:
    """Build the root in this mount namespace, which must be private, and make it the root."""
    with stage("mounts"):
        # Else the mounts below would propagate to the host.
        kernel.mount(None, "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
        root = next((w for w in _ASSEMBLY_POINTS if os.path.isdir(w)), None)
        if root is None:
            raise StageFailed("mounts", 0, f"none of {', '.join(_ASSEMBLY_POINTS)} is a folder")
        flags = kernel.MS_NOSUID | kernel.MS_NODEV
        kernel.mount("tmpfs", root, "tmpfs", flags, "size=4m,nr_inodes=8k,mode=0755")
        _fill(plan, root)
        for folder in (LAB, SCRATCH, "/proc", "/dev/shm"):
            kernel.make_mount_point(root + folder, directory=True)
        for folder in plan.lab:
            _bind(folder, f"{root}{LAB}/{os.path.basename(folder)}")
        for device in (*DEVICES, *plan.devices):
            kernel.make_mount_point(root + device, directory=False)
            kernel.mount(device, root + device, flags=kernel.MS_BIND)
        # If Python is installed below /tmp, /tmp stays read-only; TMPDIR points elsewhere anyway.
        if not _inside("/tmp", [*plan.binds]) and not os.path.exists(f"{root}/tmp"):
            os.symlink(TEMP.lstrip("/"), f"{root}/tmp")
    with stage("root"):
        kernel.change_root(root)
        kernel.restrict_mount("/", _READ_ONLY, recursive=False)
        mount_scratch(16, 4096)
        for folder in (SCRATCH, WORK, TEMP):
            os.chown(folder, uid, gid)


def _fill(plan: Plan, root: str) -> None:
    for path, target in plan.links.items():
        os.symlink(target, root + path)
    outer: list[str] = []
    packages: list[str] = []
    for path in plan.binds:
        (packages if _inside(path, list(plan.covered)) else outer).append(path)
    # Covers go over the binds that contain them, and packages over the covers.
    for path in outer:
        _bind(path, root + path)
    for path in plan.covered:
        kernel.mount("tmpfs", root + path, "tmpfs", 0, "size=1m,nr_inodes=4k,mode=0755")
    for path in packages:
        _bind(path, root + path)
    for path in plan.unused:
        kernel.mount("tmpfs", root + path, "tmpfs", 0, "size=4k,nr_inodes=2,mode=0755")
    # Only now: the mount points of the packages had to be made in the covers.
    for path in (*plan.covered, *plan.unused):
        kernel.restrict_mount(root + path, _READ_ONLY, recursive=False)
    for path, file in plan.libraries.items():
        _bind(file, root + path)


def _bind(source: str, target: str) -> None:
    kernel.make_mount_point(target, directory=os.path.isdir(source))
    kernel.mount(source, target, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.restrict_mount(target, _READ_ONLY, recursive=True)


def mount_scratch(size_mb: int, inodes: int) -> None:
    """Mount an empty, bounded scratch folder over what this mount namespace had there."""
    flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    options = f"size={size_mb}m,nr_inodes={inodes},mode=0700"
    kernel.mount("tmpfs", SCRATCH, "tmpfs", flags, options)
    for folder in (WORK, TEMP):
        os.mkdir(folder, 0o700)


def mount_shared_memory(size_mb: int) -> None:
    """Mount a small /dev/shm for this worker alone."""
    flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("tmpfs", SHARED_MEMORY, "tmpfs", flags, f"size={size_mb}m,nr_inodes=1k,mode=0700")
