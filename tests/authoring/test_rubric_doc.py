"""``docs/rubric.md`` says what the schema reads."""

from __future__ import annotations

import re

from grader.authoring import rubric_doc
from grader.core import yaml_text
from grader.scoring.rubric_schema import PartPoints, Row


def test_the_reference_of_the_rubric_is_not_stale() -> None:
    assert not rubric_doc.stale(), "run: python -m grader.authoring.rubric_doc"


def test_every_key_of_the_schema_is_described_and_nothing_else() -> None:
    known = {(m, name) for m in rubric_doc.TITLES for name in m.model_fields}
    assert set(rubric_doc.KEYS) == known
    text = rubric_doc.render()
    assert "function" not in text
    assert "Undefined" not in text


def test_the_example_is_a_row_that_the_schema_reads() -> None:
    example, weights = re.findall(r"```yaml\n(.*?)```", rubric_doc.render(), re.S)
    tree, _ = yaml_text.read(example.encode("utf-8"))
    (row,) = [Row.model_validate(row) for row in tree["rows"]]
    assert sum(criterion.points for criterion in row.criteria) == row.points
    part, _ = yaml_text.read(weights.encode("utf-8"))
    PartPoints.model_validate(part["parts"]["my_part"])
