"""What the class's page shows, cleaned and formatted: the template only lays it out.

Messages and staff notes of checks are left out, so no hidden value can reach the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final
from urllib.parse import quote

from grader.core.model import RowScore, Status, Visibility
from grader.records.gradebook import Gradebook, StudentMark
from grader.scoring.points import decimal2, show_points
from kit.text import Text

from . import class_statistics as stats
from . import class_words as words
from .class_causes import CommonCause, common_causes
from .class_histogram import HistogramView, histogram
from .clean import clean_line, clean_text
from .view_people import decisions
from .words import OUTCOMES

NAME_CHARS: Final = 48
SHOWN_MEMBERS: Final = 6
SHOWN_ITEMS: Final = 4
MOST_OPEN: Final = 12
"""A longer list of flagged submissions is folded."""
MOST_CAUSES: Final = 40
"""Rarer mistakes are left to the students' pages, so that the page of a large class opens."""
SHOWN_PEOPLE: Final = 60
EASY: Final = Fraction(95, 100)


@dataclass(frozen=True, slots=True)
class Pages:
    """A student's pages as paths from the class's page, "/" between folders; "" for none."""

    feedback: str = ""
    staff: str = ""


@dataclass(frozen=True, slots=True)
class PersonView:
    """A student as shown; `full` where the name had to be cut."""

    name: str
    full: str
    student_id: str


@dataclass(frozen=True, slots=True)
class FlaggedView:
    """A submission that needs a person: why, and in which checks or parts."""

    people: tuple[PersonView, ...]
    more_people: int
    staff: str
    tags: tuple[tuple[Text, tuple[str, ...], int], ...]  # reason, checks, how many more


@dataclass(frozen=True, slots=True)
class FlaggedGroup:
    """Submissions with the same most pressing reason."""

    reason: str
    word: Text
    advice: Text
    open: bool
    submissions: tuple[FlaggedView, ...]


@dataclass(frozen=True, slots=True)
class CauseView:
    """A mistake that several may have made, and the staff's pages of those who made it."""

    part: str
    hints: tuple[Text, ...]  # more than one: any of them would explain what failed
    count: int
    people: tuple[tuple[PersonView, str], ...]
    more_people: int


@dataclass(frozen=True, slots=True)
class ClassCheck:
    """One check of the class; shares are per cent, for its bar."""

    id: str
    title: Text
    hidden: bool
    points: Text
    passed_share: float
    partial_share: float
    rate: str
    count: str
    share: str
    discrimination: str
    inverted: bool
    seconds: str
    outcome: Text | None
    outcome_count: int
    hint: Text | None
    hint_count: int


@dataclass(frozen=True, slots=True)
class ClassPart:
    """The checks of a part, worst first; those that nearly everyone passed are apart."""

    id: str
    hard: tuple[ClassCheck, ...]
    easy: tuple[ClassCheck, ...]


@dataclass(frozen=True, slots=True)
class StudentView:
    """One line of the table of students."""

    person: PersonView
    status: str
    status_text: Text
    late: Text | None
    lacks_pdf: bool
    decisions: tuple[Text, ...]  # of people in the machine's place
    final: str
    raw: str  # "" where it is the final mark
    value: str  # the final mark, for sorting
    rows: tuple[tuple[str, str], ...]  # earned, pending ("" for none)
    pages: Pages


@dataclass(frozen=True, slots=True)
class View:
    """The whole page."""

    title: Text
    possible: str
    tally: stats.Tally
    histogram: HistogramView | None
    spread: tuple[tuple[Text, str], ...]
    so_far: Text | None
    uneven: bool
    notices: tuple[Text, ...]
    groups: tuple[FlaggedGroup, ...]
    causes: tuple[CauseView, ...]
    parts: tuple[ClassPart, ...]
    row_heads: tuple[tuple[Text, str], ...]  # title, possible
    students: tuple[StudentView, ...]
    missing: tuple[StudentView, ...]
    rubric: str
    grader_version: str


def build(gradebook: Gradebook, links: Callable[[StudentMark], Pages]) -> View:
    """The view of `gradebook`, with the pages that `links` knows of each student."""
    marks = stats.distribution(gradebook)
    present = [mark for mark in gradebook.marks if mark.status is not Status.MISSING]
    absent = [mark for mark in gradebook.marks if mark.status is Status.MISSING]
    heads = _row_heads(gradebook)
    return View(
        title=clean_text(gradebook.title),
        possible=show_points(gradebook.possible),
        tally=stats.tally(gradebook),
        histogram=histogram(marks),
        spread=_spread(marks.spread, gradebook.possible),
        so_far=_so_far(marks, gradebook.possible),
        uneven=not marks.even,
        notices=tuple(clean_text(notice) for notice in gradebook.notices),
        groups=_groups(stats.flagged_submissions(gradebook), links),
        causes=tuple(
            _cause(cause, links)
            for cause in common_causes(stats.submissions(gradebook.marks).values())[:MOST_CAUSES]
        ),
        parts=_parts(stats.check_statistics(gradebook)),
        row_heads=tuple(heads.values()),
        students=tuple(_student(mark, tuple(heads), links) for mark in present),
        missing=tuple(_student(mark, tuple(heads), links) for mark in absent),
        rubric=clean_line(gradebook.rubric_sha256[:12]),
        grader_version=clean_line(gradebook.grader_version),
    )


def percent(share: Fraction) -> str:
    """`share` in whole per cent; 0% and 100% only where they are exact."""
    whole = round(share * 100)
    if 0 < share < 1:
        # One student who failed must not vanish behind a rounded 100 %.
        whole = min(max(whole, 1), 99)
    return f"{whole}%"


def duration(seconds: float) -> str:
    """Two significant digits, with a unit that both languages use."""
    # From here on the number of milliseconds would round to three digits.
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "<1 ms"
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"


def person_view(mark: StudentMark) -> PersonView:
    """The student's name, else what identifies the hand-in."""
    person = mark.person
    full = clean_line(person.name) or clean_line(mark.submission_id or person.known_as)
    name = full if len(full) <= NAME_CHARS else full[: NAME_CHARS - 1] + "…"
    student_id = clean_line(person.student_id, NAME_CHARS)
    return PersonView(name, full if name != full else "", student_id)


def _pages(pages: Pages) -> Pages:
    return Pages(_href(pages.feedback), _href(pages.staff))


def _href(path: str) -> str:
    """A relative URL below the page's folder, whatever `path` contains; "" stays."""
    # With the dot: a path that begins with two slashes would lead to another host.
    return "./" + quote(path, safe="/", errors="replace") if path else ""


def _spread(spread: stats.Spread | None, possible: Fraction) -> tuple[tuple[Text, str], ...]:
    if spread is None:
        return ()
    pairs = (
        (words.MEDIAN, spread.median),
        (words.LOWER, spread.lower),
        (words.UPPER, spread.upper),
        (words.MEAN, spread.mean),
        (words.LOWEST, spread.lowest),
        (words.HIGHEST, spread.highest),
    )
    return tuple((word, decimal2(value, possible)) for word, value in pairs)


def _so_far(marks: stats.Distribution, possible: Fraction) -> Text | None:
    if not marks.count or marks.attainable >= possible:
        return None
    return words.SO_FAR.format(
        attainable=decimal2(marks.attainable, possible), possible=show_points(possible)
    )


def _groups(
    submissions: Sequence[stats.FlaggedSubmission], links: Callable[[StudentMark], Pages]
) -> tuple[FlaggedGroup, ...]:
    groups = []
    for reason in stats.Reason:
        own = [flagged for flagged in submissions if flagged.reasons[0][0] is reason]
        if own:
            groups.append(
                FlaggedGroup(
                    reason=str(reason),
                    word=words.REASONS[reason],
                    advice=words.WHAT_TO_DO[reason],
                    open=len(own) <= MOST_OPEN,
                    submissions=tuple(_flagged(flagged, links) for flagged in own),
                )
            )
    return tuple(groups)


def _flagged(
    flagged: stats.FlaggedSubmission, links: Callable[[StudentMark], Pages]
) -> FlaggedView:
    return FlaggedView(
        people=tuple(person_view(mark) for mark in flagged.marks[:SHOWN_MEMBERS]),
        more_people=max(len(flagged.marks) - SHOWN_MEMBERS, 0),
        staff=_pages(links(flagged.marks[0])).staff,
        tags=tuple(
            (
                words.REASONS[reason],
                tuple(clean_line(item) for item in items[:SHOWN_ITEMS]),
                max(len(items) - SHOWN_ITEMS, 0),
            )
            for reason, items in flagged.reasons
        ),
    )


def _cause(cause: CommonCause, links: Callable[[StudentMark], Pages]) -> CauseView:
    marks = [mark for group in cause.submissions for mark in group]
    return CauseView(
        part=clean_line(cause.part),
        hints=tuple(clean_text(diagnosis.hint) for diagnosis in cause.diagnoses),
        count=len(cause.submissions),
        people=tuple((person_view(m), _pages(links(m)).staff) for m in marks[:SHOWN_PEOPLE]),
        more_people=max(len(marks) - SHOWN_PEOPLE, 0),
    )


def _parts(checks: Sequence[stats.CheckStatistics]) -> tuple[ClassPart, ...]:
    parts = []
    for part in dict.fromkeys(check.part for check in checks):
        # The worst first: that is what the next lesson should be about.
        own = sorted((check for check in checks if check.part == part), key=_badness)
        hard = [check for check in own if check.pass_rate is None or check.pass_rate < EASY]
        parts.append(
            ClassPart(
                id=clean_line(part),
                hard=tuple(_check(check) for check in hard),
                easy=tuple(_check(check) for check in own if check not in hard),
            )
        )
    return tuple(parts)


def _badness(check: stats.CheckStatistics) -> tuple[bool, Fraction, Fraction]:
    """Sorts the worst first and what was not counted last; a tie keeps the rubric's order."""
    rate, share = check.pass_rate, check.mean_share
    return rate is None, rate or Fraction(0), share or Fraction(0)


def _check(check: stats.CheckStatistics) -> ClassCheck:
    rate, value = check.pass_rate, check.discrimination
    counted = max(check.counted, 1)
    return ClassCheck(
        id=clean_line(check.id),
        title=clean_text(check.title),
        hidden=check.visibility is Visibility.HIDDEN,
        points=words.POINTS.format(points=show_points(check.possible)),
        passed_share=round(100 * check.passed / counted, 2),
        partial_share=round(100 * check.partial / counted, 2),
        rate="–" if rate is None else percent(rate),
        count=f"{check.passed}/{check.counted}",
        share="–" if check.mean_share is None else percent(check.mean_share),
        # Adding 0.0 turns a negative zero into zero.
        discrimination="–" if value is None else f"{value + 0.0:.2f}".replace("-", "−"),
        # By the value that is printed: what shows as 0.00 is not inverted.
        inverted=value is not None and round(value, 2) < 0,
        seconds="–" if check.median_seconds is None else duration(check.median_seconds),
        outcome=None if check.outcome is None else OUTCOMES[check.outcome[0]],
        outcome_count=0 if check.outcome is None else check.outcome[1],
        hint=None if check.diagnosis is None else clean_text(check.diagnosis[0].hint),
        hint_count=0 if check.diagnosis is None else check.diagnosis[1],
    )


def _row_heads(gradebook: Gradebook) -> dict[str, tuple[Text, str]]:
    """Title and points of each row; a class without a single mark shows the rows' ids."""
    known = {row.id: row for mark in gradebook.marks for row in mark.rows}
    heads = {}
    for name in gradebook.row_ids:
        row = known.get(name)
        title = Text(name, name) if row is None else row.title
        heads[name] = (clean_text(title), "" if row is None else show_points(row.possible))
    return heads


def _student(
    mark: StudentMark, row_ids: Sequence[str], links: Callable[[StudentMark], Pages]
) -> StudentView:
    # Where nothing could be opened the rows and the sum hold zeros that no check gave, until
    # people have decided.
    marked = mark.status is not Status.NOT_GRADABLE or mark.decided
    rows = {row.id: row for row in mark.rows if marked}
    final, raw = (mark.final, mark.raw) if marked else (None, None)
    return StudentView(
        person=person_view(mark),
        status=str(mark.status),
        status_text=words.STATUSES[mark.status],
        late=None if mark.late is None else clean_text(mark.late),
        lacks_pdf=mark.pdf is False,
        decisions=tuple(decisions(mark.rows, mark.checks)),
        final="–" if final is None else decimal2(final, mark.possible),
        raw="" if raw is None or raw == final else decimal2(raw, mark.possible),
        # Below every mark, so that sorting puts students without one together.
        value="-1" if final is None else f"{float(final):.6f}",
        rows=tuple(_row(rows.get(name)) for name in row_ids),
        pages=_pages(links(mark)),
    )


def _row(row: RowScore | None) -> tuple[str, str]:
    if row is None or row.pending == row.possible:
        return "–", ""
    pending = decimal2(row.pending, row.possible) if row.pending else ""
    return decimal2(row.earned, row.possible), pending
