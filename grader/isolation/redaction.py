"""What a worker says of itself, as far as a student's page may repeat it.

A worker has seen hidden inputs, and the student decides what it says: the sentence of a stub, the
name of an exception class, a file name in a traceback. Repeated on the student's page, they would
carry the inputs of hidden checks there. So for a hidden check such a sentence is read, not quoted:
what is known beforehand (names of the contract, of Python's exceptions, of the submission's own
files) is put into sentences of ours, and the rest is for staff.
"""

from __future__ import annotations

import builtins
import re
from functools import cache

from grader.core.model import Submission
from kit.contracts import PARTS
from kit.run import out_of_memory
from kit.text import Text


class Told(Text):
    """A sentence that a worker sent; the student may have written it."""

    __slots__ = ()


_PLACE = r"(?: \((?P<file>[^()]+), line (?P<line>\d{1,6})\))?"
_RAISED = re.compile(r"your code raised (?P<kind>\w{1,60})" + _PLACE)
_STUB = re.compile(r"not attempted yet" + _PLACE + ".*", re.DOTALL)
_MISSING = re.compile(r"(?P<name>[\w.]{1,60}) is not defined.*", re.DOTALL)
_OTHER = {
    "missing": Text(
        "没有定义这项检查所需的名字，或模型没有合同要求的属性",
        "a name that this check needs is not defined, or the model lacks an attribute of the "
        "contract",
    ),
    "not_attempted": Text("未作答", "not attempted yet"),
    "failed": Text(
        "你的函数返回值的类型或形状不对；请看公开的检查",
        "your function returned the wrong type or shape; see the public checks",
    ),
}


def repeatable(text: Text, outcome: str, submission: Submission) -> Text:
    """What may be said to the student of a worker's own sentence in a hidden check."""
    if outcome == "out_of_memory":
        return out_of_memory().text
    if found := _RAISED.fullmatch(text.en):
        kind = found["kind"] if found["kind"] in _exceptions() else ""
        where = _where(found, submission)
        return Text(
            f"你的代码抛出了{' ' + kind if kind else '异常'}{where.zh}",
            f"your code raised {kind or 'an exception'}{where.en}",
        )
    if outcome == "not_attempted" and (found := _STUB.fullmatch(text.en)):
        text, where = _OTHER[outcome], _where(found, submission)
        return Text(text.zh + where.zh, text.en + where.en)
    if outcome == "missing" and (found := _MISSING.fullmatch(text.en)):
        name = found["name"]
        if name in _contract():
            return Text(f"没有定义 {name}", f"{name} is not defined")
    return _OTHER.get(outcome, _OTHER["failed"])


def place(said: str, submission: Submission) -> Text:
    """The place in a worker's sentence of an exception, if there is such a line."""
    found = _RAISED.fullmatch(said)
    return _where(found, submission) if found else Text("", "")


def _where(found: re.Match[str], submission: Submission) -> Text:
    """The place, if there is such a line in the submission."""
    if not found["file"]:
        return Text("", "")
    line = int(found["line"])
    for source in submission.sources:
        longest = max(cell.count("\n") + 1 for cell in source.cells)
        if source.path.rsplit("/", 1)[-1] == found["file"] and line <= longest:
            return Text(f"（{found['file']} 第 {line} 行）", f" ({found['file']}, line {line})")
    return Text("", "")


@cache
def _exceptions() -> frozenset[str]:
    """Names that say nothing but themselves."""
    known = {
        name
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    return frozenset(known | {"LinAlgError", "AxisError", "OutOfMemoryError", "error"})


@cache
def _contract() -> frozenset[str]:
    return frozenset(name for part in PARTS for name in part.names)
