"""How hard a question is in its class: how many other students' pages give its answer away.

A sheet gives it away if it asks the same and has the same answer. Feedback gives away a question
about an edit if it explains a mistake in the same function.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from grader.core.model import GradeReport
from kit.contracts import BY_ID

from .questions import VivaQuestion, words_of


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the pages of one hand-in give away."""

    answers: frozenset[Hashable]
    explained: tuple[tuple[str, frozenset[str]], ...]  # part and words of each explained check


class Told:
    """The pages of a class."""

    def __init__(self) -> None:
        self._pages: dict[str, _Pages] = {}

    def add(self, hand_in: str, report: GradeReport, questions: Sequence[VivaQuestion]) -> None:
        """The pages of one more hand-in."""
        results = (scored.result for scored in report.score.checks)
        self._pages[hand_in] = _Pages(
            frozenset(map(_answer, questions)),
            tuple((r.part, _words(r.part, r.id)) for r in results if r.diagnosis),
        )

    @property
    def others(self) -> int:
        """How many hand-ins there are besides each."""
        return max(len(self._pages) - 1, 0)

    def by(self, hand_in: str, question: VivaQuestion) -> int:
        """How many of the other hand-ins' pages give the answer to a question of this one away."""
        return sum(_tells(pages, question) for id, pages in self._pages.items() if id != hand_in)


def _tells(pages: _Pages, question: VivaQuestion) -> bool:
    if _answer(question) in pages.answers:
        return True
    part, name = question.recipe.call.part, _name(question)
    return question.kind == "edit" and any(
        part == other and words & _words(part, name) for other, words in pages.explained
    )


def _answer(question: VivaQuestion) -> Hashable:
    call, right = question.recipe.call, question.options[question.right]
    # The number of the call is part of it: the same sentence about other inputs has another answer.
    return question.kind, call.part, call.number, _name(question), question.asked, right


def _name(question: VivaQuestion) -> str:
    return BY_ID[question.recipe.call.part].canonical(question.function)


def _words(part: str, name: str) -> frozenset[str]:
    """The words of a function's or check's name, without the part's, which all checks have."""
    return frozenset(words_of(name) - {part, *part.split("_")})
