"""What a worker learns about the course, and the credentials that it returns."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from grader import __version__
from grader.batch.messages import pack, unpack
from grader.batch.planning import ClassPlan
from grader.core.model import Environment
from grader.core.settings import Settings
from grader.protocol.codec import WireError
from grader.records.keys import grader_sha256
from grader.scoring import rubric as rubrics
from grader.scoring.rubric import Rubric
from kit.text import Text

from . import words

_OWN: Final = frozenset({"self_check", "contained_by"})
"""Settings that are the machine's; so are all paths, and the secret among them."""


@dataclass(frozen=True, slots=True)
class Course:
    """By what a class is graded, without the secret."""

    settings: dict[str, Any]  # by name
    rubric: str
    rubric_name: str

    @classmethod
    def of(cls, plan: ClassPlan) -> Course:
        """Of a class that is to be graded."""
        fields = [f for f in dataclasses.fields(Settings) if not isinstance(f.default, Path)]
        shared = {f.name: getattr(plan.settings, f.name) for f in fields if f.name not in _OWN}
        return cls(shared, plan.rubric_text, plan.settings.rubric.name)

    def here(self) -> tuple[Settings, Rubric]:
        """The settings of this machine with the course's limits, and the rubric."""
        settings = dataclasses.replace(Settings.resolve(), **self.settings)
        return settings, rubrics.parse(self.rubric.encode(), self.rubric_name)

    def encode(self) -> bytes:
        """As bytes; equal courses give equal ones."""
        return pack(asdict(self))

    @classmethod
    def decode(cls, data: bytes) -> Course:
        """What :meth:`encode` made; WireError for anything else."""
        return _valid(_COURSE, unpack(data)[0])


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a mark depends on besides the hand-in and the course."""

    environment: Environment
    grader: str
    code: str
    secret: str  # its fingerprint

    @classmethod
    def of(cls, environment: Environment, secret_fingerprint: str) -> Credentials:
        """Of this process."""
        return cls(environment, __version__, grader_sha256(), secret_fingerprint)

    def differences(self, wanted: Credentials) -> tuple[Text, ...]:
        """In what these differ from those that are wanted."""
        mine, theirs = wanted._flat(), self._flat()
        return tuple(
            words.DIFFERS.format(name=name, theirs=theirs[key] or "-", mine=mine[key] or "-")
            for key, name in words.NAMES.items()
            if mine[key] != theirs[key]
        )

    def _flat(self) -> dict[str, str]:
        # Twelve digits are enough to tell two versions apart, and fit into a sentence.
        rest = {"grader": self.grader, "code": self.code[:12], "secret": self.secret}
        return asdict(self.environment) | rest


@dataclass(frozen=True, slots=True)
class Reply:
    """A worker's answer: who it is, and why it cannot grade or what it made."""

    credentials: Credentials | None = None
    refusal: Text | None = None

    def encode(self, graded: bytes = b"") -> bytes:
        """As bytes, with the answer to a job."""
        record = asdict(self)
        record["refusal"] = None if self.refusal is None else list(self.refusal)
        return pack(record, [graded])

    @classmethod
    def decode(cls, data: bytes) -> tuple[Reply, bytes]:
        """What :meth:`encode` made; WireError for anything else."""
        record, blobs = unpack(data)
        if len(blobs) != 1:
            raise WireError("a reply holds one answer")
        return _valid(_REPLY, record), blobs[0]


_T = TypeVar("_T")
_COURSE: Final = TypeAdapter(Course)
_REPLY: Final = TypeAdapter(Reply)


def _valid(kind: TypeAdapter[_T], record: dict[str, Any]) -> _T:
    try:
        # An answer comes from another machine, so the type of each field is checked.
        return kind.validate_python(record)
    except ValidationError as error:
        raise WireError(f"not a message: {str(error)[:300]}") from None
