"""What a run over a class starts from: its hand-ins and the rubric that marks them."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from grader import handins
from grader.core.settings import Secret, Settings
from grader.handins.records import ClassFolder
from grader.isolation.reading import HandInReader
from grader.isolation.servers import Servers
from grader.parts.checks import checks_of
from grader.scoring import rubric as rubrics
from grader.scoring.late_policy import days_late
from grader.scoring.rubric import Rubric


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """A class as it was found, and everything that its marks depend on."""

    settings: Settings
    secret: Secret
    rubric: Rubric
    rubric_text: str  # kept with the marks, so that an export needs no file of the course
    source: Path
    folder: ClassFolder

    def require_hand_ins(self) -> None:
        """Raise UsageError where there is nothing to grade."""
        handins.require_some(self.folder, self.source)


def plan(
    settings: Settings,
    secret: Secret,
    source: Path,
    roster: Path | None = None,
    *,
    layout: str | None = None,
    prefer: Collection[str] = (),
) -> ClassPlan:
    """Read the rubric and the roster, and find the hand-ins below `source`; grades nothing.

    A rubric that grading would refuse is refused here.
    """
    # Read once, so that the text that is kept is the text that marked.
    data = rubrics.read(settings.rubric)
    rubric = rubrics.parse(data, settings.rubric.name)
    rubrics.validate_checks(rubric, [c.id for c in checks_of(rubric.parts()) if not c.advice])
    enrolled = None if roster is None else handins.read_roster(roster)
    zone = None if rubric.late is None else rubric.late.timezone
    # Started only where one student handed in several items, whose contents must be compared.
    with closing(Servers(settings)) as servers:
        folder = handins.discover(
            source,
            roster=enrolled,
            zone=zone,
            layout=layout,
            prefer=prefer,
            due=_due(rubric),
            contents=HandInReader(lambda: servers.ready("reader")),
        )
    return ClassPlan(settings, secret, rubric, data.decode("utf-8"), source, folder)


def _due(rubric: Rubric) -> handins.Due | None:
    if (late := rubric.late) is None:
        return None
    return handins.Due(lambda time: days_late(late, time) == 0, late.prefer == "in_time")
