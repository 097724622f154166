"""Run one probe on one submission and report how it ended.

Every runner uses this: a student's own Python, the confined worker, the reference.
"""

from __future__ import annotations

import errno
import importlib
import re
import traceback
from opcode import opmap
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
        line = _line(error, own_files, innermost=True)
        if line is not None and _is_from_a_raise(error):
            raise NotAttempted(_stub(error, line)) from None
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


def _line(error: BaseException, own_files: frozenset[str], innermost: bool = False) -> Line | None:
    """The last frame in the student's files; `innermost`: only if it is the last of all."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename in own_files]
    if not own or (innermost and frames[-1] is not own[-1]):
        return None
    return Line.of(own[-1].filename, own[-1].lineno or 0)


_RAISES = frozenset(opmap[name] for name in ("RAISE_VARARGS", "RERAISE") if name in opmap)


def _is_from_a_raise(error: BaseException) -> bool:
    """Whether a ``raise`` made the exception, and not a call on its line into compiled code.

    Torch raises NotImplementedError for an operation that a dtype does not have.
    """
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_code.co_code[last.tb_lasti] in _RAISES


def _stub(error: BaseException, line: Line) -> Stub:
    """A blank's sentence is written ``name: 中文 | English``."""
    words = str(error)[:300]
    name, _, rest = words.partition(": ")
    zh, bar, en = rest.partition(" | ")
    return Stub(line, name, Text(zh, en)) if bar else Stub(line, "", Text(words, words))


def _is_allocation_failure(error: BaseException) -> bool:
    """Torch reports a refused allocation as a RuntimeError, mmap as an OSError."""
    try:
        if isinstance(error, OSError):
            return error.errno == errno.ENOMEM
        return isinstance(error, RuntimeError) and "allocate memory" in str(error)
    except BaseException:
        return False
