"""Points do not depend on the secret: a sample of ``bench/many_secrets.py``, without training."""

from __future__ import annotations

import zlib

import pytest

from bench.many_secrets import Row, differing, rows
from grader.diagnosis import Mistake, catalogue, parts

SAMPLED, SECRETS = 3, 2
"""Mistakes of each part, and the secrets under which each is graded."""


def sampled(part: str) -> list[Mistake]:
    """Some mistakes, the same in every run and others where the catalogue grows."""
    return sorted(catalogue(part), key=lambda m: zlib.crc32(m.id.encode()))[:SAMPLED]


@pytest.mark.slow
@pytest.mark.parametrize("part", parts())
def test_a_mistake_loses_the_same_under_two_secrets(part: str) -> None:
    found = list(rows(part, sampled(part), SECRETS, set(), skip_learning=True))
    assert len(found) == SAMPLED * SECRETS
    assert differing(found) == {}


def row(secret: int, **earned: str) -> Row:
    """A row of the bench about one mistake."""
    return {"part": "theory", "mistake": "m", "secret": secret, "earned": earned}


def test_a_check_that_earns_otherwise_under_another_secret_is_told() -> None:
    found = [row(0, a="1", b="0"), row(1, a="1", b="1/2"), row(2, a="1", b="0")]
    assert differing(found) == {("theory", "m"): {"b": {"0": [0, 2], "1/2": [1]}}}
    assert differing([row(0, a="1"), row(1, a="1")]) == {}
