"""The default places of the grader's files, for a checkout and for an installed copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from grader import INSTALLED, ROOT

APPLICATION: Final = "rnn-lab-grader"
"""Names the grader's folder in the user's configuration."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the default paths of the settings start."""

    results: Path
    given: Path  # the rubric that comes with the grader
    own: Path  # of the course: its secret, its settings file, what the self-check remembers

    @classmethod
    def all_in(cls, folder: Path) -> Folders:
        """One folder for everything."""
        return cls(folder, folder, folder)

    @classmethod
    def default(cls, installed: bool = INSTALLED) -> Folders:
        """The checkout; an installed grader keeps nothing beside its code."""
        if not installed:
            return cls.all_in(ROOT)
        return cls(results=Path.cwd(), given=ROOT, own=Path(click.get_app_dir(APPLICATION)))
