"""Which blanks of the starter nobody has touched, in a text that this Python cannot parse.

Lines are compared, nothing is parsed. Where there is a doubt a blank counts as touched: any line
of the student's own might fill it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from grader.protocol.bounds import AtMost
from grader.protocol.messages import declare

from .messages import Cell, Word

_WORD = re.compile(r"\w+")
_DEFINES = re.compile(r"[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)")
_STAR = re.compile(r"import\s*[*(]?\s*[*]")
_INDIRECT: Final = frozenset(
    ("setattr", "globals", "locals", "vars", "exec", "eval", "compile", "getattr", "modules")
    + ("__dict__", "__import__", "__getattr__", "__getattribute__", "importlib", "builtins")
)
"""Words by which code can reach a blank without naming it."""


@dataclass(frozen=True)
class ReadUntouched:
    """Which of the `blanks` of the `starter` a text leaves as they are; `given` are its lines."""

    text: Cell
    starter: Cell  # empty: the blanks are in another file
    blanks: tuple[str, ...]
    given: tuple[str, ...]
    reaching: tuple[str, ...]  # words of this hand-in by which a line reaches other code


@dataclass(frozen=True)
class UntouchedRead:
    """The blanks that nothing has touched."""

    blanks: Annotated[tuple[Word, ...], AtMost(1_000)]


declare(ReadUntouched, UntouchedRead)


def find(
    text: str,
    starter: str,
    blanks: frozenset[str],
    given: frozenset[str],
    reaching: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """The blanks whose lines are the starter's, and that no own line names or could reach."""
    lines = _lines(text)
    # Indentation does not count: a given line that moved into a block is still given.
    own = [line for line in lines if line.strip() and line.strip() not in given]
    words = {word for line in own for word in _WORD.findall(line)}
    # A star import or a decorator can replace any function without naming it.
    indirect = any(_STAR.search(line) or line.lstrip().startswith("@") for line in own)
    if words & (reaching | _INDIRECT) or indirect:
        return frozenset()
    mine, theirs = _regions(lines), _regions(_lines(starter))
    return frozenset(
        blank
        for blank in blanks
        if words.isdisjoint(blank.split("."))
        and mine.get(_short(blank)) == theirs.get(_short(blank))
    )


def _short(blank: str) -> str:
    return blank.rpartition(".")[2]


def _lines(text: str) -> list[str]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return [line.rstrip() for line in text.split("\n")]


def _regions(lines: list[str]) -> dict[str, list[list[str]]]:
    """Name -> the lines of each function of this name, to the next line that is not deeper."""
    found: dict[str, list[list[str]]] = {}
    open_: list[tuple[int, list[str]]] = []  # one inside the other
    for line in filter(None, lines):
        depth = len(line) - len(line.lstrip())
        # The bracket that ends a signature may be as deep as the function itself.
        while open_ and depth <= open_[-1][0] and not line.lstrip().startswith(")"):
            open_.pop()
        if (defines := _DEFINES.match(line)) is not None:
            region: list[str] = []
            found.setdefault(defines[1], []).append(region)
            open_.append((depth, region))
        if open_:  # an inner function is in the outer one too; a chain is as long as it is deep
            # Adding each line to every open function would take quadratic time in a chain of them.
            for _, region in open_[-_DEEPEST:]:
                region.append(line)
    return found


_DEEPEST: Final = 8
