"""Grade what arrives in a folder, round after round, until somebody ends it."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from grader.core.errors import UsageError
from kit.text import Text

from .planning import ClassPlan

LOOK_S: Final = 2.0
"""Between two looks at the folder: a file whose size and time rest that long is complete."""

Seen = dict[Path, tuple[int, int]]
"""Each file, with its size and the time of its last change."""


def look(folder: Path, apart: Path) -> Seen:
    """All files below `folder` but those below `apart`, without following links."""
    seen: Seen = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if Path(place, name).absolute() != apart]
        for name in names:
            path = Path(place, name)
            try:
                state = path.lstat()
            except OSError:
                continue  # renamed in between, as a browser does when a download ends
            seen[path] = state.st_size, state.st_mtime_ns
    return seen


def watch(
    source: Path,
    make: Callable[[], ClassPlan],
    grade: Callable[[ClassPlan], bool],
    refused: Callable[[UsageError], None],
    *,
    results: Path,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Grade the class, and again when a file has come or changed and rests.

    `grade` says whether to go on. `refused` is called with why a folder cannot be graded as it
    is now, an empty one for instance. What is written to `results` starts no round. Ctrl-C while
    nothing is graded raises KeyboardInterrupt.
    """
    if not source.is_dir():
        raise UsageError(
            Text(
                f"{source} 不是文件夹，无法等待新的作业。",
                f"{source} is no folder: nothing can arrive there.",
            )
        )
    results = results.absolute()
    before = look(source, results)
    graded: Seen | None = None
    while True:
        wait(LOOK_S)
        now = look(source, results)
        resting = {path: state for path, state in now.items() if before.get(path) == state}
        before = now
        # A file that moves starts no round: its hand-in would be lacking until it rests.
        if graded is not None and resting.items() <= graded.items() and now.keys() >= graded.keys():
            continue
        graded = resting
        try:
            plan = resting_only(make(), resting)
            plan.require_hand_ins()
        except UsageError as error:
            refused(error)
            continue
        if not grade(plan):
            return


def resting_only(plan: ClassPlan, resting: Seen) -> ClassPlan:
    """The plan without the hand-ins of which a file is still being written."""
    whole = tuple(
        hand_in
        for hand_in in plan.folder.hand_ins
        if all(piece.source in resting for piece in hand_in.pieces)
    )
    return dataclasses.replace(plan, folder=dataclasses.replace(plan.folder, hand_ins=whole))
