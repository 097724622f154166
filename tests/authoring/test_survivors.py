"""Every mutation of a solution is seen by a check, or is proved to be equivalent.

A seeded sample runs in ``make test-all``, all of them in ``bench/neighbourhood.py``.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from test_equivalents import PARTS, servers

from grader.authoring.survivors import Fate, by_part, fates, unexplained
from grader.core.settings import Secret
from grader.isolation.servers import Servers
from grader.mutation import equivalents, mutations, mutations_of

__all__ = ["servers"]

SECRET = Secret(b"survivors")

SAMPLED = 60
"""Mutations of each part in the sample."""


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_no_mutation_of_the_sample_survives_unexplained(servers: Servers, part: str) -> None:
    every = mutations(part)
    chosen = np.random.default_rng(13).permutation(len(every))[:SAMPLED]
    found = fates(servers, part, SECRET, [every[i] for i in sorted(chosen)])
    assert len(found) == len(chosen)
    assert unexplained(part, found) == []


def test_a_check_sees_a_mutation_and_equivalents_are_seen_by_none(servers: Servers) -> None:
    known = equivalents("theory")
    todo = mutations_of("theory", "immediate_dz_du") + tuple(
        m for m in mutations_of("theory", "delta") if m.id in known
    )
    found = {f.id: f for f in fates(servers, "theory", SECRET, todo)}
    assert {id for id, fate in found.items() if not fate.killer} == set(known) & set(found)
    assert all(f.killer == "theory.immediate.values" for f in found.values() if f.killer)
    assert unexplained("theory", found.values()) == []


@pytest.mark.slow
def test_one_that_never_ends_is_seen_and_the_next_one_is_asked(servers: Servers) -> None:
    """`bucket_by_length` with a step of nothing, say; the worker goes on."""
    first = mutations_of("sequence", "greedy")[0]
    source = first.after
    endless = dataclasses.replace(first, id="endless", after="while True:\n    pass")
    found = fates(servers, "sequence", SECRET, [endless, first])
    assert source != endless.after
    assert found[0].killer.startswith("sequence.greedy.")
    assert found[1].id == first.id


def test_what_survives_without_a_proof_is_told_apart() -> None:
    listed = next(iter(equivalents("theory")))
    found = [Fate(listed, ""), Fate("theory.a:b:1:c", ""), Fate("theory.a:b:2:c", "theory.x")]
    assert [f.id for f in unexplained("theory", found)] == ["theory.a:b:1:c"]


def test_processes_side_by_side_give_every_fate() -> None:
    todo = mutations_of("theory", "immediate_dz_du")
    rows = list(by_part(todo, "a secret", 1))
    assert {part for part, _ in rows} == {"theory"}
    assert {f.id for _, found in rows for f in found} == {m.id for m in todo}
