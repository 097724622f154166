"""What is listed as equivalent is: random inputs of the contract tell none from the solution."""

from __future__ import annotations

import pytest
from quick import only

from grader.authoring.equivalence import differences, host_of
from grader.isolation.servers import Servers
from grader.judging.judge import Judge
from grader.mutation import equivalents, listed, mutations_of
from grader.mutation.equivalents import HOME
from grader.parts.contract_inputs import inputs_of

PARTS = tuple(sorted(path.parent.name for path in HOME.glob("*/equivalents.yaml")))

INPUTS = 100
"""Of a long run. ``python bench/equivalents.py`` tries 1,000."""
FEW = 20
"""Inputs of the quick run."""


@pytest.fixture(scope="module")
def servers(judge: Judge) -> Servers:
    """The warm servers of the run."""
    return judge._servers


@pytest.mark.parametrize("part", PARTS)
def test_each_has_a_sentence_and_inputs(part: str) -> None:
    for mutation in listed(part):
        assert len(equivalents(part)[mutation.id].split()) >= 6, mutation.id
        assert mutation.function in inputs_of(part), mutation.id


@pytest.mark.parametrize("count", [FEW, pytest.param(INPUTS, marks=pytest.mark.slow)])
@pytest.mark.parametrize("part", only(("numpy_rnn",), PARTS))
def test_no_input_of_the_contract_tells_them_from_the_solution(
    servers: Servers, part: str, count: int
) -> None:
    host = host_of(servers, part)
    try:
        found = {m.id: said for m, said in differences(host, listed(part), count)}
    finally:
        host.close()
    assert found == {}


@pytest.mark.parametrize("part", only(("numpy_rnn",), PARTS))
def test_the_inputs_tell_other_mutations_apart(servers: Servers, part: str) -> None:
    """Inputs that show nothing would prove anything."""
    host = host_of(servers, part)
    known = equivalents(part)
    try:
        for function in inputs_of(part):
            others = [m for m in mutations_of(part, function) if m.id not in known]
            sample = others[:: max(1, len(others) // 5)]
            told = [m.id for m, _ in differences(host, sample, FEW)]
            assert len(told) >= len(sample) - 1, (function, told)
    finally:
        host.close()
