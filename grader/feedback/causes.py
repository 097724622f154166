"""What a hand-in lost, grouped by what explains it: one mistake often fails a dozen checks.

A group is a known mistake that the diagnosis found, or a message that several checks share.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.core.model import CheckResult, CheckScore, Diagnosis, Outcome, Submission, Visibility
from grader.scoring.score import PENDING_OUTCOMES
from kit.text import Text

QUIET = frozenset({Outcome.PASSED, Outcome.NOT_ATTEMPTED, *PENDING_OUTCOMES})
"""Outcomes that no fault of written code explains."""


UNREAD = frozenset({Outcome.MISSING, Outcome.BLOCKED})
"""Outcomes of checks that need names from a file that cannot be read."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Checks of one part with one explanation; without a diagnosis they share their message.

    Of several diagnoses one is right: nothing that the checks saw tells them apart.
    """

    part: str
    checks: tuple[CheckScore, ...]  # in the order of the rubric
    diagnoses: tuple[Diagnosis, ...] = ()
    unread: Text | None = None  # what keeps the part's file from being read at all

    @property
    def lost(self) -> Fraction:
        """The points that these checks lost."""
        return sum((check.possible - check.earned for check in self.checks), Fraction(0))

    @property
    def waits(self) -> bool:
        """Whether these checks only wait for another one to pass."""
        return all(check.result.outcome is Outcome.BLOCKED for check in self.checks)

    @property
    def shown(self) -> CheckScore:
        """The check whose message says most: a public one, which may show numbers."""
        return min(self.checks, key=lambda c: c.result.visibility is not Visibility.PUBLIC)

    @property
    def local(self) -> str | None:
        """The id of a check by which a student sees this at home.

        None if all are hidden, or if what is missing was only not handed in.
        """
        shown = self.shown.result
        if shown.visibility is not Visibility.PUBLIC or shown.outcome is Outcome.MISSING:
            return None
        return shown.id


def shown_by_advice(
    found: Sequence[Cause], advice: Iterable[CheckResult]
) -> list[tuple[CheckResult, ...]]:
    """For each cause the advice with a picture of it: failed checks of the same blank.

    Where all checks of a cause are hidden, only such advice shows numbers and can be run at home.
    Each is shown once: with the cause that names the same mistake, or else with the first cause.
    """
    shown: list[list[CheckResult]] = [[] for _ in found]
    for one in advice:
        about = [i for i, cause in enumerate(found) if _blank(one) in map(_blank, _results(cause))]
        if one.picture is not None and about:
            named = {diagnosis.mistake for diagnosis in one.diagnosis}
            same = [i for i in about if named & {d.mistake for d in found[i].diagnoses}]
            shown[(same or about)[0]].append(one)
    return list(map(tuple, shown))


def _results(cause: Cause) -> list[CheckResult]:
    return [check.result for check in cause.checks]


def _blank(result: CheckResult) -> str:
    """What a check is about: its id without the last word."""
    return result.id.rpartition(".")[0]


def unread_parts(submission: Submission) -> dict[str, Text]:
    """The parts with a file that has no syntax tree, and the sentence about it.

    Of a notebook only a cell is lost, so what is missing may have another reason.
    """
    broken = {
        one.path: one.notice
        for one in reversed(submission.unparsed)
        if not one.path.lower().endswith(".ipynb")
    }
    return {
        part: broken[path]
        for part, paths in submission.parts.items()
        for path in paths[::-1]
        if path in broken
    }


def causes(
    checks: Iterable[CheckScore],
    optional: Collection[str] = (),
    unread: Mapping[str, Text] | None = None,
) -> tuple[Cause, ...]:
    """The groups of all checks that lost points: most points first.

    Those in `optional` rows come later, and those that only wait for another check last. In a part
    of `unread` (see :func:`unread_parts`) all that is missing is one group.
    """
    unread = unread or {}

    def order(cause: Cause) -> tuple[bool, bool, Fraction]:
        return cause.waits, all(c.row in optional for c in cause.checks), -cause.lost

    faults = [c for c in checks if c.result.outcome not in QUIET and c.earned < c.possible]
    found = [
        cause
        for part in dict.fromkeys(c.result.part for c in faults)
        for cause in _of_part(part, [c for c in faults if c.result.part == part], unread.get(part))
    ]
    return tuple(sorted(found, key=order))


def _of_part(part: str, left: list[CheckScore], unread: Text | None) -> Iterable[Cause]:
    if unread is not None:
        if lost := [check for check in left if check.result.outcome in UNREAD]:
            yield Cause(part, tuple(lost), unread=unread)
        left = [check for check in left if check not in lost]
    # A check may name several mistakes. The one that explains most points takes its checks first,
    # so that one mistake is one group wherever that is possible.
    while named := _largest(left, lambda c: [d.mistake for d in c.result.diagnosis]):
        named_by = [{d.mistake for d in check.result.diagnosis} for check in named]
        shared = set.intersection(*named_by)
        diagnoses = tuple(d for d in named[0].result.diagnosis if d.mistake in shared)
        yield Cause(part, tuple(named), diagnoses)
        left = [check for check in left if check not in named]
    while alike := _largest(left, lambda c: [c.result.message.en]):
        yield Cause(part, tuple(alike))
        left = [check for check in left if check not in alike]


def _largest(
    checks: Sequence[CheckScore], keys: Callable[[CheckScore], Iterable[str]]
) -> list[CheckScore]:
    """The checks of the key that lost most points, of equal keys the first; none without keys."""
    groups: dict[str, list[CheckScore]] = {}
    for check in checks:
        for key in keys(check):
            groups.setdefault(key, []).append(check)
    lost = {key: sum(c.possible - c.earned for c in group) for key, group in groups.items()}
    return groups[max(lost, key=lost.__getitem__)] if lost else []
