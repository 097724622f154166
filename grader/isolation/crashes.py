"""What became of a worker that ended, or that sent no valid message."""

from __future__ import annotations

import signal
from typing import Final

from grader.core.settings import Settings
from grader.isolation import limits
from grader.isolation.session import WorkerSession
from grader.protocol import wire
from kit.outcomes import Crashed, OverLimit, TimedOut, Verdict
from kit.reasons import Detailed
from kit.text import Text

END_S: Final = 2.0
"""Seconds for the end of a process that has closed its channel."""


class Stopped(Crashed):
    """The code ended at a place that was put into it.

    No code that was handed in has such a place, so in a grading this is a disturbed channel.
    `shape` is what the code says of a variable there.
    """

    def __init__(self, shape: tuple[int, ...] | None) -> None:
        super().__init__(MALFORMED)
        self.shape = shape


def crashed(session: WorkerSession, error: wire.WireError, settings: Settings) -> Verdict:
    """The verdict where the channel broke; the caller closes the session afterwards."""
    # After a malformed frame the start of the next one is unknown: the worker is of no use.
    # MALFORMED says nothing of the bytes, because the student's code may have chosen them.
    if not isinstance(error, wire.Closed):
        return Crashed(MALFORMED)
    try:
        # The channel closes a moment before the kernel reports how the process ended.
        ended = session.wait_end(END_S)
    except wire.DeadlineExpired:  # the code closed the channel and goes on without it
        return Crashed(MALFORMED)
    if ended.signal == signal.SIGXCPU:
        return TimedOut(limits.processor(settings))
    if ended.signal == signal.SIGXFSZ:  # Python ignores this signal; the code undid that
        return OverLimit(limits.storage(settings))
    if ended.signal is not None:
        name = _signal_name(ended.signal)
        text = Text(
            f"你的代码使 Python 进程崩溃（信号 {name}）；请检查递归深度和数组下标",
            f"your code crashed the Python process (signal {name}); look at the depth "
            "of recursion "
            "and at indices of arrays",
        )
    else:
        text = Text(
            f"你的代码结束了 Python 进程（退出码 {ended.code}）；请不要调用 exit、quit 或 os._exit",
            f"your code ended the Python process (exit status {ended.code}); do not call "
            "exit, quit or os._exit",
        )
    # The code chooses the status and the signal, so a hidden check shows neither.
    return Crashed(Detailed(_ENDED, text))


_ENDED = Text(
    "你的代码使 Python 进程崩溃或退出；请检查递归深度和数组下标，不要调用 exit、quit 或 os._exit",
    "your code crashed or ended the Python process; look at the depth of recursion and at indices "
    "of arrays, and do not call exit, quit or os._exit",
)

MALFORMED = Text(
    "你的代码干扰了它与评分器之间的通道，答复无法读取；请不要关闭或改写不是自己打开的文件",
    "your code disturbed the channel to the grader, so its answer cannot be read; do not close or "
    "write to files that it did not open",
)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
