"""What to tell a person when confinement, or the start of a server, failed, and the remedy."""

from __future__ import annotations

import errno
from typing import Any, Final

from kit.text import Text

from ..errors import ConfinementError, MachineError

_UNSAFE: Final = Text(
    "若这台机器本身就是一次性的隔离环境，可以加 --unsafe，不加隔离地运行（报告会注明）。",
    "If this machine is itself a throw-away sandbox, --unsafe runs without confinement (the "
    "report says so).",
)

_USER_NAMESPACE: Final = Text(
    "内核不允许建立用户命名空间。Ubuntu 24.04 起请由管理员执行 "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0；也请检查 "
    "sysctl user.max_user_namespaces（应大于 0）；在 Docker 中请改在宿主机上评分，"
    "或以 --security-opt seccomp=unconfined --cap-add SYS_ADMIN 启动容器。",
    "The kernel refuses user namespaces. On Ubuntu 24.04 and later an administrator runs "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0; check sysctl "
    "user.max_user_namespaces too (it must exceed 0); in Docker, grade on the host, or start the "
    "container with --security-opt seccomp=unconfined --cap-add SYS_ADMIN.",
)
_MOUNTS: Final = Text(
    "无法在自己的挂载命名空间里挂载文件系统。需要 Linux 5.12 以上的内核；容器和 AppArmor、"
    "SELinux 的规则可能禁止挂载，请在宿主机上评分。",
    "File systems cannot be mounted in a namespace of our own. This needs Linux 5.12 or newer; "
    "containers and AppArmor or SELinux rules may forbid it: grade on the host.",
)
_LANDLOCK: Final = Text(
    "内核没有启用 Landlock。需要 Linux 5.13 以上，并且内核参数 lsm= 中含有 landlock。",
    "The kernel has no Landlock, or it is switched off. It needs Linux 5.13 or newer and landlock "
    "in the kernel parameter lsm=.",
)
_SECCOMP: Final = Text(
    "内核拒绝 seccomp 过滤器。请换一台内核带 CONFIG_SECCOMP_FILTER 的机器。",
    "The kernel refuses a seccomp filter. Use a machine whose kernel has CONFIG_SECCOMP_FILTER.",
)
_MACHINE: Final = Text(
    "只支持 x86_64 和 aarch64 的 Linux。macOS 和 Windows 请在 Linux 容器或 WSL 中评分。",
    "Only Linux on x86_64 and aarch64 is supported. On macOS and Windows, grade in a Linux "
    "container or WSL.",
)
_CANARY: Final = Text(
    "隔离已经建立，但试探发现它不起作用，因此不能运行学生的代码。请把这条信息报告给维护者。",
    "The confinement was set up, but trying it showed that it does not hold, so student code "
    "must not run. Please report this to the maintainers.",
)
_OTHER: Final = Text(
    "请检查这台机器的内核与容器设置。", "Check the kernel and container settings of this machine."
)

_REMEDIES: Final = {
    "user_namespace": _USER_NAMESPACE,
    "user_map": _USER_NAMESPACE,
    "pid_namespace": _USER_NAMESPACE,
    "mount_namespace": _MOUNTS,
    "mounts": _MOUNTS,
    "root": _MOUNTS,
    "scratch": _MOUNTS,
    "landlock": _LANDLOCK,
    "seccomp": _SECCOMP,
    "machine": _MACHINE,
    "canary": _CANARY,
}

# Not for want of confinement: the same would happen without it.
_MACHINE_FAULTS: Final = {
    "imports": Text(
        "评分用的 Python 环境不完整，或隔离后的用户读不到它的文件。请运行 make 重新安装；"
        "若由 root 评分，请确认 .venv 中的文件对其他用户可读（chmod -R a+rX .venv）。",
        "The grader's Python environment is incomplete, or its files cannot be read by the "
        "confined user. Run make to install it again; when grading as root, make sure that "
        "others can read the files in .venv (chmod -R a+rX .venv).",
    ),
    "guest": Text(
        "评分器自身的工作进程代码无法载入。", "The grader's own worker code cannot be loaded."
    ),
    "single_thread": Text(
        "导入 NumPy 或 torch 之后出现了额外的线程，无法安全地派生进程。",
        "Importing NumPy or torch started a thread, so processes cannot be forked safely.",
    ),
    "fork": Text(
        "无法派生新进程：请检查可用内存和进程数上限（ulimit -u）。",
        "No process can be forked: check free memory and the limit on processes (ulimit -u).",
    ),
    "silent": Text(
        "派生服务器没有按时回答或自己结束了。机器可能太忙或内存不足，请重试。",
        "The fork server did not answer in time, or ended. The machine may be too busy or out of "
        "memory; try again.",
    ),
}


def error_for(failed: dict[str, Any]) -> MachineError:
    """The error for a `StepFailed` message: ConfinementError where confinement is at fault."""
    step = str(failed.get("step"))
    code = int(failed.get("errno") or 0)
    detail = str(failed.get("detail", "")).strip()
    name = f" [{errno.errorcode.get(code, code)}]" if code else ""
    if step in _MACHINE_FAULTS:
        remedy = _MACHINE_FAULTS[step]
        return MachineError(
            remedy + Text(f"（步骤 {step}{name}：{detail}）", f"(Step {step}{name}: {detail})")
        )
    remedy = _REMEDIES.get(step, _OTHER)
    return ConfinementError(
        Text(
            f"无法把学生的代码隔离起来：步骤 {step} 失败{name}：{detail}。",
            f"Student code cannot be confined: step {step} failed{name}: {detail}.",
        )
        + remedy
        + _UNSAFE
    )
