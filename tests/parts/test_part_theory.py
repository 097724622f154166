"""Part theory: autograd as the oracle, the solution, its known mistakes, other ways, a real run."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from handing_in import grade_files, lost, solution, starter
from part_suites import Results, assert_killed, not_passed, run_suites, sampled
from preset_judge import by_preset
from quick import one_in

from grader import ROOT
from grader.diagnosis import Mistake, catalogue, mutant
from grader.judging.judge import Judge
from grader.parts.reference import reference_runner, runner_on_source
from parts.theory import cases, checks_random

VARIANTS = sorted((Path(__file__).resolve().parents[1] / "variants" / "theory").glob("*.py"))
MISTAKES = catalogue("theory")


@pytest.fixture
def outcomes(secret_file: Path) -> Callable[[str], Results]:
    """The suites in this process on a source."""
    return lambda source: run_suites("theory", source, secret_file)


@pytest.fixture(scope="module")
def lab() -> SimpleNamespace:
    """What the solution defines."""
    space: dict[str, object] = {"__name__": "theory"}
    exec(compile(solution("theory"), "theory.py", "exec"), space)
    return SimpleNamespace(**space)


def drawn(seed: int, **sizes: int) -> dict:
    """A case as the arguments of the solution's functions."""
    case = cases.theory_case(np.random.default_rng(seed), **sizes)
    return case["weights"] | {"x": case["x"], "targets": case["targets"]}


# ---------------------------------------------------------------- oracles of others


def by_autograd(given: dict) -> tuple[np.ndarray, list]:
    """dL_t/dz_k (T, T, H) and the gradients of L by U, W and b, by torch."""
    import torch

    U, W, b = (torch.tensor(given[n], requires_grad=True) for n in "UWb")
    V, x = torch.tensor(given["V"]), torch.tensor(given["x"])
    h, zs, losses = torch.zeros(len(b), dtype=torch.float64), [], []
    for x_k, target in zip(x, given["targets"].tolist(), strict=True):
        zs.append(U @ h + W @ x_k + b)
        h = torch.tanh(zs[-1])
        losses.append(-torch.log_softmax(V @ h, 0)[target])
    rows = [torch.autograd.grad(loss, zs, retain_graph=True, allow_unused=True) for loss in losses]
    zero = np.zeros(len(b))
    deltas = np.array([[zero if d is None else d.numpy() for d in row] for row in rows])
    return deltas, [g.numpy() for g in torch.autograd.grad(sum(losses), (U, W, b))]


@pytest.mark.parametrize("seed", range(10))
def test_delta_and_its_sums_are_autograds(lab, seed: int) -> None:
    given = drawn(seed, T=5 + seed % 3)
    deltas, gradients = by_autograd(given)
    np.testing.assert_allclose(lab.delta(**given), deltas, atol=1e-13)
    full = lab.truncated_grads(**given, steps=len(given["x"]))
    for got, right in zip(full, gradients, strict=True):
        np.testing.assert_allclose(got, right, atol=1e-13)


def test_truncation_is_autograd_with_the_state_cut_behind_each_window(lab) -> None:
    import torch

    given, steps = drawn(3), 3
    T = len(given["x"])
    total = [np.zeros_like(given[n]) for n in "UWb"]
    h_all, _ = lab.forward(*(given[n] for n in "UWbVx"))
    for t in range(T):
        first = max(0, t - steps + 1)
        h = torch.tensor(h_all[first - 1] if first else np.zeros(len(given["b"])))
        U, W, b = (torch.tensor(given[n], requires_grad=True) for n in "UWb")
        for k in range(first, t + 1):
            h = torch.tanh(U @ h + W @ torch.tensor(given["x"][k]) + b)
        loss = -torch.log_softmax(torch.tensor(given["V"]) @ h, 0)[int(given["targets"][t])]
        for sum_, g in zip(total, torch.autograd.grad(loss, (U, W, b)), strict=True):
            sum_ += g.numpy()
    for got, right in zip(lab.truncated_grads(**given, steps=steps), total, strict=True):
        np.testing.assert_allclose(got, right, atol=1e-13)


def test_the_direct_derivative_is_the_slope_of_one_step(lab) -> None:
    h, U, step = np.array([0.3, -0.7, 0.2]), np.ones((3, 3)), 1e-6
    for i, j in itertools.product(range(3), repeat=2):
        moved = np.zeros((3, 3))
        moved[i, j] = step
        slope = ((U + moved) @ h - (U - moved) @ h) / (2 * step)
        np.testing.assert_allclose(lab.immediate_dz_du(h, i, j), slope, atol=1e-9)


def test_the_random_truncation_is_unbiased_by_enumeration(lab) -> None:
    """T = 3 has three coins: the eight outcomes, weighted by their chances, give the gradient."""
    given, p = drawn(5, T=3), 0.6

    class Coins:
        def __init__(self, outcome) -> None:
            self.left = list(outcome)

        def random(self) -> float:
            return 0.0 if self.left.pop(0) else 1.0

    mean = [np.zeros_like(given[n]) for n in "UWb"]
    for outcome in itertools.product((False, True), repeat=3):
        chance = np.prod([p if on else 1 - p for on in outcome])
        grads = lab.random_truncated_grads(**given, keep_prob=p, rng=Coins(outcome))
        mean = [m + chance * g for m, g in zip(mean, grads, strict=True)]
    full = lab.truncated_grads(**given, steps=3)
    for got, right in zip(mean, full, strict=True):
        np.testing.assert_allclose(got, right, atol=1e-13)


# ---------------------------------------------------------------- the suites


def test_the_solution_loses_nothing(outcomes) -> None:
    results = outcomes(solution("theory"))
    assert results
    assert not not_passed(results)


def test_an_untouched_starter_attempts_nothing(outcomes) -> None:
    results = outcomes(starter("theory"))
    assert {str(r.outcome) for r in results.values()} == {"not_attempted"}


@pytest.mark.parametrize("mistake", sampled(MISTAKES))
def test_a_mistake_fails_the_checks_it_names_and_no_other(mistake: Mistake, outcomes) -> None:
    assert_killed(mistake, outcomes(mutant(mistake)))


def test_every_check_kills_a_mistake(outcomes) -> None:
    assert len(MISTAKES) >= 12
    named = {id for mistake in MISTAKES for id in mistake.fails}
    assert named == set(outcomes(solution("theory")))


@pytest.mark.parametrize("path", one_in(2, VARIANTS, lambda path: path.stem))
def test_right_code_written_another_way_loses_nothing(path: Path, outcomes, tmp_path) -> None:
    assert not not_passed(outcomes(path.read_text("utf-8")))


def test_there_are_enough_variants() -> None:
    assert len(VARIANTS) >= 4


@pytest.mark.parametrize("seed", one_in(2, range(4)))
def test_coins_of_any_right_kind_are_never_rejected(seed: int) -> None:
    """Independent for each t, shared over t, one length for all: by the variants' own code."""
    reference, rng = reference_runner("theory"), np.random.default_rng(seed)
    case = checks_random.telling_case(reference, rng)
    for path in VARIANTS:
        runner = runner_on_source("theory", path.read_text("utf-8"))
        checks_random.is_unbiased(runner, reference, case, 0.75, seed)


# ---------------------------------------------------------------- independent blame


def test_a_wrong_forward_costs_only_itself_where_delta_fits_it(outcomes) -> None:
    find = "h_k = np.tanh(U @ h_k + W @ x_k + b)"
    wrong = not_passed(
        outcomes(solution("theory").replace(find, "h_k = np.tanh(U @ h_k + W @ x_k - b)"))
    )
    assert set(wrong) == {"theory.forward.values", "theory.forward.hidden"}


def test_an_idle_delta_earns_nothing_and_costs_nothing_else(outcomes) -> None:
    source = solution("theory").replace(
        "            out[t, k] = (1", "            out[t, k] = 0 * (1"
    )
    assert set(not_passed(outcomes(source))) == {"theory.delta.values", "theory.delta.hidden"}


# ---------------------------------------------------------------- the preset


@pytest.fixture(scope="module")
def lab5(judge: Judge) -> Judge:
    """A judge by the preset of Lab 5."""
    return by_preset(judge, "lab5")


def both(of: Callable[[str], str]) -> dict[str, str]:
    return {f"alice/{part}.py": of(part) for part in ("poems", "theory")}


def test_the_preset_gives_a_whole_solution_all_that_machines_mark(lab5, tmp_path) -> None:
    report = grade_files(lab5, tmp_path, both(solution))
    assert report.status == "graded"
    assert not lost(report)
    code, *others, tidiness = report.score.rows
    assert (code.earned, code.possible, report.score.possible) == (50, 50, 100)
    assert all(row.pending == row.possible for row in others)
    assert tidiness.pending == 6
    theory = {name: s for name, s in lab5.compute_s.items() if name in THEORY}
    spent = sum(theory.values())
    print(f"theory: {spent:.2f} s of a worker's time")
    assert spent < 5  # about half a second; a busy machine takes several times as long


THEORY = ("moved", "immediate", "delta", "summed", "truncated", "random_truncated")


def test_the_preset_gives_an_untouched_starter_nothing(lab5, tmp_path) -> None:
    report = grade_files(lab5, tmp_path, both(starter))
    assert {str(c.result.outcome) for c in report.score.checks} == {"not_attempted"}
    assert report.score.rows[0].earned == 0


# ---------------------------------------------------------------- a real run


def run(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "solutions" / "theory.py"), *args],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def test_a_short_run_shows_both_experiments(tmp_path: Path) -> None:
    size = ["--T", "12", "--hidden", "6", "--draws", "60", "--steps", "1", "4", "12"]
    done = run(*size, "--norms", "0.7", "1", "1.3", "--out", "here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line.strip()[:1].isdigit()]
    norms = {int(row[0]): [float(v) for v in row[1:]] for row in rows if len(row) == 4}
    assert norms[11][0] < norms[11][1] < norms[11][2]
    assert norms[11][0] < 0.1
    bias = [float(row[1]) for row in rows if len(row) == 3]
    assert bias[0] > bias[1] > bias[2] == 0
    assert (tmp_path / "here" / "theory.png").read_bytes().startswith(b"\x89PNG")


def test_every_flag_is_explained_in_both_languages(tmp_path: Path) -> None:
    said = run("--help", cwd=tmp_path).stdout
    flags = ("T", "hidden", "norms", "steps", "keep_prob", "draws", "seed", "out")
    assert all(f"--{flag} " in said for flag in flags)
    assert said.count(" | ") >= len(flags)


def test_a_probability_out_of_range_is_refused_in_words(tmp_path: Path) -> None:
    done = run("--keep_prob", "0", cwd=tmp_path)
    assert done.returncode == 2
    assert "above 0, at most 1" in done.stderr
