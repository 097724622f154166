"""The fast network gives the taught one's numbers, and never reaches students."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import ROOT
from grader.authoring import handout

WEIGHTS = ("Wxh", "Whh", "bh", "Why", "by")


@pytest.fixture(scope="module")
def labs() -> Any:
    """Both modules, as ``python solutions/...`` sees them."""
    kept = {name: sys.modules.pop(name, None) for name in ("numpy_rnn", "fast_rnn")}
    sys.path.insert(0, str(ROOT / "solutions"))
    import fast_rnn
    import numpy_rnn

    assert Path(numpy_rnn.__file__).parent == ROOT / "solutions"
    yield SimpleNamespace(taught=numpy_rnn, fast=fast_rnn)
    sys.path.remove(str(ROOT / "solutions"))
    for name, module in kept.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


def both(labs: Any, V: int, H: int, seed: int, dtype: type = np.float64) -> tuple[Any, Any]:
    """The taught and the fast network, with the same weights and biases that are not zero."""
    models = (
        labs.taught.RNN(V, H, np.random.default_rng(seed)),
        labs.fast.FastRNN(V, H, np.random.default_rng(seed), dtype),
    )
    for model in models:
        draw = np.random.default_rng(seed + 1)
        model.cell.bh += draw.normal(size=H).astype(model.cell.bh.dtype)
        model.by += draw.normal(size=V).astype(model.by.dtype)
    return models


def gradients(model: Any) -> list[np.ndarray]:
    """The five gradients."""
    return [model.cell.dWxh, model.cell.dWhh, model.cell.dbh, model.dWhy, model.dby]


def agree(got: Any, right: Any, tolerance: float) -> None:
    """Relative to the largest value, or to 1: sums of terms near 1 may cancel."""
    got, right = np.asarray(got), np.asarray(right)
    assert got.shape == right.shape
    assert np.abs(got - right).max() <= tolerance * max(np.abs(right).max(), 1)


SIZES = st.tuples(*[st.integers(1, 6)] * 4, st.integers(0, 2**31))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-5)])
@settings(deadline=None, max_examples=examples(40))
@given(sizes=SIZES)
def test_every_method_gives_the_taught_numbers(
    labs: Any, dtype: type, tolerance: float, sizes: tuple[int, ...]
) -> None:
    B, T, H, V, seed = sizes
    taught, fast = both(labs, V, H, seed, dtype)
    draw = np.random.default_rng(seed)
    X, h0 = draw.integers(0, V, (B, T)), draw.normal(size=(B, H))
    ones, every = draw.normal(size=(B, V)), draw.normal(size=(B, T, V))

    for _ in range(2):  # gradients are added
        found = []
        for model in (taught, fast):
            logits, h_T, caches = model.forward(X, h0)
            dh0, norms = model.backward(ones, caches, h_T, collect_grad_norms=True)
            found.append([np.array(a) for a in (logits, h_T, dh0, norms, *gradients(model))])
            logits, h_T, caches = model.forward_all(X, h0)
            answers = [np.array(a) for a in (logits, h_T)]
            found[-1] += [*answers, model.backward_all(every, caches, h_T), *gradients(model)]
        for right, got in zip(*found, strict=True):
            agree(got, right, tolerance)


@settings(deadline=None, max_examples=examples(40))
@given(sizes=SIZES)
def test_the_loss_in_place_is_the_taught_one(labs: Any, sizes: tuple[int, ...]) -> None:
    B, T, _, V, seed = sizes
    draw = np.random.default_rng(seed)
    logits, targets = 20 * draw.normal(size=(T, B, V)), draw.integers(0, V, (B, T))
    by_row = logits.swapaxes(0, 1)
    right, dright = labs.taught.softmax_cross_entropy(by_row.reshape(-1, V).copy(), targets.ravel())
    loss, dlogits = labs.fast.cross_entropy(by_row, targets)

    agree(loss, right, 1e-12)
    agree(dlogits, dright.reshape(B, T, V), 1e-12)
    assert np.shares_memory(dlogits, logits)


def test_training_gives_the_same_losses(labs: Any) -> None:
    text = "the time machine by h g wells " * 40
    X, y, vocab, _, _ = labs.taught.build_dataset(text, 12)
    losses = [
        labs.taught.train(model, X, y, 2, 0.5, 32, rng=np.random.default_rng(3))
        for model in (
            labs.taught.RNN(vocab, 24, np.random.default_rng(2)),
            labs.fast.FastRNN(vocab, 24, np.random.default_rng(2), np.float64),
        )
    ]

    assert losses[0][-1] < losses[0][0] - 0.5
    assert np.abs(np.subtract(*losses)).max() < 1e-6


def test_the_gradients_pass_the_taught_check_and_the_model_samples(labs: Any) -> None:
    _, fast = both(labs, 5, 4, 7)
    draw = np.random.default_rng(0)
    errors = labs.taught.gradient_check(fast, draw.integers(0, 5, (3, 4)), draw.integers(0, 5, 3))

    assert max(errors.values()) < 1e-6
    names = "abcde"
    c2i, i2c = {c: i for i, c in enumerate(names)}, dict(enumerate(names))
    assert len(labs.taught.sample(fast, "ab", c2i, i2c, 5, 30, rng=draw)) == 32


def test_overwritten_caches_are_refused(labs: Any) -> None:
    _, fast = both(labs, 5, 4, 7)
    X, h0 = np.zeros((2, 3), int), np.zeros((2, 4))
    logits, h_T, caches = fast.forward(X, h0)
    fast.forward(X, h0)

    with pytest.raises(ValueError, match="overwrote these caches"):
        fast.backward(logits, caches, h_T)


@pytest.mark.parametrize("index", [-1, 5])
def test_an_index_outside_the_vocabulary_is_refused(labs: Any, index: int) -> None:
    _, fast = both(labs, 5, 4, 7)

    with pytest.raises(IndexError, match="from 0 to 4"):
        fast.forward(np.array([[0, index]]), np.zeros((1, 4)))


def test_students_never_get_it() -> None:
    assert "fast_rnn.py" in handout.KEPT
    assert "fast_rnn.py" not in {path.name for path in handout.given_files(ROOT)}
