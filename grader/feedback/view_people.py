"""What people gave, as a page shows it: marks of criteria, comments, decisions on checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.core.model import CheckScore, CriterionScore, LinterScore, RowScore
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


def view_overruling(scored: CheckScore | LinterScore) -> Text | None:
    """A person's decision, with the reason; what stands beside it stays the machine's."""
    if scored.overruled is None or scored.earned is None:
        return None
    return words.OVERRULED.format(
        earned=decimal2(scored.earned, scored.possible),
        possible=decimal2(scored.possible),
        why=clean(scored.overruled.why),
    )


def row_overruling(row: RowScore) -> Text | None:
    """A person's decision in place of the linter."""
    return None if row.linter is None else view_overruling(row.linter)


def decisions(rows: Iterable[RowScore], checks: Iterable[CheckScore]) -> Iterator[Text]:
    """Every decision in the machine's place, each named by what it replaces."""
    scored: list[tuple[str, CheckScore | LinterScore]] = [(c.result.id, c) for c in checks]
    scored += [(row.linter.id, row.linter) for row in rows if row.linter is not None]
    for id, one in scored:
        if (said := view_overruling(one)) is not None:
            yield Text(f"{id}：{said.zh}", f"{id}: {said.en}")
