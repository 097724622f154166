"""The question for the code of one hand-in, part by part, and its answer.

It follows the reader's messages about the same hand-in: its files, and which part has which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from grader.protocol.bounds import AtMost
from grader.protocol.messages import declare

MAX_LINES = 3_000
"""Lines of one part that are compared; nobody writes as many."""

MAX_CHARACTERS = 100_000
"""Of those lines."""

MAX_PRINTS = 20_000
"""Fingerprints of one part. So many lines give fewer, unless they were made to give more."""

Numbers = Annotated[tuple[int, ...], AtMost(MAX_PRINTS)]


@dataclass(frozen=True)
class PartAsked:
    """A part: its files in order of precedence, its blanks, and those of the other parts."""

    part: str
    paths: tuple[str, ...]
    blanks: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class ReadCode:
    """What is wanted of a hand-in whose sources the worker has, and the starter's lines."""

    given: tuple[str, ...]
    parts: tuple[PartAsked, ...]


@dataclass(frozen=True)
class CodeRead:
    """The lines of a part that count, and the fingerprints of their code.

    A line is the number of a path of the question, a cell and a line, both from 1. Of a
    fingerprint: its hash, where it begins in the normalised code, and its first and last line,
    as positions in the lines.
    """

    part: Annotated[str, AtMost(40)]
    files: Annotated[tuple[int, ...], AtMost(MAX_LINES)]
    cells: Annotated[tuple[int, ...], AtMost(MAX_LINES)]
    numbers: Annotated[tuple[int, ...], AtMost(MAX_LINES)]
    hashes: Numbers
    starts: Numbers
    firsts: Numbers
    lasts: Numbers
    size: int  # characters of the normalised code
    cut: bool  # there were more lines or fingerprints


declare(PartAsked, ReadCode, CodeRead)
