"""The limits of one worker, out of the settings, and the sentences that name them."""

from __future__ import annotations

from grader.sandbox import Limits
from grader.settings import Settings
from kit.text import Text


def limits(settings: Settings) -> Limits:
    """What one worker may use."""
    return Limits(
        memory_mb=settings.memory_mb,
        scratch_mb=settings.scratch_mb,
        output_kb=settings.output_kb,
    )


def memory(settings: Settings) -> Text:
    """For code that asked for more memory than there is for it."""
    return Text(
        f"你的代码申请的内存超过了 {settings.memory_mb} MB 的限额；看看是否有数组在循环里越来越大",
        f"your code asked for more memory than the {settings.memory_mb} MB that it may have; look "
        "for an array that grows in a loop",
    )


def processor(settings: Settings) -> Text:
    """For code that used up the CPU time of its whole process."""
    seconds = limits(settings).cpu_s
    return Text(
        f"用完了 {seconds} 秒 CPU 时间，已中止",
        f"used up its {seconds} s of CPU time and was stopped",
    )
