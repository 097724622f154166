"""The blanks of a solution: the lines that students write, between two markers."""

from __future__ import annotations

from typing import Final

BEGIN: Final = "# BEGIN SOLUTION"
END: Final = "# END SOLUTION"


def blank_lines(source: str) -> frozenset[int]:
    """Numbers of the lines inside the blanks, from 1; :mod:`grader.authoring.cut` checks them."""
    found: set[int] = set()
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        inside = (inside or line.strip() == BEGIN) and line.strip() != END
        if inside:
            found.add(number)
    return frozenset(found)
