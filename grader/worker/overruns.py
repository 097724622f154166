"""Find the limit of a worker that caused an exception: Python names the error, not the limit."""

from __future__ import annotations

import errno
import re
from typing import Final

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
    r"\d+ requested and \d+ written$|.*(PytorchStreamWriter failed writing|unexpected pos \d+ vs)",
    re.DOTALL,
)


def overrun(error: BaseException | None) -> str | None:
    """The limit that caused `error` or an exception that it was explicitly raised from, if any.

    Only ``__cause__`` is followed: an exception raised while handling another one
    (``__context__``) may be a mistake of its own, which must be reported.
    """
    for _ in range(20):  # a student's chain may be a ring
        if error is None:
            return None
        if kind := _kind(error):
            return kind
        error = error.__cause__
    return None


def _kind(error: BaseException) -> str | None:
    try:  # an exception class of the student's can do anything
        number = error.errno if isinstance(error, OSError) else None
        if isinstance(number, int):
            return _NUMBERS.get(number)
        said = str(error)[:2000] if isinstance(error, (OSError, RuntimeError)) else ""
    except BaseException:
        return None
    if said == "can't start new thread":
        return THREADS
    return STORAGE if _WORDS.match(said) else None
