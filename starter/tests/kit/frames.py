"""Where in the student's own files an exception came from, down from the function that was called.

The grader shows one line; at home the whole way is shown, since nothing has to be kept back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from types import TracebackType

from .reasons import NO_TEXT, Raised
from .text import Text


@dataclass(frozen=True)
class Traced(Raised):
    """An exception with all of the student's own frames."""

    way: Text = NO_TEXT

    @property
    def where(self) -> Text:
        """The way to the line."""
        return self.way


def traced(reason: Raised, error: BaseException, own_files: Collection[str]) -> Raised:
    """`reason` with the way to its line; as it is where no frame is the student's."""
    way = place(error, own_files)
    if way is None:
        return reason
    return Traced(reason.kind, reason.line, reason.words, reason.called, way)


def place(error: BaseException, own_files: Collection[str]) -> Text | None:
    """`` (rnn.py, line 90, called from RNN.forward, line 159)``, or None without a frame."""
    own = [step for step in _steps(error.__traceback__) if step[0] in own_files]
    if not own:
        return None
    file, _, last = own[-1]
    name = file.replace("\\", "/").rpartition("/")[2]
    calls = [(function, line) for _, function, line in reversed(own[:-1])]
    zh = "".join(f"，由 {function} 第 {line} 行调用" for function, line in calls)
    en = "".join(f", called from {function}, line {line}" for function, line in calls)
    return Text(f"（{name} 第 {last} 行{zh}）", f" ({name}, line {last}{en})")


def _steps(traceback: TracebackType | None) -> list[tuple[str, str, int]]:
    """File, function and line of each frame, the outermost first."""
    steps = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        # Python 3.10 does not know the class that a function belongs to.
        name = getattr(code, "co_qualname", code.co_name)
        steps.append((code.co_filename, name, traceback.tb_lineno))
        traceback = traceback.tb_next
    return steps
