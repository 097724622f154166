"""The tiers of confinement, best first, and which of them a course accepts.

Standard library only: the fork server imports it before it enters its jail.
"""

from __future__ import annotations

from typing import Final, Literal

Tier = Literal["full", "landlock", "seccomp", "none"]

TIERS: Final[tuple[Tier, ...]] = ("full", "landlock", "seccomp", "none")
"""full: namespaces, Landlock, seccomp, limits. landlock: without namespaces. seccomp: without
Landlock either, so no path may be named. none: limits alone."""


def ladder(best: Tier, floor: Tier, unsafe: bool) -> tuple[Tier, ...]:
    """The tiers to try in turn. `unsafe` alone, never the floor, permits no confinement."""
    # `none` in a settings file is no consent; only the option --unsafe is.
    last: Tier = "none" if unsafe else "seccomp" if floor == "none" else floor
    return TIERS[TIERS.index(best) : TIERS.index(last) + 1]
