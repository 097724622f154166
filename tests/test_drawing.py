"""Two runs of the tests draw the same examples, whatever else was loaded before."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import drawing
import pytest
from drawing import examples
from hypothesis import given
from hypothesis import strategies as st


def drawn() -> list[object]:
    """What a property test is given, one example after another."""
    found: list[object] = []

    @given(st.lists(st.text() | st.integers() | st.floats(allow_nan=False)))
    def record(value: list[object]) -> None:
        found.append(value)

    record()
    return found


@pytest.mark.skipif(drawing.PROFILE == "explore", reason="draws by chance")
def test_two_runs_draw_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = drawn()
    constants = [*range(70_000, 70_400), *(f"constant {i}" for i in range(400))]
    (tmp_path / "loaded_later.py").write_text(f"CONSTANTS = {constants!r}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "loaded_later", importlib.import_module("loaded_later"))

    assert len(first) == 100
    assert drawn() == first


def test_only_random_draws_are_more_than_a_test_asks_for() -> None:
    assert examples(7) == (70 if drawing.PROFILE == "explore" else 7)
