"""What a check did not ask: the submission is asked at another setting too, or on less.

A sampler is asked at one temperature and fails. That it ignores the temperature gives those draws,
and so does one that only bounds it. A part declares how the arguments of such a probe are varied;
a cause has to give the submission's answers at both. And where a call takes long, a shorter one
tells most mutants apart. Asked by the spare runner, so that no mark is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from grader.parts.registry import spec_of
from kit.outcomes import Verdict
from kit.runner import Runner

from .answers import Call, NoAnswer, question, timeless

MOST = 2
"""Calls of one check that are varied: the student's own model and a stand-in."""

Changes = Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]


class AskedAgain:
    """Asks one submission; each question is put once."""

    def __init__(self, spare: Callable[[str], Runner]) -> None:
        self._spare = spare
        self._known: dict[bytes, Call | None] = {}

    def varied(self, part: str, calls: list[Call]) -> list[Call]:
        """The calls at another setting, with the submission's answers; fewer where none came."""
        return self._changed(part, calls, spec_of(part).answers.varied)

    def smaller(self, part: str, calls: list[Call]) -> list[Call]:
        """The same for calls that take long, with shorter calls in their place."""
        return self._changed(part, calls, spec_of(part).answers.smaller)

    def _changed(self, part: str, calls: list[Call], changes: Changes) -> list[Call]:
        asked = [
            replace(call, arguments={**call.arguments, **changes[call.probe](call.arguments)})
            for call in calls
            if call.probe in changes and not isinstance(call.answer, NoAnswer)
        ]
        # Two calls may become the same one.
        once = {question(part, call): call for call in asked}
        found = [self._answered(part, call) for call in [*once.values()][-MOST:]]
        return [call for call in found if call is not None]

    def _answered(self, part: str, call: Call) -> Call | None:
        key = question(part, call)
        if key not in self._known:
            try:
                answer = self._spare(part).call(call.probe, call.arguments)
                answered = replace(call, answer=answer)
                self._known[key] = replace(answered, answer=timeless(part, answered))
            except Verdict:
                # A limit, most often: it tells nothing of the code.
                self._known[key] = None
        return self._known[key]
