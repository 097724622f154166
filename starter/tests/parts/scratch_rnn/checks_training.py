"""Checks of part ``scratch_rnn`` for reading, predicting, clipping and training.

Shapes: N batches, B batch, T time steps, V vocabulary, S state of a mixer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from kit import cases
from kit.compare import array, arrays, describe, field, is_close, number
from kit.data import Arrays
from kit.learning import learned
from kit.numerics import joint_norm
from kit.outcomes import Crashed, Failed, OutOfMemory, Skipped, TimedOut, Verdict
from kit.runner import Runner
from kit.text import Text

from . import checks_mixer as mixer
from .cases import mixer_weights

LEAST_COVERED = 0.4
"""The share of the corpus that the batches of one pass must cover.

Pieces of T cut at a random offset cover 80 % or more of the corpora here; as many pieces drawn
with repetition cover 60 %.
"""

LEAD = 0.05
"""The least lead, in a case of ``predict``, of the best score over the next."""

SPEED = (0.5, 3.0)
"""The speed is at least SPEED[0] times the tokens a second of the whole call, and at most SPEED[1]
times those that the pauses allow. A count of batches or sequences, or seconds in place of a speed,
is off by a factor of 4 or more."""

Batches = list[list[tuple[np.ndarray, np.ndarray]]]


# ---------------------------------------------------------------- reading


def corpus_of(rng: np.random.Generator, length: int) -> list[int]:
    """A corpus of different indices, so that each tells its place."""
    return [int(i) for i in rng.permutation(length)]


def reads_in_order(lab: Runner, rng: np.random.Generator, length: int, B: int, T: int) -> None:
    """Row b of each batch continues row b of the one before."""
    corpus, epochs = _read(lab, "seq_data_iter_sequential", rng, length, B, T)
    for batches in epochs:
        places = _places(batches, corpus)
        for before, after in zip(places, places[1:]):
            if (after[:, 0] != before[:, -1] + 1).any():
                raise Failed(
                    Text(
                        "顺序分区时，后一批的第 b 行应接着前一批的第 b 行",
                        "with sequential partitioning row b of a batch continues row b of the "
                        "batch before",
                    )
                )
        _covers(places, length, "seq_data_iter_sequential")
        used = np.concatenate([p.ravel() for p in places])
        if len(np.unique(used)) < len(used):
            raise Failed(
                Text(
                    "同一个词元在一轮里读到了两次；各片段不应重叠",
                    "a token is read twice in one pass; pieces should not overlap",
                )
            )


def reads_at_random(lab: Runner, rng: np.random.Generator, length: int, B: int, T: int) -> None:
    """The pieces come in a random order, which differs between passes."""
    corpus, epochs = _read(lab, "seq_data_iter_random", rng, length, B, T)
    orders = []
    for batches in epochs:
        places = _places(batches, corpus)
        _covers(places, length, "seq_data_iter_random")
        orders.append(np.concatenate([p[:, 0] for p in places]))
        steps = [after[:, 0] - before[:, 0] for before, after in zip(places, places[1:])]
        if (np.diff(orders[-1]) > 0).all() or (np.array(steps) == T).all():
            raise Failed(
                Text(
                    "片段没有打乱：随机采样要求片段的顺序是随机的",
                    "the pieces are not shuffled: with random sampling they come in random order",
                )
            )
    patterns = {tuple(np.argsort(order)) for order in orders}
    if len(patterns) == 1:
        raise Failed(
            Text(
                "每一轮的顺序都一样；每次调用都要重新打乱",
                "the order is the same in every pass; shuffle again at each call",
            )
        )


def _read(
    lab: Runner, name: str, rng: np.random.Generator, length: int, B: int, T: int
) -> tuple[list[int], Batches]:
    """A corpus, and three passes over it: lists of pairs X, Y of integer arrays (B, T)."""
    corpus = corpus_of(rng, length)
    result = lab.batches(
        name=name,
        corpus=corpus,
        batch_size=B,
        num_steps=T,
        epochs=3,
        rng_seed=int(rng.integers(0, 2**31)),
    )
    epochs = field(result, "epochs")
    if not isinstance(epochs, list) or len(epochs) != 3:
        raise Failed(
            Text(
                "三轮的批次无法读取：检查 yield 的内容",
                "the batches of three passes cannot be read: check what is yielded",
            )
        )
    return corpus, [[_pair(name, batch, (B, T)) for batch in _some(name, e)] for e in epochs]


def _some(name: str, batches: Any) -> list[Any]:
    if not isinstance(batches, list) or not batches:
        raise Failed(
            Text(
                f"{name} 一批也没有产出：检查循环的范围",
                f"{name} gives no batch at all: check the range of its loop",
            )
        )
    if len(batches) >= 400:
        raise Failed(
            Text(
                f"{name} 一直在产出批次；读完一遍就应结束",
                f"{name} goes on giving batches; it should end after one pass",
            )
        )
    return batches


def _pair(name: str, batch: Any, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    X = array("X", field(batch, "X"), shape, kinds="iu")
    Y = array("Y", field(batch, "Y"), shape, kinds="iu")
    if field(batch, "tensors") is not True or X.dtype != np.int64 or Y.dtype != np.int64:
        raise Failed(
            Text(
                f"{name} 的 X 和 Y 应是 int64（long）张量，实际是 {X.dtype} 和 {Y.dtype}",
                f"X and Y of {name} should be long tensors (int64), got {X.dtype} and {Y.dtype}",
            )
        )
    return X, Y


def _places(batches: list[tuple[np.ndarray, np.ndarray]], corpus: list[int]) -> list[np.ndarray]:
    """The place in the corpus of each token of each X, (B, T); Y must be one place further."""
    place = np.full(max(corpus) + 1, -10)
    place[corpus] = np.arange(len(corpus))
    found = []
    for X, Y in batches:
        if min(X.min(), Y.min()) < 0 or max(X.max(), Y.max()) >= len(place):
            raise Failed(
                Text(
                    "X 或 Y 里有语料中没有的词元；应只取自 corpus",
                    "X or Y holds a token that is not in the corpus; take them from corpus",
                )
            )
        at, target = place[X], place[Y]
        if (np.diff(at, axis=1) != 1).any():
            raise Failed(
                Text(
                    "X 的每一行应是语料中连续的 T 个词元",
                    "each row of X should be T tokens of the corpus in a row",
                )
            )
        if (target != at + 1).any():
            raise Failed(
                Text(
                    "Y[b,t] 应是 X[b,t] 的下一个词元",
                    "Y[b,t] should be the token after X[b,t]",
                )
            )
        found.append(at)
    return found


def _covers(places: list[np.ndarray], length: int, name: str) -> None:
    share = len(np.unique(np.concatenate([p.ravel() for p in places]))) / length
    if share < LEAST_COVERED:
        raise Failed(
            Text(
                f"{name} 一轮只读到语料的 {share:.0%}；应读完整个语料，最多舍去首尾的零头",
                f"{name} reads only {share:.0%} of the corpus in one pass; read all of it but "
                "the odd pieces at its ends",
            )
        )


# ---------------------------------------------------------------- predicting


def prediction_case(rng: np.random.Generator, prefix: int, count: int) -> dict[str, Any]:
    """A mixer and a prefix that show every named mistake, and where no prediction is close."""
    characters = cases.CHARACTERS
    while True:
        weights = mixer_weights(rng, V=len(characters), S=6, scale=1.0)
        start = [int(i) for i in rng.integers(0, len(characters), prefix)]
        right, lead = mixer.likeliest(weights, start, count)
        wrong = [mixer.likeliest(weights, start, count, way)[0] for way in mixer.MISTAKES]
        if prefix == 1:  # nothing to warm up
            wrong = [w for w, way in zip(wrong, mixer.MISTAKES) if way != "cold"]
        if lead > LEAD and right not in wrong and len(set(right)) >= min(3, count):
            return {
                "weights": weights,
                "characters": characters,
                "prefix": "".join(characters[i] for i in start),
                "right": "".join(characters[i] for i in right),
            }


def predicts(lab: Runner, case: dict[str, Any]) -> None:
    """The text is the prefix and the likeliest characters after it."""
    given = {name: case[name] for name in ("weights", "characters", "prefix")}
    text = field(lab.predict(**given, num_preds=len(case["right"])), "text")
    wanted = case["prefix"] + case["right"]
    if text == wanted:
        return
    if not isinstance(text, str):
        problem = Text(
            f"应返回字符串，实际返回 {describe(text, 'zh')}",
            f"a string is wanted, got {describe(text)}",
        )
    elif len(text) != len(wanted):
        problem = Text(
            f"应有 {len(case['prefix'])} + {len(case['right'])} 个字符，实际有 {len(text)} 个",
            f"{len(case['prefix'])} + {len(case['right'])} characters are wanted, got {len(text)}",
        )
    elif not text.startswith(case["prefix"]):
        problem = Text("应以 prefix 开头", "the text should start with the prefix")
    else:
        problem = Text(
            "预测的字符不对：从零状态起逐个读完 prefix（只为预热），"
            "再每次取 logit 最大的字符，并把状态往下传",
            "the predicted characters are wrong: read the prefix from a zero state (to warm it "
            "up), then take the likeliest character each time and carry the state on",
        )
    raise Failed(Text("predict：", "predict:") + problem)


# ---------------------------------------------------------------- clipping


def clips(lab: Runner, grads: list[np.ndarray], theta: float, kinds: tuple[str, ...]) -> None:
    """All gradients are scaled by one factor, so that their joint norm is at most theta.

    The clipping must work with one of `kinds`, for example with the student's own network.
    """
    norm = joint_norm(grads)
    factor = min(1.0, theta / norm)

    def measure(kind: str) -> None:
        found = field(lab.clip(grads=grads, theta=theta, kind=kind), "grads")
        if not isinstance(found, list) or len(found) != len(grads):
            raise Failed(
                Text(
                    "裁剪之后没有可读的梯度：请原地修改 param.grad",
                    "no readable gradients after clipping: change param.grad in place",
                )
            )
        got = [array("grad", g, w.shape).astype(np.float64) for g, w in zip(found, grads)]
        if all(is_close(g, factor * w) for g, w in zip(got, grads)):
            return
        after = joint_norm(got)
        if after > theta * (1 + 1e-4):
            raise Failed(
                Text(
                    f"裁剪后梯度的联合范数是 {after:.3g}，应不超过 theta = {theta:.3g}"
                    "（范数要对全部参数一起求，并原地修改 param.grad）",
                    f"the joint norm after clipping is {after:.3g}, above theta = {theta:.3g} "
                    "(take the norm over all parameters, and change param.grad itself)",
                )
            )
        if norm <= theta:
            raise Failed(
                Text(
                    f"联合范数 {norm:.3g} 没有超过 theta = {theta:.3g}，梯度却被改动了",
                    f"the joint norm {norm:.3g} is not above theta = {theta:.3g}, yet the "
                    "gradients were changed",
                )
            )
        raise Failed(
            Text(
                "所有梯度应乘同一个因子 theta / 联合范数，方向不变",
                "all gradients are to be multiplied by the one factor theta / norm: the "
                "direction is kept",
            )
        )

    _one_of([partial(measure, kind) for kind in kinds])


# ---------------------------------------------------------------- one epoch


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


def speed_agrees(lab: Runner, case: cases.Case) -> None:
    """The tokens a second are between those of the whole call and those that the pauses allow."""
    tokens = case["y"].size

    def measure(clipping: bool) -> None:
        result = _epoch(lab, case, True, clipping=clipping)
        got = number("tokens/s", _returned(result)[1])
        least = SPEED[0] * tokens / number("seconds", field(result, "seconds"))
        most = SPEED[1] * tokens / number("paused", field(result, "paused"))
        if not least <= got <= most:
            raise Failed(
                Text(
                    f"返回的速度 {got:.4g} 不是每秒词元数：这一轮有 {tokens} 个词元，速度"
                    f"应在 {least:.4g} 与 {most:.4g} 之间",
                    f"the speed returned, {got:.4g}, is not tokens a second: there were {tokens} "
                    f"tokens, so {least:.4g} to {most:.4g} is possible",
                )
            )

    _clipping_or_not(measure)


def state_is_kept(lab: Runner, case: cases.Case, kind: str = "scratch") -> None:
    """Sequential: each batch starts from the last state of the one before, detached."""
    updater = "optimizer" if kind == "module" else "function"

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
            got = len(steps) if isinstance(steps, list) else 0
            of = (
                Text("优化器", "an optimiser")
                if updater == "optimizer"
                else Text("函数", "a function")
            )
            raise Failed(
                Text(
                    f"{len(case['x'])} 批应更新 {len(case['x'])} 次，实际 {got} 次（updater 是"
                    f"{of.zh}）",
                    f"{len(case['x'])} batches should make {len(case['x'])} updates, not {got} "
                    f"(the updater is {of.en})",
                )
            )
        wrong = [_first_wrong(steps, right) for right in ways]
        if all(wrong):
            raise Failed(
                Text(
                    f"第 {max(w or 0 for w in wrong)} 次更新时的梯度不是这一批损失的梯度；"
                    "优化器要先 zero_grad，再 backward；目标要按时间顺序",
                    f"the gradients at update {max(w or 0 for w in wrong)} are not those of the "
                    "batch's loss; zero_grad before backward, and targets in time order",
                )
            )

    _clipping_or_not(measure)


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
    _one_of([lambda: measure(True), lambda: measure(False)])


def _one_of(ways: list[Callable[[], None]]) -> None:
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


# ---------------------------------------------------------------- learning


def learns(lab: Runner, case: cases.Case) -> None:
    """The student's network and ``train_epoch`` together: the held-out loss is low.

    Everything learned must be in the parameters: a process that has not seen the training makes
    the predictions.
    """
    truth = case["truth"]
    params = arrays("train_epoch", field(lab.learn(**case["inputs"]), "params"))
    lab.forget()
    result = lab.recall(params=params, contexts=case["contexts"])
    scores = array("net(...)", field(result, "scores"), truth.shape)
    learned(
        scores,
        truth,
        Text(
            "用你的网络和 train_epoch 训练之后", "after training with your network and train_epoch"
        ),
    )
