"""Whether a part is graded once more, which of the two runs counts, and what is said of it.

In the second run the part is loaded by its other reading: with the scripts that may give its
definitions their meaning, or with the definitions of another neighbour. The better total of the
part counts, and results of the two runs are never mixed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction

from grader.core.model import CheckResult, Outcome, Submission
from grader.isolation.runner import NOT_FINAL
from grader.scoring.rubric import Rubric
from grader.scoring.score import share
from kit.contracts import BY_ID
from kit.readings import Reading
from kit.text import Text

_LOADED_OTHERWISE = frozenset(
    {Outcome.FAILED, Outcome.PARTIAL, Outcome.MISSING, Outcome.NOT_ATTEMPTED, Outcome.OVER_LIMIT}
)
"""Outcomes that another way to load the part may change. Time, memory and crashes are none: they
would cost the same once more."""

MOST_PLACES = 12
"""Places that a notice lists."""


def is_worthwhile(part: str, results: Mapping[str, CheckResult], rubric: Rubric) -> bool:
    """Whether a check of the part with points ended so that a second run may change it."""
    # What an optional part does not define is skipped and not missing.
    wanted = _LOADED_OTHERWISE | ({Outcome.SKIPPED} if BY_ID[part].optional else frozenset())
    return any(
        result.outcome in wanted and not result.advice and not result.undecided
        for id, result in results.items()
        if id in rubric.check_ids and rubric.points_of(id)
    )


def is_better(
    one: Mapping[str, CheckResult], other: Mapping[str, CheckResult], rubric: Rubric
) -> bool:
    """Whether the results `one` earn more than `other`, or as much with more to be given."""
    return _total(one, rubric) > _total(other, rubric)


def _total(results: Mapping[str, CheckResult], rubric: Rubric) -> tuple[Fraction, Fraction]:
    """The points that the results earn, and those that a person is still to give."""
    scored = [(rubric.points_of(id), r) for id, r in results.items() if id in rubric.check_ids]
    earned = sum((points * share(result) for points, result in scored), Fraction(0))
    waits = (r.undecided or r.outcome is Outcome.SKIPPED for _, r in scored)
    pending = (points for (points, _), wait in zip(scored, waits, strict=True) if wait)
    return earned, sum(pending, Fraction(0))


def for_staff(
    result: CheckResult, notices: Collection[Text], *, first: bool
) -> tuple[CheckResult, tuple[Text, ...]]:
    """A result of the second run, with what its load said in the note of the `first`.

    Its worker came after others that have seen hidden inputs, so its words are for staff alone.
    """
    # This one is the judge's own sentence, and says nothing that a worker chose.
    kept = tuple(notice for notice in notices if notice == NOT_FINAL)
    said = " / ".join(notice.en for notice in notices if notice != NOT_FINAL)
    if first and said:
        result = replace(result, staff_note=f"{result.staff_note} second load: {said}".strip())
    return result, kept


def notice(
    part: str, submission: Submission, *, ran: bool, counts: bool, full: bool
) -> Text | None:
    """What the report says of the part's two readings; None if it has one alone.

    `full`: the first run has lost no point.
    """
    other = submission.again(part)
    if other is None:
        return None
    first, second = submission.reading(part), other.reading(part)
    if second.run:
        template = _WITH if counts else _WITHOUT_GAIN if ran else _LEFT_OUT
        said = template.format(part=part, places=_places(second))
        return said + _NO_COST if full else said
    if first.omit == second.omit or not ran:
        return None
    return (_OTHER_NEIGHBOUR if counts else _SAME_NEIGHBOUR).format(part=part)


def _places(reading: Reading) -> Text:
    # Several statements of one line have one place.
    places = list(dict.fromkeys(spot.place for spot in reading.run))
    more = f" +{len(places) - MOST_PLACES}" if len(places) > MOST_PLACES else ""
    shown = places[:MOST_PLACES]
    return Text(
        "；".join(place.zh for place in shown) + more, "; ".join(place.en for place in shown) + more
    )


_LEFT_OUT = Text(
    "{part}：评分时只执行定义和赋值，没有执行这些顶层语句：{places}。",
    "{part}: only definitions and assignments are executed when grading; these statements were "
    "not: {places}.",
)
_NO_COST = Text("不扣分。", "This costs nothing.")
_WITH = Text(
    "{part}：先只执行定义和赋值，有检查没有通过；又执行了这些顶层语句（各有时限）并重新评了整个部分："
    "{places}。得分更高，以这一次为准。",
    "{part}: with definitions and assignments alone a check did not pass; the whole part was "
    "graded once more with these statements executed too, each within its time: {places}. That "
    "earns more, so it counts.",
)
_WITHOUT_GAIN = Text(
    "{part}：有检查没有通过，于是又执行了这些顶层语句（各有时限）并重新评了整个部分：{places}。"
    "得分没有提高，以只执行定义和赋值的那一次为准。",
    "{part}: a check did not pass, so the whole part was graded once more with these statements "
    "executed too, each within its time: {places}. That earns no more, so the run without them "
    "counts.",
)
_OTHER_NEIGHBOUR = Text(
    "{part}：同一文件里有的名称定义了不止一次，按位置不能确定属于哪个部分；试了两种，以得分高的"
    "第二种为准。",
    "{part}: its file defines some names more than once, and their position leaves a doubt which "
    "belong to this part. Both ways were graded; the second earns more and counts.",
)
_SAME_NEIGHBOUR = Text(
    "{part}：同一文件里有的名称定义了不止一次，按位置不能确定属于哪个部分；试了两种，第二种得分"
    "没有更高，以第一种为准。",
    "{part}: its file defines some names more than once, and their position leaves a doubt which "
    "belong to this part. Both ways were graded; the second earns no more, so the first counts.",
)
