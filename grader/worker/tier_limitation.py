"""Distinguish what a reduced tier of confinement cannot run from mistakes in the code.

Such a check is skipped, which costs nothing and leaves the mark open: a correct submission must
not lose a point because of the machine that it was graded on.
"""

from __future__ import annotations

import errno
import io
import re
import sys
from typing import Final

from kit.outcomes import Skipped
from kit.text import Text

TEXT: Final = Text(
    "这里的隔离级别不允许这段代码所用的文件操作或导入，因此没有评这一项；"
    "请在级别 full 的机器上重新评分",
    "the confinement on this machine does not permit a file operation or an import that this code "
    "uses, so the check was not marked; grade again on a machine with the tier full",
)

NOT_FINAL: Final = Text(
    "这份报告不是最终结果：有的检查在这台机器的隔离级别下无法进行，记为跳过，既不得分也不扣分",
    "this report is not final: the confinement on this machine makes some checks impossible; they "
    "are skipped, their points neither earned nor lost",
)

# Libraries written in C++ name no errno.
_WORDS: Final = re.compile(
    r"Operation not permitted|Permission denied|unable to open|[Ff]ailed to open|cannot open file"
    r"|open file failed|could not get source|file in archive is not in a subdirectory",
)
_LIBRARIES: Final = ("numpy", "torch")


class TierLimitation(Skipped):
    """The call failed because of the tier, not because of the code."""

    def __init__(self) -> None:
        super().__init__(TEXT)


def is_tier_limitation(error: BaseException | None) -> bool:
    """Whether a reduced tier caused `error`, or an error that led to it."""
    for _ in range(20):  # a student's chain may be a ring
        if error is None:
            return False
        try:
            if _is_tier_limitation(error):
                return True
        except BaseException:  # an exception class of the student's can do anything
            return False
        error = error.__cause__ or error.__context__
    return False


def _is_tier_limitation(error: BaseException) -> bool:
    # A file in memory has no descriptor; see `files`.
    if isinstance(error, io.UnsupportedOperation):
        return "fileno" in str(error)
    # Imported after the start, when the file of the module cannot be opened any more.
    if isinstance(error, ModuleNotFoundError):
        top, dot, _ = (error.name or "").partition(".")
        return top in sys.stdlib_module_names or (bool(dot) and top in _LIBRARIES)
    if isinstance(error, OSError) and error.errno is not None:
        # Errors of processes, sockets and signals name no file; every tier refuses those.
        return error.errno in (errno.EPERM, errno.EACCES) and error.filename is not None
    if isinstance(error, (OSError, RuntimeError, ImportError)) or type(error).__module__ in (
        "sqlite3",
    ):
        return _WORDS.search(str(error)[:2000]) is not None
    return False
