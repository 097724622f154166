"""Run a Python program as an ordinary user although Python may lie in a folder of root's.

For tests that run as root: in a mount namespace of its own, the folders above the interpreter
are replaced by readable ones that hold nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys

from grader import ROOT
from grader.sandbox import kernel

_UID = 54321
_STAGE = "/mnt"


def run_as_user(program: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """`program` in a fresh interpreter; as root under an ordinary user's id, else as we are."""
    become = [] if os.getuid() else [sys.executable, __file__]
    return subprocess.run(
        [*become, sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT}/starter/tests"},
    )


def _show(path: str) -> None:
    """Make a folder below one that others cannot enter reachable, at its own path."""
    top = "/" + path.split("/")[1]
    if os.stat(top).st_mode & 0o005 == 0o005:
        return
    kernel.mount("tmpfs", _STAGE, "tmpfs")
    os.mkdir(f"{_STAGE}/kept")
    kernel.mount(path, f"{_STAGE}/kept", flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.mount("tmpfs", top, "tmpfs", 0, "mode=0755")
    os.makedirs(path, exist_ok=True)
    kernel.mount(f"{_STAGE}/kept", path, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.unmount(_STAGE)


def become_user() -> None:
    """Become an ordinary user for whom Python is where it was."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount(None, "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    _show(sys.base_prefix)
    os.setgroups([])
    os.setresgid(_UID, _UID, _UID)
    os.setresuid(_UID, _UID, _UID)


if __name__ == "__main__":
    become_user()
    os.execv(sys.argv[1], sys.argv[1:])
