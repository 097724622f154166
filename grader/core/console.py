"""Tables and progress bars on a terminal, and in a log without what only a terminal can show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import Progress, ProgressColumn, TaskID

from .closing import Closing


def show(console: Console, draw: Callable[[], None]) -> None:
    """Let `draw` print to `console`; where that is no terminal, no line ends in blanks."""
    if console.is_terminal:
        draw()
        return
    # Rich pads each line to the width of its table, which clutters a log.
    with console.capture() as captured:
        draw()
    for line in captured.get().splitlines():
        console.out(line.rstrip(), highlight=False)


class ProgressBar(Closing):
    """A bar that moves on a terminal and is not drawn in a log; it counts in both."""

    def __init__(
        self, console: Console, *columns: ProgressColumn, auto_refresh: bool = True
    ) -> None:
        self.console = console
        self._live = Progress(*columns, console=console, transient=True, auto_refresh=auto_refresh)
        self._task: TaskID | None = None
        self._total = 0
        self._done = 0

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self.console.is_terminal:
            self._live.stop()

    def begin(self, total: int, **fields: Any) -> None:
        """Draw the bar and count to `total`; `fields` are what else the columns show."""
        # One task at a time: a second one would be a second bar.
        if self._task is not None:
            self._live.remove_task(self._task)
        if self.console.is_terminal:
            self._live.start()
        self._total, self._done = total, 0
        self._task = self._live.add_task("", total=total, **fields)
        self._live.refresh()

    def advance(self, **fields: Any) -> None:
        """One more is done."""
        assert self._task is not None, "begin() comes first"
        self._done += 1
        self._live.update(self._task, completed=self._done, **fields)
        self._live.refresh()

    def show(self, **fields: Any) -> None:
        """Show other fields; nothing more is done."""
        if self._task is not None:
            self._live.update(self._task, **fields)

    @property
    def count(self) -> str:
        """How many of how many, in a fixed width: `` 3/24``."""
        return f"{self._done:>{len(str(self._total))}}/{self._total}"

    @property
    def left(self) -> int:
        """How many are not done yet."""
        return self._total - self._done
