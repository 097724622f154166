"""The calls of a part that its public cases are made of: their inputs are in every student's hands.

A part publishes its cases by asking the reference, so a runner that notes what is asked knows them
all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from grader.parts.registry import spec_of
from kit.contracts import BY_ID
from kit.runner import Runner


@dataclass(frozen=True, slots=True)
class PublicCall:
    """One call of a probe on a public input, and the reference's answer."""

    part: str
    number: int  # of the part's calls
    probe: str
    # Not compared: the part and the number tell which call it is, and arrays have no one equality.
    arguments: dict[str, Any] = field(compare=False)
    answer: dict[str, Any] = field(compare=False)


class _Noting(Runner):
    """Passes each call on, and notes it."""

    def __init__(self, reference: Runner) -> None:
        self.part = reference.part
        self._reference = reference
        self.asked: list[tuple[str, dict[str, Any], Any]] = []

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        answer = self._reference.call(probe, arguments)
        self.asked.append((probe, arguments, answer))
        return answer


def public_calls(reference: Runner) -> tuple[PublicCall, ...]:
    """The calls whose answers have names; those that train are left out."""
    part = reference.part
    noting = _Noting(reference)
    spec_of(part).publish(noting)
    left_out = spec_of(part).answers.unexplained | {*BY_ID[part].trains}
    return tuple(
        PublicCall(part, number, probe, arguments, answer)
        for number, (probe, arguments, answer) in enumerate(noting.asked)
        if probe not in left_out and isinstance(answer, dict)
    )
