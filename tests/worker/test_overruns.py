"""Which limit an exception comes from, whatever a student's exception does."""

from __future__ import annotations

import errno

import pytest

from grader.worker.overruns import DESCRIPTORS, STORAGE, THREADS, overrun
from grader.worker.tier_limitation import is_tier_limitation


class Odd(RuntimeError):
    """Cannot be printed."""

    def __str__(self) -> str:
        raise ValueError


def explicitly(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def meanwhile(error: Exception, context: Exception) -> Exception:
    error.__context__ = context
    return error


FULL = OSError(errno.ENOSPC, "No space left on device")
RING = ValueError()
RING.__cause__ = RING


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        (FULL, STORAGE),
        (OSError(errno.EFBIG, "File too large"), STORAGE),
        (OSError("2097152 requested and 1048544 written"), STORAGE),
        (
            RuntimeError("PytorchStreamWriter failed writing file data/0"),
            STORAGE,
        ),
        (OSError(errno.EMFILE, "Too many open files"), DESCRIPTORS),
        (RuntimeError("can't start new thread"), THREADS),
        (explicitly(ValueError("no"), FULL), STORAGE),
        (meanwhile(ZeroDivisionError(), FULL), None),
        (RuntimeError("loss: File too large to plot"), None),
        (OSError(errno.ENOENT, "No such file"), None),
        (OSError([], "x"), None),
        (Odd(), None),
        (RING, None),
        (None, None),
    ],
)
def test_only_what_a_limit_raised_is_over_it(
    error: BaseException | None, limit: str | None
) -> None:
    assert overrun(error) == limit
    assert not is_tier_limitation(error)
