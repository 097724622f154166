"""Checks of part ``scratch_rnn`` for one epoch: perplexity, speed, states, updates.

``train_epoch`` runs with the mixers of ``probes_nets``. Shapes: N batches, B batch, T time steps.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from kit import cases
from kit.compare import array, describe, field, is_close, number
from kit.data import Arrays
from kit.numerics import joint_norm
from kit.outcomes import Crashed, Failed, OutOfMemory, Skipped, TimedOut, Verdict
from kit.runner import Runner
from kit.text import Text

from . import checks_mixer as mixer
from .cases import scratch_epoch_case

SPEED = (0.5, 3.0)
"""The speed is at least SPEED[0] times the tokens a second of the whole call, and at most SPEED[1]
times those that the pauses allow. A count of batches or sequences, or seconds in place of a speed,
is off by a factor of 4 or more."""

LOUD = 8.0
"""The least norm of a loud case's gradients; a limit of 5 shows there."""

QUIET = 0.8
"""The largest norm of a quiet case's gradients, which the limit of 1 leaves alone."""


def perplexity_agrees(lab: Runner, case: cases.Case) -> None:
    """The perplexity is exp of the mean loss of all tokens, for either choice of initial states."""

    def measure(clipping: bool) -> None:
        result = _epoch(lab, case, True, clipping=clipping)
        right = [mixer.epoch(**_as_updated(case, result), keep=keep)[0] for keep in (False, True)]
        got = number("perplexity", _returned(result)[0])
        if any(abs(got - value) <= 1e-4 * value for value in right):
            return
        raise Failed(
            Text(
                f"返回的困惑度是 {got:.4g}，应为 {right[0]:.4g}：全部词元的平均损失的 exp；"
                "目标要按时间顺序排列（Y 转置）",
                f"the perplexity returned is {got:.4g}, expected {right[0]:.4g}: exp of the mean "
                "loss of all tokens; put the targets in time order (Y transposed)",
            )
        )

    _clipping_or_not(measure)


def _time(name: str, result: Any) -> float:
    """A time that was measured: no clock shows none at all, nor less."""
    seconds = number(name, field(result, name))
    if seconds <= 0:
        raise Failed(Text(f"{name} 应是正数", f"{name} should be positive"))
    return seconds


def speed_agrees(lab: Runner, case: cases.Case) -> None:
    """The tokens a second are between those of the whole call and those that the pauses allow."""
    tokens = case["y"].size

    def measure(clipping: bool) -> None:
        result = _epoch(lab, case, True, clipping=clipping)
        got = number("tokens/s", _returned(result)[1])
        least = SPEED[0] * tokens / _time("seconds", result)
        most = SPEED[1] * tokens / _time("paused", result)
        if not least <= got <= most:
            raise Failed(
                Text(
                    f"返回的速度 {got:.4g} 不是每秒词元数：应在 {least:.4g} 与 {most:.4g} 之间"
                    f"（这一轮的词元：{tokens} 个）",
                    f"the speed returned, {got:.4g}, is not tokens a second: {least:.4g} to "
                    f"{most:.4g} is possible (tokens in this epoch: {tokens})",
                )
            )

    _clipping_or_not(measure)


def state_is_kept(lab: Runner, case: cases.Case, kind: str = "scratch") -> None:
    """Sequential: each batch starts from the last state of the one before, detached."""
    updater = "function" if kind == "scratch" else "optimizer"

    def measure(clipping: bool) -> None:
        result = _epoch(lab, case, False, kind=kind, updater=updater, clipping=clipping)
        right = mixer.epoch(**_as_updated(case, result), keep=True)[2]
        calls = _calls(result, case)
        for k, (call, wanted) in enumerate(zip(calls, right)):
            if not _is_state(call, wanted):
                raise Failed(
                    Text(
                        f"顺序分区时第 {k + 1} 批应从上一批末尾的状态开始"
                        if k
                        else "第一批应从 net.begin_state 给出的状态开始",
                        f"with sequential batches, batch {k + 1} should start from the state "
                        "at the end of the one before"
                        if k
                        else "the first batch should start from the state of net.begin_state",
                    )
                )
            if field(call, "attached") is not False:
                raise Failed(
                    Text(
                        f"第 {k + 1} 批的初始状态还连着上一批的计算图；请先 detach",
                        f"the state that batch {k + 1} starts from is still part of the graph of "
                        "the batch before: detach it",
                    )
                )

    _clipping_or_not(measure)


def state_is_new(lab: Runner, case: cases.Case, kind: str = "scratch") -> None:
    """Random: each batch starts from zeros."""
    B = case["x"].shape[1]
    updater = "optimizer" if kind == "module" else "function"

    def measure(clipping: bool) -> None:
        result = _epoch(lab, case, True, kind=kind, updater=updater, clipping=clipping)
        calls = _calls(result, case)
        zeros = np.zeros((B, case["weights"]["E"].shape[1]))
        for k, call in enumerate(calls):
            if not _is_state(call, zeros):
                raise Failed(
                    Text(
                        f"随机采样时第 {k + 1} 批应从 net.begin_state 重新开始",
                        f"with random sampling batch {k + 1} should start again from "
                        "net.begin_state",
                    )
                )

    _clipping_or_not(measure)


def updates_once(lab: Runner, case: cases.Case, kind: str, updater: str) -> None:
    """Each batch makes one update, with its own gradients only, up to a factor (clipping)."""
    ways = [mixer.epoch(**case, keep=keep)[1] for keep in (False, True)]

    def measure(clipping: bool) -> None:
        result = _epoch(lab, case, True, kind=kind, updater=updater, clipping=clipping)
        steps = field(result, "steps")
        if not isinstance(steps, list) or len(steps) != len(case["x"]):
            raise Failed(_not_so_many(case, steps, updater))
        wrong = [_first_wrong(steps, right) for right in ways]
        if all(wrong):
            raise Failed(_not_of_batch(max(w or 0 for w in wrong)))

    _clipping_or_not(measure)


def _not_of_batch(update: int) -> Text:
    # Before the first update there is nothing to zero and no history.
    first = Text(
        "次序应是清零、backward、裁剪、更新；传给 loss 的应是原样的 scores 和按时间顺序的目标",
        "the order is zero_grad, backward, clip, update, and loss receives the scores as they are "
        "and the targets in time order",
    )
    later = Text(
        "每次先清零梯度（zero_grad）再 backward", "zero the gradients before each backward"
    )
    what = first if update == 1 else later
    return Text(
        f"第 {update} 次更新时的梯度不是这一批平均损失的梯度；{what.zh}",
        f"the gradients at update {update} are not those of its batch's mean loss; {what.en}",
    )


def loud_case(rng: np.random.Generator) -> cases.Case:
    """A case whose gradients all have a norm above LOUD, so that a limit of 5 shows."""
    case = scratch_epoch_case(rng)
    while min(_norms(case)) < LOUD:
        case["weights"]["Q"] *= np.float32(1.5)
    return case


def quiet_case(rng: np.random.Generator) -> cases.Case:
    """A case whose gradients all have a norm below QUIET, so that nothing is clipped."""
    case = scratch_epoch_case(rng)
    while max(_norms(case)) > QUIET:
        case["weights"] = {n: np.float32(0.8) * w for n, w in case["weights"].items()}
    return case


def _norms(case: cases.Case) -> list[float]:
    """The norms of a case's gradients, with a state that is kept and with one that is not."""
    grads = [g for keep in (False, True) for g in mixer.epoch(**case, keep=keep)[1]]
    return [joint_norm(g.values()) for g in grads]


def updates_in_full(
    lab: Runner, case: cases.Case, kind: str, updater: str, reduction: str = "mean"
) -> None:
    """An update has the mean loss's gradient, clipped to norm 1.

    The updater divides by the batch size that it receives, so what it receives is that gradient
    times this number: 1 where the loss is a mean already. Who tells it the true batch size may
    leave the gradient as it is, since the contract does not say which of the two is meant. With the
    student's own clipping or, failing that, with torch's.
    """
    ways = [mixer.epoch(**case, keep=keep)[1] for keep in (False, True)]

    def measure(ours: bool) -> None:
        how = {"kind": kind, "updater": updater, "reduction": reduction}
        result = _epoch(lab, case, True, clipping=not ours, ours=ours, **how)
        steps, told = field(result, "steps"), field(result, "told")
        if not isinstance(steps, list) or len(steps) != len(case["x"]):
            raise Failed(_not_so_many(case, steps, updater))
        if not isinstance(told, list) or len(told) != len(steps):
            raise Failed(_not_so_many(case, told, updater))
        sizes = [number("batch_size", size) for size in told]
        wrong = [_first_scaled(steps, sizes, right, case["x"].shape[1]) for right in ways]
        if not all(wrong):
            return
        k = max(w or 0 for w in wrong)
        if not sizes[k - 1] > 0:
            raise Failed(
                Text(
                    "updater 的 batch_size 应为正数；损失已取平均时应传 1",
                    "the batch_size that updater is given should be positive; pass 1 where the "
                    "loss is a mean already",
                )
            )
        norm = min(joint_norm(right[k - 1].values()) for right in ways)
        raise Failed(
            Text(
                f"第 {k} 次更新的大小不对：平均损失的梯度范数约为 {norm:.3g}，更新之前应裁剪到"
                f"不超过 1，除此之外不再缩放（updater 的 batch_size 是 {sizes[k - 1]:g}，它会除以"
                "这个数；损失已取平均时应传 1）",
                f"update {k} has the wrong size: the norm of the mean loss's gradient is about "
                f"{norm:.3g}; clip it to at most 1 before the update, and scale it by nothing else "
                f"(updater was told batch_size {sizes[k - 1]:g} and divides by it; pass 1 where "
                "the loss is a mean already)",
            )
        )

    one_of([partial(measure, False), partial(measure, True)])


def reads_each_loss(lab: Runner, case: cases.Case) -> None:
    """A loss that gives each token's own value makes the same perplexity and the same updates.

    The perplexity is compared with the student's own for a mean loss.
    """

    def perplexity(reduction: str) -> float:
        result = _epoch(lab, case, True, reduction=reduction, clipping=False)
        return number("perplexity", _returned(result)[0])

    mean, each = perplexity("mean"), perplexity("none")
    if abs(each - mean) > 1e-4 * abs(mean):
        raise Failed(
            Text(
                f"loss 给出每个词元的损失（不取平均）时困惑度是 {each:.4g}，取平均时是 {mean:.4g}；"
                "请先对损失取平均",
                f"with a loss of one value a token the perplexity is {each:.4g}, with a mean loss "
                f"{mean:.4g}; take the mean of the loss first",
            )
        )
    updates_in_full(lab, case, "scratch", "function", "none")


def _not_so_many(case: cases.Case, steps: Any, updater: str) -> Text:
    wanted, got = len(case["x"]), len(steps) if isinstance(steps, list) else 0
    of = Text("优化器", "an optimiser") if updater == "optimizer" else Text("函数", "a function")
    return Text(
        f"{wanted} 批应更新 {wanted} 次，实际 {got} 次（updater 是{of.zh}）",
        f"{wanted} batches should make {wanted} updates, not {got} (the updater is {of.en})",
    )


def _first_scaled(
    steps: list[Any], told: list[float], right: list[Arrays], batch: int
) -> int | None:
    """The first update, from 1, that is not `right` clipped to norm 1, times the size told.

    Or as it is, where the updater was told the true size of the `batch`.
    """
    for k, (found, size, wanted) in enumerate(zip(steps, told, right), start=1):
        if not isinstance(found, dict) or any(found.get(n) is None for n in wanted) or size <= 0:
            return k
        factor = min(1.0, 1 / joint_norm(wanted.values()))
        got = {n: array(f"grad {n}", found[n], w.shape) for n, w in wanted.items()}
        if not any(
            all(is_close(got[n], by * factor * w) for n, w in wanted.items())
            for by in ((1.0, size) if size == batch else (size,))
        ):
            return k
    return None


def _first_wrong(steps: list[Any], right: list[Arrays]) -> int | None:
    """The first update, from 1, whose gradients are not `right` up to a factor; None if all are."""
    for k, (found, wanted) in enumerate(zip(steps, right), start=1):
        if not isinstance(found, dict) or any(found.get(n) is None for n in wanted):
            return k
        got = {n: array(f"grad {n}", found[n], w.shape).astype(float) for n, w in wanted.items()}
        norm = joint_norm(got.values())
        factor = joint_norm(wanted.values()) / norm if norm else 0.0
        if not all(is_close(factor * got[n], w) for n, w in wanted.items()):
            return k
    return None


def _epoch(lab: Runner, case: cases.Case, use_random_iter: bool, **how: Any) -> Any:
    return lab.epoch(**case, use_random_iter=use_random_iter, **how)


def _as_updated(case: cases.Case, result: Any) -> cases.Case:
    """The case as it ran: without any update (which has its own check) the weights stay."""
    if field(result, "steps"):
        return case
    return case | {"scales": np.ones_like(case["scales"])}


def _returned(result: Any) -> tuple[Any, Any]:
    found = field(result, "returned")
    if not isinstance(found, (tuple, list)) or len(found) < 2:
        raise Failed(
            Text(
                f"train_epoch 应返回困惑度和每秒词元数，实际返回 {describe(found, 'zh')}",
                f"train_epoch should return the perplexity and tokens a second, got "
                f"{describe(found)}",
            )
        )
    return found[0], found[1]


def _calls(result: Any, case: cases.Case) -> list[Any]:
    calls = field(result, "calls")
    if not isinstance(calls, list) or len(calls) != len(case["x"]):
        got = len(calls) if isinstance(calls, list) else 0
        raise Failed(
            Text(
                f"{len(case['x'])} 批应调用网络 {len(case['x'])} 次，实际 {got} 次",
                f"{len(case['x'])} batches should make {len(case['x'])} calls of net, not {got}",
            )
        )
    return calls


def _is_state(call: Any, wanted: np.ndarray) -> bool:
    got = array("state", field(call, "state"), wanted.shape).astype(np.float64)
    return bool(np.abs(got - wanted).max() <= 1e-4)


def _clipping_or_not(measure: Callable[[bool], None]) -> None:
    """`measure` passes with the student's own clipping or, failing that, without any.

    The contract of ``train_epoch`` does not ask for clipping, so wrong clipping costs only its
    own checks.
    """
    one_of([lambda: measure(True), lambda: measure(False)])


def one_of(ways: list[Callable[[], None]]) -> None:
    """One of the ways passes; if none does, the verdict is that of the first one."""
    first: Verdict | None = None
    for way in ways:
        try:
            way()
            return
        except (Crashed, TimedOut, OutOfMemory, Skipped):
            raise
        except Verdict as verdict:
            first = first or verdict
    assert first is not None
    raise first
