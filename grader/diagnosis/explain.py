"""What a report says about a failed check beyond its message: a known mistake, or clues.

Asked only when a check has failed, after its outcome is decided; nothing here can move a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache

from grader.core.model import CheckResult, Diagnosis, Outcome, Place, Submission
from kit.runner import Runner
from kit.text import Text

from .answers import Call
from .catalogue import Mistake, catalogue
from .diagnostician import Diagnostician, Found, RunnerOf
from .narrowing import Narrower, entries
from .places import FunctionsOf, places


@dataclass(frozen=True, slots=True)
class Explanation:
    """Known mistakes that give the student's numbers; where there are none, clues."""

    diagnosis: tuple[Diagnosis, ...] = ()
    clues: tuple[Text, ...] = ()


class Explainer:
    """Explains the failed checks of one submission.

    `runner_of` gives runners on the solution and its mutants, `spare` another on the submission,
    for questions that no check asks; `functions_of` reads a source of the submission.
    """

    def __init__(
        self,
        submission: Submission,
        runner_of: RunnerOf,
        spare: Callable[[str], Runner] | None,
        functions_of: FunctionsOf,
    ) -> None:
        self._functions_of = cache(functions_of)
        self._submission = submission
        self._diagnostician = Diagnostician(runner_of)
        self._narrower = Narrower(spare) if spare is not None else None
        self._places: dict[Mistake, tuple[Place, ...]] = {}

    def explain(self, part: str, check: str, calls: list[Call]) -> Explanation:
        """Of a check that failed on `calls`."""
        found = self._diagnostician.explain(part, check, calls)
        if found:
            return Explanation(diagnosis=tuple(self._named(f) for f in found))
        # Not a second run: the process remembers what the solution answered a moment ago.
        failed = self._diagnostician.failed_check(part, check, calls)
        if failed is None:
            return Explanation()
        compared = entries(*failed.compared())
        clues = self._narrower.clues(part, check) if self._narrower is not None else ()
        return Explanation(clues=(*([compared] if compared else []), *clues))

    def _named(self, found: Found) -> Diagnosis:
        for mistake in found:
            if mistake not in self._places:
                self._places[mistake] = places(self._submission, mistake, self._functions_of)
        lines = tuple(place for mistake in found for place in self._places[mistake])
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


def settled(results: Iterable[CheckResult]) -> list[CheckResult]:
    """`results`, where one check has several causes without those that a sibling rules out.

    One check may not tell two mistakes apart where another of the same function does; it may
    have run later, or in another grading.
    """
    every = list(results)
    return [replace(r, diagnosis=_left(r, every)) if len(r.diagnosis) > 1 else r for r in every]


def _left(result: CheckResult, every: list[CheckResult]) -> tuple[Diagnosis, ...]:
    function = result.id.rpartition(".")[0]
    siblings = [r for r in every if r.id != result.id and r.id.rpartition(".")[0] == function]
    fails = {m.id: m.fails for m in catalogue(result.part)}

    def ruled_out(mistake: str) -> bool:
        return any(s.id in fails.get(mistake, ()) and _denies(s, mistake) for s in siblings)

    left = [d for d in result.diagnosis if not any(map(ruled_out, d.mistake.split(" + ")))]
    # Where siblings rule out every cause, they contradict each other and rule out none.
    return tuple(left) or result.diagnosis


def _denies(sibling: CheckResult, mistake: str) -> bool:
    """Whether a check that the mistake must fail says that it was not made."""
    if sibling.outcome is Outcome.PASSED:
        return True
    named = {id for d in sibling.diagnosis for id in d.mistake.split(" + ")}
    return bool(named) and mistake not in named
