"""Tell which limit of a worker an exception comes from: Python names the error, not the limit."""

from __future__ import annotations

import errno
import re
from typing import Final

from .beyond import causes

STORAGE: Final = "over_storage"
DESCRIPTORS: Final = "over_descriptors"
THREADS: Final = "over_threads"

_NUMBERS: Final = {
    errno.ENOSPC: STORAGE,
    errno.EDQUOT: STORAGE,
    errno.EFBIG: STORAGE,
    errno.EMFILE: DESCRIPTORS,
}
# Libraries written in C++ name no errno, and NumPy none where a write comes back short.
_WORDS: Final = re.compile(
    r"No space left on device|File too large|\d+ requested and \d+ written|failed writing file"
)


def overrun(error: BaseException | None) -> str | None:
    """The limit that `error`, or what it was raised for or while handling, ran into, if any."""
    return next((kind for cause in causes(error) if (kind := _kind(cause))), None)


def _kind(error: BaseException) -> str | None:
    if isinstance(error, OSError) and error.errno is not None:
        return _NUMBERS.get(error.errno)
    if isinstance(error, (OSError, RuntimeError)):
        said = str(error)[:2000]
        if said == "can't start new thread":
            return THREADS
        return STORAGE if _WORDS.search(said) else None
    return None
