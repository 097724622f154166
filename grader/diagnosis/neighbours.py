"""Which edits of the solution give the student's own numbers, where the catalogue has none.

The mutants of the functions that a check reaches are asked what the student was asked. They run in
a confined worker with limits, never in this process. How many are asked is bounded by number, so
that neither the machine's load nor what was graded before changes a report.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from grader.mutation import (
    Mutation,
    confusions_of,
    functions,
    given_of,
    mutations_of,
    without,
)
from grader.parts.registry import spec_of
from kit.runner import Runner

from .failed import FailedCheck
from .host import Host
from .passed import PassedChecks

MOST_A_CHECK = 400
"""Mutants that are asked about one check, the likeliest first: what a second is enough for."""

QUICKER = 4
"""So many times more where a short call rules most of them out."""

MOST_IN_ALL = 1000
"""The same for one submission."""

CALL_CPU_S = 0.25
"""Of one mutant's call; the solution's takes a hundredth of it."""

LIKELY = (
    *("operand", "arithmetic", "accumulation", "sign", "constant", "index", "bound", "statement"),
    *("axis", "transpose", "comparison", "order", "condition", "operands", "slice", "function"),
    *("name", "argument", "loop", "call", "logic", "context", "exchange", "place", "scope"),
    *("complement", "terms", "one", "fixed", "repeated", "applied", "scale", "turned"),
    *("kept", "lookup", "seed", "setting", "shared"),
)
"""Kinds of edit, those first that a person makes more often: not all may be asked about."""

SHARES = {"name": 4, "applied": 1, "scale": 1, "turned": 1}
SHARE = 2
"""So many edits of each kind are tried before the other kinds have their turn; `SHARES` has the
exceptions, such as fewer of a kind that applies to any value."""

OWN = 60
"""So much a function's name has in common with the subject of its own checks."""

Siblings = tuple[Mutation, ...]
"""Edits of one kind of one function that give the same numbers."""


class Neighbours:
    """Searches the neighbourhood of the solutions for one submission.

    Many edits raise one exception. Where the check met one, an edit is a cause only if `written`
    says that the submission has it word for word.
    """

    def __init__(
        self,
        host_of: Callable[[str], Host],
        passed: PassedChecks,
        written: Callable[[Mutation], bool],
    ) -> None:
        self._host_of = host_of
        self._passed = passed
        self._written = written
        self._left = MOST_IN_ALL
        self._known: list[Mutation] = []  # of checks before
        self._unexplained: set[tuple[str, str]] = set()  # part and function, of checks before

    def explain(self, failed: FailedCheck) -> tuple[Siblings, ...]:
        """The edits that give every answer of the check's calls, by function and kind."""
        asked = replace(failed, runner_of=self._runner_of)
        own, reached = _subject(asked.check), self._reached(asked)
        # What goes wrong in a function that this one calls shows here too, and is no cause here.
        others = [name for name in reached if _alike(own, name) < OWN]
        if any((asked.part, name) in self._unexplained for name in others):
            return ()
        # What explained a check before leaves no need for others.
        before = [m for m in self._known if m.part == failed.part and self._fits(asked, m)]
        left = self._unrefuted(asked, before)
        for candidates in () if left else self._candidates(asked, reached):
            if left := self._unrefuted(asked, filter(partial(self._fits, asked), candidates)):
                break
        self._known += [m for m in left if m not in self._known]
        if not left and reached and _alike(own, reached[0]):
            self._unexplained.add((asked.part, reached[0]))
        groups: dict[tuple[str, str], list[Mutation]] = {}
        for mutation in left:
            groups.setdefault((mutation.function, mutation.operator), []).append(mutation)
        return tuple(tuple(group) for group in groups.values())

    def _unrefuted(self, asked: FailedCheck, fitting: Iterable[Mutation]) -> list[Mutation]:
        return [
            m
            for m in fitting
            if not self._passed.refute(m.part, asked.check, m.source, self._runner_of, m.id)
        ]

    def _fits(self, asked: FailedCheck, mutation: Mutation) -> bool:
        if not asked.answered() and not self._written(mutation):
            return False
        return asked.fits(mutation.source, mutation.id)

    def _runner_of(self, part: str, source: str | None) -> Runner:
        assert source is not None  # the solution was asked already
        return self._host_of(part).runner(source)

    def _candidates(self, asked: FailedCheck, reached: list[str]) -> Iterator[Iterator[Mutation]]:
        """Edits that may explain a check, in groups: where one of a group fits, no later one is.

        Of the function that the check is about first; in each, the standard edits of the blank
        first, and those of the lines that the starter gave last.
        """
        # Of a call that raises, only the few edits that the submission has word for word are asked.
        costly = spec_of(asked.part).answers.costly if asked.answered() else {}
        times = QUICKER if asked.is_quick() else 1
        allowed = [times * costly[c.probe] for c in asked.calls if c.probe in costly]
        most = min([MOST_A_CHECK, *allowed])
        left = iter(range(most))
        for function in reached:
            yield self._counted(sorted(mutations_of(asked.part, function), key=_likely), left)
            yield self._counted(_in_turn(confusions_of(asked.part, function)), left)
            yield self._counted(_in_turn(given_of(asked.part, function)), left)

    def _counted(self, edits: list[Mutation], left: Iterator[int]) -> Iterator[Mutation]:
        for mutation in edits:
            if not self._left or next(left, None) is None:
                return
            # Those that the process remembers count too: a report must not depend on them.
            self._left -= 1
            yield mutation

    def _reached(self, asked: FailedCheck) -> list[str]:
        """The functions that the check's calls reach, those that it is named after first."""
        subject = _subject(asked.check)
        words = set(re.split(r"[._]", asked.check))
        every = functions(asked.part)
        # Stable: of two that are named alike the first of the solution comes first.
        ordered = sorted(
            every,
            key=lambda name: (-_alike(subject, name), name.rpartition(".")[2] not in words),
        )
        return [name for name in ordered if self._reaches(asked, name)]

    def _reaches(self, asked: FailedCheck, function: str) -> bool:
        name = f"{asked.part} without {function}"
        return not asked.is_right_of_wrong_call(without(asked.part, function), name)


def _subject(check: str) -> str:
    return check.split(".")[1]


def _likely(mutation: Mutation) -> int:
    return LIKELY.index(mutation.operator)


def _in_turn(edits: Iterable[Mutation]) -> list[Mutation]:
    """A few of each kind, then others of each: a kind with hundreds leaves room for the others.

    Those that change little come first: people take a gate for another gate, ``dc`` for ``dc_t``,
    seldom the cache.
    """
    counts: Counter[str] = Counter()
    ranked = []
    for edit in sorted(edits, key=_changed):
        ranked.append(
            (counts[edit.operator] // SHARES.get(edit.operator, SHARE), _likely(edit), edit)
        )
        counts[edit.operator] += 1
    return [edit for _, _, edit in sorted(ranked, key=lambda row: row[:2])]


def _changed(edit: Mutation) -> int:
    """How many characters differ, between those that both texts begin and end with.

    Without parentheses, which an edit may need around what it changes.
    """
    before, after = (re.sub(r"[()]", "", text) for text in (edit.before, edit.after))
    start = len(os.path.commonprefix([before, after]))
    end = len(os.path.commonprefix([before[start:][::-1], after[start:][::-1]]))
    return len(before) + len(after) - 2 * (start + end)


def _alike(subject: str, function: str) -> int:
    """How much a check's subject and a function's name have in common."""
    name = function.rpartition(".")[2].strip("_")
    if subject == name:
        return 100
    owner = function.rpartition(".")[0].lower()
    if subject == owner:
        return OWN
    words = set(name.lower().split("_")) | set(owner.split("_"))
    return 10 * len(words & set(subject.lower().split("_")))
