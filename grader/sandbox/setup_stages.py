"""The stages of setting up a server or a worker, and the error that names the stage that failed.

Standard library only: the fork server imports it before it enters its jail. The sentences in two
languages are composed by the judge (`confinement_errors`).
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from .control import Failed

_DETAIL_CHARACTERS = 2000  # a status message must fit in one datagram


@dataclass
class StageFailed(Exception):
    """A named stage failed; `errno` is 0 where the cause was not a system call."""

    stage: str
    errno: int
    detail: str

    def event(self) -> Failed:
        """The failure as it is sent to the judge."""
        return Failed(self.stage, self.errno, self.detail[-_DETAIL_CHARACTERS:])


@contextlib.contextmanager
def stage(name: str) -> Iterator[None]:
    """Turn every exception of the block into the failure of the stage `name`."""
    try:
        yield
    except StageFailed:  # an inner stage is the more precise name
        raise
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise StageFailed(name, error.errno or 0, f"{error.strerror or error}{where}") from error
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        raise StageFailed(name, 0, text) from error
