"""``submission_metadata.json``: what Gradescope says of a submission to an autograder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel, ValidationError

from grader.core.errors import MachineError
from kit.text import Text, os_reason

from ..feedback.clean import clean_line

MAX_BYTES: Final = 16 * 1024 * 1024
"""Earlier results lie in it, too; nothing of them is read."""


class _Due(BaseModel):
    due_date: AwareDatetime | None = None


class _User(BaseModel):
    email: str = ""
    name: str = ""
    assignment: _Due = _Due()  # an extension of this student


class _File(BaseModel):
    created_at: AwareDatetime
    assignment: _Due = _Due()
    users: tuple[_User, ...] = ()


@dataclass(frozen=True, slots=True)
class Metadata:
    """When somebody submitted, whether that was late by Gradescope's due date, and who it was.

    There is no student id in it: the rubric's waivers go by e-mail address here.
    """

    submitted_at: datetime
    late: bool | None
    emails: tuple[str, ...]
    people: tuple[str, ...]  # safe to show; more than one in a group


def read(path: Path) -> Metadata:
    """The metadata in a file; MachineError where it is not as Gradescope writes it."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
        found = _File.model_validate_json(data)
    except OSError as error:
        raise _unreadable(path, os_reason(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise _unreadable(path, Text(clean_line(why), clean_line(why))) from error
    due = _latest([found.assignment.due_date, *(u.assignment.due_date for u in found.users)])
    return Metadata(
        # Not the clock: a regrade is no later submission.
        submitted_at=found.created_at,
        late=None if due is None else found.created_at > due,
        emails=tuple(user.email for user in found.users),
        people=tuple(clean_line(f"{u.name} {u.email}") for u in found.users),
    )


def _latest(dates: Iterable[datetime | None]) -> datetime | None:
    return max((date for date in dates if date is not None), default=None)


def _unreadable(path: Path, why: Text) -> MachineError:
    return MachineError(
        Text(
            f"无法读取 Gradescope 的 {path.name}：{why.zh}。没有评分。",
            f"Cannot read Gradescope's {path.name}: {why.en}. Nothing was graded.",
        )
    )
