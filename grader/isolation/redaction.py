"""Write the sentence about a hidden check without what the student's code may have put into it.

A worker has seen hidden inputs, and the student's code decides what it reports: the words of a
stub, the name of an exception class, a file name in a traceback. On the student's page these could
carry the hidden inputs. So only facts of a closed vocabulary pass: exceptions of Python, NumPy and
torch, names of the contract, and the line where the submission defines such a name, which is found
here. What a check itself says may show a value that the code returned: no number, no quoted string
and no word passes that is not in the suites. The rest is for the staff.
"""

from __future__ import annotations

import builtins
import re
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

import kit
import parts
from grader.core.model import Submission
from kit.contracts import BY_ID, PARTS
from kit.reasons import (
    NO_TEXT,
    Detailed,
    Introduced,
    Line,
    Raised,
    Reason,
    Stub,
    Undefined,
    code_name,
    could_not_call,
)
from kit.text import Text

_NOT_ATTEMPTED = Text("未作答", "not attempted yet")
_MISSING = Text(
    "没有定义这项检查所需的名称，或模型没有约定的属性；请与函数说明核对",
    "a name that this check needs is not defined, or the model lacks an attribute of the contract; "
    "compare with the docstrings",
)
_FAILED = Text(
    "在这项检查里，你的代码返回或构造的东西与函数说明的形式不符（个数、类型或形状）；"
    "隐藏检查不给出细节，公开检查若也遇到会写明",
    "what your code returns or builds in this check is not of the form that the docstring says "
    "(how many values, of which type and shape); hidden checks give no details, a public one that "
    "meets it does",
)
_GENERAL = {"missing": _MISSING, "skipped": _MISSING, "not_attempted": _NOT_ATTEMPTED}
"""Outcome -> a sentence that says no more than the outcome. What a worker reports leads to
"skipped" only if a name of an optional part is missing."""


def from_worker(reason: Reason) -> bool:
    """Whether any part of a reason comes from the process with the student's code."""
    if isinstance(reason, Introduced):
        return from_worker(reason.reason)
    return not isinstance(reason, Text)


def redacted(reason: Reason, outcome: str, part: str, submission: Submission) -> Text:
    """The sentence for the student about a hidden check that ended for `reason`."""
    # The judge's checks write a Text; what a worker says has a type of its own.
    if isinstance(reason, Text):
        return without_values(reason) if outcome in _ABOUT_AN_ANSWER else reason
    if isinstance(reason, Detailed):
        return without_values(reason.brief) if outcome in _ABOUT_AN_ANSWER else reason.brief
    if isinstance(reason, Introduced):
        return reason.before + redacted(reason.reason, outcome, part, submission)
    if isinstance(reason, Raised):
        # A student chooses the name of a class, and `W_is_0_73` would carry an input.
        kind = reason.kind if reason.kind in known_exceptions() else ""
        if kind and reason.called in _callable_names(part):
            return could_not_call(reason.called, kind)
        where = definition_text(reason.line, part, submission)
        return Text(
            f"你的代码抛出了{' ' + kind if kind else '异常'}{where.zh}",
            f"your code raised {kind or 'an exception'}{where.en}",
        )
    if isinstance(reason, Stub) and outcome == "not_attempted":
        where = definition_text(reason.line, part, submission)
        return Text(_NOT_ATTEMPTED.zh + where.zh, _NOT_ATTEMPTED.en + where.en)
    if isinstance(reason, Undefined) and reason.name in _contract():
        return Undefined(reason.name).text
    return _GENERAL.get(outcome, _FAILED)


def blank_of(reason: Reason, part: str, submission: Submission) -> str:
    """Which blank of the starter was reached, as ``file:line``; empty where that is not known."""
    if isinstance(reason, Stub) and (found := _definition(reason.line, part, submission)):
        file = code_name(found.file, found.cell) if found.cell else found.file
        return f"{file}:{found.number}"
    return ""


def line_text(line: Line | None, submission: Submission) -> Text:
    """The place in brackets, if there is such a line in the submission; for public checks."""
    return line.text if line and known_line(line, submission) else NO_TEXT


def definition_text(line: Line | None, part: str, submission: Submission) -> Text:
    """The place in brackets of the contract's function that has this line, for hidden checks."""
    found = _definition(line, part, submission)
    return found.text if found else NO_TEXT


def known_line(line: Line, submission: Submission) -> bool:
    """Whether a file of the submission has this name and that many lines."""
    # A number beyond the file, or a file that is not there, could carry an input as well.
    return any(0 <= line.number <= cell.count("\n") + 1 for cell in _cells(line, submission))


# ---------------------------------------------------------------- places


_HEAD: Final = re.compile(r"[ \t]*(?:async[ \t]+)?(def|class)[ \t]+(\w+)")


def _cells(line: Line, submission: Submission) -> list[str]:
    """The text of the files of that name; of a notebook that of the line's cell."""
    found = [s for s in submission.sources if s.path.rsplit("/", 1)[-1] == line.file]
    if line.cell:
        held = [source.cells for source in found if 0 < line.cell <= len(source.cells)]
        return [cells[line.cell - 1] for cells in held]
    return [cell for source in found for cell in source.cells]


def _definition(line: Line | None, part: str, submission: Submission) -> Line | None:
    """The `def` line of the contract's function that the worker's line lies in.

    So of what a worker says only the choice among a few functions remains.
    """
    if line is None or not known_line(line, submission):
        return None
    for cell in _cells(line, submission):
        lines = cell.split("\n", line.number)
        if len(lines) >= line.number and (found := _enclosing(lines[: line.number], part)):
            return Line(line.file, found, line.cell)
    return None


def _enclosing(lines: list[str], part: str) -> int | None:
    """The number of the innermost head of a function of the contract around the last line.

    By indentation, line by line: nothing here parses what a student wrote.
    """
    # The `def` of a method names it without its class.
    names = {name for n in BY_ID[part].names for name in (n, n.rpartition(".")[2])}
    names |= {older for older, _ in BY_ID[part].older_names}
    heads: list[tuple[int, int, bool]] = []  # indentation, line, whether it is in the contract
    for number, text in enumerate(lines, start=1):
        head = _HEAD.match(text)
        # Only a `def` or `class` opens or ends a block; of other lines the last one matters.
        if head is None and number < len(lines):
            continue
        indentation = len(text) - len(text.lstrip())
        while text.strip() and heads and heads[-1][0] >= indentation:
            heads.pop()
        if head is not None:
            heads.append((indentation, number, head[1] == "def" and head[2] in names))
    return next((number for _, number, known in reversed(heads) if known), None)


# ---------------------------------------------------------------- words

_ABOUT_AN_ANSWER: Final = ("failed", "partial")
"""Outcomes whose sentence a check writes from an answer; the judge writes the others."""

# A quote that nobody closes hides the rest of its line. Without that the search would start again
# at each quote, in quadratic time.
# An apostrophe inside a word opens no quote.
_QUOTED: Final = re.compile(r"""(?<!\w)(?:'(?:\\.|[^'\\\n])*+'?|"(?:\\.|[^"\\\n])*+"?)""")
_WORD: Final = re.compile(r"[A-Za-z0-9_]+")
_NUMBER: Final = re.compile(r"[-+]?(?<!\w)\d[\d.]*(?:e[-+]?\d+)?%?")
_PLAIN: Final = (bool, int, float, complex, str, list, tuple, dict, np.ndarray)
_GAPS: Final = re.compile(r"…(?:[\s,，、]*…)+")


def without_values(text: Text) -> Text:
    """A check's sentence without what it quotes: strings, numbers, words that are not ours."""
    return Text(_without(text.zh), _without(text.en))


def _without(said: str) -> str:
    # A quoted string goes as a whole, before words of ours that it holds could pass one by one.
    said = _NUMBER.sub("…", _QUOTED.sub("…", said))
    said = _WORD.sub(lambda word: word[0] if _is_ours(word[0]) else "…", said)
    return _GAPS.sub("…", said)


def _is_ours(word: str) -> bool:
    """Whether a sentence of the suites may hold it. They put a `d` before an array's name."""
    words = _our_words()
    return word in words or (word.startswith("d") and word[1:] in words)


@cache
def _our_words() -> frozenset[str]:
    """Every word of the engine, the suites and the parts, whose sentences may use it."""
    folders = [Path(path) for package in (kit, parts) for path in package.__path__]
    folders.append(Path(__file__).parent.parent / "parts")
    # The list is made from the code itself, so that it follows every new check.
    texts = [path.read_text("utf-8") for folder in folders for path in folder.rglob("*.py")]
    # A number that the code holds may also be a value that the student's code returned.
    found = {word for text in texts for word in _WORD.findall(text) if not word[0].isdigit()}
    return frozenset(found | {kind.__name__ for kind in (*_PLAIN, *np.sctypeDict.values())})


@cache
def known_exceptions() -> frozenset[str]:
    """Names of exceptions that no student chose: Python's own, and those of the libraries."""
    known = {
        name
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    # Besides Python's: those that NumPy, torch and the standard library raise most.
    return frozenset(known | {"LinAlgError", "AxisError", "OutOfMemoryError", "error"})


@cache
def _callable_names(part: str) -> frozenset[str]:
    """The part's functions, in the older spellings too."""
    return frozenset(BY_ID[part].names) | {older for older, _ in BY_ID[part].older_names}


@cache
def _contract() -> frozenset[str]:
    return frozenset(name for part in PARTS for name in part.names)
