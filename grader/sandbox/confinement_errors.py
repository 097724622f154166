"""The error messages when confinement, or the start of a server, failed, and what to do then."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Final

from grader.core.errors import ConfinementError, MachineError
from grader.core.tiers import Tier
from kit.text import Text

from . import platform_hints
from .control import Failed

_UNSAFE: Final = Text(
    "若这台机器本身就是一次性的隔离环境，可以加 --unsafe，不加隔离地运行（报告会注明）。",
    "If this machine is itself a throw-away sandbox, --unsafe runs without confinement (the "
    "report says so).",
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
_CANARY: Final = Text(
    "隔离已经建立，但试探发现它不起作用，因此不能运行学生的代码。请把这条信息报告给维护者。",
    "The confinement was set up, but trying it showed that it does not hold, so student code "
    "must not run. Please report this to the maintainers.",
)
_OTHER: Final = Text(
    "请检查这台机器的内核与容器设置。", "Check the kernel and container settings of this machine."
)

# Stages whose remedy depends on the platform: a container, WSL, AppArmor.
_PLATFORM_STAGES: Final = frozenset(
    {"user_namespace", "user_map", "pid_namespace", "mount_namespace", "mounts", "root", "scratch",
     "host_name"}
)  # fmt: skip
_REMEDIES: Final = {"landlock": _LANDLOCK, "seccomp": _SECCOMP, "canary": _CANARY}

# Stages that would fail without confinement too, so no weaker tier is tried.
_MACHINE_FAULTS: Final = {
    "imports": Text(
        "评分用的 Python 环境不完整，或隔离后的用户无法读取它的文件。请运行 make 重新安装；"
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


def error_for(failed: Failed) -> MachineError:
    """The error for a failed stage: ConfinementError where confinement is at fault."""
    stage, code, detail = failed.stage, failed.errno, failed.detail.strip()
    name = f" [{errno.errorcode.get(code, code)}]" if code else ""
    if stage in _MACHINE_FAULTS:
        remedy = _MACHINE_FAULTS[stage]
        return MachineError(
            remedy + Text(f"（步骤 {stage}{name}：{detail}）", f"(Step {stage}{name}: {detail})")
        )
    reason = Text(f"步骤 {stage} 失败{name}：{detail}", f"step {stage} failed{name}: {detail}")
    return TierUnavailable(reason, _remedy(stage))


class TierUnavailable(ConfinementError):
    """One tier does not work on this machine."""

    def __init__(self, reason: Text, remedy: Text) -> None:
        super().__init__(
            Text(
                f"无法把学生的代码隔离起来：{reason.zh}。{remedy.zh}",
                f"Student code cannot be confined: {reason.en}. {remedy.en}",
            )
        )
        self.reason = reason
        self.remedy = remedy


def no_tier_error(unavailable: Mapping[Tier, TierUnavailable], floor: Tier) -> ConfinementError:
    """The error when no tier at or above the floor works: the reason for each, and what to do."""
    reasons_zh = "；".join(f"{tier}：{error.reason.zh}" for tier, error in unavailable.items())
    reasons_en = "; ".join(f"{tier}: {error.reason.en}" for tier, error in unavailable.items())
    text = Text(
        f"这台机器达不到课程要求的隔离级别（设置 floor = {floor}），没有评分。{reasons_zh}。",
        f"This machine cannot confine student code as the course demands (setting floor = "
        f"{floor}), so nothing was graded. {reasons_en}.",
    )
    for remedy in dict.fromkeys(error.remedy for error in unavailable.values()):
        text += remedy
    text += _LOWER.get(floor, Text("", ""))
    return ConfinementError(text + _UNSAFE)


def _remedy(stage: str) -> Text:
    if stage == "machine":
        return platform_hints.other_system()
    return platform_hints.remedy() if stage in _PLATFORM_STAGES else _REMEDIES.get(stage, _OTHER)


_LOWER: Final = {
    "full": Text(
        '或者接受较低的级别：floor = "landlock" 同样挡住 SECURITY.md 所列的攻击，'
        "但学生的代码没有可写的文件夹，个别检查可能无法进行（记为跳过，不扣分）。",
        'Or accept a weaker tier: floor = "landlock" stops the attacks listed in SECURITY.md too, '
        "but student code has no folder to write in, and a check may be impossible (it is skipped "
        "and costs nothing).",
    ),
    "landlock": Text(
        '或者接受更低的级别：floor = "seccomp" 不让学生的代码按路径打开任何文件，'
        "个别检查可能无法进行（记为跳过，不扣分）。",
        'Or accept a weaker tier: floor = "seccomp" lets student code open no file by its path at '
        "all; a check may be impossible (it is skipped and costs nothing).",
    ),
}
