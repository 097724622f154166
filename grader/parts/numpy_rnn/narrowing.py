"""What to try on simpler inputs when forward or backward fails and no known mistake fits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from grader.parts.reference import reference_runner
from grader.parts.spec import Fact, Narrowed, NarrowingKey
from kit import compare
from kit.cases import Case
from kit.numerics import central_differences
from kit.outcomes import Verdict
from kit.runner import Runner
from kit.text import Text
from parts.numpy_rnn import checks
from parts.numpy_rnn.cases import rnn_case

# Another size for each axis, so that no transpose goes unseen.
SIZES = {"B": 2, "H": 4, "V": 5}
# Gradients so large that any usual clip acts on them.
LOUD = 40.0
# Weights so small that tanh is nearly a straight line, and a missing one does not show.
SMALL = 0.01


def question(check: str) -> NarrowingKey | None:
    """What to ask about a failed check: the function, and for backward which of its answers."""
    function, _, aspect = check.partition(".")[2].partition(".")
    if function in ("forward", "forward_all"):
        return ("forward", function)
    if function in ("backward", "backward_all"):
        kind = aspect.removesuffix("_hidden")
        return (function, kind if kind in ("dh0", "norms") else "gradients")
    return None


def ask(runner: Runner, question: NarrowingKey) -> Narrowed:
    """Try the function on inputs that are simpler in one way each."""
    if question[0] == "forward":
        return _forward(runner, every=question[1].endswith("_all"))
    function, kind = question
    return _backward(runner, kind, every=function.endswith("_all"))


# ---------------------------------------------------------------- forward


def _forward(runner: Runner, every: bool) -> Narrowed:
    usual = _forward_right(runner, "usual", every)
    one_step = _forward_right(runner, "one step", every)
    one_row = _forward_right(runner, "one row", every)
    no_state = _forward_right(runner, "no state", every)
    small = _forward_right(runner, "small", every)
    facts = (
        Fact(Text("T = 3、B = 2", "T = 3, B = 2"), usual),
        Fact(Text("T = 1", "T = 1"), one_step),
        Fact(Text("B = 1", "B = 1"), one_row),
        Fact(Text("h0 = 0", "h0 = 0"), no_state),
        Fact(Text("权重很小", "small weights"), small),
    )
    advice = []
    # Right at one step and wrong at three: only what passes between steps is left.
    if not usual and one_step:
        advice.append(_CARRIED)
    if not usual and one_row:
        advice.append(_BATCH)
    if not usual and no_state:
        advice.append(
            Text(
                "h0 = 0 时对，h0 不为零时不对：检查是否用到了 h0。",
                "right with h0 = 0, wrong otherwise: look at how h0 is used",
            )
        )
    if not usual and small:
        advice.append(
            Text(
                "权重很小时对，平常的权重不对：检查 tanh。",
                "right with small weights, wrong with usual ones: look at the tanh",
            )
        )
    if not any(fact.right for fact in facts):
        advice.append(
            Text(
                "最简单的输入也不对：先手算 T = 1 的一步，再看输出层。",
                "wrong on the simplest inputs too: work out one step by hand, then the "
                "output layer",
            )
        )
    return Narrowed(facts, tuple(advice))


def _forward_right(runner: Runner, name: str, every: bool) -> bool:
    case = _case(name)
    inputs = {key: case[key] for key in ("weights", "x", "h0")}
    expected = reference_runner("numpy_rnn").forward(**inputs, all_steps=every)
    return _holds(lambda: checks.forward_agrees(runner, case, expected, all_steps=every))


# ---------------------------------------------------------------- backward


def _backward(runner: Runner, kind: str, every: bool) -> Narrowed:
    forward = _forward_right(runner, "usual", every)
    usual = _backward_right(runner, "usual", kind, every)
    one_step = _backward_right(runner, "one step", kind, every)
    one_row = _backward_right(runner, "one row", kind, every)
    loud = _backward_right(runner, "loud", kind, every)
    facts = [
        Fact(Text("forward", "forward"), forward),
        Fact(Text("backward（T = 3、B = 2）", "backward (T = 3, B = 2)"), usual),
        Fact(Text("T = 1", "T = 1"), one_step),
        Fact(Text("B = 1", "B = 1"), one_row),
        Fact(Text("梯度很大", "large gradients"), loud),
    ]
    advice = []
    # Only then: where forward is right, backward has to match the reference.
    if not forward and kind != "norms":
        own = _matches_own(runner, _case("usual"), kind, every)
        said = Text("与你自己的 forward 的差分一致", "differences of your own forward")
        facts.append(Fact(said, own))
    if not usual and one_step:
        advice.append(_CARRIED)
    if not usual and one_row:
        advice.append(_BATCH)
    if usual and not loud:
        advice.append(
            Text(
                "平常的梯度对，很大的梯度不对：检查 backward 里是否裁剪了梯度。",
                "right for usual gradients, wrong for large ones: look for clipping inside "
                "backward",
            )
        )
    if not usual and not one_step:
        advice.append(
            Text(
                "T = 1 时就不对：先检查一步的反向和输出层。",
                "wrong at T = 1 already: look at one step and at the output layer first",
            )
        )
    return Narrowed(tuple(facts), tuple(advice))


def _backward_right(runner: Runner, name: str, kind: str, every: bool) -> bool:
    case = _case(name)
    expected = _expected(name, kind == "norms", every)
    if kind == "norms":
        return _holds(lambda: checks.norms_agree(runner, case, expected))
    names = _names(kind, every)
    return _holds(lambda: checks.gradients_agree(runner, case, expected, names, all_steps=every))


_CARRIED = Text(
    "T = 1 时对，T = 3 时不对：检查一步传给下一步的是什么。",
    "right at T = 1, wrong at T = 3: look at what is carried from step to step",
)
_BATCH = Text(
    "B = 1 时对，B = 2 时不对：检查对批量的求和与各数组的轴。",
    "right at B = 1, wrong at B = 2: look at the sum over the batch and at the axes",
)


def _names(kind: str, every: bool) -> tuple[str, ...]:
    if kind == "dh0":
        return ("dh0",)
    return (*checks.GRADIENTS, "dh0") if every else checks.GRADIENTS


def _holds(check: Callable[[], Any]) -> bool:
    try:
        check()
    except Verdict:
        return False
    return True


@cache
def _case(name: str) -> Case:
    """A plain input, drawn from the same seed as all others."""
    # The same seed for all, so that two inputs differ in one thing only.
    rng = np.random.default_rng(6)
    sizes = SIZES | {"T": 1 if name == "one step" else 3}
    if name == "one row":
        sizes["B"] = 1
    case = rnn_case(rng, **sizes, loud=LOUD if name == "loud" else 1.0)
    if name == "no state":
        case["h0"] = np.zeros_like(case["h0"])
    if name == "small":
        case["weights"] = {key: SMALL * value for key, value in case["weights"].items()}
    return case


@cache
def _expected(name: str, norms: bool, every: bool) -> dict[str, Any]:
    case = _case(name)
    inputs = {key: case[key] for key in ("weights", "x", "h0")}
    dlogits = case["dlogits_all"] if every else case["dlogits"]
    found = reference_runner("numpy_rnn").backward(
        **inputs, dlogits=dlogits, all_steps=every, norms=norms
    )
    assert isinstance(found, dict)
    return found


def _matches_own(runner: Runner, case: Case, kind: str, every: bool) -> bool:
    """Whether backward gives the slopes of the student's own forward, right or wrong."""
    inputs = {key: case[key] for key in ("weights", "x", "h0")}
    dlogits = case["dlogits_all"] if every else case["dlogits"]
    try:
        got = runner.backward(**inputs, dlogits=dlogits, all_steps=every)
        # In float32 a small step drowns in rounding, so step and tolerance grow.
        step, tolerance = compare.DIFFERENCES[8]
        if any(getattr(value, "dtype", None) == np.float32 for value in got.values()):
            step, tolerance = compare.DIFFERENCES[4]
        for name in _names(kind, every):
            moved = runner.perturbed(
                **inputs, name=name.removeprefix("d"), step=step, all_steps=every
            )
            slopes = central_differences(moved["logits"], dlogits, step)
            if not compare.is_close(np.ravel(got[name]), slopes.reshape(-1), tolerance):
                return False
    except (Verdict, ValueError, KeyError, TypeError, AttributeError):
        return False  # a forged or misshapen answer matches nothing
    return True
