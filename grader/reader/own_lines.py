"""Which lines of a file are the student's own, and which of them hold statements.

Lines are ruff's: only a line feed, a carriage return or both end one. A form feed or U+2028 does
not, whatever ``str.splitlines`` says. The text is read in one pass and never parsed: it may be no
Python, or made to keep a parser busy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<string>[rRbBuUfF]{0,2}(?:'''(?:[^\\]|\\.)*?(?:'''|\Z) | \"\"\"(?:[^\\]|\\.)*?(?:\"\"\"|\Z)
      | '(?:[^\\\n']|\\.)*+'? | "(?:[^\\\n"]|\\.)*+"?))
  | (?P<open>[(\[{]) | (?P<close>[)\]}])
  | (?P<continued>\\\n) | (?P<newline>\n)
  | (?P<space>[^\S\n]+)
  | (?P<code>\w++|.)
    """,
    re.VERBOSE | re.DOTALL,
)
# A string that is not closed matches to the end of its line or file. Otherwise the search would
# start again at each quote, in quadratic time.


@dataclass(frozen=True)
class OwnLines:
    """Numbers of lines, from 1."""

    lines: frozenset[int]  # of the student's own, comments among them: findings on these count
    statements: frozenset[int]  # with a statement of their own, or a part of one


def own_lines(text: str, given: frozenset[str]) -> OwnLines:
    """The lines of `text` that are neither blank nor among the `given` ones."""
    text = _line_feeds(text)
    own = {
        number
        for number, line in enumerate(text_lines(text), start=1)
        # Compared without indentation: a given line that moved into a block is still given.
        if line.strip() and line.strip() not in given
    }
    statements = {n for n, code in _code_by_line(text).items() if n in own and code not in given}
    return OwnLines(frozenset(own), frozenset(statements))


def lines_of(files: Iterable[str]) -> frozenset[str]:
    """The starter's lines, and their code alone: comments and words differ between versions."""
    found: set[str] = set()
    for file in files:
        found.update(line.strip() for line in text_lines(file))
        found.update(_code_by_line(_line_feeds(file)).values())
    return frozenset(found)


def text_lines(text: str) -> list[str]:
    """The lines of a text as the linter counts them, without their ends."""
    return _line_feeds(text).split("\n")


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _code_by_line(text: str) -> dict[int, str]:
    """The code of each line, without its comment and without what its strings say.

    Lines of blanks are left out. Of a string over several lines only the first counts. A statement
    that is nothing but strings is a docstring or a comment, and ``raise NotImplementedError`` is
    the starter's.
    """
    found: dict[int, str] = {}
    parts: dict[int, list[str]] = {}  # of the statement that is being read
    spoken = ""  # its first code
    number, depth = 1, 0
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token.group()
        if kind == "newline":
            if depth == 0:
                _keep(found, parts, spoken)
                parts, spoken = {}, ""
        elif kind not in ("comment", "continued"):
            if kind in ("open", "close"):
                depth = max(0, depth + (1 if kind == "open" else -1))
            # A statement may go on for the whole file, so no more of it is kept than is compared.
            if kind in ("open", "close", "code") and len(spoken) < len(_STUB):
                spoken += word
            parts.setdefault(number, []).append('""' if kind == "string" else word)
        number += word.count("\n")
    _keep(found, parts, spoken)
    return found


_STUB = "raiseNotImplementedError"


def _keep(found: dict[int, str], parts: dict[int, list[str]], spoken: str) -> None:
    if spoken and not spoken.startswith(_STUB):
        lines = ((number, "".join(words).strip()) for number, words in parts.items())
        found.update((number, code) for number, code in lines if code)
