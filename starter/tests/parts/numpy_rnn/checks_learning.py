"""The proof of learning of part ``numpy_rnn``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kit import cases
from kit.compare import array, field
from kit.data import Arguments
from kit.learning import in_the_parameters, learned
from kit.runner import Runner
from kit.text import Text


def learns(lab: Runner, case: cases.Case, predictor: Runner | None = None) -> None:
    """Forward and backward train a model that remembers: its held-out loss is low.

    Everything learned must be in the weights: a process that has not seen the training makes the
    predictions, and in grading the solution, the `predictor`, makes the same.
    """
    contexts, truth = case["contexts"], case["truth"]
    V, H = case["inputs"]["weights"]["Wxh"].shape
    trained = lab.learn(**case["inputs"])
    weights = {
        name: array(name, field(trained, name), before.shape)
        for name, before in case["inputs"]["weights"].items()
    }
    lab.forget()
    reading = {"weights": weights, "x": contexts, "h0": np.zeros((len(contexts), H))}
    logits = array("logits", field(lab.forward(**reading), "logits"), truth.shape)
    learned(
        logits,
        truth,
        Text(
            "用你的 forward 和 backward 训练之后", "after training with your forward and backward"
        ),
    )
    if predictor is not None:
        in_the_parameters(logits, _predictions(predictor, reading), truth)


def _predictions(predictor: Runner, reading: Arguments) -> Iterator[np.ndarray]:
    yield predictor.forward(**reading)["logits"]
