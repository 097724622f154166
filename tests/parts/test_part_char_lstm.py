"""Part char_lstm: the solution, its known mistakes, other right ways to write it, a real run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from handing_in import Files, lost, outcomes_of, solution, starter
from part_suites import Results, run_suites, sampled
from quick import one_in, only

from grader import ROOT
from grader.core.model import GradeReport
from grader.diagnosis import Mistake, catalogue, mutant
from grader.parts.checks import checks_of
from grader.parts.reference import reference_runner, runner_on_source
from kit.outcomes import Failed
from parts.char_lstm import cases, checks, checks_text

VARIANTS = sorted((Path(__file__).resolve().parents[1] / "variants" / "char_lstm").glob("*.py"))
LEARNING = "char_lstm.learning"
ADVICE = {check.id for check in checks_of(["char_lstm"]) if check.advice}
LEARNS_HERE = ("first_step_logits", "zero_grad_missing", "no_step")  # the rest: test_mistakes.py
FLAGS = {
    "seq_len": "12", "batch": "16", "hidden": "24", "embed": "8", "layers": "2", "dropout": "0.1",
    "lr": "1e-2", "epochs": "2", "clip": "5.0", "print_every": "4", "device": "cpu", "seed": "1",
    "model": "m.pth",
}  # fmt: skip
"""Those of the contract, --data aside, with a value for a short run."""

Outcomes = Callable[..., Results]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    """Small tensors on a shared machine: threads only get in each other's way."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def outcomes(secret_file: Path) -> Outcomes:
    """The suites in this process on a source; what is passed as `skip` is taken as passed.

    What two tests ask is run once.
    """

    @cache
    def run(source: str, skip: tuple[str, ...] = ()) -> Results:
        return run_suites("char_lstm", source, secret_file, skip, explain=True)

    return run


def failed(results: Results) -> set[str]:
    """Checks that lost points of their own; blocked ones follow another's loss."""
    return {id for id, r in results.items() if r.outcome not in ("passed", "blocked")}


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module solutions/char_lstm.py."""
    monkeypatch.syspath_prepend(str(ROOT / "solutions"))
    monkeypatch.delitem(sys.modules, "char_lstm", raising=False)
    import char_lstm as module

    assert Path(module.__file__ or "").parent == ROOT / "solutions"
    return module


# ---------------------------------------------------------------- through the judge


@pytest.mark.slow  # test_mistakes.py grades it too
def test_the_solution_earns_every_point(grade: Callable[[Files], GradeReport]) -> None:
    report = grade({"alice/char_lstm.py": solution("char_lstm")})
    assert len(outcomes_of(report, "char_lstm.")) == 14
    assert not lost(report, "char_lstm.")


def test_the_untouched_starter_is_not_attempted(grade: Callable[[Files], GradeReport]) -> None:
    report = grade({"char_lstm.py": starter("char_lstm")})
    assert set(outcomes_of(report, "char_lstm.").values()) == {"not_attempted"}


@pytest.mark.parametrize("variant", one_in(8, VARIANTS, lambda path: path.stem))
def test_a_right_model_written_another_way_loses_nothing(
    variant: Path, grade: Callable[[Files], GradeReport]
) -> None:
    report = grade({f"alice/{variant.name}": variant.read_bytes()})
    assert not lost(report, "char_lstm.")


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize("mistake", sampled(catalogue("char_lstm"), LEARNS_HERE))
def test_a_mistake_loses_exactly_its_checks(mistake: Mistake, outcomes: Outcomes) -> None:
    skip = set() if mistake.id in LEARNS_HERE else {LEARNING}
    if not any(id.startswith("char_lstm.generate.") for id in mistake.fails):
        # They take long; test_mistakes.py runs them for all.
        skip |= {"char_lstm.generate.distribution", "char_lstm.generate.frequencies"}
    found = failed(outcomes(mutant(mistake), tuple(sorted(skip))))
    assert {*mistake.fails} - skip <= found
    assert found <= {*mistake.fails, *mistake.may_fail, *ADVICE} - skip


FORWARD = "return self.fc(out[:, -1]), hidden"


ZEROS = "return 0 * self.fc(out[:, -1]), hidden"


@pytest.mark.parametrize(
    "wrong",
    [
        'raise NotImplementedError("CharLSTM.forward: 还没写 | not yet")',
        pytest.param("return self.fc(out[:, -1])", marks=pytest.mark.slow),
        pytest.param("return self.fc(out), hidden", marks=pytest.mark.slow),
        ZEROS,
        pytest.param("raise ValueError('no')", marks=pytest.mark.slow),
    ],
)
def test_a_wrong_forward_costs_only_forward(wrong: str, outcomes: Outcomes) -> None:
    found = outcomes(solution("char_lstm").replace(FORWARD, wrong), (LEARNING,))
    assert failed(found)
    assert all(id.startswith("char_lstm.forward.") for id in failed(found))


@pytest.mark.parametrize(
    "idle",
    only(
        (ZEROS,),
        (
            ZEROS,
            "return self.fc.bias.expand(len(x), -1), hidden",
            "return self.fc(0 * out[:, -1]) + 0 * self.embed(x[:, -1]).sum(), hidden",
        ),
    ),
)
def test_properties_count_only_for_a_forward_that_reads(idle: str, outcomes: Outcomes) -> None:
    """Such a forward keeps no state, and its gradients are its slopes: both are zero."""
    found = outcomes(solution("char_lstm").replace(FORWARD, idle), (LEARNING,))
    assert {"char_lstm.forward.repeatable", "char_lstm.forward.gradients"} <= failed(found)


def test_each_stub_is_told_by_its_own_sentence(outcomes: Outcomes) -> None:
    found = outcomes(starter("char_lstm"), (LEARNING,))
    for check, name in (
        ("forward.shapes", "CharLSTM.forward"),
        ("train.losses", "train"),
        ("generate.text", "generate"),
    ):
        assert f" {name}: " in found[f"char_lstm.{check}"].message.en


@pytest.mark.slow
def test_a_limit_on_what_train_does_beside_training(outcomes: Outcomes) -> None:
    """A step too many for each batch is seen, however right its gradients are."""
    line = "            optim.step()\n"
    source = solution("char_lstm").replace(line, 2 * line)
    found = failed(outcomes(source, (LEARNING,)))
    assert {"char_lstm.train.gradients", "char_lstm.train.clip"} <= found


# ---------------------------------------------------------------- the numbers behind the checks


def test_the_right_sampler_is_far_from_the_threshold() -> None:
    reference = reference_runner("char_lstm")
    for seed in range(3):
        rng = np.random.default_rng(seed)
        weights = checks_text.telling_weights(reference, rng, "wh", 0.5)
        checks_text.generate_distribution(reference, reference, weights, "wh", 0.5, seed)


def test_loud_cases_are_loud_for_the_model_and_for_its_stand_in() -> None:
    reference = reference_runner("char_lstm")
    for seed in range(3):
        _, found = checks.loud_case(reference, np.random.default_rng(seed))
        norms = [checks._norms(grads) for grads in found.values()]
        assert min(max(n) for n in norms) > checks.LOUD
        assert min(min(n) for n in norms) > 1


@pytest.mark.parametrize("way", checks.WAYS)
def test_train_may_start_a_batch_from_zero_or_from_the_last_state(way: str) -> None:
    case = cases.char_training_case(np.random.default_rng(1))
    right = reference_runner("char_lstm").right_steps(**case, epochs=2)
    source = solution("char_lstm")
    if way != "fresh":
        reset = "state = None if step == 1 else state" if way == "epoch" else "pass"
        source = source.replace("    losses = []\n    for", "    losses, state = [], None\n    for")
        source = source.replace(
            "logits, _ = model(x)",
            f"{reset}\n            logits, state = model(x, state); "
            "state = tuple(s.detach() for s in state)",
        )
    runner = runner_on_source("char_lstm", source)
    checks.gradients_agree(runner, case, {"own": right, "stand_in": right})
    losses = runner.record(**case, epochs=2, clip=1e6)["losses"]
    assert np.allclose(losses, right[way]["losses"], rtol=1e-5)
    others = [right[w]["losses"] for w in checks.WAYS if w != way]
    assert not any(np.allclose(losses, other, rtol=1e-4) for other in others)


def test_a_forged_answer_fails_and_never_passes() -> None:
    class Liar:
        part = "char_lstm"

        def __init__(self, answer: object) -> None:
            self.answer = answer

        def __getattr__(self, probe: str) -> Callable[..., object]:
            return lambda **_: self.answer

    case, found = checks.loud_case(reference_runner("char_lstm"), np.random.default_rng(0))
    zeros = {name: np.zeros_like(value) for name, value in case["weights"].items()}
    idle = {"grads": zeros, "raw": zeros, "weights": case["weights"]}
    empty = {"grads": {}, "raw": {}, "weights": {}}
    for steps in (None, [], [None] * 3, [empty] * 3, [idle] * 3):
        with pytest.raises(Failed):
            checks.clips(Liar({"steps": steps}), case, found)  # type: ignore[arg-type]
    for answer in (None, [], {}):
        with pytest.raises(Failed):
            checks.clips(Liar(answer), case, found)  # type: ignore[arg-type]


# ---------------------------------------------------------------- the solution itself


def test_the_windows_are_a_view_of_the_text(lab: ModuleType) -> None:
    data, c2i, i2c, vocab = lab.build_dataset("hello world", 4)
    x, y = data.tensors
    assert (len(data), vocab, tuple(x.shape)) == (7, 8, (7, 4))
    assert "".join(i2c[int(i)] for i in x[2]) == "llo "
    assert i2c[int(y[2])] == "w"
    assert x.untyped_storage().nbytes() == 8 * 11  # the 11 characters, not 7 windows of 4
    assert all(i2c[i] == c for c, i in c2i.items())


def test_generation_reads_each_character_once(lab: ModuleType) -> None:
    import torch

    torch.manual_seed(0)
    model = lab.CharLSTM(3, 4, 5, 1, 0.0)
    read: list[int] = []
    model.lstm.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0].shape[1]))
    text = lab.generate(model, "abca", {"a": 0, "b": 1, "c": 2}, dict(enumerate("abc")), 3, 30)
    assert len(text) == 34
    assert read == [4] + [1] * 29


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a small text in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("the cat sat on the mat. 猫坐在垫子上。\n" * 60, "utf-8")
    return "text.txt"


@pytest.mark.slow
def test_a_short_real_run_trains_saves_and_generates(
    text: str, lab: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [word for flag, value in FLAGS.items() for word in (f"--{flag}", value)]
    flags += ["--data", text, "--steps", "8", "--max_chars", "1500", "--length", "40"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "solutions" / "char_lstm.py"), *flags],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (Path("runs/char_lstm/loss_curve.png")).read_bytes().startswith(b"\x89PNG")
    assert "epoch 2: mean loss" in done.stdout
    assert "epoch 1, step 4: mean loss" in done.stdout + done.stderr
    assert "8/8" in done.stderr  # the progress bar
    assert all(f"temperature {t}" in done.stdout for t in (0.5, 1.0, 1.3))

    lab.main(["--generate_only", "--model", "m.pth", "--length", "25", "--data", text])
    assert capsys.readouterr().out.count("the cat sat on the m") == 3
    assert not Path("runs/char_lstm/char_lstm.pth").exists()


def test_help_explains_every_flag(lab: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        lab.main(["--help"])
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert all(f"--{flag} " in text for flag in (*FLAGS, "data"))


def test_what_cannot_be_is_said_in_a_sentence(text: str, lab: ModuleType) -> None:
    for arguments, words in (
        (["--seq_len", "99999"], "a smaller seq_len"),
        (["--generate_only", "--model", "none.pth"], "train first"),
    ):
        with pytest.raises(SystemExit) as end:
            lab.main(["--data", text, *arguments])
        assert words in str(end.value.code)
    with pytest.raises(ValueError, match="at least one character"):
        lab.generate(None, "", {}, {}, 3)
