"""One failed check as a question to mutants: its calls, and what the solution answers to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kit.runner import Runner

from .answers import Call, Memory, NoAnswer, entry_same, isolated, same

RunnerOf = Callable[[str, str | None], Runner]
"""Part and source (None: the solution) -> a runner on it."""

MEMORY = Memory()

LAST_CALLS = 3
"""Calls that pairs of mistakes are ranked by: a check stops at the one that is wrong."""


@dataclass
class FailedCheck:
    """One failed check: its calls, and what the solution answers to them."""

    part: str
    check: str
    calls: list[Call]
    questions: list[bytes]
    runner_of: RunnerOf
    right: list[Any] = field(default_factory=list)
    small: int = 0  # how many calls, from the first, are shorter than those of the check

    def telling(self) -> list[int]:
        """The calls that say most about a pair of mistakes: a short one, or else the last ones."""
        if self.is_quick():
            return [self._in_order[0][0]]
        return list(range(len(self.calls)))[-LAST_CALLS:]

    def answers(self, source: str, which: list[int]) -> list[Any]:
        """What a mutant answers to the calls `which`."""
        return [self._answer(i, source, "") for i in which]

    def _answer(self, i: int, source: str, name: str) -> Any:
        runner_of = self.runner_of
        call, asked = self.calls[i], self.questions[i]
        return MEMORY.ask(name or source, asked, call, lambda: runner_of(self.part, source))

    def fits(self, source: str, name: str = "") -> bool:
        """Whether a mutant gives every answer of the student's."""
        return all(
            same(self.part, call.probe, call.answer, self._answer(i, source, name))
            for i, call in self._in_order
        )

    def is_right_of_wrong_call(self, source: str, name: str) -> bool:
        """Whether a mutant gives the solution's answer to the first call that went wrong."""
        i, call = self._in_order[0]
        return same(self.part, call.probe, self._answer(i, source, name), self.right[i])

    def is_quick(self) -> bool:
        """Whether a call that is shorter than the check's shows that a mutant does not fit."""
        return self._in_order[0][0] < self.small

    @cached_property
    def _in_order(self) -> list[tuple[int, Call]]:
        # The wrong answers first: what gives them is rare, and what gives the right ones is not.
        return sorted(enumerate(self.calls), key=lambda numbered: self._is_right(numbered[0]))

    def isolated(self) -> FailedCheck | None:
        """Its calls that show one function by itself, where only these can be explained."""
        kept = [i for i, call in enumerate(self.calls) if isolated(self.part, call)]
        wrong = [i for i in kept if not self._is_right(i)]
        if not wrong or len(kept) == len(self.calls):
            return None
        return FailedCheck(
            self.part,
            self.check,
            [self.calls[i] for i in kept],
            [self.questions[i] for i in kept],
            self.runner_of,
            [self.right[i] for i in kept],
        )

    def is_wrong_elsewhere(self, by_itself: FailedCheck) -> bool:
        """Whether a call of a probe that does not show the function by itself went wrong."""
        own = {call.probe for call in by_itself.calls}
        return any(c.probe not in own and not self._is_right(i) for i, c in enumerate(self.calls))

    def wrong(self) -> bool:
        """Whether some answer is not the solution's."""
        return not all(self._is_right(i) for i in range(len(self.calls)))

    def answered(self) -> bool:
        """Whether every call has an answer, and none ended in an exception."""
        return not any(isinstance(call.answer, NoAnswer) for call in self.calls)

    def _is_right(self, i: int) -> bool:
        return same(self.part, self.calls[i].probe, self.calls[i].answer, self.right[i])

    def compared(self) -> tuple[list[str], list[str]]:
        """Names of the entries that are the solution's, and of those that are not.

        By the last call with a wrong entry: the one that a check stops at.
        """
        for i in reversed(range(len(self.calls))):
            if not self._is_right(i) and (names := _names(self.right[i])):
                alike = self._entries([c.answer for c in self.calls], self.right)
                right = [name for name in names if (i, name) in alike]
                return right, [name for name in names if name not in right]
        return [], []

    def _entries(self, got: list[Any], expected: list[Any]) -> frozenset[tuple[int, str]]:
        return frozenset(
            (i, name)
            for i, (g, e) in enumerate(zip(got, expected, strict=True))
            for name in _names(e)
            if isinstance(g, dict) and name in g and entry_same(self.part, name, g[name], e[name])
        )


def _names(answer: Any) -> list[str]:
    return list(answer) if isinstance(answer, dict) else []
