"""Points are what the rubric says, exactly, whatever the outcomes are."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.errors import GraderError, UsageError
from grader.core.model import (
    CheckResult,
    Environment,
    GradeReport,
    Outcome,
    Overruling,
    Status,
    Submission,
    Visibility,
)
from grader.scoring import rubric as rubric_module
from grader.scoring.by_people import ByPeople, PersonMark
from grader.scoring.points import decimal2
from grader.scoring.score import PENDING_OUTCOMES, build_report, exit_code, score
from kit.text import Text

RUBRIC = rubric_module.parse(
    """\
version: 1
title: {zh: 小, en: Small}
total: 4
rows:
  - id: code
    title: {zh: 代码, en: Code}
    points: 3
    marked_by: checks
    parts:
      poems: {points: 2, pending: 0.75, checks: {poems.a: 1, poems.b: 0.25}}
      theory: {points: 1, checks: {theory.a: 1/3, theory.b: 2/3}}
  - {id: report, title: {zh: 报告, en: Report}, points: 1, marked_by: ta}
""".encode()
)
ENVIRONMENT = Environment("3.11", "2.0", "2.13", "cpu", "full")


def result(
    check_id: str, outcome: Outcome = Outcome.PASSED, fraction: Fraction = Fraction(0)
) -> CheckResult:
    part = check_id.partition(".")[0]
    return CheckResult(
        check_id, part, Visibility.PUBLIC, Text("题", "t"), outcome, fraction=fraction
    )


def results(**outcomes: Outcome) -> dict[str, CheckResult]:
    """All checks passed but those that are named (``poems_a=...``)."""
    return {
        name: result(name, outcomes.get(name.replace(".", "_"), Outcome.PASSED))
        for name in RUBRIC.check_ids
    }


def test_what_passed_earns_its_points_and_the_rest_waits() -> None:
    found = score(RUBRIC, results())

    assert (Fraction(9, 4), 4, Fraction(7, 4)) == (found.earned, found.possible, found.pending)
    assert [("code", Fraction(9, 4), 3, Fraction(3, 4)), ("report", 0, 1, 1)] == [
        (row.id, row.earned, row.possible, row.pending) for row in found.rows
    ]


@pytest.mark.parametrize(
    "outcome",
    [
        o
        for o in Outcome
        if o not in (Outcome.PASSED, Outcome.PARTIAL, Outcome.SKIPPED, Outcome.GRADER_ERROR)
    ],
)
def test_what_did_not_pass_is_lost(outcome: Outcome) -> None:
    found = score(RUBRIC, results(poems_a=outcome))

    assert (Fraction(5, 4), Fraction(7, 4)) == (found.earned, found.pending)


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.GRADER_ERROR])
def test_what_says_nothing_about_the_student_waits(outcome: Outcome) -> None:
    found = score(RUBRIC, results(poems_a=outcome))

    assert (Fraction(5, 4), Fraction(11, 4)) == (found.earned, found.pending)


def test_a_partial_outcome_earns_its_share() -> None:
    given_ = results() | {"poems.a": result("poems.a", Outcome.PARTIAL, Fraction(1, 3))}

    assert Fraction(1, 3) == score(RUBRIC, given_).checks[0].earned


@pytest.mark.parametrize("fraction", [Fraction(0), Fraction(1), Fraction(3, 2)])
def test_a_partial_outcome_without_a_share_is_a_fault_of_the_grader(fraction: Fraction) -> None:
    given_ = results() | {"poems.a": result("poems.a", Outcome.PARTIAL, fraction)}

    with pytest.raises(GraderError, match="expected a share between 0 and 1"):
        score(RUBRIC, given_)


def test_a_persons_mark_takes_the_place_of_what_was_pending() -> None:
    found = score(
        RUBRIC, results(), ByPeople.points({"report": Fraction(1, 2), "code": Fraction(3, 4)})
    )

    assert (Fraction(7, 2), 0) == (found.earned, found.pending)


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ({"report": Fraction(2)}, "The mark given for report is 2, expected 0 to 1."),
        ({"report": Fraction(-1)}, "The mark given for report is -1, expected 0 to 1."),
        ({"code": Fraction(1)}, "The mark given for code is 1, expected 0 to 0.75."),
        ({"essay": Fraction(0)}, "Marks were given for what the rubric does not have: essay."),
    ],
)
def test_a_mark_that_cannot_be_is_refused(marks: dict[str, Fraction], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        score(RUBRIC, results(), ByPeople.points(marks))

    assert words == caught.value.text.en


def test_every_check_has_exactly_one_result() -> None:
    lacking = results()
    del lacking["poems.b"]
    foreign = results() | {"poems.c": result("poems.c")}
    swapped = results() | {"poems.a": result("poems.b")}

    for wrong, name in ((lacking, "poems.b"), (foreign, "poems.c"), (swapped, "poems.a")):
        with pytest.raises(GraderError, match=name):
            score(RUBRIC, wrong)


outcomes = st.sampled_from([o for o in Outcome if o is not Outcome.PARTIAL])
shares = st.fractions(Fraction(1, 100), Fraction(99, 100))
one_result = st.tuples(outcomes, st.none()) | st.tuples(st.just(Outcome.PARTIAL), shares)
all_results = st.tuples(*[one_result] * len(RUBRIC.check_ids)).map(
    lambda found: {
        name: result(name, outcome, share or Fraction(0))
        for name, (outcome, share) in zip(RUBRIC.check_ids, found, strict=True)
    }
)


@given(all_results)
def test_a_score_is_bounded_and_adds_up(found: dict[str, CheckResult]) -> None:
    total = score(RUBRIC, found)

    assert 0 <= total.earned <= total.earned + total.pending <= total.possible
    assert total.earned == sum(row.earned for row in total.rows)
    assert total.earned == sum(check.earned for check in total.checks)
    assert total.pending == sum(row.pending for row in total.rows)
    assert all(0 <= row.earned + row.pending <= row.possible for row in total.rows)


@given(all_results, st.sampled_from(RUBRIC.check_ids))
def test_passing_one_more_check_never_costs_points(
    found: dict[str, CheckResult], check: str
) -> None:
    better = score(RUBRIC, found | {check: result(check)})

    assert better.earned >= score(RUBRIC, found).earned


@pytest.mark.parametrize(
    ("points", "maximum", "expected"),
    [
        (Fraction(0), None, "0.00"),
        (Fraction(1, 3), None, "0.33"),
        (Fraction(1, 8), None, "0.12"),
        (Fraction(3, 8), None, "0.38"),
        (Fraction(99999, 1000), Fraction(100), "99.99"),
        (Fraction(100), Fraction(100), "100.00"),
        (Fraction(99999, 1000), None, "100.00"),
        (Fraction(-1, 1000), None, "0.00"),
        (Fraction(-3, 2), None, "-1.50"),
        (Fraction(5, 2), Fraction(12), "2.50"),
        (Fraction(332, 1000), Fraction(1, 3), "0.32"),
    ],
)
def test_points_are_printed_with_two_places(
    points: Fraction, maximum: Fraction | None, expected: str
) -> None:
    assert expected == decimal2(points, maximum)


@given(st.fractions(0, 100))
def test_a_printed_total_is_near_and_full_only_if_full(points: Fraction) -> None:
    printed = decimal2(points, Fraction(100))

    assert abs(Fraction(printed) - points) <= Fraction(1, 100)
    assert (printed == "100.00") == (points == 100)


def report_of(
    found: list[CheckResult], submission: Submission | None = None, **more: object
) -> GradeReport:
    return build_report(
        submission or Submission("alice", "00"),
        found,
        RUBRIC,
        environment=ENVIRONMENT,
        secret_fingerprint="ab",
        grader_version="1",
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("outcome", "refusal", "status", "code"),
    [
        (Outcome.CRASHED, None, Status.GRADED, 0),
        (Outcome.MISSING, None, Status.GRADED, 0),
        (Outcome.MISSING, Text("坏", "bad"), Status.NOT_GRADABLE, 3),
        (Outcome.GRADER_ERROR, None, Status.GRADER_ERROR, 1),
    ],
)
def test_status_and_exit_code(
    outcome: Outcome, refusal: Text | None, status: Status, code: int
) -> None:
    found = [result(name, outcome) for name in RUBRIC.check_ids]

    report = report_of(found, Submission("alice", "00", refusal=refusal))

    assert (status, code) == (report.status, exit_code(report))


def test_fewer_points_than_demanded_has_a_code_of_its_own() -> None:
    report = report_of(list(results().values()))

    assert exit_code(report, Fraction("2.26")) == 4
    assert exit_code(report, Fraction("2.25")) == 0


def test_what_could_not_be_opened_has_only_missing_checks() -> None:
    refused = Submission("alice", "00", refusal=Text("坏", "bad"))

    with pytest.raises(GraderError, match="could not be opened"):
        report_of(list(results().values()), refused)


def test_advice_stands_apart_and_earns_nothing() -> None:
    advice = CheckResult(
        "poems.bom", "poems", Visibility.PUBLIC, Text("", ""), Outcome.FAILED, advice=True
    )

    report = report_of([*results().values(), advice])

    assert (advice,) == report.advice
    assert len(report.score.checks) == 4


def test_a_check_with_two_results_is_a_fault_of_the_grader() -> None:
    with pytest.raises(GraderError, match="poems.a has two results"):
        report_of([*results().values(), result("poems.a")])


def test_notices_of_intake_and_loader_are_joined_without_repeats() -> None:
    one, two = Text("一。", "one"), Text("二。", "two")
    submission = Submission("alice", "00", notices=(one,))

    report = report_of(list(results().values()), submission, notices=(two, one))

    assert report.notices == (Text("一。", "one"), Text("二。", "two"))  # Chinese ends with a stop


@given(
    st.dictionaries(st.sampled_from(RUBRIC.check_ids), st.fractions(0, 1, max_denominator=12)),
    st.dictionaries(st.sampled_from(["report", "code"]), st.fractions(0, 1, max_denominator=9)),
    st.dictionaries(st.sampled_from(RUBRIC.check_ids), st.sampled_from(list(Outcome))),
)
def test_machine_and_people_add_up_exactly(
    decided: dict[str, Fraction], shares: dict[str, Fraction], outcomes: dict[str, Outcome]
) -> None:
    """Whoever gave it, every point is earned, lost or pending, and counted once."""
    found = results()
    for id, outcome in outcomes.items():
        found[id] = result(id, outcome, Fraction(1, 3))
    marks = {id: share * RUBRIC.criterion(id).points for id, share in shares.items()}
    people = ByPeople(
        {id: PersonMark(points) for id, points in marks.items()},
        {id: Overruling(share, "why", "li", "") for id, share in decided.items()},
    )

    total = score(RUBRIC, found, people)

    machine = score(RUBRIC, found)
    by_machine = {check.result.id: check.earned for check in machine.checks}
    assert total.earned == sum(marks.values(), Fraction(0)) + sum(
        (decided[id] * RUBRIC.points_of(id) if id in decided else by_machine[id])
        for id in RUBRIC.check_ids
    )
    waiting = [id for id in RUBRIC.check_ids if found[id].outcome in PENDING_OUTCOMES]
    assert total.pending == sum(
        (RUBRIC.points_of(id) for id in waiting if id not in decided), Fraction(0)
    ) + sum((c.points for c in RUBRIC.criteria if c.id not in marks), Fraction(0))
    assert total.earned + total.pending <= total.possible
    assert sum((row.earned for row in total.rows), Fraction(0)) == total.earned
