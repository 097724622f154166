"""Checks that the rubric leaves out are not run; those without points are run and cost nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from handing_in import grade_files, outcomes_of, solution, starter

from grader.authoring import publish
from grader.core.model import Outcome
from grader.feedback import html, report_json
from grader.judging.judge import Judge
from grader.scoring import rubric

RUBRIC = """\
version: 1
title: {zh: 小, en: Small}
total: 40
rows:
  - id: code
    title: {zh: 代码, en: Code}
    points: 40
    marked_by: checks
    parts:
      numpy_rnn:
        points: 40
        scale: true
        leave_out: [numpy_rnn.forward.shapes, numpy_rnn.learning]
        groups: {arrays_kept: 1, forward: 0, backward: 6, forward_all: 1, backward_all: 2,
                 gradient_check: 3, clip: 1, sample: 2}
"""
"""The prerequisite of everything is left out, and what is left of its group is not counted."""


def test_what_is_left_out_is_not_run_and_blocks_nothing(judge: Judge, tmp_path: Path) -> None:
    lab = rubric.parse(RUBRIC.encode())
    mine = judge.of_rubric(lab)

    right = grade_files(mine, tmp_path, {"numpy_rnn.py": solution("numpy_rnn")})
    assert right.score.earned == 40
    assert not lab.left_out & set(outcomes_of(right))
    assert set(outcomes_of(right)) == set(lab.check_ids)

    untouched = grade_files(mine, tmp_path, {"numpy_rnn.py": starter("numpy_rnn")}, "bob")
    assert untouched.score.earned == 0
    assert set(outcomes_of(untouched).values()) == {"not_attempted"}


@pytest.mark.usefixtures("unexplained")
def test_a_check_without_points_is_shown_and_costs_nothing(judge: Judge, tmp_path: Path) -> None:
    lab = rubric.parse(RUBRIC.encode())
    free = [id for id in lab.check_ids if not lab.points_of(id)]
    assert free
    source = solution("numpy_rnn") + "\n\nRNN.forward = lambda self, x, h0=None: None\n"
    report = grade_files(judge.of_rubric(lab), tmp_path, {"numpy_rnn.py": source}, "carol")

    scores = {check.result.id: check for check in report.score.checks}
    assert all(scores[id].possible == 0 and scores[id].earned == 0 for id in free)
    assert report.score.possible == 40
    assert {scores[id].result.outcome for id in free} != {Outcome.PASSED}
    assert '"possible": "0.00"' in report_json.dumps(report)
    assert html.render(report, staff=False).count(">not counted<") >= len(free)


def test_students_see_no_check_that_is_left_out() -> None:
    found = publish.points(rubric.parse(RUBRIC.encode()))

    assert "numpy_rnn.forward.shapes" in found["left_out"]
    assert "numpy_rnn.forward.shapes" not in found["checks"]
    assert {Fraction(p) for id, p in found["checks"].items() if ".forward." in id} <= {Fraction(0)}
