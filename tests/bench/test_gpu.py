"""The script for a machine with a GPU, as far as it can be tested without one."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from grader import ROOT
from grader.isolation.servers import gpu_devices


@pytest.fixture(scope="module")
def gpu() -> Iterator[Any]:
    """``bench/gpu.py``."""
    sys.path.insert(0, str(ROOT / "bench"))
    yield importlib.import_module("gpu")
    sys.path.remove(str(ROOT / "bench"))


def test_it_says_that_there_is_no_gpu(gpu: Any) -> None:
    if gpu_devices():
        pytest.skip("there is a GPU")
    done = CliRunner().invoke(gpu.main, [])
    assert done.exit_code == 1
    assert "There is no NVIDIA GPU here" in done.output


def test_its_hand_ins_define_the_parts_and_differ(gpu: Any, tmp_path: Path) -> None:
    sources = set()
    for name in gpu.HAND_INS:
        gpu.write(tmp_path / name, name)
        source = (tmp_path / name / "char_lstm.py").read_text("utf-8")
        defined = [n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
        assert {"train", "generate"} <= set(defined)
        sources.add(source)
    assert len(sources) == len(gpu.HAND_INS)
    compile(gpu.LOOK, "LOOK", "exec")


def test_a_step_that_raises_is_counted_and_does_not_stop_the_others(
    gpu: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = gpu.Steps(tmp_path)
    steps.step("a", "nothing", lambda: 1 / 0)
    steps.step("b", "all", lambda: (True, "found"))
    assert steps.wrong == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("WRONG: a: ZeroDivisionError")
    assert second.startswith("as expected: b: found")


@pytest.mark.slow
def test_without_a_gpu_its_hand_ins_lose_nothing(gpu: Any, tmp_path: Path) -> None:
    if gpu_devices():
        pytest.skip("there is a GPU")
    for name in ("hungry", "kernel", "asserts"):
        graded = gpu.Steps(tmp_path / name).grade(name, RNN_GRADER_SELF_CHECK="no")
        assert graded.lost() == []
        assert graded.outcome(gpu.LEARNING) == "passed"
        assert graded.report["environment"]["device"] == "cpu"
