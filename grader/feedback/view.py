"""What a page shows, cleaned and formatted: templates only lay it out.

The student's view is made without the staff's notes, so no template can show them by mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.core.model import (
    CheckResult,
    CheckScore,
    GradeReport,
    Outcome,
    RowScore,
    Visibility,
)
from grader.scoring.points import decimal2
from grader.scoring.score import PENDING_OUTCOMES
from kit.text import Text

from . import pictures, symptoms, view_evidence, words
from .causes import UNREAD, Cause, causes, shown_by_advice, unread_parts
from .clean import clean, clean_line, clean_text
from .hints import HintView, view_hint
from .picture_frame import PictureView
from .symptoms import SymptomView
from .view_people import CriterionView, row_overruling, view_criterion, view_overruling

# Enough for a traceback in full; a page must still open.
NOTE_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check; `tone` is good, partly, lost, blank or waiting. Not `counted`: it has 0 points."""

    id: str
    title: Text
    outcome: str
    word: Text
    tone: str
    earned: str
    possible: str
    message: Text
    hints: tuple[HintView, ...]
    clues: tuple[Text, ...]
    hidden: bool
    seconds: str
    staff_note: str
    overruled: Text | None = None  # a person decided in place of the machine
    cause: int = 0  # the number of the cause that explains it, from 1
    counted: bool = True
    picture: PictureView | None = None


@dataclass(frozen=True, slots=True)
class CauseView:
    """What explains a group of failed checks; without hints, the message that they share."""

    part: str
    lost: Text
    hints: tuple[HintView, ...]  # more than one: any of them would explain it
    message: Text
    command: str  # runs one of the checks at home; empty if all of them are hidden
    checks: tuple[str, ...]
    pictures: tuple[PictureView, ...] = ()


@dataclass(frozen=True, slots=True)
class BlankView:
    """A blank of the starter that was not attempted, with the checks that need it."""

    message: Text
    possible: str
    checks: tuple[CheckView, ...]

    @property
    def count(self) -> int:
        """How many checks need it."""
        return len(self.checks)


@dataclass(frozen=True, slots=True)
class PartView:
    """One part with its checks, those that need attention first, untouched blanks apart."""

    id: str
    files: tuple[str, ...]
    earned: str
    possible: str
    attention: tuple[CheckView, ...]
    blanks: tuple[BlankView, ...]
    whole: bool  # whether `blanks` are all of the part, because it was not found or not read
    passed: tuple[CheckView, ...]


@dataclass(frozen=True, slots=True)
class RowView:
    """A rubric row, or the total; shares are per cent of the row, for its bar."""

    id: str
    title: Text
    earned: str
    pending: str
    possible: str
    waits: bool
    untouched: bool  # nothing of it is marked yet
    earned_share: float
    lost_share: float
    open_share: float  # optional points that were not taken
    note: Text | None
    criteria: tuple[CriterionView, ...] = ()
    overruled: Text | None = None  # a person decided in place of the linter


@dataclass(frozen=True, slots=True)
class View:
    """One report for one kind of reader."""

    staff: bool
    title: Text
    submission: str
    status: str
    status_text: Text
    refusal: Text | None
    marked: bool  # there is a mark, by machine or by the people who decided
    total: RowView
    waiting: Text  # how much of the total is marked so far
    rows: tuple[RowView, ...]
    comments: tuple[Text, ...]  # a person's, on the whole
    causes: tuple[CauseView, ...]
    parts: tuple[PartView, ...]
    advice: tuple[CheckView, ...]
    notices: tuple[Text, ...]
    tidiness: Text | None
    findings: tuple[tuple[str, str], ...]  # where, what
    symptoms: tuple[SymptomView, ...]  # of the trainings, in the logs
    report: Text | None
    pdf: bool  # whether it lies beside the page, for staff
    files: tuple[str, ...]
    environment: tuple[tuple[Text, str], ...]
    unconfined: bool


_BLANK = frozenset({Outcome.NOT_ATTEMPTED})
_ABSENT = frozenset({Outcome.NOT_ATTEMPTED, Outcome.MISSING, Outcome.SKIPPED})
_NO_ADVICE = _ABSENT | {Outcome.PASSED, Outcome.BLOCKED}
"""Outcomes of advice that ask for nothing, or only for what other lines say already."""


def build(report: GradeReport, *, staff: bool) -> View:
    """The view of `report` for staff, or for the student."""
    score = report.score
    optional = {row.id for row in score.rows if row.optional}
    unread = unread_parts(report.submission)
    found = causes(score.checks, optional, unread)
    numbers = {c.result.id: i for i, cause in enumerate(found, 1) for c in cause.checks}
    advised = list(zip(found, shown_by_advice(found, report.advice), strict=True))
    with_causes = {id for pair in advised for id in pictures.of_cause(_pictured(*pair))}
    refusal = report.submission.refusal
    return View(
        staff=staff,
        title=report.rubric_title,
        submission=clean_line(report.submission.id),
        status=str(report.status),
        status_text=words.DECIDED if report.decided else words.STATUSES[report.status],
        refusal=None if refusal is None else clean_text(refusal),
        marked=refusal is None or report.decided,
        total=_total(report),
        waiting=words.WAITING.format(
            marked=decimal2(score.possible - score.pending, score.possible),
            earned=decimal2(score.earned, score.possible),
            pending=decimal2(score.pending, score.possible),
        ),
        rows=tuple(_row(row) for row in score.rows),
        comments=tuple(clean_text(comment) for comment in score.comments),
        causes=tuple(_cause(*pair) for pair in advised) if refusal is None else (),
        parts=_parts(report, numbers, with_causes, unread, staff)
        if refusal is None
        else (),  # each would repeat it
        advice=tuple(
            _without(with_causes, view_check(result, Fraction(0), Fraction(0), staff))
            for result in report.advice
            if result.outcome not in _NO_ADVICE and refusal is None
        ),
        notices=tuple(clean_text(notice) for notice in report.notices),
        tidiness=view_evidence.tidiness(report) if refusal is None else None,
        findings=view_evidence.findings(report),
        symptoms=symptoms.of_logs(report),
        report=view_evidence.pdf(report),
        pdf=staff and report.submission.pdf is not None,
        files=view_evidence.files(report),
        environment=view_evidence.environment(report),
        # The name of the course's own container may follow the tier.
        unconfined=report.environment.isolation.startswith("none"),
    )


def _parts(
    report: GradeReport,
    numbers: dict[str, int],
    with_causes: set[str],
    unread: Mapping[str, Text],
    staff: bool,
) -> tuple[PartView, ...]:
    """The parts in the order of the rubric, which the checks have.

    `numbers` are those of the causes, by check; `with_causes` are the checks whose pictures are
    shown there. What is missing of an `unread` part is folded under the sentence that says why.
    """
    scores: dict[str, list[CheckScore]] = {}
    for check in report.score.checks:
        scores.setdefault(check.result.part, []).append(check)
    parts = []
    for part, own in scores.items():
        shown = [
            _without(with_causes, _scored(check, staff, numbers.get(check.result.id, 0)))
            for check in own
        ]
        possible = sum((check.possible for check in own), Fraction(0))
        files = report.submission.parts.get(part, ())
        # Of a part that was not handed in every check says the same: once is enough.
        why = unread.get(part)
        quiet = _BLANK | UNREAD if why else _BLANK if files else _ABSENT
        folded = {check.id for check in shown if check.outcome in quiet and not check.overruled}
        both = zip(own, shown, strict=True)
        untouched = [(score.result, c, score.possible) for score, c in both if c.id in folded]
        parts.append(
            PartView(
                id=part,
                files=view_evidence.lines(files),
                earned=decimal2(sum((check.earned for check in own), Fraction(0)), possible),
                possible=decimal2(possible),
                attention=tuple(
                    check for check in shown if check.tone != "good" and check.id not in folded
                ),
                blanks=_blanks(untouched, why),
                whole=why is not None or not files,
                passed=tuple(check for check in shown if check.tone == "good"),
            )
        )
    return tuple(parts)


def _without(with_causes: set[str], check: CheckView) -> CheckView:
    """The check, without a picture that is shown with its cause."""
    return replace(check, picture=None) if check.id in with_causes else check


def _scored(check: CheckScore, staff: bool, cause: int) -> CheckView:
    shown = view_check(check.result, check.earned, check.possible, staff)
    if check.overruled is None:
        return replace(shown, cause=cause)
    # What a person took from a passed check must not be folded away among the passed ones.
    tone = "good" if check.earned == check.possible else "partly" if check.earned else "lost"
    return replace(shown, cause=cause, overruled=view_overruling(check), tone=tone)


def view_check(result: CheckResult, earned: Fraction, possible: Fraction, staff: bool) -> CheckView:
    """One check; without a message it gets the explanation of its outcome."""
    message = result.message
    # What went wrong inside the grader is for the staff only.
    if not any(message) or (result.outcome is Outcome.GRADER_ERROR and not staff):
        message = words.EXPLANATIONS[result.outcome]
    return CheckView(
        id=result.id,
        title=clean_text(result.title),
        outcome=str(result.outcome),
        word=words.OUTCOMES[result.outcome],
        tone=_tone(result.outcome),
        earned=decimal2(earned, possible),
        possible=decimal2(possible),
        counted=possible > 0,
        message=clean_text(message),
        hints=tuple(view_hint(diagnosis) for diagnosis in result.diagnosis),
        clues=tuple(clean_text(clue) for clue in result.clues),
        hidden=result.visibility is Visibility.HIDDEN,
        seconds=f"{result.seconds:.2f}",
        # Left out here and not in a template, so that no template can show it to a student.
        staff_note=clean(result.staff_note, limit=NOTE_CHARS) if staff else "",
        picture=None if result.picture is None else pictures.draw(result.picture),
    )


def _pictured(cause: Cause, advice: tuple[CheckResult, ...]) -> list[CheckResult]:
    """The results whose pictures may be shown with a cause."""
    return [*(check.result for check in cause.checks), *advice]


def _cause(cause: Cause, advice: tuple[CheckResult, ...]) -> CauseView:
    shown = cause.shown.result
    local = cause.local
    # A hidden check repeats no numbers; public advice about the same shows them.
    if shown.visibility is Visibility.HIDDEN and advice:
        shown, local = advice[0], advice[0].id
    points = decimal2(cause.lost)
    said = cause.unread or (shown.message if any(shown.message) else shown.title)
    local = None if cause.unread else local
    count = words.ONE_CHECK if len(cause.checks) == 1 else words.CHECKS
    return CauseView(
        part=cause.part,
        lost=count.format(count=len(cause.checks), points=points),
        hints=tuple(map(view_hint, cause.diagnoses)),
        message=clean_text(said),
        command="" if local is None else f"pytest -k {local}",
        checks=tuple(check.result.id for check in cause.checks),
        pictures=tuple(pictures.of_cause(_pictured(cause, advice)).values()),
    )


def _blanks(
    checks: Iterable[tuple[CheckResult, CheckView, Fraction]], why: Text | None
) -> tuple[BlankView, ...]:
    """Checks by the blank that they reached, else by their message; what is missing by `why`."""
    groups: dict[str, list[tuple[CheckView, Fraction]]] = {}
    for result, check, possible in checks:
        # By place: a hidden check of the same blank has other words than a public one.
        if why is not None and result.outcome in UNREAD:
            check = replace(check, message=clean_text(why))
        groups.setdefault(result.blank or check.message.en, []).append((check, possible))
    return tuple(
        BlankView(
            # A hidden check names only the place; a public one of the same blank says more.
            message=max((check.message for check, _ in group), key=lambda text: len(text.en)),
            possible=decimal2(sum((possible for _, possible in group), Fraction(0))),
            checks=tuple(check for check, _ in group),
        )
        for group in groups.values()
    )


def _tone(outcome: Outcome) -> str:
    if outcome is Outcome.PASSED:
        return "good"
    if outcome is Outcome.PARTIAL:
        return "partly"
    if outcome is Outcome.NOT_ATTEMPTED:
        return "blank"
    # What is pending is not lost and must not look so.
    return "waiting" if outcome in PENDING_OUTCOMES else "lost"


def _total(report: GradeReport) -> RowView:
    score = report.score
    total = RowScore("total", words.TOTAL, score.earned, score.possible, score.pending)
    not_taken = [r.possible - r.earned - r.pending for r in score.rows if r.optional]
    return _row(total, sum(not_taken, Fraction(0)))


def _row(row: RowScore, not_taken: Fraction | None = None) -> RowView:
    rest = row.possible - row.earned - row.pending
    if not_taken is None:
        not_taken = rest if row.optional else Fraction(0)

    def share(points: Fraction) -> float:
        return round(float(100 * points / row.possible), 2)

    return RowView(
        id=row.id,
        title=row.title,
        earned=decimal2(row.earned, row.possible),
        pending=decimal2(row.pending, row.possible),
        possible=decimal2(row.possible),
        waits=row.pending > 0,
        untouched=row.pending == row.possible,
        earned_share=share(row.earned),
        lost_share=share(rest - not_taken),
        open_share=share(not_taken),
        note=row.note,
        criteria=tuple(map(view_criterion, row.criteria)),
        overruled=row_overruling(row),
    )
