"""Four checks of part numpy_rnn as a teacher writes them in NumPy: copied beside each peer."""

from pathlib import Path
from typing import Any

import numpy as np

EXPECTED = Path("expected.npz")  # the copies name the whole path
with np.load(EXPECTED) as _file:
    WANTED = dict(_file)


def network(lab: Any) -> Any:
    """A network with the weights of the case."""
    net = lab.RNN(7, 5)
    for name in ("Wxh", "Whh", "bh"):
        getattr(net.cell, name)[...] = WANTED[name]
    net.Why[...], net.by[...] = WANTED["Why"], WANTED["by"]
    return net


def check_forward(lab: Any) -> None:
    """The logits and the last state."""
    logits, h_T, _ = network(lab).forward(WANTED["x"], WANTED["h0"])
    np.testing.assert_allclose(logits, WANTED["logits"], atol=1e-9)
    np.testing.assert_allclose(h_T, WANTED["h_T"], atol=1e-9)


def check_backward(lab: Any) -> None:
    """The five gradients."""
    net = network(lab)
    _, h_T, caches = net.forward(WANTED["x"], WANTED["h0"])
    net.backward(WANTED["dlogits"], caches, h_T)
    got = {"Wxh": net.cell.dWxh, "Whh": net.cell.dWhh, "bh": net.cell.dbh}
    for name, value in {**got, "Why": net.dWhy, "by": net.dby}.items():
        np.testing.assert_allclose(value, WANTED["d" + name], rtol=1e-6, atol=1e-9)


def check_clip(lab: Any) -> None:
    """Clipping by the joint norm, in place."""
    grads = [WANTED[f"clip{i}"].copy() for i in range(3)]
    np.testing.assert_allclose(lab.clip_by_norm(grads, 5.0), 12.0)
    for i, grad in enumerate(grads):
        np.testing.assert_allclose(grad, WANTED[f"clip{i}"] * 5 / 12)


def check_sample(lab: Any) -> None:
    """The seed and twenty characters."""
    chars = "dehlow "
    c2i, i2c = {c: i for i, c in enumerate(chars)}, dict(enumerate(chars))
    text = lab.sample(network(lab), "hellow", c2i, i2c, 7, length=20)
    np.testing.assert_equal(text[:6], "hellow")
    np.testing.assert_equal(len(text), 26)
    np.testing.assert_equal(set(text) <= set(chars), True)
