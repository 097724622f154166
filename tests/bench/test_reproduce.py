"""The table of reproduced figures: its records, its document, and a share of every row."""

from __future__ import annotations

import dataclasses
import importlib
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from grader import ROOT

PAGE = ROOT / "docs" / "reproduction.md"
MODULES = ("records", "rows", "document", "lab", "time_machine", "shakespeare")


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    """The modules of ``bench/reproduce``, and ``sys.path`` and ``sys.modules`` as before."""
    path, modules = list(sys.path), dict(sys.modules)
    for name in [p.stem for p in (ROOT / "solutions").glob("*.py")]:
        sys.modules.pop(name, None)
    sys.path.insert(0, str(ROOT / "bench"))
    yield SimpleNamespace(**{n: importlib.import_module(f"reproduce.{n}") for n in MODULES})
    sys.path[:] = path
    for name in [p.stem for p in (ROOT / "solutions").glob("*.py")]:
        sys.modules.pop(name, None)
        if name in modules:
            sys.modules[name] = modules[name]


def outcome(bench: Any, row: Any, figures: dict[str, float], done: bool = True) -> Any:
    """A line of results."""
    measured = bench.records.Measured(figures, {"a": [(1, 2.0), (2, 1.5)]}, {"text": "a"}, done)
    return bench.records.Outcome(row.name, 42, row.setting, measured, 60.0, 30.0, 1.0, "torch")


def test_newest_line_counts_and_a_line_cut_short_does_not(bench: Any, tmp_path: Path) -> None:
    row = bench.rows.ROWS[0]
    path = tmp_path / "results.jsonl"
    bench.records.write(path, outcome(bench, row, {"perplexity": 3.0}, done=False))
    bench.records.write(path, outcome(bench, row, {"perplexity": 1.1}))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"row": "scr')
    [read] = bench.records.read(path).values()
    assert read == outcome(bench, row, {"perplexity": 1.1})
    bench.records.compact(path)
    assert path.read_text("utf-8").count("\n") == 1


def test_a_row_counts_as_done_at_its_setting_only(bench: Any) -> None:
    row = bench.rows.ROWS[0]
    finished = outcome(bench, row, {})
    assert finished.is_of(row, 42)
    assert not finished.is_of(row, 7)
    assert not finished.is_of(row.at({**row.setting, "hidden": 2}), 42)
    assert not outcome(bench, row, {}, done=False).is_of(row, 42)


def test_a_figure_is_reproduced_within_its_margin_at_the_documents_setting(bench: Any) -> None:
    row, reported = bench.rows.ROWS[0], bench.records.Reported("perplexity", 1.1, 0.05)
    said = [bench.records.verdict(row, reported, got) for got in (1.14, 1.2, 1.0, math.inf)]
    higher = "**not reproduced: higher**"
    assert said == ["reproduced", higher, "lower than reported", higher]
    assert bench.records.verdict(row, reported, 1.1, done=False) == "stopped early"
    elsewhere = dataclasses.replace(row, comparable=False)
    assert bench.records.verdict(elsewhere, reported, 1.1) == "another setting"


def test_document_says_what_was_stopped_and_what_did_not_run(bench: Any, tmp_path: Path) -> None:
    row = bench.rows.ROWS[0]
    stopped = outcome(bench, row, {"perplexity": 2.0, "epochs": 100}, done=False)
    bench.document.render({(row.name, 42): stopped}, tmp_path / "page")
    text = (tmp_path / "page.md").read_text("utf-8")
    assert "**Stopped early**: after 100 of 500 epochs." in text
    assert "perplexity: 1.1 | 2 | stopped early" in text
    rows = (*bench.rows.ROWS, *bench.rows.ON_A_GPU, *bench.rows.CLAIMS)
    assert text.count("Not run yet:") == len(rows) - 1
    assert [p.name for p in (tmp_path / "page").iterdir()] == [f"{row.name}.png"]


def test_spread_of_several_seeds(bench: Any) -> None:
    assert bench.document.spread([1.1, 1.3, 1.2]) == "1.2 (1.1 to 1.3, 3 seeds)"
    assert bench.document.spread([math.inf]) == "diverged"


@pytest.mark.parametrize("every", [1, 3, 100])
def test_truncation_changes_gradients_only(bench: Any, every: int) -> None:
    torch, lab = bench.lab.torch, bench.lab.scratch_rnn
    torch.manual_seed(0)
    inputs = torch.nn.functional.one_hot(torch.randint(5, (6, 2)), 5).float()
    state = lab.init_rnn_state(2, 4, "cpu")

    def gradient(forward: Any) -> Any:
        torch.manual_seed(1)
        params = [p.detach().mul(40).requires_grad_() for p in lab.get_params(5, 4, "cpu")]
        outputs, _ = forward(inputs, state, params)
        outputs.pow(2).sum().backward()
        return outputs, params[1].grad

    taught, full = gradient(lab.rnn)
    cut, part = gradient(bench.time_machine.truncated(every, 1.0, 0))
    by_chance, _ = gradient(bench.time_machine.truncated(0, 0.5, 0))
    torch.testing.assert_close(cut, taught)
    torch.testing.assert_close(by_chance, taught)
    assert torch.equal(part, full) == (every == 100)


def test_random_truncation_is_right_on_average(bench: Any) -> None:
    torch, lab = bench.lab.torch, bench.lab.scratch_rnn
    torch.manual_seed(0)
    inputs = torch.nn.functional.one_hot(torch.randint(5, (3, 2)), 5).double()
    state = (torch.zeros(2, 4, dtype=torch.float64),)
    params = [p.detach().double().mul(40).requires_grad_() for p in lab.get_params(5, 4, "cpu")]

    def gradient(forward: Any) -> Any:
        outputs, _ = forward(inputs, state, params)
        return torch.autograd.grad(outputs.pow(2).sum(), params[1])[0]

    full = gradient(lab.rnn)
    forward = bench.time_machine.truncated(0, 0.5, 0)
    mean = sum(gradient(forward) for _ in range(800)) / 800
    assert torch.linalg.norm(mean - full) < 0.1 * torch.linalg.norm(full)


def test_numpy_row_goes_on_from_its_weights(bench: Any, tmp_path: Path) -> None:
    [row] = [row for row in bench.rows.ROWS if row.name == "numpy-16"]
    setting = {**row.setting, **row.quick, "epochs": 3, "characters": 1500}
    *_, whole = bench.shakespeare.numpy_network(setting, 5, tmp_path)
    (tmp_path / "weights.npz").unlink()
    *_, first = bench.shakespeare.numpy_network({**setting, "epochs": 2}, 5, tmp_path)
    [rest] = bench.shakespeare.numpy_network(setting, 5, tmp_path)
    assert rest == dataclasses.replace(whole, resumed=True)
    assert first.figures != whole.figures


def reproduce(*arguments: str) -> None:
    """Run the command on synthetic or real corpora, whichever are there."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "bench")}
    subprocess.run([sys.executable, "-m", "reproduce", *arguments], check=True, cwd=ROOT, env=env)


@pytest.mark.slow
def test_a_share_of_every_row_runs() -> None:
    reproduce("--quick")


@pytest.mark.slow
def test_document_is_what_its_results_give(tmp_path: Path) -> None:
    kept = PAGE.with_suffix("") / "results.jsonl"
    out = tmp_path / "reproduction"
    out.mkdir()
    (out / kept.name).write_bytes(kept.read_bytes())
    reproduce("--render", "--out", str(out))
    assert (tmp_path / PAGE.name).read_text("utf-8") == PAGE.read_text("utf-8")
    pictures = PAGE.with_suffix("").glob("*.png")
    assert {p.name for p in out.glob("*.png")} == {p.name for p in pictures}
    assert max(p.stat().st_size for p in out.glob("*.png")) < 100_000
