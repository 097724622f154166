"""The score of a submission: outcomes times the rubric's points, exact until it is printed.

Imports only the records, the rubric and the errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from grader.core.errors import GraderError, NotGradable, UsageError
from grader.core.model import (
    CheckResult,
    CheckScore,
    CriterionScore,
    Environment,
    Evidence,
    GradeReport,
    LinterScore,
    Outcome,
    RowScore,
    Score,
    Status,
    Submission,
    Tidiness,
)
from kit.text import Text

from .by_people import NOBODY, ByPeople, PersonMark
from .points import decimal2, show_points
from .rubric import Rubric
from .rubric_schema import Criterion, Linter, Row

PENDING_OUTCOMES = frozenset({Outcome.SKIPPED, Outcome.GRADER_ERROR})
"""Outcomes that tell nothing about the student: the points stay pending."""


def score(
    rubric: Rubric,
    results: Mapping[str, CheckResult],
    people: ByPeople = NOBODY,
    tidiness: Tidiness | None = None,
) -> Score:
    """The score of one submission, by machine and by people.

    `results` holds exactly one result for each check of the rubric, else GraderError. What people
    gave is of the rubric and within its points, else UsageError.
    """
    # A result that is lost must stop the grading: it would lower the mark without a trace.
    _complete(rubric, results)
    _known(rubric, people)
    checks = []
    for check_id in rubric.check_ids:
        result = results[check_id]
        points = rubric.points_of(check_id)
        overruled = people.overrulings.get(check_id)
        earned = share(result) if overruled is None else overruled.fraction
        row = rubric.row_of(check_id)
        checks.append(CheckScore(result, row, points * earned, points, overruled))
    rows = tuple(_row(row, checks, people, tidiness) for row in rubric.rows)
    return Score(
        earned=sum((row.earned for row in rows), Fraction(0)),
        possible=rubric.total,
        pending=sum((row.pending for row in rows), Fraction(0)),
        rows=rows,
        checks=tuple(checks),
        comments=people.comments,
    )


def _known(rubric: Rubric, people: ByPeople) -> None:
    """People marked what the rubric has, and gave what it can be worth."""
    known = {criterion.id: criterion for criterion in rubric.criteria}
    strange = {*people.marks} - {*known} | {*people.overrulings} - {*rubric.automatic}
    if strange:
        raise UsageError(
            Text(
                f"评分标准里没有 {'、'.join(sorted(strange))}，无法记入人工评分。",
                f"Marks were given for what the rubric does not have: "
                f"{', '.join(sorted(strange))}.",
            )
        )
    for id, mark in people.marks.items():
        # More than a criterion is worth is a typing error, never a bonus.
        if mark.points is not None and not 0 <= mark.points <= known[id].points:
            got, most = show_points(mark.points), show_points(known[id].points)
            raise UsageError(
                Text(
                    f"{id} 的人工评分是 {got}，应在 0 和 {most} 之间。",
                    f"The mark given for {id} is {got}, expected 0 to {most}.",
                )
            )
    for id, overruling in people.overrulings.items():
        if not 0 <= overruling.fraction <= 1:
            raise UsageError(
                Text(
                    f"{id} 的改判给了 {overruling.fraction} 倍的分值，应在 0 和 1 之间。",
                    f"The decision on {id} gives {overruling.fraction} of its points, expected "
                    "0 to 1.",
                )
            )


def _complete(rubric: Rubric, results: Mapping[str, CheckResult]) -> None:
    """Every check of the rubric has its result, and nothing else has one."""
    lacking = sorted(set(rubric.check_ids) - set(results))
    foreign = sorted(set(results) - set(rubric.check_ids))
    swapped = sorted(key for key, result in results.items() if result.id != key)
    if wrong := lacking or foreign or swapped:
        raise GraderError(
            Text(
                f"评分器故障：检查结果与评分标准不一致（{'、'.join(wrong)}）。请报告此问题。",
                "A fault of the grader: the results do not match the rubric's checks "
                f"({', '.join(wrong)}). Please report it.",
            )
        )


def share(result: CheckResult) -> Fraction:
    """The share of its points that a result earns."""
    if result.outcome is Outcome.PASSED:
        return Fraction(1)
    if result.outcome is not Outcome.PARTIAL:
        return Fraction(0)
    # Partial with nothing or with everything would be another outcome under a wrong name.
    if not 0 < result.fraction < 1:
        raise GraderError(
            Text(
                f"评分器故障：{result.id} 部分通过，但得分比例是 {result.fraction}。",
                f"A fault of the grader: {result.id} is partial with {result.fraction} of its "
                "points, expected a share between 0 and 1.",
            )
        )
    return result.fraction


def _row(
    row: Row, checks: Iterable[CheckScore], people: ByPeople, tidiness: Tidiness | None
) -> RowScore:
    mine = [check for check in checks if check.row == row.id]
    earned = sum((check.earned for check in mine), Fraction(0))
    # In an optional row a skipped check was not chosen, so no points wait for it.
    waits = PENDING_OUTCOMES - {Outcome.SKIPPED} if row.optional else PENDING_OUTCOMES
    pending = sum(
        (
            c.possible
            for c in mine
            # A person who has decided leaves nothing to wait for.
            if c.overruled is None and (c.result.outcome in waits or c.result.undecided)
        ),
        Fraction(0),
    )
    linter = _linter(row, people, tidiness)
    if linter is not None:
        # A linter that did not finish says nothing about the student.
        if linter.earned is None:
            pending += linter.possible
        else:
            earned += linter.earned
    criteria = tuple(_criterion(c, people.marks.get(c.id)) for c in row.marked_by_people)
    for criterion in criteria:
        if criterion.earned is None:
            pending += criterion.possible
        else:
            earned += criterion.earned
    if row.optional:
        # Its parts may hold more points than the row gives.
        earned = min(earned, row.points)
        # After `earned`: what has been earned can no longer be pending.
        pending = min(pending, row.points - earned)
    note = _note(row, tidiness)
    return RowScore(
        row.id, row.title, earned, row.points, pending, note, row.optional, criteria, linter
    )


def _linter(row: Row, people: ByPeople, tidiness: Tidiness | None) -> LinterScore | None:
    if row.linter is None:
        return None
    found = None if tidiness is None else row.linter.earned(tidiness.count, tidiness.lines)
    overruled = people.overrulings.get(row.linter_id)
    return LinterScore(row.linter_id, row.linter.points, found, overruled)


def _criterion(criterion: Criterion, mark: PersonMark | None) -> CriterionScore:
    score = CriterionScore(criterion.id, criterion.title, criterion.points)
    if mark is None:
        return score
    level = None if mark.level is None else criterion.levels[mark.level].description
    return replace(score, earned=mark.points, level=level, comments=mark.comments)


def _note(row: Row, tidiness: Tidiness | None) -> Text | None:
    """How the points of a row come about, where no check explains it."""
    if row.linter is not None and tidiness is not None:
        return _linted(row.linter, tidiness)
    if row.optional:
        most = show_points(row.points)
        return Text(
            f"选做：通过的得分，最多 {most} 分", f"optional: what passes earns, up to {most}"
        )
    return None


def _linted(linter: Linter, found: Tidiness) -> Text:
    """How the linter's points came about, so that every lost point has its reason."""
    earned = decimal2(linter.earned(found.count, found.lines), linter.points)
    points = decimal2(linter.points)
    full, zero, enough = (show_points(x) for x in (linter.full, linter.zero, linter.lines))
    zh = (
        f"代码规范检查工具（ruff）给 {earned} / {points} 分：你自己写的 {found.lines} 行里有 "
        f"{found.count} 处问题"
        f"（每 100 行不超过 {full} 处得满分，{zero} 处及以上不得分）"
    )
    findings = "1 finding" if found.count == 1 else f"{found.count} findings"
    en = (
        f"the linter gives {earned} of {points}: {findings} on {found.lines} lines of "
        f"your own (up to {full} in 100 lines earn everything, {zero} and more nothing)"
    )
    if found.lines < linter.lines:
        zh += f"；自己写的不足 {enough} 行，按比例计分"
        en += f"; fewer than {enough} lines of your own earn in proportion"
    return Text(zh, en)


def marked(report: GradeReport, rubric: Rubric, people: ByPeople) -> GradeReport:
    """`report`, which was made with `rubric`, with the score that it has with people's marks."""
    results = {check.result.id: check.result for check in report.score.checks}
    tidiness = report.evidence.tidiness if report.evidence else None
    return replace(report, score=score(rubric, results, people, tidiness))


def build_report(
    submission: Submission,
    results: Iterable[CheckResult],
    rubric: Rubric,
    *,
    environment: Environment,
    secret_fingerprint: str,
    grader_version: str,
    notices: tuple[Text, ...] = (),
    seconds: float = 0.0,
    evidence: Evidence | None = None,
    runs: tuple[int, ...] = (),
) -> GradeReport:
    """Everything about one graded submission, from the results of all its checks.

    `notices` are the loader's; intake's are in the submission and come first. GraderError where a
    check has two results, or none.
    """
    scored: dict[str, CheckResult] = {}
    advice: dict[str, CheckResult] = {}
    for result in results:
        kind = advice if result.advice else scored
        # A second result would replace the first, and with it its points.
        if result.id in scored or result.id in advice:
            raise GraderError(
                Text(
                    f"评分器故障：检查 {result.id} 有两个结果。请报告此问题。",
                    f"A fault of the grader: the check {result.id} has two results. "
                    "Please report it.",
                )
            )
        kind[result.id] = result
    status = status_of(submission, (*scored.values(), *advice.values()))
    return GradeReport(
        submission=submission,
        status=status,
        score=score(rubric, scored, tidiness=evidence.tidiness if evidence else None),
        advice=tuple(advice[key] for key in sorted(advice)),
        notices=tuple(dict.fromkeys(n.closed() for n in (*submission.notices, *notices))),
        environment=environment,
        secret_fingerprint=secret_fingerprint,
        rubric_sha256=rubric.sha256,
        grader_version=grader_version,
        rubric_title=rubric.title,
        seconds=seconds,
        evidence=evidence,
        runs=runs,
    )


def status_of(submission: Submission, results: Iterable[CheckResult]) -> Status:
    """Whether there is a mark to give. Where nothing could be opened, every check is missing."""
    outcomes = {result.outcome for result in results}
    # Before all else: a mark with a fault of the grader in it must not look final.
    if Outcome.GRADER_ERROR in outcomes:
        return Status.GRADER_ERROR
    if submission.refusal is None:
        return Status.GRADED
    if outcomes - {Outcome.MISSING}:
        raise GraderError(
            Text(
                "评分器故障：提交无法打开，却有检查不是“缺失”。请报告此问题。",
                "A fault of the grader: the submission could not be opened, yet a check is not "
                "missing. Please report it.",
            )
        )
    return Status.NOT_GRADABLE


BELOW_FAIL_UNDER = 4
"""The exit code of a graded submission with fewer points than ``--fail-under``."""


def exit_code(report: GradeReport, fail_under: Fraction | None = None) -> int:
    """The exit code of ``grader grade``; a low mark alone is no error."""
    # Asked in this order, so that a failing grader is never taken for a failing student.
    if report.status is Status.GRADER_ERROR:
        return GraderError.exit_code
    if report.status is Status.NOT_GRADABLE:
        return NotGradable.exit_code
    if fail_under is not None and report.score.earned < fail_under:
        return BELOW_FAIL_UNDER
    return 0
