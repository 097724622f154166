"""Write the sentence about a hidden check without what the student's code may have put into it.

A worker has seen hidden inputs, and the student's code decides what it reports: the words of a
stub, the name of an exception class, a file name in a traceback. On the student's page these could
carry the hidden inputs. So only facts of a closed vocabulary pass: Python's own exceptions, lines
that the submission has, names of the contract. The rest is for the staff.
"""

from __future__ import annotations

import builtins
from functools import cache

from grader.core.model import Submission
from kit.contracts import PARTS
from kit.reasons import NO_TEXT, Introduced, Line, Raised, Reason, Stub, Undefined
from kit.text import Text

_NOT_ATTEMPTED = Text("未作答", "not attempted yet")
_MISSING = Text(
    "没有定义这项检查所需的名称，或模型没有约定的属性；请与函数说明核对",
    "a name that this check needs is not defined, or the model lacks an attribute of the contract; "
    "compare with the docstrings",
)
_FAILED = Text(
    "你的函数返回值的类型或形状不对；请看公开的检查",
    "your function returned the wrong type or shape; see the public checks",
)
_GENERAL = {"missing": _MISSING, "skipped": _MISSING, "not_attempted": _NOT_ATTEMPTED}
"""Outcome -> a sentence that says no more than the outcome. What a worker reports leads to
"skipped" only if a name of an optional part is missing."""


def from_worker(reason: Reason) -> bool:
    """Whether any part of a reason comes from the process with the student's code."""
    if isinstance(reason, Introduced):
        return from_worker(reason.reason)
    return not isinstance(reason, Text)


def redacted(reason: Reason, outcome: str, submission: Submission) -> Text:
    """The sentence for the student about a hidden check that ended for `reason`."""
    # The judge's checks write a Text; what a worker says has a type of its own.
    if isinstance(reason, Text):
        return reason
    if isinstance(reason, Introduced):
        return reason.before + redacted(reason.reason, outcome, submission)
    if isinstance(reason, Raised):
        # A student chooses the name of a class, and `W_is_0_73` would carry an input.
        kind = reason.kind if reason.kind in _exceptions() else ""
        where = line_text(reason.line, submission)
        return Text(
            f"你的代码抛出了{' ' + kind if kind else '异常'}{where.zh}",
            f"your code raised {kind or 'an exception'}{where.en}",
        )
    if isinstance(reason, Stub) and outcome == "not_attempted":
        where = line_text(reason.line, submission)
        return Text(_NOT_ATTEMPTED.zh + where.zh, _NOT_ATTEMPTED.en + where.en)
    if isinstance(reason, Undefined) and reason.name in _contract():
        return Undefined(reason.name).text
    return _GENERAL.get(outcome, _FAILED)


def blank_of(reason: Reason, submission: Submission) -> str:
    """Which blank of the starter was reached, as ``file:line``; empty where that is not known."""
    if isinstance(reason, Stub) and reason.line and known_line(reason.line, submission):
        return f"{reason.line.file}:{reason.line.number}"
    return ""


def line_text(line: Line | None, submission: Submission) -> Text:
    """The place in brackets, if there is such a line in the submission."""
    return line.text if line and known_line(line, submission) else NO_TEXT


def known_line(line: Line, submission: Submission) -> bool:
    """Whether a file of the submission has this name and that many lines."""
    for source in submission.sources:
        longest = max(cell.count("\n") + 1 for cell in source.cells)
        # A number beyond the file, or a file that is not there, could carry an input as well.
        if source.path.rsplit("/", 1)[-1] == line.file and 0 <= line.number <= longest:
            return True
    return False


@cache
def _exceptions() -> frozenset[str]:
    """Names of exceptions that no student chose: Python's own, and four of the libraries."""
    known = {
        name
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    # Besides Python's: those that NumPy, torch and the standard library raise most.
    return frozenset(known | {"LinAlgError", "AxisError", "OutOfMemoryError", "error"})


@cache
def _contract() -> frozenset[str]:
    return frozenset(name for part in PARTS for name in part.names)
