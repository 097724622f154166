"""All pages of one hand-in, with what people gave; students read it once it is published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from grader.core.model import CheckResult, GradeReport, Status
from grader.export import gradescope
from grader.feedback import (
    REPORT,
    REPORT_PDF,
    RESULTS,
    STAFF_PAGE,
    STUDENT_PAGE,
    html,
    report_json,
    staff_links,
)
from grader.feedback.atomic import write_bytes, write_text
from grader.records import kept_report
from grader.records.gradebook_builder import outdated
from grader.records.present_marks import HandMarks, PresentMarks
from grader.records.roster_snapshot import SnapshotEntry
from grader.records.store import Store
from grader.scoring import late_policy
from grader.scoring.by_people import NOBODY, ByPeople
from grader.scoring.rubric import Rubric
from grader.scoring.score import marked
from kit.text import Text


@dataclass(frozen=True, slots=True)
class Lateness:
    """What the late policy needs to know of one hand-in."""

    submitted_at: datetime | None = None
    late: bool | None = None  # what the platform says
    student_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, entry: SnapshotEntry) -> Lateness:
        """Of a hand-in of the class."""
        ids = tuple(person.student_id for person in entry.people)
        return cls(entry.submitted_at, entry.late, ids)

    def notice(self, report: GradeReport, rubric: Rubric) -> Text | None:
        """What the page says about it; None in time, or where there is no mark."""
        if report.status is not Status.GRADED and not report.decided:
            return None
        return late_policy.notice(
            rubric.late,
            report.score.earned,
            rubric.total,
            self.submitted_at,
            self.student_ids,
            self.late,
        )

    def final(self, report: GradeReport, rubric: Rubric) -> Fraction | None:
        """The mark after the late policy; None while points are pending, or the members differ."""
        if report.status is not Status.GRADED and not report.decided or report.score.pending:
            return None
        finals = {
            late_policy.apply(
                rubric.late, report.score.earned, rubric.total, self.submitted_at, id, self.late
            ).final
            for id in self.student_ids
        }
        # Members of a group may differ by a waiver, and one page has one mark.
        return finals.pop() if len(finals) == 1 else None


def pages(
    report: GradeReport,
    rubric: Rubric,
    given: HandMarks,
    *,
    published: bool,
    lateness: Lateness,
    lang: str,
    people: tuple[str, ...] = (),
) -> dict[str, str]:
    """Name below ``OUT/<id>/`` -> content; `report` is the grading's, without people.

    `people` are those who handed it in, where it is one of a class.
    """
    # Staff see what was given before it is published.
    staff = _complete(report, rubric, given.by_people, lateness)
    student = for_student(report, rubric, given, published=published, lateness=lateness)
    return {
        REPORT: report_json.dumps(staff),
        RESULTS: gradescope.dumps(student, lang),
        STUDENT_PAGE: html.render(student, staff=False, lang=lang),
        STAFF_PAGE: html.render(staff, staff=True, lang=lang, people=people),
    }


def for_student(
    report: GradeReport,
    rubric: Rubric,
    given: HandMarks,
    *,
    published: bool,
    lateness: Lateness,
) -> GradeReport:
    """What the student may read of a grading, with what people gave once it is published."""
    # A student reads no mark that may still be discussed.
    return _complete(report, rubric, given.by_people if published else NOBODY, lateness)


def _complete(
    report: GradeReport, rubric: Rubric, people: ByPeople, lateness: Lateness
) -> GradeReport:
    complete = marked(report, rubric, people)
    late = lateness.notice(complete, rubric)
    return complete if late is None else replace(complete, notices=(late, *complete.notices))


def keep_pdf(folder: Path, data: bytes | None) -> None:
    """Keep a report beside its pages, for the desk; the one of an earlier hand-in goes."""
    path = folder / REPORT_PDF
    if data is None:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_bytes() != data:
        write_bytes(path, data)


def refresh(out: Path, entry: SnapshotEntry, store: Store, people: PresentMarks, lang: str) -> bool:
    """Write a hand-in's pages again; False where only a new grading can make them."""
    gradings, kept = store.gradings(entry.id), store.report(entry.id)
    if not gradings or kept is None:
        return False
    graded = gradings[-1]
    # Of a fault of the grader some results may be gone; of another rubric, all points.
    if graded.status is Status.GRADER_ERROR or outdated(graded, people.rubric):
        return False
    results: dict[str, CheckResult] = {}
    for run in graded.marks.runs:
        results |= store.results(run)
    made = pages(
        kept_report.restore(kept, results, people.rubric),
        people.rubric,
        people.of_hand_in(entry.id, graded.submission_sha256),
        published=people.published,
        lateness=Lateness.of(entry),
        lang=lang,
        people=tuple(f"{p.name} {p.student_id}".strip() for p in entry.people),
    )
    # Only a batch knows the neighbours in the class, so the page keeps the links that it wrote.
    made[STAFF_PAGE] = staff_links.keep(made[STAFF_PAGE], out / entry.id / STAFF_PAGE)
    for name, content in made.items():
        write_text(out / entry.id / name, content)
    return True
