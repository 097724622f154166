"""A judge for a preset, on servers that are warm already: a helper of the tests."""

from __future__ import annotations

from grader import ROOT
from grader.judging.judge import Judge
from grader.scoring import rubric


def by_preset(judge: Judge, name: str) -> Judge:
    """The judge of ``presets/<name>.yaml`` with the servers, the limits and secret of `judge`."""
    found = rubric.load(ROOT / "presets" / f"{name}.yaml")
    made = Judge(judge._settings, found, judge._secret, judge._servers)
    made._references = judge._references  # closed with the judge that lends them
    return made
