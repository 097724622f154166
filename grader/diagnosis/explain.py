"""What a report says about a failed check beyond its message: a known mistake, or clues.

Asked only when a check has failed, after its outcome is decided; nothing here can move a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache

from grader.core.model import CheckResult, Diagnosis, Outcome, Place, Submission
from grader.mutation import Mutation
from grader.reader.functions import functions_of
from kit.runner import Runner
from kit.text import Text

from .answers import Call
from .asked_again import AskedAgain
from .catalogue import Mistake, catalogue
from .diagnostician import Diagnostician, Found, any_
from .failed import RunnerOf
from .host import Host
from .narrowing import Narrower, entries
from .neighbours import Neighbours, Siblings
from .passed import PassedChecks
from .places import Edited, FunctionsOf, edited, places, written

MOST_KINDS = 2
"""Kinds of edit that are named for one check: more are no pointer."""

MOST_OF_ONE_STATEMENT = 4
"""The same where all are edits of one statement, which then is the pointer."""

MOST_EDITS = 3
"""Edits of one kind that staff are shown."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Known mistakes that give the student's numbers; where there are none, clues."""

    diagnosis: tuple[Diagnosis, ...] = ()
    clues: tuple[Text, ...] = ()
    staff: str = ""
    """What only staff may read: edits of the solution, with its text."""


class Explainer:
    """Explains the failed checks of one submission.

    `runner_of` gives runners on the solution and its known mistakes, `spare` another on the
    submission, for questions that no check asks; `host_of` gives the workers with the mutants of
    the solution's neighbourhood, which is not searched without them; `read` reads the
    functions of a source of the submission.
    """

    def __init__(
        self,
        submission: Submission,
        runner_of: RunnerOf,
        spare: Callable[[str], Runner] | None,
        host_of: Callable[[str], Host] | None = None,
        read: FunctionsOf = functions_of,
    ) -> None:
        self._read = cache(read)
        self._submission = submission
        self._passed = PassedChecks(runner_of)
        again = AskedAgain(spare) if spare is not None else None
        self._diagnostician = Diagnostician(runner_of, self._passed, again)
        self._neighbours = host_of and Neighbours(host_of, self._passed, self._written)
        self._narrower = Narrower(spare) if spare is not None else None
        self._places: dict[Edited, tuple[Place, ...]] = {}

    def passed(self, part: str, check: str, calls: list[Call]) -> None:
        """A check that passed on `calls`: no cause may contradict it."""
        self._passed.add(part, check, calls)

    def explain(self, part: str, check: str, calls: list[Call]) -> Explanation:
        """Of a check that failed on `calls`."""
        failed = self._diagnostician.failed_check(part, check, calls)
        if failed is None:
            return Explanation()
        # Many mistakes raise one exception; then a known one has to be in the text, or to be the
        # cause of numbers of another check.
        likely = any_ if failed.answered() else self._is_written
        found = self._diagnostician.alone(part, check, calls, likely)
        if found:
            return Explanation(diagnosis=tuple(self._named(f) for f in found))
        groups: tuple[Siblings, ...] = ()
        if self._neighbours is not None and failed.wrong():
            groups = self._neighbours.explain(failed)
        if groups:
            return Explanation(
                diagnosis=self._edited(groups, raised=not failed.answered()),
                staff="\n".join(m.edit.en for group in groups for m in group[:MOST_EDITS]),
            )
        if not failed.answered():
            return Explanation()  # the exception says what there is to say
        found = self._diagnostician.together(part, check, calls)
        if found:
            return Explanation(diagnosis=tuple(self._named(f) for f in found))
        compared = entries(part, *failed.compared())
        clues = self._narrower.clues(part, check) if self._narrower is not None else ()
        return Explanation(clues=(*([compared] if compared else []), *clues))

    def _edited(self, groups: tuple[Siblings, ...], *, raised: bool) -> tuple[Diagnosis, ...]:
        """The kinds of edit that fit; where there are many, only the function."""
        statements = {(m.function, m.first) for group in groups for m in group}
        if len(groups) <= (MOST_KINDS if len(statements) > 1 else MOST_OF_ONE_STATEMENT):
            return tuple(
                Diagnosis(g[0].id, g[0].raises if raised else g[0].text, self._place(g))
                for g in groups
            )
        edits = tuple(m for group in groups for m in group)
        names = sorted({m.function for m in edits})
        if len(names) > 1:
            return ()
        zh = f"你的结果与 {names[0]} 里某一处小错误一致，是哪一种还看不出来；先检查这个函数。"
        en = (
            f"Your results are what one small mistake in {names[0]} gives; they do not tell of "
            "which kind. Look at that function first."
        )
        part = edits[0].part
        return (Diagnosis(f"{part}.{names[0]}:several", Text(zh, en), self._place(edits)),)

    def _place(self, group: Siblings) -> tuple[Place, ...]:
        """Where edits point, if they point to the same lines."""
        found = [self._lines(_edit(m)) for m in group[:MOST_EDITS]]
        return found[0] if all(lines == found[0] for lines in found) else ()

    def _is_written(self, mistake: Mistake) -> bool:
        return written(self._submission, edited(mistake), self._read)

    def _written(self, mutation: Mutation) -> bool:
        return written(self._submission, _edit(mutation), self._read)

    def _lines(self, edit: Edited) -> tuple[Place, ...]:
        if edit not in self._places:
            self._places[edit] = places(self._submission, edit, self._read)
        return self._places[edit]

    def _named(self, found: Found) -> Diagnosis:
        lines = tuple(place for mistake in found for place in self._lines(edited(mistake)))
        hints = [mistake.text for mistake in found]
        hint = hints[0]
        if len(hints) > 1:
            hint = Text(
                "两处错误合在一起给出你的结果。"
                + " ".join(f"（{n}）{h.zh}" for n, h in enumerate(hints, 1)),
                "Two mistakes together give your numbers. "
                + " ".join(f"({n}) {h.en}" for n, h in enumerate(hints, 1)),
            )
        return Diagnosis(" + ".join(m.id for m in found), hint, tuple(dict.fromkeys(lines)))


def _edit(mutation: Mutation) -> Edited:
    return Edited(mutation.part, mutation.first, mutation.source)


def settled(results: Iterable[CheckResult]) -> list[CheckResult]:
    """`results` without the causes that other checks rule out.

    One check may not tell two mistakes apart where another does; it may have run later, or in
    another grading. A cause that a passed check refutes is left out in any case, one that a failed
    check does not confirm only if another one is left.
    """
    every = list(results)
    return [replace(r, diagnosis=_left(r, every)) if r.diagnosis else r for r in every]


def _left(result: CheckResult, every: list[CheckResult]) -> tuple[Diagnosis, ...]:
    others = [r for r in every if r.id != result.id]
    fails = {m.id: m.fails for m in catalogue(result.part)}

    def refuted(mistake: str) -> bool:
        must = fails.get(mistake, ())
        return any(r.id in must and _refutes(r) for r in others)

    def denied(mistake: str) -> bool:
        must = fails.get(mistake, ())
        function = result.id.rpartition(".")[0]
        siblings = [r for r in others if r.id.rpartition(".")[0] == function]
        return any(s.id in must and _denies(s, mistake) for s in siblings)

    known = [d for d in result.diagnosis if not any(map(refuted, d.mistake.split(" + ")))]
    left = [d for d in known if not any(map(denied, d.mistake.split(" + ")))]
    # Where failed siblings rule out every cause, they contradict each other and rule out none.
    return tuple(left or known)


def _refutes(other: CheckResult) -> bool:
    """Whether a check says of every mistake that it must see that it was not made.

    It passed; or it failed by numbers that were compared with every mistake that it must see, and
    that none of them gives, though an edit may.
    """
    if other.outcome is Outcome.PASSED:
        return True
    if other.outcome not in (Outcome.FAILED, Outcome.PARTIAL):
        return False
    if other.diagnosis:
        return all(_is_edit(d.mistake) for d in other.diagnosis)
    return bool(other.clues)


def _is_edit(id: str) -> bool:
    """Whether an id is that of an edit, which is asked where no known mistake fits."""
    return ":" in id


def _denies(sibling: CheckResult, mistake: str) -> bool:
    """Whether a failed check of the same function names others than the mistake."""
    named = {id for d in sibling.diagnosis for id in d.mistake.split(" + ")}
    return bool(named) and mistake not in named
