"""Run the linter on a submission's files, in a process that can do nothing else.

Its output is as hostile as its input: a worker reads it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ruff.__main__ import find_ruff_bin

from grader.core.errors import MachineError
from grader.core.tiers import Tier
from grader.reader.tidiness import name_of
from grader.sandbox import launcher
from kit.text import Text

RULES = "E,W,F"
"""pycodestyle and pyflakes. Names of the mathematics and Chinese comments are fine."""

LEFT_OUT = "E402,E731,E741,W292,W391,W605"
"""Rules that course notes and notebooks break as a matter of course, and single-letter names."""

# Ruff counts a Chinese character as two columns, so a line holds about 60 of them.
LINE_LENGTH = 120

LIMITS = launcher.ProgramLimits()
"""Far more than a real hand-in needs; they stop only a file that was made to hang the linter. Of
its output so much is read that some 40,000 findings fit."""


@dataclass(frozen=True, slots=True)
class LinterOutput:
    """What the linter wrote; not complete if it found more than is read."""

    data: bytes
    complete: bool


def lint(texts: Mapping[str, str], tier: Tier) -> LinterOutput | None:
    """Run ruff once on all files, under names of ours, so that no name can be an option.

    The submission's settings and its ``noqa`` comments are ignored. None if it does not finish: a
    file can be made to cause that.
    """
    with tempfile.TemporaryDirectory(prefix="tidiness-") as folder:
        for number, (_, text) in enumerate(sorted(texts.items())):
            # The JSON of a notebook can hold lone surrogates, which UTF-8 cannot write.
            data = text.encode("utf-8", "replace")
            Path(folder, name_of(number)).write_bytes(data)
        return _ruff(Path(folder), tier)


def _ruff(folder: Path, tier: Tier) -> LinterOutput | None:
    """Ruff's findings, a line each.

    In the concise format, because the others hold the text of each fix, which can be as long as
    the file: together they filled the memory of the judge. Read from a file, which has a limit.
    """
    command = [
        find_ruff_bin(), "check", "--isolated", "--no-cache", "--ignore-noqa", "--exit-zero",
        "--quiet", "--output-format=concise", f"--select={RULES}", f"--ignore={LEFT_OUT}",
        f"--line-length={LINE_LENGTH}", "--target-version=py310", str(folder),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as output:
        try:
            status = launcher.run(command, folder, output, tier, LIMITS)
        except launcher.LauncherFailed as error:
            raise MachineError(
                Text(
                    f"代码规范检查工具（ruff）无法在隔离环境中启动：{error}",
                    f"The linter (ruff) cannot be started in confinement: {error}",
                )
            ) from error
        output.seek(0)
        found = output.read(LIMITS.output_bytes)
    complete = len(found) < LIMITS.output_bytes
    # It ends at the limit of the file, by a signal; any other failure is no result.
    return LinterOutput(found, complete) if status == 0 or not complete else None
