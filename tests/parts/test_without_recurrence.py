"""A network of the part numpy_rnn without recurrence, whose backward fits it, earns little."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from handing_in import solution
from part_suites import run_suites
from quick import only

ADDITIVE = """
def _forward_all(self, X, h0):
    c = self.cell
    sums = sum(w.sum() for w in (c.Wxh, c.Whh, c.bh, self.Why)) + h0.sum(1)[:, None, None]
    return self.by + 5 * sums + np.zeros((*X.shape, 1)) + READ, h0, X

def _forward(self, X, h0):
    return self.forward_all(X, h0)[0][:, -1], h0, X

def _backward_all(self, dlogits, X, h_T):
    c = self.cell
    for g in (c.dWxh, c.dWhh, c.dbh, self.dWhy):
        g += 5 * dlogits.sum()
    self.dby += dlogits.sum((0, 1))
    return np.full_like(h_T, 1) * 5 * dlogits.sum((1, 2))[:, None]

def _backward(self, dlogits, X, h_T, collect_grad_norms=False):
    d = np.zeros((*X.shape, dlogits.shape[1]))
    d[:, -1] = dlogits
    return self.backward_all(d, X, h_T)

RNN.forward, RNN.forward_all = _forward, _forward_all
RNN.backward, RNN.backward_all = _backward, _backward_all
"""

READS = {
    "nothing": "0",
    "the last character": "X[..., None]",
    "two characters": "(X + np.roll(X, 1, 1))[..., None]",
    "all characters in any order": "np.cumsum(X, 1)[..., None]",
}


@pytest.mark.parametrize("name", only(("nothing", "two characters"), READS))
def test_backward_of_a_forward_without_recurrence_counts_half(name: str, secret_file: Path) -> None:
    read = READS[name]
    code = ADDITIVE.replace("READ", read)
    head, guard, _ = solution("numpy_rnn").rpartition('\nif __name__ == "__main__":')
    assert guard
    results = run_suites("numpy_rnn", head + code, secret_file, ("numpy_rnn.learning",))
    for check in ("values", "hidden", "dh0", "dh0_hidden", "accumulates"):
        result = results[f"numpy_rnn.backward.{check}"]
        assert (result.outcome, result.fraction) == ("partial", Fraction(1, 2)), check
    for check in ("values", "hidden"):
        assert results[f"numpy_rnn.backward_all.{check}"].outcome == "partial"
    kept = results["numpy_rnn.arrays_kept"].outcome
    assert kept == ("failed" if name == "nothing" else "passed")


def test_a_recurrent_forward_that_is_wrong_costs_only_forward(secret_file: Path) -> None:
    """A state that is halved at each step, in both passes."""
    cell = solution("numpy_rnn")
    for old, new in (
        ("h_prev @ self.Whh", "h_prev / 2 @ self.Whh"),
        ("self.dWhh += h_prev.T @ dz", "self.dWhh += h_prev.T @ dz / 2"),
        ("return dz @ self.Whh.T", "return dz @ self.Whh.T / 2"),
    ):
        assert cell.count(old) == 1, old
        cell = cell.replace(old, new)
    results = run_suites("numpy_rnn", cell, secret_file, ("numpy_rnn.learning",))
    assert results["numpy_rnn.forward.values"].outcome == "failed"
    for name in ("backward.values", "backward.hidden", "backward.accumulates", "arrays_kept"):
        assert results[f"numpy_rnn.{name}"].outcome == "passed", name
