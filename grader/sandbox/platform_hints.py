"""What kind of machine this is, to name the remedy that fits it and not a list of all.

It decides nothing: a tier is chosen by trying it.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Final

from kit.text import Text

_OTHER_SYSTEM: Final = Text(
    "评分需要 Linux（x86_64 或 aarch64）。在 macOS 上请用 Linux 虚拟机（如 Lima、UTM）或容器"
    "（Docker Desktop、colima），在 Windows 上请用 WSL 2。",
    "Grading needs Linux (x86_64 or aarch64). On macOS use a Linux virtual machine (Lima, UTM) or "
    "a container (Docker Desktop, colima), on Windows use WSL 2.",
)
_WSL: Final = Text(
    "这是 WSL：请确认是 WSL 2（wsl --list --verbose），并用 wsl --update 更新内核。",
    "This is WSL: make sure that it is WSL 2 (wsl --list --verbose) and update its kernel with "
    "wsl --update.",
)
_GRADESCOPE: Final = Text(
    '这是 Gradescope 的容器，每份作业一个。请在 grader.toml 中写 floor = "landlock"（若仍被拒绝，'
    '写 "seccomp"）和 contained_by = "Gradescope"，报告会写明两者。',
    "This is a container of Gradescope, one for each submission. In grader.toml, set "
    'floor = "landlock" (if that is refused too, "seccomp") and '
    'contained_by = "Gradescope": the report names both.',
)
_CONTAINER: Final = Text(
    "这是容器：请以 docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined 启动（Podman 的选项相同），或在宿主机上评分；若容器本身就是"
    "课程的隔离环境，用设置 contained_by 写明它的名称，并用 floor 接受较低的级别。",
    "This is a container: start it with docker run --cap-add SYS_ADMIN --security-opt "
    "seccomp=unconfined --security-opt apparmor=unconfined (Podman takes the same options), or "
    "grade on the host; if the container is the course's own confinement, name it in the setting "
    "contained_by and accept a weaker tier with floor.",
)
_APPARMOR: Final = Text(
    "这台机器（如 Ubuntu 24.04 起的默认设置）用 AppArmor 限制用户命名空间。请管理员执行 "
    "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0，"
    "或为评分所用的 Python 安装一个含 userns 规则的 AppArmor 配置（见 SECURITY.md）。",
    "AppArmor restricts user namespaces on this machine, as stock Ubuntu 24.04 and later does. An "
    "administrator runs sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or installs "
    "an AppArmor profile with the rule userns for the Python that grades (see SECURITY.md).",
)
_NONE_ALLOWED: Final = Text(
    "这里的用户命名空间上限是 0：请管理员执行 sudo sysctl -w user.max_user_namespaces=10000。",
    "The limit on user namespaces is 0 here: an administrator runs "
    "sudo sysctl -w user.max_user_namespaces=10000.",
)
_UNKNOWN: Final = Text(
    "内核或容器不允许用户命名空间：请检查 sysctl user.max_user_namespaces 和 "
    "kernel.unprivileged_userns_clone，或在另一台 Linux 机器上评分。",
    "The kernel or a container refuses user namespaces: check sysctl user.max_user_namespaces and "
    "kernel.unprivileged_userns_clone, or grade on another Linux machine.",
)


def remedy(root: Path = Path("/")) -> Text:
    """What to do on this machine where namespaces or mounts are refused."""
    if sys.platform != "linux":
        return _OTHER_SYSTEM
    if (root / "autograder" / "run_autograder").exists():
        return _GRADESCOPE
    if any((root / name).exists() for name in (".dockerenv", "run/.containerenv")):
        return _CONTAINER
    if "microsoft" in _release(root).lower():
        return _WSL
    if _number(root, "kernel/apparmor_restrict_unprivileged_userns") == 1 and os.getuid():
        return _APPARMOR
    if _number(root, "user/max_user_namespaces") == 0:
        return _NONE_ALLOWED
    return _UNKNOWN


def other_system() -> Text:
    """What to do where this is not Linux on a machine whose system calls are known."""
    return _OTHER_SYSTEM


def _release(root: Path) -> str:
    try:
        return (root / "proc/sys/kernel/osrelease").read_text("ascii")
    except OSError:
        return platform.release()


def _number(root: Path, name: str) -> int | None:
    try:
        return int((root / "proc/sys" / name).read_text("ascii"))
    except (OSError, ValueError):
        return None
