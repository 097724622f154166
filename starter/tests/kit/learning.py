"""Whether a trained model remembers: the last step of every part's proof of learning."""

from __future__ import annotations

import numpy as np

from .numerics import cross_entropy
from .outcomes import Failed
from .text import Text

CHECK = "learning"
"""The last word of the id of a part's proof of learning, which may train on a GPU."""

SHARE = 0.75
"""The share of the way from guessing to the source's entropy rate that a model must reach."""


def learned(scores: np.ndarray, truth: np.ndarray, trained: Text) -> None:
    """The loss of the predictions `scores` (N, V) against the probabilities `truth` (N, V) is low.

    `trained` begins the message and says what did the training: "after your train".
    """
    loss = cross_entropy(scores.astype(np.float64), truth)
    most = threshold(truth)
    if not loss <= most:
        raise Failed(
            Text(
                f"{trained.zh}，模型没有学会记住前文：留出数据上的损失是 {loss:.3g}"
                f"（应低于 {most:.3g}；随机猜测是 {guessing(truth):.3g}）；先改好本部分的其他检查",
                f"{trained.en} the model did not learn to remember: the held-out loss is "
                f"{loss:.3g} "
                f"(it should be below {most:.3g}; guessing gives {guessing(truth):.3g}); fix "
                "the other "
                "checks of this part first",
            )
        )


def threshold(truth: np.ndarray) -> float:
    """The largest held-out loss, in nats, of a model that has learned."""
    logs = np.log(truth, out=np.zeros_like(truth), where=truth > 0)
    entropy = -(truth * logs).sum(axis=1).mean()
    guess = guessing(truth)
    return float(guess - SHARE * (guess - entropy))


def guessing(truth: np.ndarray) -> float:
    """The loss, in nats, of guessing among the symbols that occur."""
    return float(np.log(np.count_nonzero(truth.any(axis=0))))
