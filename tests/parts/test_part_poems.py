"""Part poems: the solution, its known mistakes, right models written another way, a real run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from handing_in import Files, lost, solution
from part_suites import Results, not_passed, run_suites, sampled
from quick import one_in

from grader import ROOT
from grader.core.model import GradeReport, Outcome
from grader.diagnosis import Mistake, catalogue, mutant
from grader.parts.reference import reference_runner, runner_on_source
from kit.outcomes import Failed
from parts.poems import cases, checks_model, checks_text

VARIANTS = Path(__file__).resolve().parents[1] / "variants"
LEARNING = "poems.learning"
LEARNS_HERE = ("no_recurrence", "output_detached")
MODEL = [m for m in catalogue("poems") if not m.fails[0].startswith("poems.process.")]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    """Small tensors on a shared machine: threads only get in each other's way."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def outcomes(secret_file: Path) -> Callable[..., Results]:
    """The suites in this process on a source; what is passed as `skip` is taken as passed."""

    def run(source: str, skip: tuple[str, ...] = ()) -> Results:
        return run_suites("poems", source, secret_file, skip, explain=True)

    return run


def test_the_solution_loses_nothing_and_its_advice_passes_too(outcomes) -> None:
    results = outcomes(solution("poems"))
    assert not not_passed(results)
    assert all(r.outcome == Outcome.PASSED for r in results.values())


def test_an_untouched_starter_attempts_nothing(outcomes) -> None:
    """Not even ``generate_batch``, which is printed in the starter, earns anything alone."""
    results = outcomes((ROOT / "starter" / "poems.py").read_text("utf-8"))
    assert {str(r.outcome) for r in results.values() if not r.advice} == {"not_attempted"}


def test_batches_earn_their_points_beside_any_blank_that_is_filled_in(outcomes) -> None:
    source = (ROOT / "starter" / "poems.py").read_text("utf-8")
    start = source.index('    raise NotImplementedError(\n        "to_word')
    source = source[:start] + "    return int_to_word[predict.argmax()]\n\n\n" + source[start:]
    assert outcomes(source)["poems.batches"].outcome == Outcome.PASSED


def test_every_blank_says_what_to_do_in_both_languages(outcomes) -> None:
    results = outcomes((ROOT / "starter" / "poems.py").read_text("utf-8"))
    said = {
        "poems.process.vectors": "process_poems",
        "poems.model.lstm": "RNN_model.__init__",
        "poems.to_word.values": "to_word",
        "poems.gen_poem.text": "gen_poem",  # on a model of the judge's
    }
    for id, blank in said.items():
        message = results[id].message
        assert f"{blank}: " in message.en
        assert f"{blank}：" in message.zh


@pytest.mark.parametrize("mistake", sampled(MODEL, LEARNS_HERE))
def test_a_mistake_fails_the_checks_it_names_and_no_other(mistake: Mistake, outcomes) -> None:
    """Learning takes a second and runs for two of them; the kill table runs all of it."""
    skip = () if mistake.id in LEARNS_HERE else (LEARNING,)
    wrong = not_passed(outcomes(mutant(mistake), skip))
    blocked = {id for id, how in wrong.items() if how.startswith("blocked")}
    named = set(mistake.fails) - set(skip)
    assert named <= set(wrong), wrong
    assert set(wrong) - blocked <= named | set(mistake.may_fail), wrong


def test_there_is_a_mistake_for_every_check_of_the_model() -> None:
    named = {id for mistake in MODEL for id in mistake.fails}
    ids = {"model.lstm", "to_word.values", "gen_poem.text", "gen_poem.memory", "batches"}
    ids |= {"learning"}
    ids |= {f"forward.{n}" for n in ("shapes", "values", "hidden", "test_row", "recurrent")}
    assert named == {f"poems.{id}" for id in ids | {"forward.fresh_state", "forward.gradients"}}


# ---------------------------------------------------------------- written another way


def files_of(variant: str) -> Files:
    path = VARIANTS / variant
    if path.is_dir():
        return {f"alice/{f.name}": f.read_bytes() for f in sorted(path.glob("*.py"))}
    return {"alice/poems.py": path.with_suffix(".py").read_bytes()}


@pytest.mark.parametrize(
    "variant", one_in(3, ["poems_model_notes", "poems_model_time_first", "poems_model_stepwise"])
)
def test_a_right_hand_in_written_another_way_loses_nothing(
    variant: str, grade: Callable[[Files], GradeReport]
) -> None:
    report = grade(files_of(variant))
    assert report.status == "graded"
    assert not lost(report, "poems.")


REWRITES = {
    "explicit zero states": (
        "output, _ = self.rnn_lstm(batch_input)",
        "zeros = torch.zeros(2, batch_size, self.lstm_dim, device=batch_input.device)\n"
        "        output, _ = self.rnn_lstm(batch_input, (zeros, zeros))",
    ),
    "log-probabilities": (
        "out = self.fc(output.reshape(-1, self.lstm_dim))",
        "out = self.fc(output.reshape(-1, self.lstm_dim)).log_softmax(1)",
    ),
    "scores shifted row by row": (
        "out = self.fc(output.reshape(-1, self.lstm_dim))",
        "out = self.fc(output.reshape(-1, self.lstm_dim))\n        out = out - out.mean(1, True)",
    ),
    "dropout between the layers": ("num_layers=2,", "num_layers=2, dropout=0.5,"),
    "the layer under another name": ("self.rnn_lstm", "self.lstm"),
}


@pytest.mark.parametrize("name", one_in(3, REWRITES))
def test_a_small_change_that_is_free_loses_nothing(name: str, outcomes) -> None:
    find, replace = REWRITES[name]
    source = solution("poems").replace(find, replace)
    if name == "the layer under another name":
        source = source.replace("model.rnn_lstm", "model.lstm")
    assert not not_passed(outcomes(source, (LEARNING,)))


# ---------------------------------------------------------------- independent blame


def test_a_wrong_vocabulary_costs_nothing_of_gen_poem() -> None:
    case = cases.poem_generator(np.random.default_rng(1))
    wrong = [m for m in catalogue("poems") if m not in MODEL]
    assert len(wrong) >= 9
    for mistake in wrong:
        runner = runner_on_source("poems", mutant(mistake))
        checks_text.writes(runner, case, case["ranking"][0])
        checks_text.stops(runner, case, case["ranking"][5])


def test_gen_poem_earns_its_points_beside_an_untouched_process_poems(outcomes) -> None:
    source = solution("poems")
    start = source.index("    with open(file_name")
    end = source.index("def generate_batch")
    stub = '    raise NotImplementedError("process_poems: 填空 | fill in")\n\n\n'
    results = outcomes(source[:start] + stub + source[end:], (LEARNING,))
    assert results["poems.gen_poem.text"].outcome == Outcome.PASSED
    assert results["poems.process.vectors"].outcome == Outcome.NOT_ATTEMPTED


# ---------------------------------------------------------------- the other contract


@pytest.fixture(params=["relu", "plain"])
def nndl(request: pytest.FixtureRequest):
    """A model by the nndl contract, with and without its ReLU."""
    source = (VARIANTS / "poems_model_nndl.py").read_text("utf-8")
    if request.param == "plain":
        source = source.replace("F.relu(self.fc(out))", "self.fc(out)")
    return runner_on_source("poems", source)


def test_the_same_checks_serve_the_nndl_contract(nndl) -> None:
    rng = np.random.default_rng(3)
    reference, case = reference_runner("poems"), cases.poem_case(rng)
    given = {"weights": case["weights"], "x": case["x"]}
    lstm = reference.lstm(weights=case["weights"], **case["layer"])
    checks_model.is_two_layer_lstm(nndl, case, lstm)
    checks_model.forward_shapes(nndl, case, "nndl")
    checks_model.forward_agrees(nndl, case, reference.forward(**given), "nndl")
    checks_model.last_row(nndl, case, "nndl")
    checks_model.keeps_no_state(nndl, case, [case["x"][:1, :4]], "nndl")
    checks_model.remembers(nndl, [cases.poem_changes(rng) for _ in range(3)], "nndl")
    checks_model.gradients_reach(nndl, cases.poem_slopes(rng), "nndl")


def test_a_mistake_under_the_nndl_contract_is_caught() -> None:
    source = (VARIANTS / "poems_model_nndl.py").read_text("utf-8")
    wrong = source.replace("view(-1, 1, self.word", "view(1, -1, self.word")
    wrong = wrong.replace("torch.zeros(2, 1, self", "torch.zeros(2, len(sentence), self")
    drawn = [cases.poem_changes(np.random.default_rng(3)) for _ in range(3)]
    with pytest.raises(Failed, match="leaves the last row as it was"):
        checks_model.remembers(runner_on_source("poems", wrong), drawn, "nndl")


# ---------------------------------------------------------------- small things


@pytest.mark.parametrize("seed", one_in(4, range(20)))
def test_the_generator_of_the_judge_says_what_it_should(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = cases.poem_generator(rng)
    begin_word = "".join(rng.permutation(list(case["ranking"].replace("E", "")))[: 1 + seed % 5])
    checks_text.writes(reference_runner("poems"), case, begin_word)
    assert len(checks_text.right_text(case["ranking"], begin_word)) <= 26


@pytest.mark.parametrize("layer", ["nn.RNN", "nn.GRU"])
def test_the_generator_works_for_other_layers_too(layer: str) -> None:
    runner = runner_on_source("poems", solution("poems").replace("nn.LSTM(", f"{layer}("))
    case = cases.poem_generator(np.random.default_rng(0))
    checks_text.writes(runner, case, case["ranking"][3])


def test_batches_may_be_shuffled_and_may_keep_the_whole_poem() -> None:
    rows = "x_batches.append([poem[:-1] for poem in poems])"
    targets = "y_batches.append([poem[1:] for poem in poems])"
    source = solution("poems").replace(rows, "x_batches.append([list(p) for p in poems[::-1]])")
    source = source.replace(targets, "y_batches.append([p[1:] + p[:1] for p in poems[::-1]])")
    poems = cases.poem_batches(np.random.default_rng(0))
    checks_text.batches_shift(runner_on_source("poems", source), poems, 4)


# ---------------------------------------------------------------- a real run


def run(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "solutions" / "poems.py"), *args],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.mark.slow
def test_a_short_run_trains_saves_and_writes_poems(tmp_path: Path) -> None:
    """On the real poems where RNN_LAB_DATA has them, else on made-up ones."""
    data = ["--data", "poems"]
    if not os.environ.get("RNN_LAB_DATA"):
        lines = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。\n" * 400
        (tmp_path / "own.txt").write_text(lines, encoding="utf-8")
        data = ["--data", "own.txt"]
    size = ["--hidden", "24", "--embed", "16", "--batch", "16", "--lr", "0.02", "--seed", "1"]
    some = ["--max_poems", "320", "--epochs", "3", "--steps", "45", "--clip", "1"]
    done = run(*data, *size, *some, "--first", "白日 山", "--out", "here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "epoch 3/3" in done.stderr  # the progress bar
    losses = [float(line.split()[-1]) for line in done.stdout.splitlines() if "mean loss" in line]
    assert losses[0] - losses[-1] > 0.5
    assert (tmp_path / "here" / "loss_curve.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "here" / "poem_generator_rnn").stat().st_size > 10_000
    poems = done.stdout.split("---\n")[-1].split()
    assert [poem[:3] for poem in poems] == ["G白日", poems[1][:3]]
    assert all(poem.endswith("E") or len(poem) == 51 for poem in poems)


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """The command line of the solution, in this process, beside its neighbours."""
    monkeypatch.syspath_prepend(str(ROOT / "solutions"))
    for name in ("poems", "corpora"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import poems

    return poems.main


FLAGS = ("data", "epochs", "batch", "lr", "clip", "embed", "hidden", "seed", "max_poems", "steps",
         "first", "out")  # fmt: skip


def test_every_flag_is_explained_in_both_languages(main, capsys) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(f"--{flag} " in said for flag in FLAGS)
    assert said.count(" | ") >= len(FLAGS)


def test_too_few_poems_are_refused_in_words(main, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text("白日依山尽\n黄河入海流\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="lower --batch"):
        main(["--data", "own.txt", "--epochs", "1"])


def test_without_epochs_it_only_shows_the_data(main, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text("白日依山尽\n黄河入海流\n", encoding="utf-8")
    main(["--data", "own.txt", "--epochs", "0"])
    assert "(2, 7)" in capsys.readouterr().out
    assert not (tmp_path / "runs").exists()
