"""Which known mistakes, alone or two together, give the student's own numbers.

A failed check is explained by asking the mutants of the solution what the student was asked. What
they answer is remembered by the process, so that only the first submission of a class pays for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from grader.parts.reference import solution_text

from .answers import Call, NoAnswer, pieces, question, usable
from .asked_again import AskedAgain
from .catalogue import Mistake, both, catalogue, mutant
from .failed import MEMORY, FailedCheck, RunnerOf
from .likely import ranked
from .passed import PassedChecks
from .runners import in_process, nearest

Found = tuple[Mistake, ...]
"""One mistake, or two that were made together."""

Likely = Callable[[Mistake], bool]

# More likely causes than these do not help a student to find one.
MAX_NAMED = 3

CEILING_S = 45.0
"""By the clock, for one failed check: a guard, far above what the slowest check needs while the
process has asked nothing yet. What is tried is bounded by number, so that a busy machine does not
change a report."""

PAIRS = 24
"""Pairs of mistakes that are tried for one failed check, the likeliest first."""

PAIRS_IN_ALL = 60
"""Such pairs for one submission. Those that the process remembers count too, because a report must
not depend on what was graded before."""

KNOWN_FIRST = 8
"""Pairs with a mistake that explained another check; they are tried before all others."""


def any_(mistake: Mistake) -> bool:
    """Every known mistake is likely."""
    return True


def diagnose(
    part: str, check: str, calls: list[Call], runner_of: RunnerOf = in_process
) -> tuple[Found, ...]:
    """The mistakes that explain one failed check by itself; see :class:`Diagnostician`."""
    return Diagnostician(runner_of).explain(part, check, calls)


class Diagnostician:
    """Explains the failed checks of one submission.

    `runner_of` gives a runner on the solution (None) or on a mutant's source, `again` asks the
    submission what no check has asked. What one check was explained by is tried first for the next.
    """

    def __init__(
        self,
        runner_of: RunnerOf = in_process,
        passed: PassedChecks | None = None,
        again: AskedAgain | None = None,
    ) -> None:
        self._runner_of = runner_of
        self._again = again
        self._passed = passed if passed is not None else PassedChecks(runner_of)
        self._known: list[Found] = []  # of checks before
        self._pairs_left = PAIRS_IN_ALL
        self._failed: set[tuple[str, str]] = set()  # part and subject

    def explain(self, part: str, check: str, calls: list[Call]) -> tuple[Found, ...]:
        """The mistakes that the check names and that reproduce every answer of its calls.

        Where none does by itself, two of them together; at most three explanations. A mistake
        that answers just as the solution does on these inputs explains nothing.
        """
        # Pairs last: there are hundreds, and one cause is likelier than two.
        return self.alone(part, check, calls) or self.together(part, check, calls)

    def alone(
        self, part: str, check: str, calls: list[Call], likely: Likely = any_
    ) -> tuple[Found, ...]:
        """The mistakes that explain the check each by itself.

        Of those that explained no check before, only the `likely` ones are tried.
        """
        failed = self.failed_check(part, check, calls)
        if failed is None or not failed.wrong():
            return ()
        end = time.monotonic() + CEILING_S
        found = list(self._single(failed, end, likely))
        others_failed = self._others_failed(part, check)
        by_itself = None if found else failed.isolated()
        # Its other calls may be wrong by what the function builds on, if that is wrong.
        if by_itself and (others_failed or failed.is_wrong_elsewhere(by_itself)):
            found = list(self._single(by_itself, end, likely))
        return self._kept(found)

    def _others_failed(self, part: str, check: str) -> bool:
        """Whether a check of another function of the part has failed before."""
        function = check.partition(".")[2].partition(".")[0]
        self._failed.add((part, function))
        return any(p == part and subject != function for p, subject in self._failed)

    def together(self, part: str, check: str, calls: list[Call]) -> tuple[Found, ...]:
        """Two mistakes that explain the check together."""
        failed = self.failed_check(part, check, calls)
        if failed is None or not failed.wrong():
            return ()
        return self._kept(list(self._paired(failed, time.monotonic() + CEILING_S)))

    def _kept(self, found: list[Found]) -> tuple[Found, ...]:
        self._known += [f for f in found if f not in self._known]
        return tuple(found)

    def _explains(self, failed: FailedCheck, source: str) -> bool:
        """Whether a mutant gives the student's answers, and contradicts none of a passed check."""
        return failed.fits(source) and not self._passed.refute(failed.part, failed.check, source)

    def failed_check(self, part: str, check: str, calls: list[Call]) -> FailedCheck | None:
        """The check's question to the mutants; None where there is nothing to compare."""
        kept = usable(part, calls)
        if not kept:
            return None
        small: list[Call] = []
        if self._again is not None:
            small = self._again.smaller(part, kept)
            # First, because the first wrong answer is what most mutants are asked for.
            kept = [*small, *kept, *self._again.varied(part, kept)]
        kept = [piece for call in kept for piece in pieces(part, call)]
        runner_of = nearest(part, [call.probe for call in kept], self._runner_of)
        questions = [question(part, call) for call in kept]
        failed = FailedCheck(part, check, kept, questions, runner_of, small=len(small))
        solution = solution_text(part)
        for call, asked in zip(kept, failed.questions, strict=True):
            # Without the right answer no difference can be named.
            answer = MEMORY.ask(solution, asked, call, lambda: runner_of(part, None))
            if isinstance(answer, NoAnswer):
                return None
            failed.right.append(answer)
        return failed

    def _single(self, failed: FailedCheck, end: float, likely: Likely) -> Iterator[Found]:
        """Mistakes that fit; those that explained a check before leave no need for others."""
        # A mistake fails several checks: what explained one is most likely the cause of the next.
        before = [f for f in self._known if len(f) == 1 and f[0].part == failed.part]
        if again := [f for f in before if self._explains(failed, mutant(f[0]))]:
            yield from again[:MAX_NAMED]
            return
        named = 0
        for mistake in filter(likely, _naming(failed)):
            if named == MAX_NAMED or time.monotonic() > end:
                return
            if self._explains(failed, mutant(mistake)):
                named += 1
                yield (mistake,)

    def _paired(self, failed: FailedCheck, end: float) -> Iterator[Found]:
        """The first pair that fits, and no more: two causes are enough to look at."""
        left = PAIRS
        for pair in self._likely(failed, end):
            source = both(*pair)
            # Not counted: two edits that overlap cost nothing, and the next pair may fit.
            if source is None:
                continue
            if not left or not self._pairs_left or time.monotonic() > end:
                return
            left -= 1
            self._pairs_left -= 1
            if self._explains(failed, source):
                yield pair
                return

    def _likely(self, failed: FailedCheck, end: float) -> Iterator[Found]:
        """Pairs, the likeliest first.

        Those found before, a few with a part found before, and then as :func:`ranked` has them.
        """
        before = [f for f in self._known if f[0].part == failed.part]
        yield from (f for f in before if len(f) == 2)
        singles = [f[0] for f in before if len(f) == 1]
        naming = _naming(failed, of_function=True)
        naming += [m for m in singles if m not in naming]
        answers, which = [], failed.telling()
        for mistake in naming:
            if time.monotonic() > end:
                return
            answers.append(failed.answers(mutant(mistake), which))
        student = [failed.calls[i].answer for i in which]
        right = [failed.right[i] for i in which]
        pairs = [(naming[i], naming[j]) for i, j in ranked(failed.part, student, right, answers)]
        with_known = [p for p in pairs if p[0] in singles or p[1] in singles][:KNOWN_FIRST]
        yield from with_known
        yield from (pair for pair in pairs if pair not in with_known)


def _naming(failed: FailedCheck, *, of_function: bool = False) -> list[Mistake]:
    """The mistakes that can fail the check, or some check of the same function."""
    # One mistake of a pair may show by itself only in another check of the function.
    function = failed.check.rpartition(".")[0] + "."
    return [
        m
        for m in catalogue(failed.part)
        if any(
            id == failed.check or (of_function and id.startswith(function))
            for id in (*m.fails, *m.may_fail)
        )
    ]
