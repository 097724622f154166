"""Sources of the staff's beside the solution: mutants, of which one worker holds many.

The judge adds them only to a worker with the solution. Some never end, so each use has a limit; a
mutant that exceeds it has no answer, and the worker goes on.
"""

from __future__ import annotations
import __future__ as future_features

import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from types import CodeType
from typing import Any, Final

from kit.lab import Lab

AGAIN_S: Final = 0.05
"""How soon the alarm is repeated, for code that swallows the first."""


class LimitReached(BaseException):
    """Not an Exception, so that ``except Exception`` in a probe lets it through."""


class AddedSources:
    """The sources that were added, by number from 1; 0 is the worker's own part."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._added: list[tuple[Lab, float]] = []

    def add(self, pieces: tuple[str, ...], cpu_s: float) -> int:
        """Execute a source and give its number; one that raises defines nothing."""
        space: dict[str, Any] = {"__name__": self._part}
        try:
            with _limit(cpu_s):
                for piece in pieces:
                    exec(_compiled(self._part, piece), space)
        except (Exception, LimitReached):
            space = {}
        self._added.append((Lab([space]), cpu_s))
        return len(self._added)

    def lab(self, number: int) -> Lab:
        """What a source defines."""
        return self._added[number - 1][0]

    @contextmanager
    def limited(self, number: int) -> Iterator[None]:
        """Ends the use of a source with :class:`LimitReached` where it takes too long."""
        with _limit(self._added[number - 1][1]):
            yield


@contextmanager
def _limit(cpu_s: float) -> Iterator[None]:
    old = signal.signal(signal.SIGPROF, _reached)
    # This timer counts the processor's time, so a busy machine costs a mutant nothing.
    signal.setitimer(signal.ITIMER_PROF, cpu_s, AGAIN_S)
    try:
        yield
    finally:
        # The alarm may ring once more before it is off.
        with suppress(LimitReached):
            signal.setitimer(signal.ITIMER_PROF, 0)
        with suppress(LimitReached):
            signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, old)


def _reached(number: int, frame: object) -> None:
    raise LimitReached


@cache
def _compiled(part: str, piece: str) -> CodeType:
    # Solutions begin with this import, which a piece by itself does not have.
    flags = future_features.annotations.compiler_flag
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mutant may index a generator
        code: CodeType = compile(piece, f"{part}.py", "exec", flags, dont_inherit=True)
    return code
