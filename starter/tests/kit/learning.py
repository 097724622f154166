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
                f"{trained.zh}，留出数据上的损失是 {loss:.3g}（要低于 {most:.3g}；"
                f"乱猜是 {guessing(truth):.3g}）；模型没有学会记住前文",
                f"{trained.en} the held-out loss is {loss:.3g} (below {most:.3g} wanted; "
                f"guessing gives {guessing(truth):.3g}); the model did not learn to remember",
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
