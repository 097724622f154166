"""A judge by another rubric, on servers that are warm already: helpers of the tests."""

from __future__ import annotations

from grader import ROOT
from grader.core.settings import Settings
from grader.judging.judge import Judge
from grader.scoring import rubric
from grader.scoring.rubric import Rubric


def by_preset(judge: Judge, name: str) -> Judge:
    """The judge of ``presets/<name>.yaml`` with the servers, the limits and secret of `judge`."""
    return by_rubric(judge, rubric.load(ROOT / "presets" / f"{name}.yaml"))


def by_rubric(judge: Judge, marks: Rubric, settings: Settings | None = None) -> Judge:
    """A judge of `marks` with the servers and the secret of `judge`, who closes everything."""
    made = judge.of_rubric(marks)
    made.reader = judge.reader
    made._settings = settings or judge._settings
    return made
