"""Training logs and pictures of a hand-in: people look at them, and no mark depends on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

LOGS: Final = (".log", ".txt", ".csv", ".tsv", ".out")
PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")


@dataclass(frozen=True, slots=True)
class Material:
    """One of them, by its name: its content is opened only inside the sandbox."""

    path: str
    data: bytes = field(repr=False)

    @property
    def is_log(self) -> bool:
        """Whether it may be the log of a training."""
        return is_log(self.path)


def is_log(path: str) -> bool:
    """Whether a file may be the log of a training, by its name."""
    return path.lower().endswith(LOGS)


def is_picture(path: str) -> bool:
    """Whether a file is a picture, by its name."""
    return path.lower().endswith(PICTURES)
