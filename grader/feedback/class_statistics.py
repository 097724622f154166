"""Statistics of a class: its marks, each check, and the submissions that need a person. Pure.

A group's submission counts once where checks are counted, since its members share it. Every
member counts where marks are counted.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, lcm
from typing import Final

from grader.core.model import CheckScore, Diagnosis, Outcome, Status, Visibility
from grader.records.gradebook import Gradebook, StudentMark
from grader.scoring.score import PENDING_OUTCOMES
from kit.text import Text

SMALLEST_CLASS: Final = 10
"""With fewer submissions a correlation says nothing about a check, and none is given."""

# More bars than these are too narrow on a phone.
MOST_BINS: Final = 20

_RAN: Final = frozenset(
    {
        Outcome.PASSED,
        Outcome.PARTIAL,
        Outcome.FAILED,
        Outcome.CRASHED,
        Outcome.TIMED_OUT,
        Outcome.OUT_OF_MEMORY,
        Outcome.OVER_LIMIT,
    }
)
"""The outcomes of checks that ran; the seconds of others are not those of student code."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many students (and submissions) there are of each kind."""

    students: int
    handed_in: int
    submissions: int  # fewer than `handed_in` where groups handed in
    graded: int
    waiting: int  # of the graded: those with points that a person has yet to mark
    not_gradable: int
    grader_error: int
    missing: int
    late: int  # with a deduction or a waiver by the late policy


@dataclass(frozen=True, slots=True)
class Bin:
    """How many marks lie in [low, high); the last bin includes its upper end."""

    low: Fraction
    high: Fraction
    count: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Lowest, quartiles and highest of some marks, and their mean."""

    lowest: Fraction
    lower: Fraction
    median: Fraction
    upper: Fraction
    highest: Fraction
    mean: Fraction


@dataclass(frozen=True, slots=True)
class Distribution:
    """The final marks of the students that have one."""

    count: int
    attainable: Fraction  # the most that the points marked so far could give anyone
    even: bool  # the same points are marked for everyone, so marks can be compared
    bins: tuple[Bin, ...]
    spread: Spread | None  # None where no student has a mark


@dataclass(frozen=True, slots=True)
class CheckStatistics:
    """How a class did on one check.

    Counted are the submissions whose outcome says something about the student: neither
    ``skipped`` nor ``grader_error``, and none that could not be opened.
    """

    id: str
    part: str
    visibility: Visibility
    title: Text
    possible: Fraction
    counted: int
    passed: int
    partial: int
    mean_share: Fraction | None
    discrimination: float | None
    median_seconds: float | None
    outcome: tuple[Outcome, int] | None  # the most common one besides passed
    diagnosis: tuple[Diagnosis, int] | None  # the most common known mistake

    @property
    def pass_rate(self) -> Fraction | None:
        """The share of the counted that passed."""
        return Fraction(self.passed, self.counted) if self.counted else None


class Reason(StrEnum):
    """Why a submission needs a person, the most pressing first."""

    GRADER_ERROR = "grader_error"
    NOT_GRADABLE = "not_gradable"
    UNDECIDED = "undecided"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OVER_LIMIT = "over_limit"
    MISSING_PART = "missing_part"


@dataclass(frozen=True, slots=True)
class FlaggedSubmission:
    """A submission that needs a person, and the checks or parts that are the reason."""

    marks: tuple[StudentMark, ...]  # one, or those of a group's members
    reasons: tuple[tuple[Reason, tuple[str, ...]], ...]  # never empty, the most pressing first


def tally(gradebook: Gradebook) -> Tally:
    """The class in numbers."""
    marks = gradebook.marks
    statuses = Counter(mark.status for mark in marks)
    return Tally(
        students=len(marks),
        handed_in=len(marks) - statuses[Status.MISSING],
        submissions=len(submissions(marks)),
        graded=statuses[Status.GRADED],
        waiting=sum(1 for mark in marks if mark.status is Status.GRADED and mark.pending > 0),
        not_gradable=statuses[Status.NOT_GRADABLE],
        grader_error=statuses[Status.GRADER_ERROR],
        missing=statuses[Status.MISSING],
        late=sum(1 for mark in marks if mark.late is not None),
    )


def distribution(gradebook: Gradebook) -> Distribution:
    """How the final marks of the graded students are spread."""
    graded = [mark for mark in gradebook.marks if mark.status is Status.GRADED]
    finals = [mark.final for mark in graded if mark.final is not None]
    # Marks of which different points are pending cannot be compared; the page says so.
    marked = {mark.possible - mark.pending for mark in graded if mark.final is not None}
    attainable = max((*marked, *finals), default=Fraction(0))
    return Distribution(
        count=len(finals),
        attainable=attainable,
        even=len(marked) <= 1,
        bins=bins(finals, attainable),
        spread=spread(finals),
    )


def bins(marks: Sequence[Fraction], top: Fraction) -> tuple[Bin, ...]:
    """`marks` counted in at most `MOST_BINS` bins of a round width that reach from 0 to `top`."""
    if top <= 0 or not marks:
        return ()
    width = next(width for width in _round_widths(top) if top / width <= MOST_BINS)
    size = ceil(top / width)
    # The top mark belongs in the last bin, which would otherwise need one more behind it.
    counts = Counter(min(max(int(mark // width), 0), size - 1) for mark in marks)
    return tuple(Bin(width * i, width * (i + 1), counts[i]) for i in range(size))


def _round_widths(top: Fraction) -> Iterable[Fraction]:
    """1, 2 and 5 times the powers of ten, rising from far below `top`."""
    power = Fraction(1)
    while power > top / 100:
        power /= 10
    while True:
        yield from (power, power * 2, power * 5)
        power *= 10


def spread(marks: Sequence[Fraction]) -> Spread | None:
    """The five numbers that describe `marks`, and the mean; exact."""
    if not marks:
        return None
    ends = (min(marks), max(marks))
    if len(marks) == 1:
        lower = median = upper = marks[0]
    else:
        # Inclusive: the class is everyone there is, not a sample of more.
        lower, median, upper = statistics.quantiles(marks, n=4, method="inclusive")
    mean = sum(marks, Fraction(0)) / len(marks)
    return Spread(ends[0], lower, median, upper, ends[1], mean)


def check_statistics(gradebook: Gradebook) -> tuple[CheckStatistics, ...]:
    """Every check of the class, in the rubric's order."""
    taken: dict[str, list[tuple[CheckScore, _Rest]]] = {}
    for marks in submissions(gradebook.marks).values():
        # All its checks are missing, which says nothing about any of them.
        if marks[0].status is Status.NOT_GRADABLE:
            continue
        for score, rest in _with_rest(marks[0].checks):
            taken.setdefault(score.result.id, []).append((score, rest))
    return tuple(_one_check(scores) for scores in taken.values())


_Rest = float | None
"""The share of its points that a submission earned in all other checks; None: there are none."""


def _with_rest(checks: Sequence[CheckScore]) -> Iterable[tuple[CheckScore, _Rest]]:
    """Each check with its rest. Computed in whole multiples of a common unit: as exact as
    fractions, so equal shares stay equal, and several times faster for a large class."""
    # What is pending says nothing about the student, so it is in neither sum.
    counted = [check for check in checks if check.result.outcome not in PENDING_OUTCOMES]
    unit = lcm(*(points.denominator for c in counted for points in (c.earned, c.possible)))
    earned = sum(_units(check.earned, unit) for check in counted)
    possible = sum(_units(check.possible, unit) for check in counted)
    for check in checks:
        rest = None
        if check.result.outcome not in PENDING_OUTCOMES:
            others = possible - _units(check.possible, unit)
            rest = (earned - _units(check.earned, unit)) / others if others else None
        yield check, rest


def _units(points: Fraction, unit: int) -> int:
    return points.numerator * (unit // points.denominator)


def _one_check(taken: Sequence[tuple[CheckScore, _Rest]]) -> CheckStatistics:
    results = [score.result for score, _ in taken]
    counted = [
        (share_of(score), rest)
        for score, rest in taken
        if score.result.outcome not in PENDING_OUTCOMES
    ]
    outcomes = Counter(result.outcome for result in results)
    seconds = [result.seconds for result in results if result.outcome in _RAN]
    first = taken[0][0]
    return CheckStatistics(
        id=first.result.id,
        part=first.result.part,
        visibility=first.result.visibility,
        title=first.result.title,
        possible=first.possible,
        counted=len(counted),
        passed=outcomes[Outcome.PASSED],
        partial=outcomes[Outcome.PARTIAL],
        mean_share=_mean(Counter(share for share, _ in counted)),
        discrimination=discrimination(
            [(share, rest) for share, rest in counted if rest is not None]
        ),
        median_seconds=statistics.median(seconds) if seconds else None,
        outcome=_most_common_outcome(outcomes),
        diagnosis=_most_common_diagnosis(
            diagnosis
            for result in results
            for diagnosis in {d.mistake: d for d in result.diagnosis}.values()
        ),
    )


def _mean(shares: Counter[Fraction]) -> Fraction | None:
    total = sum((share * count for share, count in shares.items()), Fraction(0))
    return total / shares.total() if shares else None


def share_of(check: CheckScore) -> Fraction:
    """The share of the check's points that its outcome earns."""
    result = check.result
    if result.outcome is Outcome.PARTIAL:
        return result.fraction
    return Fraction(int(result.outcome is Outcome.PASSED))


def discrimination(pairs: Sequence[tuple[Fraction, float]]) -> float | None:
    """How well a check separates strong submissions from weak ones: from -1 to 1.

    The correlation (point-biserial where the check is passed or not) between the share that a
    submission earned in the check and the share that it earned in all the other checks together;
    the check itself is left out of the second, or it would correlate with itself. None with
    fewer than `SMALLEST_CLASS` submissions, and where either share is the same for everyone.
    """
    shares = [float(share) for share, _ in pairs]
    rests = [rest for _, rest in pairs]
    if len(pairs) < SMALLEST_CLASS or len(set(shares)) < 2 or len(set(rests)) < 2:
        return None
    # Rounding may carry it past 1 in the last place.
    return max(-1.0, min(1.0, statistics.correlation(shares, rests)))


def _most_common_outcome(outcomes: Counter[Outcome]) -> tuple[Outcome, int] | None:
    """The most common outcome besides passed; a tie goes to the first in `Outcome`."""
    others = [(o, outcomes[o]) for o in Outcome if o is not Outcome.PASSED and outcomes[o]]
    return max(others, key=lambda pair: pair[1], default=None)


def _most_common_diagnosis(found: Iterable[Diagnosis]) -> tuple[Diagnosis, int] | None:
    """The most common mistake; a tie goes to the first id, so the order does not matter."""
    by_mistake: dict[str, Diagnosis] = {}
    counts: Counter[str] = Counter()
    for diagnosis in found:
        by_mistake[diagnosis.mistake] = diagnosis
        counts[diagnosis.mistake] += 1
    if not counts:
        return None
    mistake = min(counts, key=lambda name: (-counts[name], name))
    return by_mistake[mistake], counts[mistake]


def flagged_submissions(gradebook: Gradebook) -> tuple[FlaggedSubmission, ...]:
    """The submissions that need a person, the most pressing first, else in the class's order."""
    found = [
        FlaggedSubmission(marks, reasons)
        for marks in submissions(gradebook.marks).values()
        if (reasons := _reasons(marks[0]))
    ]
    order = list(Reason)
    return tuple(sorted(found, key=lambda flagged: order.index(flagged.reasons[0][0])))


def _reasons(mark: StudentMark) -> tuple[tuple[Reason, tuple[str, ...]], ...]:
    if mark.status is Status.NOT_GRADABLE:
        # Once people have decided it needs nobody.
        return () if mark.decided else ((Reason.NOT_GRADABLE, ()),)
    ended: dict[Outcome, list[str]] = {}
    parts: dict[str, set[Outcome]] = {}
    for check in mark.checks:
        ended.setdefault(check.result.outcome, []).append(check.result.id)
        parts.setdefault(check.result.part, set()).add(check.result.outcome)
    # Parts of which nothing was found. Some of their checks may be blocked by a missing one.
    lacking = [
        part
        for part, outcomes in parts.items()
        if Outcome.MISSING in outcomes and outcomes <= {Outcome.MISSING, Outcome.BLOCKED}
    ]
    found = [
        (Reason.GRADER_ERROR, ended.get(Outcome.GRADER_ERROR, [])),
        (Reason.UNDECIDED, [c.result.id for c in mark.checks if c.result.undecided]),
        (Reason.CRASHED, ended.get(Outcome.CRASHED, [])),
        (Reason.TIMED_OUT, ended.get(Outcome.TIMED_OUT, [])),
        (Reason.OUT_OF_MEMORY, ended.get(Outcome.OUT_OF_MEMORY, [])),
        (Reason.OVER_LIMIT, ended.get(Outcome.OVER_LIMIT, [])),
        (Reason.MISSING_PART, lacking),
    ]
    fault = mark.status is Status.GRADER_ERROR
    return tuple(
        (reason, tuple(what))
        for reason, what in found
        if what or (fault and reason is Reason.GRADER_ERROR)
    )


def submissions(marks: Iterable[StudentMark]) -> dict[str, tuple[StudentMark, ...]]:
    """The marks of those who handed in, by submission, in the class's order."""
    found: dict[str, list[StudentMark]] = {}
    for mark in marks:
        if mark.status is not Status.MISSING:
            found.setdefault(mark.submission_id, []).append(mark)
    return {key: tuple(value) for key, value in found.items()}
