"""Name what failed while a server or a worker was being confined, so that the judge can say it.

Standard library only: the fork server imports it before it enters its jail, and the sentences in
two languages are the judge's (`refusals`).
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass
class StepFailed(Exception):
    """A named step failed; `errno` is 0 where it was not a system call."""

    step: str
    errno: int
    detail: str

    def to_message(self) -> dict[str, Any]:
        """As it travels to the judge."""
        return {
            "event": "failed",
            "step": self.step,
            "errno": self.errno,
            "detail": self.detail[-2000:],
        }


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """What fails inside is the failure of the step `name`."""
    try:
        yield
    except StepFailed:
        raise
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise StepFailed(name, error.errno or 0, f"{error.strerror or error}{where}") from error
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        raise StepFailed(name, 0, text) from error
