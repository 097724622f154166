"""Run one probe on one submission and report how it ended.

Every runner uses this: a student's own Python, the confined worker, the reference.
"""

from __future__ import annotations

import dis
import errno
import importlib
import re
import traceback
from types import ModuleType
from typing import Any

from .lab import Lab
from .outcomes import Failed, NotAttempted, OutOfMemory, Skipped, Verdict
from .plain import to_plain
from .reasons import Line, Raised, Stub
from .text import Text


def probes_of(part: str) -> ModuleType:
    """The module with the probes of `part`."""
    return importlib.import_module(f"parts.{part}.probes")


def run_probe(
    part: str, lab: Lab, probe: str, arguments: dict[str, Any], own_files: frozenset[str]
) -> Any:
    """The probe's answer as plain data.

    `own_files` are the file names under which the student's code was compiled. They distinguish
    the student's frames in a traceback from ours.

    Raises:
        Verdict: the probe gave no answer. Its ``__context__`` is the exception that the student's
            code raised, from which a worker also reads which limit it met.
    """
    function = getattr(probes_of(part), probe)
    try:
        return to_plain(function(lab, **arguments))
    except Verdict:
        raise
    except MemoryError:
        raise out_of_memory() from None
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise without_torch() from None
        raise Failed(raised(error, own_files)) from None
    except NotImplementedError as error:
        if stub := blank(error, own_files):
            raise NotAttempted(stub) from None
        raise Failed(raised(error, own_files)) from None
    except BaseException as error:  # SystemExit and KeyboardInterrupt are the student's too
        if _is_allocation_failure(error):
            raise out_of_memory() from None
        raise Failed(raised(error, own_files)) from None


def without_torch() -> Skipped:
    """The verdict if torch is not installed: on a student's computer, never in grading."""
    return Skipped(
        Text(
            "这里没有安装 PyTorch，因此跳过；评分时会检查",
            "PyTorch is not installed here, so this is skipped; the grader does check it",
        )
    )


def out_of_memory() -> OutOfMemory:
    """The verdict if an allocation was refused."""
    return OutOfMemory(
        Text(
            "你的代码申请的内存超过了限额；请检查是否有在循环里不断增长的数组",
            "your code asked for more memory than it may have; look for an array that grows in "
            "a loop",
        )
    )


def raised(error: BaseException, own_files: frozenset[str]) -> Raised:
    """The facts of an exception of the student's code, with the line in their own file."""
    try:
        words = str(error)[:500]
    except BaseException:  # an exception class of the student's can do anything
        words = ""
    line = _line(error, own_files)
    return Raised(type(error).__name__, line, words, "" if line else _refused_call(error, words))


_SIGNATURE = re.compile(r"(?:\w+\.)*?((?:\w+\.)?\w+)\(\) (?:missing|takes|got) ")


def _refused_call(error: BaseException, words: str) -> str:
    """The function whose parameters do not fit the call, as Python names it; else empty."""
    found = _SIGNATURE.match(words) if isinstance(error, TypeError) else None
    return found[1].removesuffix(".__init__") if found else ""


def _line(error: BaseException, own_files: frozenset[str]) -> Line | None:
    """The last frame in the student's files."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in own_files]
    return Line.of(own[-1].filename, own[-1].lineno or 0) if own else None


def blank(error: NotImplementedError, own_files: frozenset[str]) -> Stub | None:
    """The blank that raised `error`; None if it is an error of code that was written.

    Torch raises this class too, for what it cannot compute. Code in C has no frame: the traceback
    ends on the student's line that called it. So that line must hold the ``raise`` itself.
    """
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or last.tb_frame.f_code.co_filename not in own_files:
        return None
    if dis.opname[last.tb_frame.f_code.co_code[last.tb_lasti]] != "RAISE_VARARGS":
        return None
    found = raised(error, own_files)
    # A blank's sentence is written ``name: 中文 | English``.
    words = found.words[:300]
    name, _, rest = words.partition(": ")
    zh, bar, en = rest.partition(" | ")
    if bar:
        return Stub(found.line, name, Text(zh, en))
    return Stub(found.line, "", Text(words, words))


def _is_allocation_failure(error: BaseException) -> bool:
    """Torch reports a refused allocation as a RuntimeError, mmap as an OSError."""
    try:
        if isinstance(error, OSError):
            return error.errno == errno.ENOMEM
        return isinstance(error, RuntimeError) and "allocate memory" in str(error)
    except BaseException:
        return False
