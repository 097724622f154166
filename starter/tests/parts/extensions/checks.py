"""Checks of part ``extensions`` except its networks, on what the probes answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from kit.cases import Case
from kit.compare import close, describe, field, number
from kit.data import Arguments
from kit.outcomes import Failed
from kit.plain import to_plain
from kit.runner import Runner
from kit.text import Text


def adam_agrees(
    lab: Runner, case: Case, expected: list[list[np.ndarray]], *, reveal: bool = False
) -> None:
    """After every step, every array has the value that a right Adam gives it, in place."""
    history = _arrays(field(lab.adam(**case), "history"), len(expected))
    start = case["params"]
    if all(np.array_equal(a, b) for a, b in zip(_arrays(history[-1], len(start)), start)):
        raise Failed(
            Text(
                "Adam.step 之后数组没有变；请原地修改传入的数组",
                "the arrays are unchanged after Adam.step; change those that were passed, in place",
            )
        )
    for t, (got, wanted) in enumerate(zip(history, expected), 1):
        arrays = _arrays(got, len(start))
        for i, (before, array) in enumerate(zip(start, wanted)):
            # Compare the total movement: a step is small compared with the array.
            moved = array - before
            close(f"step {t}: params[{i}]", _minus(arrays[i], before), moved, reveal=reveal)


def adam_keeps_gradients(lab: Runner, case: Case) -> None:
    """``Adam.step`` changes the parameters and leaves the gradients."""
    result = lab.adam(**case)
    history = _arrays(field(result, "history"), len(case["steps"]))
    last = _arrays(history[-1], len(case["params"]))
    if all(np.array_equal(a, b) for a, b in zip(last, case["params"])):
        raise Failed(
            Text(
                "Adam.step 之后参数没有变；请先完成它",
                "the parameters are unchanged after Adam.step; finish it first",
            )
        )
    if field(result, "kept") is not True:
        raise Failed(
            Text(
                "Adam.step 改动了传入的梯度；只应改动参数",
                "Adam.step changed the gradients that were passed; it changes the parameters only",
            )
        )


def _arrays(value: Any, count: int) -> list[Any]:
    if not isinstance(value, list) or len(value) != count:
        raise Failed(
            Text(
                "Adam.step 之后没有可读的数组：检查 step 是否改动了参数列表",
                "no readable arrays after Adam.step: check whether step changes the list of "
                "parameters",
            )
        )
    return value


def _minus(got: Any, before: np.ndarray) -> Any:
    if isinstance(got, np.ndarray) and got.shape == before.shape and got.dtype.kind == "f":
        return got.astype(np.float64) - before
    return got


def stops_when(lab: Runner, losses: list[float], options: Arguments, expected: list[bool]) -> None:
    """``update`` first returns true at the right loss; what it returns after that is free."""
    stops_each_time(lab, [(losses, options, expected)])


def stops_each_time(lab: Runner, runs: list[tuple[list[float], Arguments, list[bool]]]) -> None:
    """The same for several runs: all are asked before one is judged.

    Two mistakes may give the same answers in one run; the others tell them apart.
    """
    answers = [field(lab.early_stopping(losses=run[0], options=run[1]), "said") for run in runs]
    for said, (losses, _, expected) in zip(answers, runs):
        _stops(said, losses, expected)


def _stops(said: Any, losses: list[float], expected: list[bool]) -> None:
    if not isinstance(said, list) or len(said) != len(losses):
        raise Failed(
            Text(
                "EarlyStopping.update 没有返回可用的结果：检查 return",
                "EarlyStopping.update returned nothing usable: check its return",
            )
        )
    for n, (answer, wanted) in enumerate(zip(said, expected), 1):
        if _truth(answer) != wanted:
            when = Text("还不应停止", "too early to stop") if not wanted else Text(
                "这时应停止", "time to stop"
            )  # fmt: skip
            raise Failed(
                Text(
                    f"第 {n} 次 update 返回 {_truth(answer)}：{when.zh}；"
                    "best - loss 超过 min_delta "
                    "才算改进",
                    f"update no. {n} returned {_truth(answer)}: {when.en}; only a loss below the "
                    "best by more than min_delta is an improvement",
                )
            )
        if wanted:
            return


def _truth(answer: Any) -> bool:
    if isinstance(answer, np.ndarray) and answer.size == 1 and answer.dtype.kind in "biu":
        answer = answer.reshape(()).item()
    if isinstance(answer, (bool, int)) and answer in (0, 1):
        return bool(answer)
    raise Failed(
        Text(
            f"EarlyStopping.update 应返回 True 或 False，实际返回 {describe(answer, 'zh')}",
            f"EarlyStopping.update should return true or false, got {describe(answer)}",
        )
    )


def rates_agree(
    lab: Runner, name: str, cases: list[Arguments], expected: list[float], *, reveal: bool = False
) -> None:
    """The learning rates are right."""
    values = field(lab.rates(name=name, cases=cases), "values")
    if not isinstance(values, list) or len(values) != len(cases):
        raise Failed(
            Text(
                f"{name} 没有返回可用的结果：检查 return",
                f"{name} returned nothing usable: check its return",
            )
        )
    for case, value, wanted in zip(cases, values, expected):
        got = number(name, value)
        if abs(got - wanted) > 1e-9 + 1e-6 * abs(wanted):
            shown = ", ".join(f"{k}={v}" for k, v in case.items()) if reveal else "..."
            right = f" {wanted:.6g}" if reveal else ""
            raise Failed(
                Text(
                    f"{name}({shown}) 返回 {got:.6g}，"
                    + (f"应为{right}" if reveal else "数值不对"),
                    f"{name}({shown}) returned {got:.6g}, "
                    + (f"expected{right}" if reveal else "which is wrong"),
                )
            )


def acrostic_agrees(
    lab: Runner, first: str, ring: str, expected: list[str], *, reveal: bool = False
) -> None:
    """The lines are right; the ``。`` at the end of a line may be left out."""
    lines = to_plain(field(lab.acrostic(first_characters=first, ring=ring), "lines"))
    if not isinstance(lines, (list, tuple)) or not all(isinstance(line, str) for line in lines):
        raise Failed(
            Text(
                f"acrostic 应返回字符串的列表，实际返回 {describe(lines, 'zh')}",
                f"acrostic should return a list of strings, got {describe(lines)}",
            )
        )
    if len(lines) != len(expected):
        raise Failed(
            Text(
                f"{len(expected)} 个藏头字应写成 {len(expected)} 行，实际写了 {len(lines)} 行",
                f"{len(expected)} first characters make {len(expected)} lines, got {len(lines)}",
            )
        )
    for n, (line, wanted) in enumerate(zip(lines, expected), 1):
        if line.rstrip("。") != wanted.rstrip("。"):
            right = f" {wanted!r}" if reveal else ""
            raise Failed(
                Text(
                    f"第 {n} 行是 {line[:30]!r}（{len(line)} 个字），"
                    + (f"应为{right}" if reveal else "内容不对")
                    + "；"
                    "把到目前为止的整行交给 next_word，直到“。”或满 24 字",
                    f"line {n} is {line[:30]!r} ({len(line)} characters), "
                    + (f"expected{right}" if reveal else "which is wrong")
                    + "; "
                    "hand the whole line so far to next_word, until it gives 。 or "
                    "the line has 24 characters",
                )
            )
