"""Which blanks of a part no check of a rubric needs: a handout does not ask for those.

A rubric may leave checks out. Whether one of the others still needs a blank is seen by leaving it
unwritten in the solution: `forward` is needed by the checks of `backward`, whatever their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grader.authoring import cut
from grader.core.model import Outcome, Visibility
from grader.judging.judge import Judge
from grader.judging.trusted import trusted_source
from grader.parts.checks import CheckInfo, checks_of
from grader.parts.reference import solution_text
from grader.scoring.rubric import Rubric
from kit.learning import CHECK


def unused(judge: Judge, rubric: Rubric, part: str, titles: Iterable[str]) -> frozenset[str]:
    """Those of `titles`, blanks as the starter's lines name them, that no check of `rubric` needs.

    Nothing is run where the rubric uses all checks of the part: each blank has one.
    """
    own = [check for check in checks_of((part,)) if not check.advice]
    used = [check for check in own if check.id not in rubric.left_out]
    if len(used) == len(own):
        return frozenset()
    source = solution_text(part)
    return frozenset(
        title for title in titles if not _is_needed(judge, part, cut.cut(source, only=title), used)
    )


def _is_needed(judge: Judge, part: str, source: str, checks: list[CheckInfo]) -> bool:
    submission = trusted_source(part, source)
    return any(
        # Whatever reaches the blank meets its `raise`, and only that gives this outcome.
        result.outcome is Outcome.NOT_ATTEMPTED
        for ids in _tiers(checks)
        for result in judge.outcomes(submission, ids).values()
    )


def _tiers(checks: list[CheckInfo]) -> Iterator[list[str]]:
    """The quick checks first: mostly they tell already."""
    training = {check.id for check in checks if check.id.endswith(f".{CHECK}")}
    for visibility in (Visibility.PUBLIC, Visibility.HIDDEN):
        if ids := [c.id for c in checks if c.visibility is visibility and c.id not in training]:
            yield ids
    if training:
        yield sorted(training)
