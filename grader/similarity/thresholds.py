"""From which share on two hand-ins are shown: above what independent right solutions share.

Measured by ``python bench/similarity.py --limits``; docs/similarity.md has the distribution.
"""

from __future__ import annotations

from typing import Final

THRESHOLDS: Final[dict[str, float]] = {}
"""Part -> the highest share of two independent right solutions, rounded up to the next 0.05."""


def of_part(part: str) -> float:
    """Where nothing was measured, the highest of all."""
    return THRESHOLDS.get(part, max(THRESHOLDS.values()))
