"""The proof of learning of part ``char_lstm``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kit import cases
from kit.compare import array, arrays, field
from kit.data import Answer, Arrays
from kit.learning import in_the_parameters, learned, of_contract, start_states
from kit.runner import Runner
from kit.text import Text


def learns(lab: Runner, case: cases.Case, predictor: Runner | None = None) -> None:
    """``train`` makes a model that remembers: its held-out loss is low.

    Everything learned must be in the parameters: a process that has not seen the training makes
    the predictions, and in grading the solution, the `predictor`, makes the same.
    """
    truth, contexts, weights = case["truth"], case["contexts"], case["inputs"]["weights"]
    trained = lab.learn(**case["inputs"])
    state = arrays("train", field(trained, "state"))
    lab.forget()
    result = lab.recall(weights=weights, state=state, contexts=contexts)
    logits = array("logits", field(result, "logits"), truth.shape)
    learned(logits, truth, Text("用你的 train 训练之后", "after your train"))
    if predictor is not None:
        in_the_parameters(logits, _predictions(predictor, trained, weights, contexts), truth)


def _predictions(
    predictor: Runner, trained: Answer, weights: Arrays, contexts: np.ndarray
) -> Iterator[np.ndarray]:
    """The solution's logits (N, V), from zero states and from each that may be a learned start."""
    found = of_contract(field(trained, "weights"), weights)
    layers = sum(name.startswith("lstm.weight_ih") for name in found)
    for h, c in start_states(field(trained, "state"), layers, found["fc.weight"].shape[1]):
        state = {n: np.repeat(s[:, None], len(contexts), axis=1) for n, s in (("h", h), ("c", c))}
        result = predictor.forward(weights=found, x=contexts, state=state)
        yield array("logits", field(result, "logits"), None)
