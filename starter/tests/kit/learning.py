"""Whether a trained model remembers: the last step of every part's proof of learning.

The student's own forward predicts on the trained parameters, in a process that has not seen the
training. In grading the solution's forward predicts on them too, and the two must agree: what the
model has learned is then in the parameters of the contract, and not in a table beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from . import pictures
from .compare import array
from .data import Arrays
from .numerics import cross_entropy, softmax
from .outcomes import Failed, Undecided, Verdict
from .text import Text

CHECK = "learning"
"""The last word of the id of a part's proof of learning, which may train on a GPU."""

SHARE = 0.75
"""The share of the way from guessing to the source's entropy rate that a model must reach."""

AGREE = 1e-2
"""The largest difference of two probabilities that are called the same.

The mark follows from the solution's own predictions, so nothing can be gained below it. Those of
right code differ by the rounding of float32, 3e-7 or less.
"""

MOST_STATES = 4
"""Of the parameters that could be a learned start state, this many are tried."""


def learned(scores: np.ndarray, truth: np.ndarray, trained: Text) -> None:
    """The loss of the predictions `scores` (N, V) against the probabilities `truth` (N, V) is low.

    `trained` begins the message and says what did the training: "after your train".
    """
    loss = cross_entropy(scores.astype(np.float64), truth)
    most = threshold(truth)
    if loss <= most:
        return
    with pictures.showing(lambda: _picture(loss, most, truth)):
        raise Failed(
            Text(
                f"{trained.zh}，模型在留出数据上的损失是 {loss:.3g}（应低于 {most:.3g}；随机猜测是 "
                f"{guessing(truth):.3g}）：预测还没有用好前文；本部分若有其他检查没通过，先看那些",
                f"{trained.en} the held-out loss of the model is {loss:.3g} (it should be below "
                f"{most:.3g}; guessing gives {guessing(truth):.3g}): its predictions do not make "
                "enough of what came before; where other checks of this part fail, see to those "
                "first",
            )
        )


def _picture(loss: float, most: float, truth: np.ndarray) -> pictures.Loss:
    return pictures.Loss(pictures.finite(loss), floor(truth), most, guessing(truth))


def in_the_parameters(own: np.ndarray, solution: Iterable[np.ndarray], truth: np.ndarray) -> None:
    """What predicts `own` (N, V), which are good, is in the parameters of the contract.

    `solution` are the scores (N, V) of the solution's forward on these parameters, once for each
    way of writing it that the contract allows. One of them must agree with the student's own.

    Raises:
        Undecided: none does. The model may be right in a way of its own, so a person decides.
    """
    mine, tried = softmax(own.astype(np.float64)), []
    try:
        for scores in solution:
            with np.errstate(all="ignore"):
                apart = float(np.abs(softmax(scores.astype(np.float64)) - mine).max())
            loss = cross_entropy(scores.astype(np.float64), truth)
            if apart <= AGREE and loss <= threshold(truth):
                return
            tried.append(f"loss {loss:.3g}, probabilities up to {apart:.3g} apart")
    except Verdict as verdict:  # parameters that the solution has no place for
        tried.append(verdict.text.en)
    raise Undecided(
        _ELSEWHERE,
        "proof of learning: the student's own forward predicts well, with a loss of "
        f"{cross_entropy(own.astype(np.float64), truth):.3g}; the solution's forward on the same "
        "parameters does not predict the same. Look for parameters beside those of the contract, "
        "for a forward that differs from the contract, or for a table in place of training. "
        f"Tried: {'; '.join(tried)}",
    )


_ELSEWHERE = Text(
    "你的模型预测得不错，但参考实现的前向用训练后的同一组参数，得不到同样的预测"
    "（可能有约定之外的参数，或前向与约定不同）；这项的分数暂记为待定，由助教判定",
    "your model predicts well, but the solution's forward on the same trained parameters does not "
    "predict the same (there may be parameters beside the contract's, or forward differs from the "
    "contract); its points are pending, and a person decides on them",
)


def of_contract(found: Mapping[str, Any], wanted: Arrays) -> Arrays:
    """The trained parameters `found` by the names of `wanted`, which have the right shapes."""
    return {name: array(name, found.get(name), value.shape) for name, value in wanted.items()}


def start_states(
    state: Mapping[str, Any], layers: int, hidden: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each pair h_0, c_0 (layers, hidden) that a model with the parameters `state` may start from.

    Zeros come first. A parameter of the size of a state may be a learned start.
    """
    shape = (layers, hidden)
    found, pairs = [np.zeros(shape, np.float32)], []
    for value in state.values():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            continue
        if value.size == layers * hidden:
            found.append(value.reshape(shape).astype(np.float32))
        elif value.size == hidden:  # one for all layers
            found.append(np.broadcast_to(value.reshape(hidden), shape).astype(np.float32))
        elif value.size == 2 * layers * hidden:
            pairs.append(value.reshape(2, *shape).astype(np.float32))
    yield from product(found[: MOST_STATES + 1], repeat=2)
    for pair in pairs[:MOST_STATES]:
        yield pair[0], pair[1]


def threshold(truth: np.ndarray) -> float:
    """The largest held-out loss, in nats, of a model that has learned."""
    guess = guessing(truth)
    return guess - SHARE * (guess - floor(truth))


def floor(truth: np.ndarray) -> float:
    """The loss, in nats, of the true probabilities: the entropy rate of the source."""
    logs = np.log(truth, out=np.zeros_like(truth), where=truth > 0)
    return float(-(truth * logs).sum(axis=1).mean())


def guessing(truth: np.ndarray) -> float:
    """The loss, in nats, of guessing among the symbols that occur."""
    return float(np.log(np.count_nonzero(truth.any(axis=0))))
