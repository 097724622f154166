"""The comparison with other graders: its checks, its hand-ins, its page; no peer is needed."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from grader import ROOT


@pytest.fixture(scope="module")
def peers() -> Iterator[Any]:
    """The modules of ``bench/peers``, and ``sys.path`` as before."""
    path = list(sys.path)
    kept = sys.modules.pop("numpy_rnn", None)
    sys.path.insert(0, str(ROOT / "bench"))
    names = ("hand_ins", "contestants", "__main__")
    yield SimpleNamespace(**{n: importlib.import_module(f"peers.{n}") for n in names})
    sys.path[:] = path
    sys.modules.pop("numpy_rnn", None)
    if kept is not None:
        sys.modules["numpy_rnn"] = kept


@pytest.fixture(scope="module")
def checks(peers: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of the four checks."""
    expected = tmp_path_factory.mktemp("peers") / "expected.npz"
    peers.hand_ins.write_expected(expected)
    source: str = peers.hand_ins.checks_source(expected)
    return source


def module(source: str) -> ModuleType:
    """A module with this source."""
    made = ModuleType("made")
    exec(compile(source, "made", "exec"), vars(made))
    return made


@pytest.mark.parametrize("name", ["right", "wrong"])
def test_the_checks_give_what_a_hand_in_earns(peers: Any, checks: str, name: str) -> None:
    hand_in = next(h for h in peers.hand_ins.HAND_INS if h.name == name)
    lab, made = module(hand_in.source), module(checks)
    passed = []
    for check in peers.hand_ins.POINTS:
        try:
            getattr(made, f"check_{check}")(lab)
        except AssertionError:
            continue
        passed.append(check)
    assert tuple(passed) == hand_in.earns


def test_four_lines_forge_full_marks_where_assertions_run_beside_the_code(
    peers: Any, checks: str, tmp_path: Path
) -> None:
    assert len(peers.hand_ins.FORGED.strip().splitlines()) == 4
    forging = next(h for h in peers.hand_ins.HAND_INS if h.name == "forging")
    contestant = peers.contestants.Pytest(Path(sys.executable), checks)
    command = contestant.set_up(tmp_path, forging)
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert contestant.earned(tmp_path) == peers.hand_ins.POINTS  # pytest is one such place


def test_marks_that_are_not_there_are_none(peers: Any, tmp_path: Path) -> None:
    kinds = peers.contestants
    for kind in (kinds.Pytest, kinds.GradescopeUtils, kinds.Check50):
        assert kind(Path("python"), "").earned(tmp_path) is None
    (tmp_path / "results.json").touch()  # what gradescope-utils leaves of a crash
    assert kinds.GradescopeUtils(Path("python"), "").earned(tmp_path) is None
    (tmp_path / "results.json").write_text(
        json.dumps({"tests": [{"name": "test_clip (a.b)", "score": 1}]})
    )
    earned = kinds.GradescopeUtils(Path("python"), "").earned(tmp_path)
    assert earned == {"forward": 0, "backward": 0, "clip": 1, "sample": 0}


def test_a_cell_says_what_was_lost_or_forged(peers: Any) -> None:
    bench, by_name = peers.__main__, {h.name: h for h in peers.hand_ins.HAND_INS}
    full = dict(peers.hand_ins.POINTS)

    def said(name: str, earned: Any, ended: bool = True) -> str:
        text: str = bench.said(by_name[name], bench.Tried(ended=ended, earned=earned))
        return text

    assert said("right", full) == "10"
    assert said("wrong", full | {"clip": 0}) == "9"
    assert said("wrong", full | {"clip": 0, "sample": 0}) == "7, lost: sample"
    assert said("forging", full) == "**10**, forged"
    assert said("crashing", None) == "no marks"
    assert said("looping", None, ended=False) == "not ended in 60 s: no marks"
