"""Logits that overflow cost no points; advice tells of them."""

from __future__ import annotations

import numpy as np
import pytest
from handing_in import solution

from grader.parts.reference import reference_runner, runner_on_source
from kit.outcomes import Failed
from parts.numpy_rnn import checks_long_text as long_text
from parts.numpy_rnn import checks_sample as sample
from parts.sequence import checks_tools as tools

IN_SINGLE = """

def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    h, x, text = np.zeros((1, len(model.cell.Whh))), [[c2i[c] for c in seed]], seed
    for _ in range(length):
        logits, h, _ = model.forward(np.array(x), h)
        with np.errstate(all="ignore"):
            p = np.exp((logits[0] / temp).astype(np.float32))
            k = min(int(np.searchsorted(np.cumsum(p / p.sum()), rng.random())), vocab - 1)
        text += i2c[k]
        x = [[k]]
    return text
"""

WITHOUT_THE_MAXIMUM = """

def softmax(z):
    with np.errstate(all="ignore"):
        e = np.exp(z)
        return e / e.sum(axis=-1, keepdims=True)
"""


@pytest.mark.parametrize("number", range(3))
def test_a_softmax_in_single_precision_keeps_the_points_of_a_long_text(number: int) -> None:
    reference = reference_runner("numpy_rnn")
    lab = runner_on_source("numpy_rnn", solution("numpy_rnn") + IN_SINGLE)
    models = long_text.long_text_cases(reference, np.random.default_rng(number))
    long_text.sample_remembers(lab, reference, models, number)


def test_sample_is_told_of_an_overflow() -> None:
    sample.sample_of_large_logits(reference_runner("numpy_rnn"), np.random.default_rng(0), "hellow")
    lab = runner_on_source("numpy_rnn", solution("numpy_rnn") + WITHOUT_THE_MAXIMUM)
    with pytest.raises(Failed, match="subtract the largest"):
        sample.sample_of_large_logits(lab, np.random.default_rng(0), "hellow")


def test_probabilities_are_told_of_an_overflow() -> None:
    tools.large_logits_are_safe(reference_runner("sequence"), np.random.default_rng(0))
    lab = runner_on_source("sequence", solution("sequence") + WITHOUT_THE_MAXIMUM)
    with pytest.raises(Failed, match="subtract the largest"):
        tools.large_logits_are_safe(lab, np.random.default_rng(0))
