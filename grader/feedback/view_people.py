"""What people gave, as a page shows it: marks of criteria, comments, decisions on checks."""

from __future__ import annotations

from dataclasses import dataclass

from grader.core.model import CheckScore, CriterionScore
from grader.scoring.points import decimal2
from kit.text import Text

from . import words
from .clean import clean, clean_text


@dataclass(frozen=True, slots=True)
class CriterionView:
    """What a person gave for one criterion; `earned` is empty where nobody has marked it."""

    id: str
    title: Text
    earned: str
    possible: str
    level: Text | None
    comments: tuple[Text, ...]


def view_criterion(criterion: CriterionScore) -> CriterionView:
    """One criterion of a row."""
    earned = criterion.earned
    return CriterionView(
        id=criterion.id,
        title=criterion.title,
        earned="" if earned is None else decimal2(earned, criterion.possible),
        possible=decimal2(criterion.possible),
        level=criterion.level,
        comments=tuple(clean_text(comment) for comment in criterion.comments),
    )


def view_overruling(check: CheckScore) -> Text | None:
    """A person's decision, with the reason; the outcome beside it stays the machine's."""
    if check.overruled is None:
        return None
    return words.OVERRULED.format(
        earned=decimal2(check.earned, check.possible),
        possible=decimal2(check.possible),
        why=clean(check.overruled.why),
    )
