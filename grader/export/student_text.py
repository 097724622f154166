"""What a student reads of a grading on a platform: plain text, cleaned, without hidden numbers.

Platforms grade as often as a student submits, so a hidden check shows its outcome and the known
mistakes that fit, but not its message, which holds numbers of the hidden inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from grader.core.model import CheckScore, GradeReport, Outcome, Status, Visibility
from kit.text import Text

from ..feedback import view, words
from ..feedback.clean import clean_text
from ..feedback.view_people import CriterionView, view_overruling

_TELLING: Final = frozenset({Outcome.FAILED, Outcome.PARTIAL})
"""Outcomes whose message may say what a hidden check compared."""


def check_name(check: CheckScore, lang: str) -> str:
    """The name of a check on a platform: its id, then its title."""
    return f"{check.result.id} {clean_text(check.result.title, 300).pick(lang)}"


def check_text(check: CheckScore, lang: str) -> str:
    """How a check ended, and what explains it."""
    public = check.result.visibility is Visibility.PUBLIC
    result = check.result
    lines = [words.OUTCOMES[result.outcome].pick(lang)]
    if (overruled := view_overruling(check)) is not None:
        lines.append(overruled.pick(lang))
    if result.outcome is not Outcome.PASSED:
        # The message of a hidden check compares numbers that come from hidden inputs.
        shown = public or result.outcome not in _TELLING
        has_message = shown and any(result.message) and result.outcome is not Outcome.GRADER_ERROR
        message = result.message if has_message else words.EXPLANATIONS[result.outcome]
        lines.append(clean_text(message).pick(lang))
        lines += [
            f"{words.colon(words.HINT).pick(lang)}{clean_text(diagnosis.hint).pick(lang)}"
            for diagnosis in result.diagnosis
        ]
        lines += [
            f"{words.colon(words.CLUE).pick(lang)}{clean_text(c).pick(lang)}" for c in result.clues
        ]
    return "\n".join(line for line in lines if line)


def summary(report: GradeReport, lang: str) -> str:
    """The text above the tests: the status, the rows with what is pending, the notices."""
    shown = view.build(report, staff=False)
    lines = []
    if report.status is not Status.GRADED:
        lines.append(shown.status_text.pick(lang))
    if shown.refusal is not None:
        lines.append(shown.refusal.pick(lang))
    for row in (*shown.rows, shown.total):
        line = f"{words.colon(row.title).pick(lang)}{row.earned} / {row.possible}"
        if row.waits:
            line += waiting(row.pending, lang)
        lines.append(line)
        if row.overruled is not None:
            lines.append(f"  - {row.overruled.pick(lang)}")
        lines += criteria_lines(row.criteria, lang)
    lines += [comment.pick(lang) for comment in shown.comments]
    lines += [f"- {notice.pick(lang)}" for notice in shown.notices]
    if shown.advice:
        lines.append(words.ADVICE.pick(lang))
        lines += [f"- {c.title.pick(lang)} {c.message.pick(lang)}" for c in shown.advice]
    return "\n".join(lines)


def criteria_lines(criteria: Iterable[CriterionView], lang: str) -> Iterator[str]:
    """What a person gave in a row, with the comments."""
    for criterion in criteria:
        if criterion.earned or criterion.comments:
            level = "" if criterion.level is None else criterion.level.pick(lang)
            points = f"{criterion.earned or '–'} / {criterion.possible}"
            yield f"  {words.colon(criterion.title).pick(lang)}{points} {level}".rstrip()
            yield from (f"  - {comment.pick(lang)}" for comment in criterion.comments)


def waiting(points: str, lang: str) -> str:
    """How many points are still pending."""
    said = f"{words.PENDING.pick(lang)} {points}"
    return Text(f"（{said}）", f" ({said})").pick(lang)
