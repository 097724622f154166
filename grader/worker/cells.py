"""A file, or one cell of a notebook, while a worker executes it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from grader.protocol.messages import Notice
from kit.reasons import code_name
from kit.statements import Spot, place
from kit.text import Text


@dataclass(frozen=True)
class Cell:
    """A file, or one cell of a notebook, that is being executed."""

    path: str
    number: int  # from 1
    flags: int = 0  # of the compiler

    @property
    def code_name(self) -> str:
        """The name under which its code is compiled."""
        return code_name(self.path, self.number)

    def spot(self, statement: ast.stmt) -> Spot:
        """Where a statement of it begins."""
        return Spot(self.path, self.number, statement.lineno, statement.col_offset)

    def notice(self, kind: str, statement: ast.stmt, name: str = "") -> Notice:
        """A fact about a statement of it."""
        return Notice(kind, self.path, statement.lineno, self.number, name)

    def place(self, line: int | str) -> Text:
        """A line of it in words."""
        return place(self.path, self.number, line)
