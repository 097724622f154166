"""Whether code that this Python reads is too new for the grader's Python."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass

from .contracts import GRADER_PYTHON

NEW_FSTRINGS = (3, 12)
"""From here on the expressions of an f-string may hold its quotes, backslashes and comments."""

_PREFIXES = frozenset(("", "r", "b", "u", "f", "br", "rb", "fr", "rf", "t", "tr", "rt"))
_STRING = re.compile(r"(\w*)(\"\"\"|'''|\"|')")
_WORD = re.compile(r"\w+")


def newer_line(text: str, grader: tuple[int, int] = GRADER_PYTHON) -> int | None:
    """The line of `text` with syntax that the grader's Python cannot read; None if it can.

    None also where this Python cannot read it: then it has said so itself.
    """
    if sys.version_info[:2] <= grader:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, feature_version=grader)
    except SyntaxError as error:
        return error.lineno or 1
    return new_fstring_line(text) if grader < NEW_FSTRINGS else None


@dataclass
class _Inside:
    """Where a reader is: in the text of an f-string, in an expression in it, or in its format."""

    what: str  # "text", "expression" or "format"
    quotes: str = ""  # of the f-string, in its text
    depth: int = 0  # of the brackets that are open, in an expression


def new_fstring_line(text: str) -> int | None:
    """The line of the first f-string that only Python 3.12 reads. `text` has no syntax error."""
    places: list[_Inside] = []
    at = 0
    while at < len(text):
        inner = places[-1] if places else None
        if inner is not None and inner.what != "expression":
            at = _through_text(text, at, places)
            continue
        found = _STRING.match(text, at)
        if found is not None and found[1].lower() not in _PREFIXES:
            found = None
        if inner is not None and _is_new(text, at, places, found):
            return text.count("\n", 0, at) + 1
        if found is not None:
            at = found.end()
            if set(found[1].lower()) & set("ft"):
                places.append(_Inside("text", found[2]))
            else:
                at = _after_string(text, at, found[2])
        elif text[at] == "#":
            end = text.find("\n", at)
            at = end if end >= 0 else len(text)
        elif inner is not None and text[at] in "([{)]}:":
            _bracket(text[at], places)
            at += 1
        else:
            word = _WORD.match(text, at)
            at = word.end() if word else at + 1
    return None


def _bracket(sign: str, places: list[_Inside]) -> None:
    """A bracket or colon of an expression, which may end it."""
    inner = places[-1]
    if sign in "([{":
        inner.depth += 1
    elif inner.depth:
        inner.depth -= sign != ":"
    else:
        places.pop()
        if sign == ":":
            places.append(_Inside("format"))


def _through_text(text: str, at: int, places: list[_Inside]) -> int:
    """One step in the text of an f-string, or in the format of an expression."""
    inner = places[-1]
    if inner.quotes and text.startswith(inner.quotes, at):
        places.pop()
        return at + len(inner.quotes)
    if text[at] == "\\" or (inner.what == "text" and text[at : at + 2] in ("{{", "}}")):
        return at + 2
    if text[at] == "{":
        places.append(_Inside("expression"))
    elif text[at] == "}" and inner.what == "format":
        places.pop()
    return at + 1


def _is_new(text: str, at: int, places: list[_Inside], found: re.Match[str] | None) -> bool:
    """Whether the character at `at`, in an expression of an f-string, was not allowed before."""
    quotes = [place.quotes for place in places if place.quotes]
    if text[at] in "\\#" or (text[at] == "\n" and any(len(q) == 1 for q in quotes)):
        return True
    if found is None:
        return False
    # Before Python 3.12 a string ended at its first quotes, wherever they stood.
    token = text[at : _after_string(text, found.end(), found[2])]
    return "\\" in token or any(q in token for q in quotes)


def _after_string(text: str, at: int, quotes: str) -> int:
    """Where the plain string ends whose text begins at `at`."""
    for found in re.compile(r"\\.|" + quotes, re.DOTALL).finditer(text, at):
        if found.group() == quotes:
            return found.end()
    return len(text)
