"""How many parts of one hand-in may run at a time: as many as there are processors and memory."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from grader.core.settings import Settings

OF_THE_GRADER_MB: Final = 160
"""What a lane needs beside student code: two forks of the judge, and workers with solutions.

Measured: 100 MB more with two lanes than with one (sum of the PSS, solutions of the full rubric).
The part that asks for another hash seed starts a server of its own; only one does.
"""


def lanes(platform: str | None, settings: Settings) -> int:
    """How many parts may run at a time.

    One where a platform runs the grader: its container may have too little memory for several.
    """
    if platform is not None:
        return 1
    # `cpu_count` would be wrong where this process may use only some of them.
    processors = len(os.sched_getaffinity(0))
    free_mb = available_mb()
    if free_mb is None:
        return 1
    # One part runs in any case.
    return max(1, min(processors, free_mb // lane_mb(settings)))


def lane_mb(settings: Settings) -> int:
    """The memory of a lane, where student code takes all that it may.

    By the limit, since what it takes is not known before: while one part of a lane runs, the
    worker of another waits with what its public checks have left.
    """
    from grader.judging.side_by_side import PARTS_OF_A_LANE

    of_worker = settings.memory_mb + settings.scratch_mb  # the scratch folder lies in memory
    return PARTS_OF_A_LANE * of_worker + OF_THE_GRADER_MB


def available_mb(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """The memory that this process may still take; None where the system does not tell.

    A container sees the memory of the whole machine, so the limits of its control groups count too.
    """
    found = re.search(r"^MemAvailable:\s+(\d+) kB", _read(proc / "meminfo"), re.MULTILINE)
    if found is None:
        return None
    free = int(found[1]) * 1024
    # This is the line of version 2; control groups of version 1 are not looked at.
    own = re.search(r"^0::/(.*)$", _read(proc / "self" / "cgroup"), re.MULTILINE)
    if own is not None:
        group = groups / own[1]
        # Each group on the way to the root may have a limit, and the least one holds.
        for folder in (group, *group.parents):
            if not folder.is_relative_to(groups):
                break
            left = _left_in_group(folder)
            free = free if left is None else min(free, left)
    return max(0, free) >> 20


def _left_in_group(folder: Path) -> int | None:
    """What a control group (version 2) may still take; None where it has no limit."""
    most, now = _read(folder / "memory.max").strip(), _read(folder / "memory.current").strip()
    if not (most.isdecimal() and now.isdecimal()):
        return None
    # Files that were read and are not in use count as taken, but the kernel gives them up.
    files = re.search(r"^inactive_file (\d+)$", _read(folder / "memory.stat"), re.MULTILINE)
    return int(most) - int(now) + (0 if files is None else int(files[1]))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
