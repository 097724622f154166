"""Tables on a terminal, and in a log without the blanks that pad their cells."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console


def show(console: Console, draw: Callable[[], None]) -> None:
    """Let `draw` print to `console`; where that is no terminal, no line ends in blanks."""
    if console.is_terminal:
        draw()
        return
    with console.capture() as captured:
        draw()
    for line in captured.get().splitlines():
        console.out(line.rstrip(), highlight=False)
