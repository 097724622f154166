"""Whether a trained model remembers: what the proofs of learning of all parts end with."""

from __future__ import annotations

import numpy as np

from ..numerics import cross_entropy
from ..outcomes import Failed
from ..text import Text

THRESHOLD = 0.81
"""Nats. Three quarters of the way from guessing, ln 6, to the entropy rate of the source, 0.486."""


def learned(scores: np.ndarray, truth: np.ndarray, trained: Text) -> None:
    """The loss of predictions `scores` (N, V) against the true probabilities (N, V) is low.

    `trained` says what was trained with: "after your train".
    """
    loss = cross_entropy(scores.astype(np.float64), truth)
    if not loss <= THRESHOLD:
        guess = np.log(np.count_nonzero(truth.any(axis=0)))
        raise Failed(
            Text(
                f"{trained.zh}，留出数据上的损失是 {loss:.3g}（要低于 {THRESHOLD}；"
                f"乱猜是 {guess:.3g}）；模型没有学会记住前文",
                f"{trained.en} the held-out loss is {loss:.3g} (below {THRESHOLD} wanted; "
                f"guessing gives {guess:.3g}); the model did not learn to remember",
            )
        )
