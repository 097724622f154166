"""Run the suites of one part in this process, on a source: helpers of the tests of parts."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

from handing_in import submission_of
from quick import only, sample

from grader.core.model import CheckResult, Outcome, Visibility
from grader.core.settings import Secret
from grader.diagnosis import Mistake, in_process
from grader.diagnosis.explain import Explanation
from grader.judging import pytest_run
from grader.judging.plugin import GradingPlugin, Runners
from grader.judging.trusted import CachingRunner
from grader.parts.reference import reference_runner, runner_on_source
from grader.parts.registry import spec_of
from kit.contracts import BY_ID
from kit.runner import Runner
from kit.text import Text

Results = dict[str, CheckResult]


def run_suites(
    part: str, source: str, secret_file: Path, skip: Sequence[str] = (), *, explain: bool = False
) -> Results:
    """How every check of `part` ends on trusted `source`; what is to `skip` counts as passed.

    Nothing is diagnosed unless `explain`.
    """
    found: Results = {}
    plugin = GradingPlugin(
        submission_of({f"{part}.py": source}),
        Runners(lambda part, training: runner_on_source(part, source), reference_runner, trusted),
        Secret.load(secret_file),
        lambda result: found.update({result.id: result}),
        {id: _passed(id) for id in skip},
    )
    silent = mock.patch("grader.judging.plugin.Explainer.explain", return_value=Explanation())
    with contextlib.nullcontext() if explain else silent:
        pytest_run.run_suites((part,), plugin)
    return found


@functools.cache
def reference(part: str) -> Runner:
    """The solution, which is asked each question once: the hidden inputs are always the same."""
    return CachingRunner(reference_runner(part))


def trusted(part: str, source: str | None) -> Runner:
    """The solution, or a source made from it, in this process; as the judge shares them."""
    return reference(part) if source is None else in_process(part, source)


def _passed(id: str) -> CheckResult:
    return CheckResult(
        id=id,
        part=id.partition(".")[0],
        visibility=Visibility.PUBLIC,
        title=Text("", ""),
        outcome=Outcome.PASSED,
        fraction=Fraction(1),
    )


def not_passed(results: Results) -> dict[str, str]:
    """What did not pass, and why; advice left out, and what waits for a person."""
    return {
        id: f"{r.outcome}: {r.message.en} {r.staff_note}"
        for id, r in results.items()
        if r.outcome != Outcome.PASSED and not r.advice and not r.undecided
    }


def assert_killed(mistake: Mistake, results: Results) -> None:
    """The named checks fail, each by a wrong answer, and no other does."""
    wrong = not_passed(results)
    assert {r.outcome for r in results.values() if not (r.undecided or r.advice)} <= {
        Outcome.PASSED,
        Outcome.PARTIAL,
        Outcome.FAILED,
    }, wrong
    assert set(mistake.fails) <= set(wrong), f"not seen by {set(mistake.fails) - set(wrong)}"
    surplus = set(wrong) - set(mistake.fails) - set(mistake.may_fail)
    assert not surplus, {id: wrong[id] for id in surplus}


def of_either_library(kinds: Sequence[str]) -> list[tuple[str, str]]:
    """Each kind with a part in NumPy and with one in torch, which take turns."""
    numpy = [part for part in BY_ID if spec_of(part).in_process]
    torch = [part for part in BY_ID if part not in numpy]
    return [
        (parts[number % len(parts)], kind)
        for number, kind in enumerate(kinds)
        for parts in (numpy, torch)
    ]


def sampled(mistakes: Sequence[Mistake], also: Collection[str] = ()) -> list[Any]:
    """One of twelve, and those of the ids `also`, as parameters; one of sixty in the quick run.

    In confined workers ``tests/diagnosis/test_mistakes.py`` grades all of them.
    """
    some = [m for i, m in enumerate(mistakes) if i % 12 == 0 or m.id in also]
    quick = {m.id for m in mistakes[::60]}
    return only(quick, sample(mistakes, some), id=lambda mistake: mistake.id)
