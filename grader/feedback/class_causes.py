"""The known mistakes of a class, the most common first: what the next lecture should be about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.core.model import Diagnosis
from grader.records.gradebook import StudentMark

from .causes import causes


@dataclass(frozen=True, slots=True)
class CommonCause:
    """Submissions whose checks one mistake explains, or any of several mistakes."""

    part: str
    diagnoses: tuple[Diagnosis, ...]
    submissions: tuple[tuple[StudentMark, ...], ...]  # the marks of a group are together


def common_causes(submissions: Iterable[tuple[StudentMark, ...]]) -> tuple[CommonCause, ...]:
    """The causes by the number of submissions that have them; a tie goes by part and mistake."""
    having: dict[tuple[str, tuple[str, ...]], list[tuple[StudentMark, ...]]] = {}
    diagnoses: dict[tuple[str, tuple[str, ...]], tuple[Diagnosis, ...]] = {}
    for marks in submissions:
        for cause in causes(marks[0].checks):
            if cause.diagnoses:
                key = cause.part, tuple(sorted(d.mistake for d in cause.diagnoses))
                having.setdefault(key, []).append(marks)
                diagnoses.setdefault(key, cause.diagnoses)
    order = sorted(having, key=lambda key: (-len(having[key]), key))
    return tuple(CommonCause(key[0], diagnoses[key], tuple(having[key])) for key in order)
