"""Why a check ended as it did: facts as records, and the sentence that each of them makes.

What a person reads is written from a record; no code reads a sentence to learn a fact from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .text import Text

NO_TEXT = Text("", "")


@dataclass(frozen=True)
class Line:
    """A line of one of the student's own files; the file by its name, without folders.

    Of a notebook `cell` is the code cell, from 1, in which the lines are counted.
    """

    file: str
    number: int
    cell: int = 0

    @classmethod
    def of(cls, code_name: str, number: int) -> Line:
        """A line of code that was compiled under the name of :func:`code_name`."""
        name = code_name.replace("\\", "/").rsplit("/", 1)[-1].strip("<>")
        found = _CELL.fullmatch(name)
        return cls(found[1], number, int(found[2])) if found else cls(name, number)

    @property
    def text(self) -> Text:
        """The line in brackets, to be put after a sentence."""
        if self.cell:
            return Text(
                f"（{self.file} 第 {self.cell} 个单元格第 {self.number} 行）",
                f" ({self.file}, cell {self.cell}, line {self.number})",
            )
        return Text(f"（{self.file} 第 {self.number} 行）", f" ({self.file}, line {self.number})")


_CELL = re.compile(r"(.*\.ipynb):([0-9]{1,4})", re.IGNORECASE)


def code_name(path: str, cell: int) -> str:
    """The name under which a file, or a cell of a notebook, is compiled."""
    return f"{path}:{cell}" if path.lower().endswith(".ipynb") else path


@dataclass(frozen=True)
class Raised:
    """The student's code raised an exception.

    `words` is the exception's own message. It may quote the inputs, so it is no part of the
    sentence: only a public check shows it.
    """

    kind: str  # the name of the exception's class
    line: Line | None = None
    words: str = ""
    called: str = ""  # the student's function that could not be called so; no line of theirs ran

    @property
    def where(self) -> Text:
        """The place, to be put after a sentence; empty where it is not known."""
        return self.line.text if self.line else NO_TEXT

    @property
    def text(self) -> Text:
        """The class, and the place or the call."""
        if self.called:
            return could_not_call(self.called, self.kind)
        where = self.where
        return Text(
            f"你的代码抛出了 {self.kind}{where.zh}", f"your code raised {self.kind}{where.en}"
        )


def could_not_call(name: str, kind: str) -> Text:
    """The sentence of a call with the contract's arguments that the function does not take."""
    return Text(
        f"按函数说明的参数调用 {name} 时出现 {kind}，它没有运行起来；请核对它的参数",
        f"calling {name} with the arguments of its docstring raised {kind} before it could run; "
        "compare its parameters",
    )


@dataclass(frozen=True)
class Stub:
    """A blank of the starter was reached. `name` and `words` are what the blank says."""

    line: Line | None
    name: str = ""  # what is to be written there, where the blank names it
    words: Text = NO_TEXT

    @property
    def text(self) -> Text:
        """The line and the blank's own words; only the words if the line is not known."""
        if self.line is None:
            return self.words
        said = self.words
        if self.name:
            said = Text(f"{self.name}：{said.zh}", f"{self.name}: {said.en}")
        where = self.line.text
        return Text(f"未作答{where.zh}{said.zh}", f"not attempted yet{where.en} {said.en}")


@dataclass(frozen=True)
class Undefined:
    """A name of the contract is not defined; `because` says why, if loading found out."""

    name: str
    because: Text | None = None

    @property
    def text(self) -> Text:
        """The name, and why it is not there."""
        text = Text(f"没有定义 {self.name}", f"{self.name} is not defined")
        if self.because is None:
            return text
        return Text(text.zh + "：", text.en + ":") + self.because


@dataclass(frozen=True)
class UntrustedText:
    """A sentence from the process with the student's code; the student may have written it.

    It is not a :class:`Text`, so that nobody can add it to a sentence of the grader by mistake.
    """

    text: Text


@dataclass(frozen=True)
class Detailed:
    """A sentence of the grader's that shows what the student's code chose: a value, a status.

    A hidden check shows `brief` instead, since such a detail could be made of its inputs.
    """

    brief: Text
    text: Text


@dataclass(frozen=True)
class Introduced:
    """A reason with an introduction that the grader or the kit wrote."""

    before: Text
    reason: Reason

    @property
    def text(self) -> Text:
        """The introduction, then the reason."""
        return self.before + text_of(self.reason)


@dataclass(frozen=True)
class Unimportable(Introduced):
    """A file of the student's could not be imported, so that nothing of it was run."""

    file: str
    line: int = 0


Reason = Text | UntrustedText | Raised | Stub | Undefined | Detailed | Introduced
"""A plain :class:`Text` is a sentence that the check, or the grader, wrote itself."""


def text_of(reason: Reason) -> Text:
    """The sentence that a person reads."""
    return reason if isinstance(reason, Text) else reason.text


def words_of(reason: Reason) -> str:
    """The message of the student's exception, where there was one."""
    if isinstance(reason, Introduced):
        return words_of(reason.reason)
    return reason.words if isinstance(reason, Raised) else ""
