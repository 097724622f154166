"""Records and their JSON form."""

from __future__ import annotations

import dataclasses

import pytest

from grader.core.model import CheckResult, Outcome, Visibility
from kit.text import Text

RESULT = CheckResult(
    id="poems.process.keys",
    part="poems",
    visibility=Visibility.PUBLIC,
    title=Text("标题", "title"),
    outcome=Outcome.NOT_ATTEMPTED,
    message=Text("未作答", "not attempted yet"),
    blank="poems.py:3",
)


def test_a_result_comes_back_from_json() -> None:
    assert CheckResult.from_json(RESULT.to_json()) == RESULT


def test_a_result_that_an_earlier_version_stored_names_no_blank() -> None:
    stored = RESULT.to_json()
    del stored["blank"]
    assert CheckResult.from_json(stored) == dataclasses.replace(RESULT, blank="")


def test_a_result_of_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="schema 0"):
        CheckResult.from_json({**RESULT.to_json(), "schema": 0})
