"""The diagnosis names the mistake that was made, and never blames right code.

In this process, on the checks whose probes are deterministic: sampling and learning have no
answer that a mutant could reproduce.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from handing_in import submission_of
from part_suites import trusted
from quick import only

from grader import ROOT
from grader.core.model import CheckResult, Outcome
from grader.core.settings import Secret
from grader.diagnosis import Call, Explanation, Mistake, catalogue, diagnose, mutant
from grader.diagnosis.answers import same, timeless, usable
from grader.diagnosis.catalogue import parts
from grader.diagnosis.diagnostician import Found
from grader.judging.hidden_cases import hidden_cases
from grader.judging.plugin import GradingPlugin, Runners
from grader.judging.pytest_run import run_suites
from grader.parts import checks
from grader.parts.reference import reference_runner, runner_on_source, solution_path
from kit.outcomes import Failed
from kit.plugin import Ended
from kit.runner import Runner
from kit.text import Text

pytestmark = [  # mutants and rewrites may leave a file open, as students do
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SECRET = Secret(b"diagnosis")

HERE = Path(__file__).resolve().parents[1] / "variants"

VARIANTS = [
    ROOT / "solutions" / "numpy_rnn.py",
    *(
        HERE / "numpy_rnn" / f"{name}.py"
        for name in ("einsum_preallocated", "extra_returns", "float32_model", "loops_row_lookup",
                     "older_names", "step_functions", "under_if_true")
    ),
    *(HERE / "poems" / f"{name}.py" for name in ("first_seen", "sorted_set_arrays")),
]  # fmt: skip
TORCH_VARIANTS = [
    *(HERE / "char_lstm" / f"{name}.py" for name in ("by_hand", "permuted", "中文标识符")),
    *(HERE / "poems_whole" / f"{name}.py" for name in ("typed_and_decorated", "中文标识符")),
]
"""Right code: the solution, and rewrites that an import does not disturb."""

CHANCE = ("learning", "gen_poem", "stable")
"""In the ids of checks whose probes train, need torch, or compare two interpreters."""

MISTAKES = [
    m
    for part in ("numpy_rnn", "poems")
    for m in catalogue(part)
    if part == "numpy_rnn" or m.fails[0].startswith("poems.process.")
]

SIBLINGS = (
    {"sigmoid_in_both_passes", "sigmoid_in_forward"},  # forward is the same
    {"weights_not_restored", "restored_wrongly"},  # weights off by eps, either way
    {"dlogits_not_averaged", "loss_summed"},  # gradient and loss differ by B, either way
    {"not_in_place", "clip_condition_reversed"},  # nothing clipped above the limit
    {"always_scaled", "clip_condition_reversed"},  # scaled below the limit
)
"""Mistakes that some check cannot tell from one another: the same numbers come out."""


def deterministic(mistake: Mistake) -> set[str]:
    """The checks that it fails and that can be explained."""
    return {id for id in mistake.fails if not any(word in id for word in CHANCE)}


BUDGET_S = 0.3
"""Processor time that explanations may add to one failed submission, once the process is warm."""


def ids(found: tuple[Found, ...]) -> list[str]:
    """The mistakes that were found, by their ids."""
    return [" + ".join(m.id for m in mistakes) for mistakes in found]


Watch = Callable[[Ended, list[Call]], None]


class Watched(GradingPlugin):
    """Hands the calls of every ended check to `watch`, and times the diagnoses."""

    watch: Watch | None = None

    def record(self, ended: Ended) -> None:
        calls = [] if self._witness is None else list(self._witness.calls)
        super().record(ended)
        if self.watch is not None:
            self.watch(ended, calls)


def graded(
    part: str,
    source: str,
    wanted: set[str],
    taken: dict[str, float] | None = None,
    watch: Watch | None = None,
) -> dict[str, CheckResult]:
    """How the checks `wanted` end on `source`; the others count as decided before.

    `taken` receives the processor time of each explanation.
    """
    results: dict[str, CheckResult] = {}
    done = {
        c.id: CheckResult(c.id, c.part, c.visibility, c.title, Outcome.PASSED, fraction=Fraction(1))
        for c in checks.checks_of([part])
        if c.id not in wanted
    }
    runner = runner_on_source(part, source)

    def lab(part: str, *_: object) -> Runner:
        return runner

    plugin = Watched(
        submission_of({f"{part}.py": source}),
        Runners(lab, lab, trusted),
        SECRET,
        lambda result: results.update({result.id: result}),
        done,
    )
    plugin.watch = watch
    if taken is not None:
        explain = plugin._explainer.explain

        def timed(part: str, check: str, calls: list[Call]) -> Explanation:
            start = time.thread_time()
            explanation = explain(part, check, calls)
            taken[check] = time.thread_time() - start
            return explanation

        plugin._explainer.explain = timed  # type: ignore[method-assign]
    run_suites((part,), plugin)
    return results


@dataclass(frozen=True)
class Told:
    """What the diagnoses of one failed check said, and what they took."""

    mistake: str
    check: str
    names: tuple[str, ...]
    cpu_s: float
    numbers: bool  # the student's code answered; where it raises there is nothing to compare


def tell(mistake: Mistake) -> list[Told]:
    """What is said of every check that the mistake fails."""
    taken: dict[str, float] = {}
    silent: set[str] = set()

    def listen(ended: Ended, calls: list[Call]) -> None:
        if any(call.answer is None for call in calls):
            silent.add(ended.id)

    results = graded(mistake.part, mutant(mistake), deterministic(mistake), taken, listen)
    return [
        Told(mistake.id, id, tuple(d.mistake for d in r.diagnosis), taken[id], id not in silent)
        for id, r in results.items()
        if r.outcome in (Outcome.FAILED, Outcome.PARTIAL)
    ]


def named(told: Told) -> bool:
    """As itself or as a sibling, and as nothing else."""
    kin = {told.mistake}.union(*(s for s in SIBLINGS if told.mistake in s))
    return bool(told.names) and set(told.names) <= kin


@pytest.mark.parametrize(
    "mistakes",
    [
        pytest.param(MISTAKES[::24], id="sample"),
        pytest.param(MISTAKES, id="all", marks=pytest.mark.slow),
    ],
)
def test_a_mistake_is_named_as_itself_or_as_a_sibling(
    mistakes: list[Mistake], capsys: pytest.CaptureFixture[str]
) -> None:
    """What raised need not be: there are no numbers to compare. A name that is given is right."""
    told = [t for mistake in mistakes for t in tell(mistake)]
    numbers = [t for t in told if t.numbers]
    wrong = [t for t in numbers if not named(t)]
    share = 1 - len(wrong) / len(numbers)
    with capsys.disabled():
        print(f"\ndiagnosed: {share:.1%} of {len(numbers)} failed checks, {len(mistakes)} mistakes")
        print(f"({len(told) - len(numbers)} more end without numbers)", *wrong, sep="\n  ")
    assert share >= 0.95
    assert [t for t in told if t.names and not t.numbers and not named(t)] == []


@pytest.mark.slow
def test_once_warm_an_explanation_takes_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    """As in a batch: the process has learned what the mutants answer."""
    taken: list[float] = []
    for mistake in MISTAKES[::16]:
        tell(mistake)
        taken.append(sum(told.cpu_s for told in tell(mistake)))
    with capsys.disabled():
        print(f"\nseconds of processor for one failed submission: at most {max(taken):.3f}")
    assert max(taken) <= BUDGET_S


# ---------------------------------------------------------------- right code


def stem(path: Path) -> str:
    """The name of a variant."""
    return path.stem


@pytest.mark.parametrize(
    "variant",
    only(("numpy_rnn", "first_seen"), [*VARIANTS, *TORCH_VARIANTS], stem),
)
def test_right_code_is_never_diagnosed(variant: Path) -> None:
    """Not by any check, whatever the check itself thinks of it."""
    part = variant.parent.name if variant.parent.parent.name == "variants" else variant.stem
    prefix = "poems.process." if part == "poems" else part.removesuffix("_whole")
    part = part.removesuffix("_whole")
    wanted = {c.id for c in checks.checks_of([part]) if c.id.startswith(prefix)}
    wanted = {id for id in wanted if not any(word in id for word in CHANCE)}
    blamed: list[str] = []

    def blame(ended: Ended, calls: list[Call]) -> None:
        blamed.extend(ids(diagnose(part, ended.id, calls)))

    results = graded(part, variant.read_text("utf-8"), wanted, watch=blame)
    assert {str(r.outcome) for r in results.values() if not r.advice} == {"passed"}
    assert blamed == []


def test_an_answer_like_the_references_explains_nothing() -> None:
    case = hidden_cases("numpy_rnn", SECRET)[0]
    arguments = {name: case[name] for name in ("weights", "x", "h0")}
    answer = reference_runner("numpy_rnn").call("forward", arguments)
    nearly = {name: value * (1 + 1e-6) for name, value in answer.items()}
    for given in (answer, nearly):
        calls = [Call("forward", arguments, given)]
        assert diagnose("numpy_rnn", "numpy_rnn.forward.values", calls) == ()


@pytest.mark.parametrize("part", only(("theory", "sequence"), list(parts())))
def test_what_is_compared_is_answered_the_same_way_twice(part: str) -> None:
    """A part's own answers that differ from run to run would make causes a matter of chance."""
    runner, differ = reference_runner(part), []

    def ask(ended: Ended, calls: list[Call]) -> None:
        for call in usable(part, calls):
            again = replace(call, answer=runner.call(call.probe, call.arguments))
            if not same(part, call.probe, timeless(part, again), call.answer):
                differ.append((ended.id, call.probe))

    source = solution_path(part).read_text("utf-8")
    graded(part, source, {c.id for c in checks.checks_of([part])}, watch=ask)
    assert differ == []


def test_what_was_drawn_without_a_seed_is_not_compared() -> None:
    """It is another text each time: a cause of it would be found, or not, by chance."""
    case = hidden_cases("numpy_rnn", SECRET)[0]
    seeds: dict[str, list[int | None]] = {"rng_seeds": [None, None], "global_seeds": [1, 2]}
    told = {"seed": "ab", "characters": "abcd", "length": 12, "temp": 1.0, "stand_in": False}
    arguments = {"weights": case["weights"], **told, **seeds}
    drawn = Call("sample", arguments, {"texts": ["ab" + 12 * "c"] * 2, "takes_rng": True})
    assert usable("numpy_rnn", [drawn]) == []
    seeded = replace(drawn, arguments={**arguments, "rng_seeds": [1, 2]})
    assert [c.probe for c in usable("numpy_rnn", [drawn, seeded])] == ["sample"]
    # That it fails without one is the same each time.
    raised = replace(drawn, answer=None, verdict=Failed(Text("没有 rng", "no rng")))
    assert len(usable("numpy_rnn", [raised])) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"logits": np.full((3, 7), np.nan), "h_T": np.full((3, 5), np.nan)},
        {"logits": np.full((3, 7), np.inf), "h_T": None},
        {"logits": [[1.0], [2.0, 3.0]], "h_T": "text"},
        {"logits": np.zeros((3, 7), complex), "h_T": np.zeros((2, 2), bool)},
        {},
        None,
        [],
        np.zeros(3),
    ],
    ids=repr,
)
def test_nonsense_is_not_diagnosed(answer: object) -> None:
    case = hidden_cases("numpy_rnn", SECRET)[0]
    arguments = {name: case[name] for name in ("weights", "x", "h0")}
    calls = [Call("forward", arguments, answer)]
    assert diagnose("numpy_rnn", "numpy_rnn.forward.values", calls) == ()


def test_a_mistake_beside_another_fault_is_not_named() -> None:
    """Two wrong answers: one is a known mistake's, the other is not."""
    case = hidden_cases("numpy_rnn", SECRET)[0]
    arguments = {name: case[name] for name in ("weights", "x", "h0")}
    wrong = next(m for m in MISTAKES if m.id == "state_not_carried")
    answer = runner_on_source("numpy_rnn", mutant(wrong)).call("forward", arguments)
    calls = [Call("forward", arguments, answer)]
    check = "numpy_rnn.forward.values"
    assert ids(diagnose("numpy_rnn", check, calls)) == [wrong.id]
    calls.append(Call("forward", arguments, {**answer, "logits": 2 * answer["logits"]}))
    assert diagnose("numpy_rnn", check, calls) == ()


def test_mistakes_of_process_poems_are_told_without_torch() -> None:
    """The judge does not import torch; a worker for each mutant would take too long."""
    code = """if True:
        import sys
        from pathlib import Path
        from grader.diagnosis import Call, catalogue, diagnose, mutant
        from grader.diagnosis.runners import without_torch
        wrong = next(m for m in catalogue("poems") if m.id == "lines_sorted")
        given = {"content": "山\\n水\\n人\\n".encode()}
        answer = without_torch("poems", mutant(wrong)).call("process", given)
        ((named,),) = diagnose("poems", "poems.process.vectors", [Call("process", given, answer)])
        print(named.id, "torch" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["lines_sorted", "False"]
