"""What a machine found in a report, as the desk shows it: links to pages, as advice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from grader.core.model import GradeReport
from grader.core.report_evidence import EXPECTED, Claim, Expected, Passage, ReportReading, Topic
from grader.feedback import symptoms
from grader.feedback.clean import clean_line
from kit.text import Text

_REPORT_LIKE: Final = (".pdf", ".docx", ".doc", ".wps", ".odt", ".pages", ".rtf")
_FEW_CHARACTERS: Final = 40

NOT_FOUND: Final = Text("没有找到", "not found")
OF: Final = Text("{n} / {wanted}", "{n} of {wanted}")
COUNT: Final = Text("{n} 处有编号的标题", "{n} numbered captions")
FIGURES: Final = Text(
    "{pictures} 张图片或绘图，{n} 处有编号的标题",
    "{pictures} pictures or drawings, {n} numbered captions",
)
KINDS: Final = {
    "loss": Text("报告写的损失 {value}", "Loss {value} in the report"),
    "epochs": Text("报告写的轮数 {value}", "Epochs {value} in the report"),
}
AGREES: Final = Text("与 {log} 相符（{logged}）", "{log} says so ({logged})")
DIFFERS: Final = Text(
    "与日志不符；最接近的是 {log} 的 {logged}", "no log does; closest: {log}, {logged}"
)
NO_LOG: Final = Text("作业里没有可比的训练日志", "no training log to compare with")
NO_CLAIMS: Final = Text("报告没有写最终损失或轮数", "the report names no final loss and no epochs")
NUMBERS: Final = Text("数值与日志", "Numbers and logs")
NO_REPORT: Final = Text("没有 PDF 报告。", "There is no PDF report.")
OTHER_TYPE: Final = Text(
    "没有 PDF 报告；交的是另一种文件：{names}。",
    "There is no PDF report, but a file of another type: {names}.",
)
EMPTY: Final = Text("PDF 里没有内容。", "The PDF is empty.")
ALL_SCANNED: Final = Text(
    "整份报告是扫描件或图片，没有文字，无法查找：请直接看页面。",
    "The whole report is a scan: pictures without text, so nothing can be found. Read the pages.",
)
SOME_SCANNED: Final = Text(
    "{n} 页只有图片，没有文字，那里查不到。",
    "{n} pages are pictures without text: nothing is found there.",
)
UNREAD: Final = Text(
    "报告的文字没有读出来（由较早的版本评分，或超出限制）：请直接看页面。",
    "The text of the report was not read (an earlier version graded it, or it is beyond the "
    "limits): read the pages.",
)
FORMAT: Final = Text("页数与文字", "Pages and text")
PAGES: Final = Text("{pages} 页，{characters} 个字符", "{pages} pages, {characters} characters")


@dataclass(frozen=True, slots=True)
class Place:
    """A page, from 1, and the report's words there, cleaned."""

    page: int
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked for; `tone` is good, partly or empty."""

    title: Text
    said: Text
    tone: str = ""
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportView:
    """The lines by topic, and what is wrong with the report as a whole."""

    topics: dict[Topic, tuple[Line, ...]]
    problem: Text | None = None

    def lines(self, topics: list[str]) -> list[Line]:
        """Those of some topics, as a criterion asks for them."""
        return [line for topic in topics for line in self.topics.get(Topic(topic), ())]


def build(report: GradeReport, show: Callable[[str], str]) -> ReportView:
    """The view; `show` masks names where they are hidden."""
    found = None if report.evidence is None else report.evidence.report
    if found is None:
        others = [name for name in report.submission.others if name.lower().endswith(_REPORT_LIKE)]
        if not others:
            return ReportView({}, NO_REPORT)
        names = ", ".join(show(clean_line(name)) for name in others[:3])
        return ReportView({}, OTHER_TYPE.format(names=names))
    if found.problem is not None:
        why = found.problem
        return ReportView({}, Text(show(clean_line(why.zh)), show(clean_line(why.en))))
    size = PAGES.format(pages=found.pages, characters=found.characters)
    lines: dict[Topic, tuple[Line, ...]] = {Topic.FORMAT: (Line(FORMAT, size),)}
    if found.reading is None:
        return ReportView(lines, UNREAD)
    problem = _problem(found.reading, found.pages, found.characters)
    if problem in (EMPTY, ALL_SCANNED):
        return ReportView(lines, problem)
    lines |= _lines(found.reading, show)
    lines[Topic.NUMBERS] += tuple(
        Line(one.seen, Text(said, said), "partly")
        for one in symptoms.of_logs(report)
        for said in (show(f"{one.log}: {one.text}"),)
    )
    return ReportView(lines, problem)


def _problem(reading: ReportReading, pages: int, characters: int) -> Text | None:
    if reading.scanned:
        some = reading.scanned < pages
        return SOME_SCANNED.format(n=reading.scanned) if some else ALL_SCANNED
    if characters < _FEW_CHARACTERS and not reading.pictures:
        return EMPTY
    return None


def _lines(reading: ReportReading, show: Callable[[str], str]) -> dict[Topic, tuple[Line, ...]]:
    found: dict[Topic, list[Line]] = {topic: [] for topic in Topic if topic is not Topic.FORMAT}
    captioned = {passage.page for passage in reading.figures}
    # A figure needs no caption to be one: then the page alone is named.
    bare = tuple(Passage(n, "") for n in reading.picture_pages if n not in captioned)
    figures = sorted((*reading.figures, *bare), key=lambda passage: passage.page)
    for title, said, passages in (
        (
            Text("图", "Figures"),
            FIGURES.format(pictures=reading.pictures, n=len(reading.figures)),
            tuple(figures),
        ),
        (Text("表", "Tables"), COUNT.format(n=len(reading.tables)), reading.tables),
    ):
        tone = "good" if passages else "partly"
        found[Topic.FIGURES].append(Line(title, said, tone, _places(passages, show)))
    by_id = {finding.id: finding.passages for finding in reading.findings}
    for expected in EXPECTED:
        passages = by_id.get(expected.id, ())
        found[expected.topic].append(
            Line(expected.title, *_said(expected, len(passages)), _places(passages, show))
        )
    found[Topic.NUMBERS] += [_claim(claim, show) for claim in reading.claims]
    if not reading.claims:
        found[Topic.NUMBERS].append(Line(NUMBERS, NO_CLAIMS, "partly"))
    return {topic: tuple(lines) for topic, lines in found.items()}


def _said(expected: Expected, count: int) -> tuple[Text, str]:
    tone = "good" if count >= expected.wanted else "partly"
    if expected.wanted > 1:
        return OF.format(n=count, wanted=expected.wanted), tone
    return (Text("", "") if count else NOT_FOUND), tone


def _claim(claim: Claim, show: Callable[[str], str]) -> Line:
    title = KINDS[claim.kind].format(value=clean_line(claim.value))
    places = _places((claim.passage,), show)
    if not claim.log:
        return Line(title, NO_LOG, "", places)
    log, logged = show(clean_line(claim.log)), clean_line(claim.logged)
    said = (AGREES if claim.agrees else DIFFERS).format(log=log, logged=logged)
    return Line(title, said, "good" if claim.agrees else "partly", places)


def _places(passages: tuple[Passage, ...], show: Callable[[str], str]) -> tuple[Place, ...]:
    # Three temperatures may stand in one sentence.
    each = dict.fromkeys((passage.page, passage.text) for passage in passages)
    return tuple(Place(page, show(clean_line(text))) for page, text in each)
