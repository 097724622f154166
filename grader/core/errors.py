"""Every error of the grader, whose fault it is, and the exit code it ends with.

    GraderError                exit 1   a fault of the grader itself
    +-- MachineError           exit 1   this machine cannot do what grading needs
    |   +-- ConfinementError   exit 1   student code cannot be confined as the course demands
    +-- UsageError             exit 2   the command line or a setting is wrong
    |   +-- RubricError        exit 2   rubric.yaml is wrong
    +-- NotGradable            exit 3   nothing in the submission could be opened

What a student's code does never raises one of these; it becomes an outcome
(``kit.outcomes``).
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from kit.text import Text


class GraderError(Exception):
    """A fault of the grader itself; caught where one submission must not stop the others."""

    exit_code: ClassVar[int] = 1

    def __init__(self, text: Text) -> None:
        # English, because a traceback is read by whoever maintains the grader.
        super().__init__(text.en)
        self.text = text

    def __reduce__(self) -> tuple[type[GraderError], tuple[Text]]:
        """Keep both languages when the error is pickled for another process."""
        return type(self), (self.text,)


class MachineError(GraderError):
    """This machine cannot do what grading needs."""


class ConfinementError(MachineError):
    """Student code cannot be confined here as the course demands."""


class UsageError(GraderError):
    """The command line or a setting is wrong."""

    exit_code: ClassVar[int] = 2


def no_such_path(path: Path) -> UsageError:
    """The error for a path on the command line that is not there."""
    return UsageError(
        Text(f"找不到 {path}。请检查路径。", f"{path} does not exist. Check the path.")
    )


class RubricError(UsageError):
    """The rubric is wrong."""


class NotGradable(GraderError):
    """Nothing in the submission could be opened."""

    exit_code: ClassVar[int] = 3
