"""Where no known mistake fits: what of the student's code is right, and what is not.

A few more calls on plain inputs, always the same and no secret, in a worker of their own, so that
they cannot touch a mark. Only whether an answer is right is said, never a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from grader.parts.reference import reference_runner
from kit import cases, compare
from kit.numerics import central_differences
from kit.outcomes import Verdict
from kit.runner import Runner
from kit.text import Text
from parts.numpy_rnn import checks

SIZES = {"B": 2, "H": 4, "V": 5}
LOUD = 40.0
SMALL = 0.01


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was tried."""

    said: Text
    right: bool


def entries(right: list[str], wrong: list[str]) -> Text | None:
    """Which of the compared quantities are the reference's."""
    if not wrong:
        return None
    zh = f"与参考解比较：{'、'.join(wrong)} 不对"
    en = f"Compared with the reference: {', '.join(wrong)} wrong"
    if right:
        zh, en = f"{zh}；{'、'.join(right)} 对", f"{en}; {', '.join(right)} right"
    return Text(zh + "。", en + ".")


class Narrower:
    """Tries one submission on simpler inputs; each question is put once."""

    def __init__(self, runner: Callable[[str], Runner]) -> None:
        self._runner = runner
        self._known: dict[tuple[str, ...], tuple[Text, ...]] = {}

    def clues(self, part: str, check: str) -> tuple[Text, ...]:
        """What holds for the function that the check is about; empty where nothing is known."""
        if part != "numpy_rnn":
            return ()
        _, function, aspect = check.split(".", 2)
        every = function.endswith("_all")
        if function in ("forward", "forward_all"):
            return self._once(("forward", function), lambda: self._forward(every))
        if function in ("backward", "backward_all"):
            kind = aspect.removesuffix("_hidden")
            kind = kind if kind in ("dh0", "norms") else "gradients"
            return self._once((function, kind), lambda: self._backward(kind, every))
        return ()

    def _once(self, key: tuple[str, ...], find: Callable[[], tuple[Text, ...]]) -> tuple[Text, ...]:
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]

    # ------------------------------------------------------------ forward

    def _forward(self, every: bool) -> tuple[Text, ...]:
        runner = self._runner("numpy_rnn")
        usual = self._forward_right(runner, "usual", every)
        one_step = self._forward_right(runner, "one step", every)
        one_row = self._forward_right(runner, "one row", every)
        no_state = self._forward_right(runner, "no state", every)
        small = self._forward_right(runner, "small", every)
        facts = (
            Fact(Text("T = 3、B = 2", "T = 3, B = 2"), usual),
            Fact(Text("T = 1", "T = 1"), one_step),
            Fact(Text("B = 1", "B = 1"), one_row),
            Fact(Text("h0 = 0", "h0 = 0"), no_state),
            Fact(Text("权重很小", "small weights"), small),
        )
        advice = []
        if not usual and one_step:
            advice.append(_CARRIED)
        if not usual and one_row:
            advice.append(_BATCH)
        if not usual and no_state:
            advice.append(
                Text(
                    "h0 = 0 时对，h0 不为零时不对：看看 h0 有没有用上",
                    "right with h0 = 0, wrong otherwise: look at how h0 is used",
                )
            )
        if not usual and small:
            advice.append(
                Text(
                    "权重很小时对，平常的权重不对：看看 tanh",
                    "right with small weights, wrong with usual ones: look at the tanh",
                )
            )
        if not any(fact.right for fact in facts):
            advice.append(
                Text(
                    "最简单的输入也不对：先手算 T = 1 的一步，再看输出层",
                    "wrong on the simplest inputs too: work out one step by hand, then the "
                    "output layer",
                )
            )
        return (_tried(facts), *advice)

    def _forward_right(self, runner: Runner, name: str, every: bool) -> bool:
        case = _case(name)
        inputs = {key: case[key] for key in ("weights", "x", "h0")}
        expected = reference_runner("numpy_rnn").forward(**inputs, all_steps=every)
        return _holds(lambda: checks.forward_agrees(runner, case, expected, all_steps=every))

    # ------------------------------------------------------------ backward

    def _backward(self, kind: str, every: bool) -> tuple[Text, ...]:
        runner = self._runner("numpy_rnn")
        forward = self._forward_right(runner, "usual", every)
        usual = self._backward_right(runner, "usual", kind, every)
        one_step = self._backward_right(runner, "one step", kind, every)
        one_row = self._backward_right(runner, "one row", kind, every)
        loud = self._backward_right(runner, "loud", kind, every)
        facts = [
            Fact(Text("forward", "forward"), forward),
            Fact(Text("backward（T = 3、B = 2）", "backward (T = 3, B = 2)"), usual),
            Fact(Text("T = 1", "T = 1"), one_step),
            Fact(Text("B = 1", "B = 1"), one_row),
            Fact(Text("梯度很大", "large gradients"), loud),
        ]
        advice = []
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
                    "平常的梯度对，很大的梯度不对：看看 backward 里是不是裁剪了梯度",
                    "right for usual gradients, wrong for large ones: look for clipping inside "
                    "backward",
                )
            )
        if not usual and not one_step:
            advice.append(
                Text(
                    "T = 1 时就不对：先看一步的反向和输出层",
                    "wrong at T = 1 already: look at one step and at the output layer first",
                )
            )
        return (_tried(tuple(facts)), *advice)

    def _backward_right(self, runner: Runner, name: str, kind: str, every: bool) -> bool:
        case = _case(name)
        expected = _expected(name, kind == "norms", every)
        if kind == "norms":
            return _holds(lambda: checks.norms_agree(runner, case, expected))
        names = _names(kind, every)
        return _holds(
            lambda: checks.gradients_agree(runner, case, expected, names, all_steps=every)
        )


_CARRIED = Text(
    "T = 1 时对，T = 3 时不对：看看一步传给另一步的是什么",
    "right at T = 1, wrong at T = 3: look at what is carried from step to step",
)
_BATCH = Text(
    "B = 1 时对，B = 2 时不对：看看对批量的求和与各数组的轴",
    "right at B = 1, wrong at B = 2: look at the sum over the batch and at the axes",
)


def _tried(facts: tuple[Fact, ...]) -> Text:
    zh = "；".join(f"{f.said.zh} {'对' if f.right else '不对'}" for f in facts)
    en = "; ".join(f"{f.said.en} {'right' if f.right else 'wrong'}" for f in facts)
    return Text(f"换简单的输入试过：{zh}。", f"Tried on simple inputs: {en}.")


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
def _case(name: str) -> cases.Case:
    """A plain input; each is drawn anew from the same seed."""
    rng = np.random.default_rng(6)
    sizes = SIZES | {"T": 1 if name == "one step" else 3}
    if name == "one row":
        sizes["B"] = 1
    case = cases.rnn_case(rng, **sizes, loud=LOUD if name == "loud" else 1.0)
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


def _matches_own(runner: Runner, case: cases.Case, kind: str, every: bool) -> bool:
    """Whether backward gives the slopes of the student's own forward, right or wrong."""
    inputs = {key: case[key] for key in ("weights", "x", "h0")}
    dlogits = case["dlogits_all"] if every else case["dlogits"]
    try:
        got = runner.backward(**inputs, dlogits=dlogits, all_steps=every)
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
