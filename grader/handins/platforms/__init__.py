"""The layouts that learning platforms give out.

Each unit of a level, a folder or a file that lies there, has one vote, cast by its name alone:
sixty files in one student's folder are one vote, and nothing inside a unit says what the class
is. A layout that leaves more than a fifth of the units unexplained is not taken; where two fit,
a person is asked. What a platform cannot say of a hand-in (a name, a time, lateness) stays
unsaid.
"""

from __future__ import annotations

from grader.core.errors import UsageError
from kit.text import Text, joined

from .. import texts
from ..layout_result import LayoutResult
from ..level import TABLES, Level, Unit
from . import blackboard, brightspace, canvas, edx, gradescope, ilias, moodle, sakai
from .layout import Fit, Layout

_LONGEST = 400  # characters of a name that is looked at; file systems allow 255
SHARE = 0.8
"""Of the units of a level that a layout must explain."""

LAYOUTS: tuple[Layout, ...] = (
    gradescope.LAYOUT,
    moodle.LAYOUT,
    blackboard.LAYOUT,
    brightspace.LAYOUT,
    sakai.LAYOUT,
    ilias.LAYOUT,
    edx.ORA2,
    edx.SGA,
    canvas.LAYOUT,
)
LAYOUT_IDS = tuple(layout.id for layout in LAYOUTS)
_BY_ID = {layout.id: layout for layout in LAYOUTS}


def recognise(level: Level, wanted: str | None = None) -> tuple[LayoutResult, list[Unit]] | None:
    """The class as its platform gave it out, and the units that this does not explain.

    None if no platform's layout fits. `wanted` is the layout that a person chose; then the share
    does not matter. Raises UsageError where two layouts fit.
    """
    if wanted is not None:
        layout = _BY_ID[wanted]
        fits, rest = _votes(layout, level)
        return (layout.read(level, fits), rest) if fits else None
    found = []
    for layout in LAYOUTS:
        fits, rest = _votes(layout, level)
        if fits and len(fits) >= SHARE * (len(fits) + len(rest)) and layout.believed(level, fits):
            found.append((layout, fits, rest))
    if len(found) > 1:
        ids = [candidate.id for candidate, _, _ in found]
        raise UsageError(texts.SEVERAL_LAYOUTS.format(layouts=joined([*ids, "plain"])))
    if not found:
        return None
    layout, fits, rest = found[0]
    return layout.read(level, fits), rest


def not_taken(level: Level) -> list[Text]:
    """Notices about layouts that explain half of the units or more, but too few to be taken."""
    said = []
    for layout in LAYOUTS:
        fits, rest = _votes(layout, level)
        if 2 * len(fits) >= len(fits) + len(rest) and rest and layout.believed(level, fits):
            said.append(
                texts.NOT_TAKEN.format(count=len(fits), all=len(fits) + len(rest), layout=layout.id)
            )
    return said


def _votes(layout: Layout, level: Level) -> tuple[list[Fit], list[Unit]]:
    """The units that a layout explains, and the others that have a vote."""
    fits, rest = [], []
    for unit in level.units:
        match = layout.vote(unit, level.roster) if len(unit.name) <= _LONGEST else None
        if match is not None:
            fits.append((unit, match))
        elif unit.folder or not (unit.name in layout.own or unit.name.lower().endswith(TABLES)):
            rest.append(unit)
    return _with_weak(layout, fits, rest)


def _with_weak(layout: Layout, fits: list[Fit], rest: list[Unit]) -> tuple[list[Fit], list[Unit]]:
    """The same, with the units that the layout recognises beside others of its own."""
    if layout.weak is None or layout.user is None or not fits:
        return fits, rest
    found = [(unit, layout.weak(unit) if len(unit.name) <= _LONGEST else None) for unit in rest]
    weak = [(unit, match) for unit, match in found if match is not None]
    users = {layout.user(match) for _, match in fits}
    if len({layout.user(match) for _, match in weak} - users) > len(users):
        return fits, rest
    return [*fits, *weak], [unit for unit, match in found if match is None]
