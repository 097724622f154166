"""A library that the grader lacks: where its values decide, a person does; the rest is judged."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest
from handing_in import solution, submission_of

from grader.core.model import CheckResult, Outcome, Submission
from grader.judging.judge import Judge
from grader.judging.waiting import waiting, without_library

SOURCE = solution("sequence")
PERPLEXITY = "    return float(np.exp(-np.mean(log_probs)))\n"
GREEDY = "    return int(np.argmax(logits))\n"
DROPOUT = "        return x, np.ones_like(x)\n"
CHECKS = ("sequence.perplexity.values", "sequence.greedy.values", "sequence.dropout.rests")
PASSED, FAILED, WAITS = "passed", "failed", "skipped"


@pytest.fixture(scope="module")
def sequence_judge(judge: Judge) -> Judge:
    return judge.of_parts(("sequence",))


def handed_in(head: str, **changed: str) -> Submission:
    """The solution with imports, and other bodies of the functions named."""
    bodies = {"perplexity": PERPLEXITY, "greedy": GREEDY, "dropout": DROPOUT}
    source = SOURCE
    for name, body in changed.items():
        assert source.count(bodies[name]) == 1
        source = source.replace(bodies[name], body)
    at = source.index("import numpy as np\n")
    return submission_of({"sequence.py": f"{source[:at]}{head}\n{source[at:]}"})


def judged(judge: Judge, submission: Submission) -> list[CheckResult]:
    found = judge.outcomes(submission, CHECKS)
    return [found[id] for id in CHECKS]


CASES: dict[str, tuple[str, str, str]] = {
    "values, imported at the top": (
        "from scipy.special import logsumexp",
        "    return float(logsumexp(log_probs))\n",
        WAITS,
    ),
    "values, imported in the function": (
        "",
        "    from scipy import stats\n    return stats.gmean(np.exp(log_probs)) ** -1\n",
        WAITS,
    ),
    "an effect": (
        "from accelerate import Accelerator\nhelper = Accelerator()",
        "    total = np.zeros(1)\n    helper.reduce(total)\n    return float(total[0])\n",
        WAITS,
    ),
    "a method of an array": (
        "from einops import reduce",
        "    return float(np.exp(-reduce(log_probs, 'n -> 1', 'mean')[0]))\n",
        WAITS,
    ),
    "a constant made at the top": (
        "import scipy.constants\nE = scipy.constants.e",
        "    return E ** -np.mean(log_probs)\n",
        WAITS,
    ),
    "another function of d2l than those that work": (
        "from d2l import torch as d2l",
        "    return float(d2l.exp(-np.mean(log_probs)))\n",
        WAITS,
    ),
    "a loop around which a missing bar is": (
        "from rich.progress import track",
        "    return float(np.exp(-np.mean([p for p in track(log_probs)])))\n",
        WAITS,
    ),
    "it raises": ("import scipy", "    scipy.check(1)\n    raise ValueError('x')\n", WAITS),
    "used, and right all the same": (
        "import scipy",
        "    scipy.check(log_probs)\n" + PERPLEXITY,
        PASSED,
    ),
    "imported and unused": ("import scipy, accelerate", "    return 0.0\n", FAILED),
    "a log in a wrong function": (
        "import wandb\nwandb.init(config={'lr': 1})",
        "    wandb.log({'p': wandb.config.lr})\n    return 0.0\n",
        FAILED,
    ),
    "a plot in a wrong function, beside scipy": (
        "import seaborn as sns, scipy",
        "    sns.lineplot(x=[1]).set(title='a')\n    return 0.0\n",
        FAILED,
    ),
    "a working bar in a wrong function, beside scipy": (
        "import scipy\nfrom tqdm import tqdm",
        "    return float(sum(1 for _ in tqdm(log_probs)))\n",
        FAILED,
    ),
    "a guard whose handler has a replacement": (
        "try:\n    import scipy\nexcept ImportError:\n    scipy = None",
        "    return 0.0 if scipy is None else scipy.exp(1)\n",
        FAILED,
    ),
    "no library at all": ("", "    return 0.0\n", FAILED),
}


@pytest.mark.parametrize(("head", "body", "outcome"), CASES.values(), ids=CASES)
def test_only_what_used_the_library_waits(
    sequence_judge: Judge, head: str, body: str, outcome: str
) -> None:
    first, *others = judged(sequence_judge, handed_in(head, perplexity=body))
    assert first.outcome == outcome
    assert first.undecided is (outcome == WAITS)
    assert first.fraction == (outcome == PASSED)
    assert {o.outcome for o in others} == {Outcome.PASSED}


DECORATED = {
    "unknown": ("from no_such_lib import cached", "@cached", WAITS),
    "called first": ("import no_such_lib", "@no_such_lib.typed(strict=True)", WAITS),
    "types": ("from jaxtyping import jaxtyped", "@jaxtyped(typechecker=None)", FAILED),
    "compiled": ("import numba", "@numba.njit", FAILED),
}


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
@pytest.mark.parametrize(("head", "line", "outcome"), DECORATED.values(), ids=DECORATED)
def test_a_decorator_of_a_missing_library(
    sequence_judge: Judge, head: str, line: str, outcome: str, right: bool
) -> None:
    made = handed_in(head, **({} if right else {"perplexity": "    return 0.0\n"}))
    (source,) = made.sources
    (text,) = source.cells
    text = text.replace("def perplexity(", f"{line}\ndef perplexity(")
    made = dataclasses.replace(made, sources=(dataclasses.replace(source, cells=(text,)),))
    first, *others = judged(sequence_judge, made)
    assert first.outcome == (PASSED if right else outcome)
    assert {o.outcome for o in others} == {Outcome.PASSED}


def test_what_waits_names_the_library_and_nothing_that_the_check_found(
    sequence_judge: Judge,
) -> None:
    head = "from scipy.special import logsumexp\nimport wandb"
    made = handed_in(head, perplexity="    return logsumexp(log_probs)\n")
    result = judged(sequence_judge, made)[0]
    assert result.message == without_library(("scipy",))
    assert (result.diagnosis, result.clues, result.blank, result.picture) == ((), (), "", None)
    assert result.staff_note.startswith("failed: ")


def test_a_use_in_one_check_does_not_count_for_the_next(sequence_judge: Judge) -> None:
    made = handed_in(
        "import scipy", greedy="    return scipy.argmax(logits)\n", perplexity="    return 0.0\n"
    )
    found = judged(sequence_judge, made)
    assert [r.outcome for r in found] == [FAILED, WAITS, PASSED]


def test_a_blank_that_was_reached_is_not_attempted_whatever_was_used_before(
    sequence_judge: Judge,
) -> None:
    blank = "    scipy.check()\n    raise NotImplementedError('perplexity: 补 | fill in')\n"
    (first, *_) = judged(sequence_judge, handed_in("import scipy", perplexity=blank))
    assert first.outcome is Outcome.NOT_ATTEMPTED


@pytest.mark.parametrize("advice", [True, False])
def test_a_result_that_waits_earns_nothing(sequence_judge: Judge, advice: bool) -> None:
    wrong = judged(sequence_judge, handed_in("", perplexity="    return 0.0\n"))[0]
    made = waiting(dataclasses.replace(wrong, advice=advice), without_library(("a", "b")))
    assert (made.outcome, made.fraction, made.undecided) == (WAITS, Fraction(0), not advice)
    assert "(a, b)" in made.message.en
    assert "（a、b）" in made.message.zh
    assert wrong.message.en in made.staff_note


def test_checks_that_need_one_that_waits_do_too(judge: Judge) -> None:
    source = solution("numpy_rnn")
    assert "np.tanh(" in source
    made = source.replace("np.tanh(", "scipy.special.tanh(")
    made = made.replace("import numpy as np\n", "import scipy.special\nimport numpy as np\n", 1)
    ids = ("numpy_rnn.forward.shapes", "numpy_rnn.forward.values", "numpy_rnn.clip.values")
    found = judge.of_parts(("numpy_rnn",)).outcomes(submission_of({"numpy_rnn.py": made}), ids)
    assert [found[id].outcome for id in ids] == [WAITS, WAITS, PASSED]
    assert [found[id].undecided for id in ids] == [True, True, False]
    assert found[ids[0]].message == found[ids[1]].message == without_library(("scipy",))


def test_an_optional_name_that_a_missing_library_lacks_waits_and_is_not_called_undone(
    judge: Judge,
) -> None:
    made = solution("extensions").replace("\nclass Adam", "\nimport no_such_lib\n\n\nclass Adam", 1)
    assert "no_such_lib" in made
    made = made + "\n\nclass Adam(no_such_lib.Optimiser):\n    pass\n"
    ids = ("extensions.adam.values", "extensions.cosine_decay.values")
    found = judge.of_parts(("extensions",)).outcomes(submission_of({"extensions.py": made}), ids)
    assert [found[id].outcome for id in ids] == [WAITS, PASSED]
    assert found[ids[0]].message == without_library(("no_such_lib",))
    assert found[ids[0]].undecided
