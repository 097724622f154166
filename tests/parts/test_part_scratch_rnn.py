"""Part scratch_rnn: the solution, its known mistakes, other right ways to write it, a real run."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from handing_in import grade_files, lost, outcomes_of, solution, starter, submission_of
from part_suites import Results, not_passed, run_suites, sampled
from preset_judge import by_preset
from quick import one_in

from grader import ROOT
from grader.core.model import Submission
from grader.diagnosis import Mistake, catalogue, mutant
from grader.judging.judge import Judge
from grader.parts.scratch_rnn import library_layers as notices
from grader.reader.layers import find
from kit.outcomes import Failed
from kit.runner import Runner
from kit.text import Text
from parts.scratch_rnn import cases, checks
from parts.scratch_rnn import checks_mixer as mixer
from parts.scratch_rnn import probes_nets as nets

VARIANTS = sorted((Path(__file__).resolve().parents[1] / "variants" / "scratch_rnn").glob("*.py"))
LEARNING = "scratch_rnn.learning"
LEARNS_HERE = ("output_detached", "y_not_transposed")

Outcomes = Callable[..., Results]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    """Small tensors on a shared machine: threads only get in each other's way."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def outcomes(secret_file: Path) -> Outcomes:
    """The suites in this process on a source; what is passed as `skip` is taken as passed."""

    def run(source: str, skip: tuple[str, ...] = ()) -> Results:
        return run_suites("scratch_rnn", source, secret_file, skip, explain=True)

    return run


def library_layers(submission: Submission) -> list[Text]:
    """The notices on a source that is trusted: this process reads it."""

    def lines(cells: Sequence[str], wanted: Sequence[str], allowed: str) -> dict[str, int]:
        found = find(cells, wanted, allowed)
        return dict(zip(found.names, found.lines, strict=True))

    return notices.library_layers(submission, lines)


def failed(results: Results) -> set[str]:
    """Checks that lost points of their own; blocked ones follow another's loss."""
    return {id for id, r in results.items() if r.outcome not in ("passed", "blocked")}


# ---------------------------------------------------------------- the solution and the starter


def test_the_solution_loses_nothing(outcomes: Outcomes) -> None:
    results = outcomes(solution("scratch_rnn"))
    assert not not_passed(results)
    assert len(results) == 33


def test_the_untouched_starter_attempts_nothing(outcomes: Outcomes) -> None:
    results = outcomes(starter("scratch_rnn"))
    assert {str(r.outcome) for r in results.values()} == {"not_attempted"}


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize("mistake", sampled(catalogue("scratch_rnn"), LEARNS_HERE))
def test_a_mistake_loses_exactly_its_checks(mistake: Mistake, outcomes: Outcomes) -> None:
    skip = set() if mistake.id in LEARNS_HERE else {LEARNING}
    found = failed(outcomes(mutant(mistake), tuple(skip)))
    assert {*mistake.fails} - skip <= found
    assert found <= {*mistake.fails, *mistake.may_fail} - skip


def test_every_check_kills_a_mistake(outcomes: Outcomes) -> None:
    named = {id for mistake in catalogue("scratch_rnn") for id in mistake.fails}
    assert named == set(outcomes(starter("scratch_rnn")))


def test_hints_are_in_both_languages() -> None:
    for mistake in catalogue("scratch_rnn"):
        assert any("一" <= c <= "鿿" for c in mistake.hint.zh), mistake.id
        assert not any("一" <= c <= "鿿" for c in mistake.hint.en), mistake.id


# ---------------------------------------------------------------- the preset, variants


@pytest.fixture(scope="module")
def preset(judge: Judge) -> Judge:
    """The judge of the preset, on the servers of the default one."""
    return by_preset(judge, "scratch")


def test_the_preset_marks_a_whole_solution_and_an_untouched_starter(
    preset: Judge, tmp_path: Path
) -> None:
    report = grade_files(preset, tmp_path, {"scratch_rnn.py": solution("scratch_rnn")})
    assert not lost(report, "scratch_rnn.")
    assert (report.score.earned, report.score.pending, report.score.possible) == (80, 20, 100)
    report = grade_files(preset, tmp_path, {"scratch_rnn.py": starter("scratch_rnn")}, "bob")
    assert set(outcomes_of(report, "scratch_rnn.").values()) == {"not_attempted"}
    assert (report.score.earned, report.score.pending) == (0, 20)


@pytest.mark.parametrize("variant", one_in(3, VARIANTS, lambda path: path.stem))
def test_a_right_network_written_another_way_loses_nothing(
    variant: Path, preset: Judge, tmp_path: Path
) -> None:
    report = grade_files(preset, tmp_path, {f"alice/{variant.name}": variant.read_bytes()})
    assert not lost(report, "scratch_rnn.")


def test_there_are_enough_variants() -> None:
    assert len(VARIANTS) >= 4


# ---------------------------------------------------------------- torch's layers are flagged


@pytest.mark.slow
def test_torch_s_layers_are_told_to_the_ta_and_cost_nothing(preset: Judge, tmp_path: Path) -> None:
    """``rnn`` through a layer of torch that is given the parameters: the values are right."""
    source = solution("scratch_rnn")
    start, end = source.index("    W_xh, W_hh, b_h, W_hq, b_q = params"), source.index("class RNNM")
    by_layer = """    return _by_layer(inputs, state, *params)


def _by_layer(inputs, state, W_xh, W_hh, b_h, W_hq, b_q):
    layer = nn.RNN(*W_xh.shape)
    named = {"weight_ih_l0": W_xh.T, "weight_hh_l0": W_hh.T, "bias_ih_l0": b_h,
             "bias_hh_l0": torch.zeros_like(b_h)}
    out, h = torch.func.functional_call(layer, named, (inputs, state[0][None]))
    return out.flatten(0, 1) @ W_hq + b_q, (h[0],)


"""
    report = grade_files(
        preset, tmp_path, {"scratch_rnn.py": source[:start] + by_layer + source[end:]}
    )
    assert not lost(report, "scratch_rnn.")
    (notice,) = [n for n in report.notices if "recurrent layer" in n.en]
    assert "rnn uses a recurrent layer of torch" in notice.en
    assert "rnn 用到了" in notice.zh


def test_layers_of_the_concise_network_and_of_training_are_not_flagged() -> None:
    for path in (*VARIANTS, ROOT / "solutions" / "scratch_rnn.py"):
        assert not library_layers(submission_of({"scratch_rnn.py": path.read_text("utf-8")}))


# ---------------------------------------------------------------- the solution, by oracles


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module solutions/scratch_rnn.py."""
    monkeypatch.syspath_prepend(str(ROOT / "solutions"))
    for name in ("scratch_rnn", "corpora"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import scratch_rnn as module

    assert Path(module.__file__ or "").parent == ROOT / "solutions"
    return module


def test_rnn_and_its_gradients_are_those_of_torch_s_layer(lab: ModuleType) -> None:
    import torch

    torch.manual_seed(0)
    T, B, V, H = 6, 3, 7, 5
    params = [p.detach().double() * 30 for p in lab.get_params(V, H, "cpu")]
    inputs, state = torch.randn(T, B, V).double(), torch.randn(B, H).double()
    weight = torch.randn(T * B, V).double()
    ours = [p.clone().requires_grad_() for p in params]
    outputs, (h,) = lab.rnn(inputs, (state,), ours)
    (outputs * weight).sum().backward()

    layer, linear = torch.nn.RNN(V, H).double(), torch.nn.Linear(H, V).double()
    with torch.no_grad():
        layer.weight_ih_l0.copy_(params[0].T)
        layer.weight_hh_l0.copy_(params[1].T)
        layer.bias_ih_l0.copy_(params[2])
        layer.bias_hh_l0.zero_()
        linear.weight.copy_(params[3].T)
        linear.bias.copy_(params[4])
    right, last = layer(inputs, state[None])
    right = linear(right).flatten(0, 1)
    (right * weight).sum().backward()
    assert torch.allclose(outputs, right)
    assert torch.allclose(h, last[0])
    grads = (
        layer.weight_ih_l0.grad.T, layer.weight_hh_l0.grad.T, layer.bias_ih_l0.grad,
        linear.weight.grad.T, linear.bias.grad,
    )  # fmt: skip
    assert all(torch.allclose(p.grad, g) for p, g in zip(ours, grads, strict=True))


class Drawn(Runner):
    """In place of a hand-in: weights that `scale` gives a deviation by a matrix's sizes."""

    def __init__(self, scale: Callable[[int, int], float]) -> None:
        self.part = "scratch_rnn"
        self._scale = scale

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        rng = np.random.default_rng(arguments["rng_seed"])
        V, H = arguments["vocab_size"], arguments["num_hiddens"]
        weights = [self._scale(*s) * rng.standard_normal(s) for s in ((V, H), (H, H), (H, V))]
        zeros = [np.zeros(H), np.zeros(V)]
        params = [*weights[:2], zeros[0], weights[2], zeros[1]]
        return {"params": params, "requires_grad": [True] * 5, "leaf": [True] * 5}


RULES: list[Callable[[int, int], float]] = [
    lambda rows, columns: 0.01,
    lambda rows, columns: rows**-0.5,  # LeCun's
    lambda rows, columns: columns**-0.5,
    lambda rows, columns: (2 / rows) ** 0.5,  # He's
    lambda rows, columns: (2 / columns) ** 0.5,  # the same as torch counts a matrix's inputs
    lambda rows, columns: 5 / 3 * (2 / (rows + columns)) ** 0.5,  # Xavier's, with the gain of tanh
]


@pytest.mark.parametrize("scale", RULES)
def test_weights_by_a_usual_rule_are_small(scale: Callable[[int, int], float]) -> None:
    for seed in range(60):
        checks.params_are_small(Drawn(scale), np.random.default_rng(seed))


@pytest.mark.parametrize("deviation", [1e-5, 0.4, 0.5, 1.0])
def test_weights_of_another_size_are_not_small(deviation: float) -> None:
    for seed in range(60):
        with pytest.raises(Failed, match="small normal numbers"):
            checks.params_are_small(Drawn(lambda *_: deviation), np.random.default_rng(seed))


def test_the_mixer_of_the_judge_is_the_one_of_the_probes() -> None:
    """Loss, gradients and states by NumPy's sums and by autograd."""
    import torch

    case = cases.scratch_epoch_case(np.random.default_rng(5))
    x, y, weights = case["x"][0], case["y"][0], case["weights"]
    start = np.random.default_rng(6).normal(0, 1, (3, 4)).astype(np.float32)
    leaves = nets.leaves(weights)
    scores, state = nets.run(leaves, torch.from_numpy(x), torch.from_numpy(start))
    loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(y).T.reshape(-1))
    loss.backward()
    right, gradients, end = mixer.step(weights, x, y, start)
    assert loss.item() == pytest.approx(right, rel=1e-5)
    assert np.allclose(state.detach(), end, atol=1e-5)
    assert all(np.allclose(leaves[n].grad, gradients[n], atol=1e-6) for n in "EQ")


def test_the_perplexity_of_an_epoch_is_the_exponential_of_the_mean_loss(lab: ModuleType) -> None:
    """A network that says the same at every step: the perplexity is that of its distribution."""
    import torch

    p = torch.tensor([0.5, 0.25, 0.25])

    class Constant:
        params = [torch.zeros(1, requires_grad=True)]

        def begin_state(self, batch_size, device):
            return (torch.zeros(batch_size, 1),)

        def __call__(self, X, state):
            return p.log().repeat(X.numel(), 1) + 0 * self.params[0], state

    Y = torch.tensor([[0, 1], [2, 0]])
    found, speed = lab.train_epoch(
        Constant(), [(Y, Y)], torch.nn.CrossEntropyLoss(), lambda batch_size: None, "cpu", True
    )
    assert found == pytest.approx(math.exp((2 * math.log(2) + 2 * math.log(4)) / 4))
    assert speed > 0


# ---------------------------------------------------------------- a real run


FLAGS = ("data", "model", "sampling", "num_steps", "batch", "hidden", "lr", "epochs", "max_chars",
         "device", "seed", "prefix", "length", "out")  # fmt: skip


@pytest.mark.slow
def test_a_short_real_run_trains_all_four_predicts_and_draws(tmp_path: Path) -> None:
    """On The Time Machine where RNN_LAB_DATA has it, else on a made-up text."""
    data = "timemachine.txt"
    if not os.environ.get("RNN_LAB_DATA"):
        (tmp_path / data).write_text("The cat sat on the mat; it ate a rat.\n" * 60, "utf-8")
    flags = ["--data", data, "--epochs", "6", "--max_chars", "1500", "--hidden", "32"]
    flags += ["--num_steps", "10", "--batch", "8", "--length", "12", "--out", "here"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "solutions" / "scratch_rnn.py"), *flags],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here" / "perplexity.png").read_bytes().startswith(b"\x89PNG")
    assert "6/6" in done.stderr  # the progress bar
    for kind in ("scratch", "concise"):
        for way in ("sequential", "random"):
            (line,) = [s for s in done.stdout.splitlines() if s.startswith(f"{kind}, {way}:")]
            assert 1 < float(line.split("perplexity ")[1].split(",")[0]) < 28
    texts = [s for s in done.stdout.splitlines() if s.startswith("time traveller")]
    assert [len(text) for text in texts] == [len("time traveller") + 12] * 4


def test_help_explains_every_flag(lab: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        lab.main(["--help"])
    said = capsys.readouterr().out
    assert all(f"--{flag} " in said for flag in FLAGS)


def test_a_text_that_is_too_short_is_refused_in_words(lab: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("too short", "utf-8")
    with pytest.raises(SystemExit) as end:
        lab.main(["--data", str(tmp_path / "short.txt"), "--out", str(tmp_path)])
    assert "lower --batch" in str(end.value.code)
