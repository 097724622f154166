"""The results of checks that are not run."""

from __future__ import annotations

from fractions import Fraction

from grader.core.model import CheckResult, Outcome, Submission
from grader.parts.checks import CheckInfo
from grader.scoring.rubric import Rubric, validate_checks
from kit.contracts import BY_ID
from kit.text import Text


def passed(check: CheckInfo) -> CheckResult:
    """The result of a check that is not run and blocks no other."""
    return CheckResult(
        id=check.id,
        part=check.part,
        visibility=check.visibility,
        title=check.title,
        outcome=Outcome.PASSED,
        fraction=Fraction(1),
    )


def counted(
    checks: tuple[CheckInfo, ...], rubric: Rubric
) -> tuple[tuple[CheckInfo, ...], dict[str, CheckResult]]:
    """The checks that the rubric uses, and results of those that it leaves out.

    These are passed: what is not run must not block a check that needs it. RubricError where the
    rubric names other checks than there are.
    """
    validate_checks(rubric, [check.id for check in checks if not check.advice])
    used = tuple(check for check in checks if check.id not in rubric.left_out)
    return used, {check.id: passed(check) for check in checks if check.id in rubric.left_out}


def without_run(check: CheckInfo, submission: Submission) -> CheckResult:
    """The result of a check that did not run: no code to run it on, or a grader fault."""
    if submission.refusal is not None:
        outcome, message = Outcome.MISSING, submission.refusal
    elif check.part not in submission.parts:
        # A student may leave an optional part out; its absence is no failure.
        optional = BY_ID[check.part].optional
        outcome = Outcome.SKIPPED if optional else Outcome.MISSING
        message = no_part(check.part)
    else:
        outcome = Outcome.GRADER_ERROR
        message = Text(
            "评分器故障：这项检查没有运行，不是你的错，不会因此扣分；请告诉助教。",
            "this check did not run, by a fault of the grader and not of your code; please "
            "tell the course staff",
        )
    return CheckResult(
        id=check.id,
        part=check.part,
        visibility=check.visibility,
        title=check.title,
        outcome=outcome,
        message=message,
        advice=check.advice,
    )


def no_part(part: str) -> Text:
    """The sentence for a part that the submission does not have."""
    return Text(
        f"提交里没有找到 {part} 部分；文件名请用 {part}.py，或在其中定义该部分要求的名称。",
        f"the submission has no part {part}; name the file {part}.py or define the names that "
        "the part asks for",
    )
