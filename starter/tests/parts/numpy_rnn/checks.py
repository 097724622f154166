"""Checks of part ``numpy_rnn``, on what its probes answer.

Shapes: B batch, T time steps, V vocabulary, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from kit import cases, compare, pictures
from kit.compare import array, close, field, is_close, moves, number
from kit.data import Answer, Arguments
from kit.numerics import Kept, central_differences, joint_norm
from kit.outcomes import (
    Crashed,
    Failed,
    Missing,
    NotAttempted,
    OutOfMemory,
    Partial,
    TimedOut,
    Verdict,
)
from kit.reasons import Stub, Undefined
from kit.runner import Runner
from kit.text import Text

WEIGHTS = ("Wxh", "Whh", "bh", "Why", "by")
GRADIENTS = tuple("d" + name for name in WEIGHTS)

MEMORY = 6
"""The steps of a usual case."""

STILL = 1e-8
"""The largest change of the last logits, next to the largest of them, by what is not read.

What is read moves them by 1e-6 or more (T = 8, 400 draws; T = 6 and T = 25 by more than that).
"""


# ---------------------------------------------------------------- forward


def forward_shapes(lab: Runner, case: cases.Case) -> None:
    """logits (B, V) and h_T (B, H), finite."""
    result = lab.forward(weights=case["weights"], x=case["x"], h0=case["h0"])
    B, V, H = _sizes(case)[0], *_sizes(case)[2:]
    array("logits", field(result, "logits"), (B, V))
    array("h_T", field(result, "h_T"), (B, H))


def forward_agrees(
    lab: Runner,
    case: cases.Case,
    expected: Answer,
    *,
    all_steps: bool = False,
    reveal: bool = False,
) -> None:
    """The logits and the last state equal the reference's."""
    result = lab.forward(weights=case["weights"], x=case["x"], h0=case["h0"], all_steps=all_steps)
    for name in ("logits", "h_T"):
        close(name, field(result, name), expected[name], reveal=reveal)


def forward_repeats(lab: Runner, case: cases.Case, other: cases.Case) -> None:
    """No state is kept from one call to the next."""
    result = lab.forward_again(
        weights=case["weights"],
        x=case["x"],
        h0=case["h0"],
        other={"x": other["x"], "h0": other["h0"]},
    )
    B, _, V, _ = _sizes(case)
    first = array("logits", field(result, "first"), (B, V))
    between = array("logits", field(result, "between"), (B, V))
    again = array("logits", field(result, "again"), (B, V))
    if is_close(between, first):
        raise Failed(
            Text(
                "输入和 h0 都换了，forward 的结果却不变；logits 要由 X_batch 和 h0 算出",
                "forward gives the same result for another input and another h0; compute the "
                "logits from X_batch and h0",
            )
        )
    if not is_close(again, first):
        raise Failed(
            Text(
                "同样的输入、同样的 h0，第二次调用 forward 的结果却不同；两次调用之间不应保留状态",
                "forward gives another result the second time for the same input and h0; no "
                "state may be kept between calls",
            )
        )


def recurs(lab: Runner, case: cases.Case, all_steps: bool = False) -> bool:
    """Whether forward is recurrent: each earlier character moves the last logits, and so does
    exchanging two of them. A forward that reads less says nothing of what builds on it.

    Characters further back than `MEMORY` are not asked for: a wrong activation may forget them.
    """
    x, V = case["x"], _sizes(case)[2]
    inputs = {"weights": case["weights"], "h0": case["h0"], "all_steps": all_steps}

    def last(read: np.ndarray) -> np.ndarray | None:
        result = _answer(lambda: lab.forward(**inputs, x=read))
        logits = None if result is None else result.get("logits")
        wanted = case["dlogits_all" if all_steps else "dlogits"].shape
        if not isinstance(logits, np.ndarray) or logits.shape != wanted:
            return None
        return np.asarray(logits[:, -1] if all_steps else logits, dtype=np.float64)

    others = []
    for t in range(max(0, x.shape[1] - MEMORY), x.shape[1] - 1):
        changed, exchanged = x.copy(), x.copy()
        changed[:, t] = (x[:, t] + 1) % V
        exchanged[:, [t, t + 1]] = x[:, [t + 1, t]]
        # Where neighbours are alike in all rows there is nothing to exchange.
        others += [changed] if np.array_equal(exchanged, x) else [changed, exchanged]
    base, found = last(x), [last(other) for other in others]
    if base is None:
        return False
    scale = np.abs(base).max()
    return all(f is not None and np.abs(f - base).max() > STILL * scale for f in found)


def arrays_are_kept(lab: Runner, case: cases.Case) -> None:
    """Forward and backward leave the arrays that they are given, and the weights, as they were."""
    given = {name: case[name] for name in ("weights", "x", "h0", "dlogits")}
    result = lab.kept(**given)
    B, _, V, _ = _sizes(case)
    first, other = (array("logits", field(result, name), (B, V)) for name in ("logits", "other"))
    moves("logits", first, other, Text("输入 X_batch", "X_batch"))
    before = {"X_batch": case["x"], "h0": case["h0"], "dlogits": case["dlogits"]}
    changed = [n for n, a in before.items() if not np.array_equal(field(result, n), a)]
    if field(result, "h_T_moved"):
        changed.append("h_T")
    if changed:
        raise Failed(
            Text(
                f"传入的 {changed[0]} 被改动了；不要原地修改参数（h += ... 应写成 h = h + ...）",
                f"{changed[0]}, which was passed in, was changed; do not write into arguments "
                "(h = h + ... in place of h += ...)",
            )
        )
    moved = field(result, "weights_moved")
    for name in WEIGHTS:
        if field(moved, name):
            raise Failed(
                Text(
                    f"forward 和 backward 之后权重 {name} 变了；backward 只累加梯度，"
                    "更新权重是 step_grad 的事",
                    f"the weight {name} has changed after forward and backward; backward only adds "
                    "gradients, and step_grad updates the weights",
                )
            )


# ---------------------------------------------------------------- backward


def gradients_agree(
    lab: Runner,
    case: cases.Case,
    expected: Answer,
    names: tuple[str, ...] = GRADIENTS,
    *,
    all_steps: bool = False,
    reveal: bool = False,
) -> None:
    """Backward is right by one of three measures, so that a wrong forward costs only forward.

    (a) It gives the reference's gradients on the caches of the student's forward. (b) It does so
    on caches made step by step with ``cell.forward``. (c) It gives the central differences of the
    student's own forward, for each array at least a thousandth of the reference's scale; where that
    forward is not recurrent, this is worth half.
    """
    inputs = _backward_inputs(case, all_steps)
    results: dict[str, Any] = {}

    def measure(caches_from: str) -> None:
        results[caches_from] = result = lab.backward(**inputs, caches_from=caches_from)
        for name in names:
            close(name, field(result, name), expected[name], reveal=reveal)

    def shown(verdict: Verdict, result: Any, own: Slopes | None = None) -> Verdict:
        if reveal and isinstance(result, dict):
            # Those that measure (c) has asked for are not asked for again: a call takes time that
            # the part's other functions may need.
            if own is None:
                own = _own_slopes(lab, case, expected, names, all_steps, result)
            slopes = {name: values for name, values, _ in own}
            verdict.picture = pictures.gradients(result, expected, names, slopes)
        return verdict

    first = _verdict_of(lambda: measure("forward"))
    if first is None or isinstance(first, (Crashed, TimedOut, OutOfMemory)):
        if first is not None:
            raise first
        return
    second = _verdict_of(lambda: measure("cell"))
    if second is None:
        return
    if _about_backward(second):
        raise shown(second, results.get("cell"))
    own = None
    if (
        isinstance(first, Failed)
        and (result := _answer(lambda: lab.backward(**inputs))) is not None
    ):
        own = Kept(_own_slopes(lab, case, expected, names, all_steps, result))
        if _matches_own_forward(own, expected, names, result):
            if recurs(lab, case, all_steps):
                return
            raise _half()
    raise shown(first, results.get("forward"), own)


def _half() -> Partial:
    return Partial(
        Text(
            "backward 与你自己的 forward 一致，但这个 forward 没有循环："
            "改变或交换前面的字符，logits 不变；得一半分",
            "backward fits your own forward, but that is not recurrent: its logits stay the same "
            "when earlier characters change or change places; this earns half",
        ),
        Fraction(1, 2),
    )


def norms_agree(lab: Runner, case: cases.Case, expected: Answer, *, reveal: bool = False) -> None:
    """The norms of dL/dh_t, t = 1..T, are right on caches of forward or of ``cell.forward``."""
    inputs = _backward_inputs(case, False)

    def measure(caches_from: str) -> None:
        result = lab.backward(**inputs, caches_from=caches_from, norms=True)
        found, right = field(result, "norms"), expected["norms"]
        with pictures.showing(lambda: pictures.norms(found, right) if reveal else None):
            close("norms", found, right, reveal=reveal)

    first = _verdict_of(lambda: measure("forward"))
    if first is None:
        return
    if not isinstance(first, (Crashed, TimedOut, OutOfMemory)):
        if _verdict_of(lambda: measure("cell")) is None:
            return
    raise first


def gradients_accumulate(lab: Runner, case: cases.Case, expected: Answer) -> None:
    """Two calls of backward without ``zero_grad`` give twice the gradients of one."""
    inputs = _backward_inputs(case, False)
    result: Any = None

    def measure(caches_from: str) -> None:
        nonlocal result
        result = lab.backward(**inputs, caches_from=caches_from, times=2)

    first = _verdict_of(lambda: measure("forward"))
    if first is not None:
        if isinstance(first, (Crashed, TimedOut, OutOfMemory)):
            raise first
        second = _verdict_of(lambda: measure("cell"))
        if second is not None:
            raise second if _about_backward(second) else first
    once = field(result, "first")
    for name in GRADIENTS:
        shape = expected[name].shape
        single = array(name, field(once, name), shape).astype(np.float64)
        double = array(name, field(result, name), shape)
        scale = float(np.abs(expected[name]).max())
        if np.abs(single).max() < 0.01 * scale:
            raise Failed(
                Text(
                    f"backward 之后 {name} 仍然（几乎）是零；应把梯度累加到 {name}",
                    f"{name} is still zero, or nearly, after backward; add its gradient to it",
                )
            )
        if not is_close(double, 2 * single):
            raise Failed(
                Text(
                    f"不清零连续调用两次 backward，{name} 应是一次的两倍；每次调用都应把自己的"
                    "梯度加到原有的上面（+=）",
                    f"two calls of backward without zero_grad should give twice {name}; each call "
                    "adds its own gradient to what is there (+=)",
                )
            )
    if recurs(lab, case):
        return
    # Twice the gradients of one call says little where these belong to no recurrent network.
    steps = _answer(lambda: lab.backward(**inputs, caches_from="cell"))
    if not any(_are_right(found, expected) for found in (once, steps)):
        raise _half()


def _are_right(found: Any, expected: Answer) -> bool:
    return isinstance(found, dict) and all(
        is_close(found.get(name), expected[name]) for name in GRADIENTS
    )


def _backward_inputs(case: cases.Case, all_steps: bool) -> Arguments:
    inputs = {name: case[name] for name in ("weights", "x", "h0")}
    dlogits = case["dlogits_all"] if all_steps else case["dlogits"]
    return inputs | {"dlogits": dlogits, "all_steps": all_steps}


def _verdict_of(measure: Callable[[], Any]) -> Verdict | None:
    try:
        measure()
    except Verdict as verdict:
        return verdict
    return None


def _about_backward(verdict: Verdict) -> bool:
    """Whether the stub or the missing name is that of backward, not that of forward."""
    if not isinstance(verdict, (NotAttempted, Missing)):
        return False
    reason = verdict.reason
    return isinstance(reason, (Stub, Undefined)) and "backward" in reason.name


Slopes = Iterable[tuple[str, np.ndarray, float]]
"""Of each gradient the central differences of the student's own loss, and their tolerance."""


def _matches_own_forward(
    own: Slopes, expected: Answer, names: tuple[str, ...], result: Answer
) -> bool:
    """Whether measure (c) of :func:`gradients_agree` holds."""
    count = 0
    for name, slopes, tolerance in own:
        got = result.get(name)
        if not isinstance(got, np.ndarray) or got.shape != slopes.shape:
            return False
        # A forward that ignores this weight says nothing about backward. With another squashing
        # function a right one may have a hundredth of the reference's slopes.
        if np.abs(slopes).max() < 1e-3 * np.abs(expected[name]).max():
            return False
        if not is_close(got, slopes, tolerance):
            return False
        count += 1
    return count == len(names)


def _own_slopes(
    lab: Runner,
    case: cases.Case,
    expected: Answer,
    names: tuple[str, ...],
    all_steps: bool,
    result: Answer,
) -> Iterator[tuple[str, np.ndarray, float]]:
    """Of each gradient the central differences of the student's own loss, and their tolerance.

    They end where forward gives none. `result` is what backward gave.
    """
    inputs = {name: case[name] for name in ("weights", "x", "h0")}
    dlogits = case["dlogits_all" if all_steps else "dlogits"]
    own = _answer(lambda: lab.forward(**inputs, all_steps=all_steps))
    if own is None:
        return
    answers = [v for v in (*own.values(), *result.values()) if isinstance(v, np.ndarray)]
    single = any(v.dtype == np.float32 for v in answers)
    step, tolerance = compare.DIFFERENCES[4 if single else 8]
    for name in names:
        moved = _perturbed(lab, inputs, name.removeprefix("d"), step, all_steps)
        logits = None if moved is None else moved.get("logits")
        right = expected[name]
        if not isinstance(logits, np.ndarray) or logits.shape != (right.size, 2, *dlogits.shape):
            return
        yield name, central_differences(logits, dlogits, step).reshape(right.shape), tolerance


def _perturbed(
    lab: Runner, inputs: Arguments, name: str, step: float, all_steps: bool
) -> Answer | None:
    return _answer(lambda: lab.perturbed(**inputs, name=name, step=step, all_steps=all_steps))


def _answer(ask: Callable[[], Answer]) -> Answer | None:
    try:
        result = ask()
    except Verdict:
        return None
    return result if isinstance(result, dict) else None


# ---------------------------------------------------------------- clip_by_norm


def clips(lab: Runner, grads: list[np.ndarray], max_norm: float, *, reveal: bool = True) -> None:
    """All arrays are scaled in place by one factor, only above the limit; the old norm returns."""
    before = joint_norm(grads)
    result = lab.clip_by_norm(grads=grads, max_norm=max_norm)
    after = field(result, "grads")
    if not isinstance(after, list) or len(after) != len(grads):
        raise Failed(
            Text(
                "clip_by_norm 之后没有可读的数组：请原地缩放传入的数组",
                "no readable arrays after clip_by_norm: scale those that were passed, in place",
            )
        )
    factor = min(1.0, max_norm / before)
    for i, grad in enumerate(grads):
        close(f"grads[{i}]", after[i], factor * grad, reveal=reveal)
    norm = number("clip_by_norm(...)", field(result, "norm"))
    if abs(norm - before) > compare.REFERENCE_TOLERANCE * before:
        right = f" {before:.4g}" if reveal else ""
        raise Failed(
            Text(
                f"clip_by_norm 应返回裁剪前的联合范数{right}，实际返回 {norm:.4g}",
                f"clip_by_norm should return the joint norm before clipping{right}, got {norm:.4g}",
            )
        )


def _sizes(case: cases.Case) -> tuple[int, int, int, int]:
    """B, T, V, H of a case."""
    (B, T), (H, V) = case["x"].shape, case["weights"]["Why"].shape
    return B, T, V, H
