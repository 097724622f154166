"""What checks that passed say of a cause: one that would change a right answer of theirs is none.

A mistake may give a student's numbers in one check and not in another that looks at the same
function. A check that passed by answers other than the solution's (a text that was drawn otherwise,
a backward that fits the student's own forward) says nothing.
"""

from __future__ import annotations

from functools import partial

from grader.parts.reference import solution_text

from .answers import Call, NoAnswer, question, same, usable
from .failed import MEMORY, RunnerOf
from .runners import nearest

MOST_CALLS = 16
"""Calls that are compared for one cause; those of the check's own subject come first."""

MOST_KEPT = 200
"""Calls that are kept of one part."""

_Kept = tuple[str, Call]


class PassedChecks:
    """The calls of the checks of one submission that have passed so far."""

    def __init__(self, runner_of: RunnerOf) -> None:
        self._runner_of = runner_of
        self._calls: dict[str, list[_Kept]] = {}

    def add(self, part: str, check: str, calls: list[Call]) -> None:
        """A check that has passed on `calls`."""
        kept = self._calls.setdefault(part, [])
        for call in usable(part, calls)[: MOST_KEPT - len(kept)]:
            kept.append((check, call))

    def refute(
        self, part: str, check: str, source: str, runner_of: RunnerOf | None = None, name: str = ""
    ) -> bool:
        """Whether `source`, a mutant that explains `check`, would have failed one that passed."""
        subject = check.rpartition(".")[0]
        ordered = sorted(self._calls.get(part, ()), key=lambda kept: not _about(kept, subject))
        solution = solution_text(part)
        for _, call in ordered[:MOST_CALLS]:
            # Only now: most submissions have no cause to refute, and each check makes calls.
            digest = question(part, call)
            trusted = nearest(part, [call.probe], self._runner_of)
            asked = runner_of or trusted
            right = MEMORY.ask(solution, digest, call, partial(trusted, part, None))
            if isinstance(right, NoAnswer) or not same(part, call.probe, call.answer, right):
                continue
            answer = MEMORY.ask(name or source, digest, call, partial(asked, part, source))
            if isinstance(answer, NoAnswer) or not same(part, call.probe, answer, right):
                return True
        return False


def _about(kept: _Kept, subject: str) -> bool:
    return kept[0].rpartition(".")[0] == subject
