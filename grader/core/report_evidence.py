"""What a machine finds in a report, as advice for whoever marks it. It points at pages.

Nothing here moves a mark: the words are the student's own, and a report can name a figure that it
does not have.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from kit.text import Text

PASSAGE_CHARS: Final = 200
"""Of the report's own words that are kept with a page."""


class Topic(StrEnum):
    """What a criterion may ask to see beside it."""

    SECTIONS = "sections"
    FIGURES = "figures"
    SAMPLES = "samples"
    QUESTIONS = "questions"
    NUMBERS = "numbers"
    FORMAT = "format"


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that a report should have; `wanted`: in how many places."""

    id: str
    topic: Topic
    title: Text
    wanted: int = 1


EXPECTED: Final = (
    Expected("purpose", Topic.SECTIONS, Text("目的或引言", "Purpose or introduction")),
    Expected("principle", Topic.SECTIONS, Text("原理与推导", "Theory and derivation")),
    Expected("implementation", Topic.SECTIONS, Text("实现", "Implementation")),
    Expected("setup", Topic.SECTIONS, Text("实验设置", "Setup")),
    Expected("results", Topic.SECTIONS, Text("实验结果", "Results")),
    Expected("analysis", Topic.SECTIONS, Text("结果分析", "Analysis")),
    Expected("conclusion", Topic.SECTIONS, Text("总结", "Conclusion")),
    Expected("module_lstm", Topic.SECTIONS, Text("模块：字符级 LSTM", "Module: character LSTM")),
    Expected("module_rnn", Topic.SECTIONS, Text("模块：NumPy 手写 RNN", "Module: RNN in NumPy")),
    Expected("module_poems", Topic.SECTIONS, Text("模块：写诗", "Module: poems")),
    Expected("loss_curve", Topic.FIGURES, Text("损失曲线", "Loss curve")),
    Expected(
        "gradient_norms",
        Topic.FIGURES,
        Text("梯度范数随时间步的变化", "Gradient norms over time steps"),
    ),
    Expected("temperatures", Topic.SAMPLES, Text("三个温度的样例", "Samples at temperatures"), 3),
    Expected("questions", Topic.QUESTIONS, Text("阅读问题", "Reading questions"), 3),
)
"""In the order in which they are shown. The patterns are in :mod:`grader.reader.expected`."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A page of the report, from 1, and its words there."""

    page: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Where one of :data:`EXPECTED` seems to be; nowhere: no passages."""

    id: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that the report says, beside the logs of the hand-in."""

    kind: str  # "loss" or "epochs"
    value: str  # as the report writes it
    passage: Passage
    log: str = ""  # the log that says the same, or comes closest; empty without one
    logged: str = ""  # what that log says
    agrees: bool = False


SYMPTOMS: Final = frozenset({"nan", "stays", "oscillates", "slow", "same_character", "repeats"})
"""What may go wrong in a training; :mod:`grader.feedback.symptoms` has the remedies."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One of :data:`SYMPTOMS`, the log that shows it, and the words there; no log: the report."""

    kind: str
    log: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportReading:
    """What was found in the text of a report, and in the logs beside it."""

    scanned: int  # pages that are a picture and no text
    pictures: int  # and drawings
    figures: tuple[Passage, ...]  # captions, the first of each number
    tables: tuple[Passage, ...]
    findings: tuple[Finding, ...]
    claims: tuple[Claim, ...]
    logs: tuple[str, ...]  # that were read
    picture_pages: tuple[int, ...] = ()  # on which they are, from 1
    symptoms: tuple[Symptom, ...] = ()  # in the logs

    def to_json(self) -> dict[str, Any]:
        """Lossless; :meth:`from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ReportReading:
        """The record of :meth:`to_json`."""
        return cls(
            scanned=data["scanned"],
            pictures=data["pictures"],
            figures=_passages(data["figures"]),
            tables=_passages(data["tables"]),
            findings=tuple(Finding(f["id"], _passages(f["passages"])) for f in data["findings"]),
            claims=tuple(
                Claim(**claim | {"passage": Passage(**claim["passage"])})
                for claim in data["claims"]
            ),
            logs=tuple(data["logs"]),
            # Absent in readings that earlier versions kept.
            picture_pages=tuple(data.get("picture_pages", ())),
            symptoms=tuple(Symptom(**symptom) for symptom in data.get("symptoms", ())),
        )


def _passages(data: list[dict[str, Any]]) -> tuple[Passage, ...]:
    return tuple(Passage(**passage) for passage in data)
