"""The limits of one worker by the settings, and the sentences for code that exceeds one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from grader.core.settings import Settings
from grader.protocol.codec import MAX_DEPTH, MAX_FRAME, MAX_HEADER
from grader.sandbox import Limits
from grader.worker import overruns
from kit.text import Text


def of_worker(settings: Settings) -> Limits:
    """What one worker may use."""
    return Limits(
        memory_mb=settings.memory_mb,
        scratch_mb=settings.scratch_mb,
        output_kb=settings.output_kb,
    )


def memory(settings: Settings) -> Text:
    """The code allocated more memory than the limit."""
    return Text(
        f"你的代码申请的内存超过了 {settings.memory_mb} MB 的限额；"
        "请检查是否有在循环里不断增长的数组",
        f"your code asked for more memory than the {settings.memory_mb} MB that it may have; look "
        "for an array that grows in a loop",
    )


def storage(settings: Settings) -> Text:
    """The code filled its scratch folder, or wrote one file that is too large."""
    most = of_worker(settings)
    # A folder that is smaller than the limit of one file is what stops the file.
    file_mb = min(most.file_mb, most.scratch_mb)
    return Text(
        f"你的代码写入的数据太多：一个文件最多 {file_mb} MB，合计最多 {most.scratch_mb} MB、"
        f"{most.scratch_inodes:,} 个文件；请检查是否在循环里写文件",
        f"your code wrote more than it may: at most {file_mb} MB in one file, "
        f"{most.scratch_mb} MB and {most.scratch_inodes:,} files in all; look for a loop that "
        "writes files",
    )


def descriptors(settings: Settings) -> Text:
    """The code holds too many files open."""
    most = of_worker(settings).descriptors
    return Text(
        f"你的代码同时打开的文件太多（最多 {most} 个）；请用 with 打开文件，用完即关闭",
        f"your code holds too many files open (at most {most}); open them in a with statement, "
        "which closes them",
    )


def threads(settings: Settings) -> Text:
    """The code started too many threads. The stack of each also counts as memory."""
    most = of_worker(settings)
    return Text(
        f"你的代码启动的线程太多（最多 {most.threads} 个，不单独计数的机器上以 "
        f"{most.memory_mb} MB 内存为限）；这里不需要线程",
        f"your code started too many threads (at most {most.threads}, or where they are not "
        f"counted what fits in {most.memory_mb} MB); none is needed here",
    )


def answer() -> Text:
    """What the code returned does not fit in a frame of the wire."""
    return Text(
        f"返回的数据太大：数组合计最多 {MAX_FRAME >> 20} MB，其余内容最多 {MAX_HEADER >> 20} MB，"
        f"嵌套最多 {MAX_DEPTH} 层；请只返回要求的结果",
        f"what was returned is too large: at most {MAX_FRAME >> 20} MB of arrays, "
        f"{MAX_HEADER >> 20} MB of all else and {MAX_DEPTH} levels of nesting; "
        "return only what is asked for",
    )


OVERRUNS: Final[Mapping[str, Callable[[Settings], Text]]] = {
    overruns.STORAGE: storage,
    overruns.DESCRIPTORS: descriptors,
    overruns.THREADS: threads,
}
"""The limits that a worker reports by name, because only it sees the exception."""


def processor(settings: Settings) -> Text:
    """The code used up the CPU time of its whole process."""
    seconds = of_worker(settings).cpu_s
    return Text(
        f"用完了 {seconds} 秒 CPU 时间，已中止；请检查是否有死循环",
        f"used up its {seconds} s of CPU time and was stopped; look for a loop that does not end",
    )


def loading(settings: Settings) -> Text:
    """Loading the code, its definitions alone, took too long."""
    seconds = settings.load_wall_s
    return Text(
        f"加载代码用时超过 {seconds:g} 秒；训练请放在 if __name__ == '__main__': 之下",
        f"loading the code took more than {seconds:g} s; put training below "
        "if __name__ == '__main__':",
    )


def calling(allowed_s: float, limit_s: float) -> Text:
    """One call took too long."""
    return Text(
        f"运行超过 {allowed_s:g} 秒，已中止（时限 {limit_s:g} 秒）；请检查是否有死循环",
        f"ran for more than {allowed_s:g} s and was stopped (limit {limit_s:g} s); look "
        "for a loop that does not end",
    )


def hanging(short_s: float) -> Text:
    """A call was found in a function that did not end before."""
    return Text(
        f"这项检查用到的函数在前面的检查里没有结束，所以只短暂试了 {short_s:.2g} 秒，"
        "仍未结束，已中止；请先改好这个函数",
        "this check calls a function that did not end in an earlier one, so it was given a "
        f"short try of {short_s:.2g} s and did not end either; fix that function first",
    )


def part(short_s: float) -> Text:
    """One run of a function took longer than it may once the time of the part is used up."""
    return Text(
        "这一部分的检查已用完总时间，此后每个函数一次只能运行 "
        f"{short_s:.2g} 秒，这里超过了；请找出用时过长的函数",
        "the checks of this part have used up their time, so one run of a function has "
        f"{short_s:.2g} s from now on, and this one took longer; find what takes too long",
    )
