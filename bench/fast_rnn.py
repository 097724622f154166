"""The fast network beside the taught one and torch: medians of one thread, all in one run.

``OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python bench/fast_rnn.py`` on a quiet machine. The
contestants take turns, so that a machine that slows down slows all of them.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "solutions"))

# Not a package: mypy does not see what lies in the folder of the solutions.
from fast_rnn import FastRNN, cross_entropy  # type: ignore[attr-defined]
from numpy_rnn import RNN, one_hot, softmax_cross_entropy  # type: ignore[import-not-found]


class Lookup(RNN):  # type: ignore[misc]
    """The taught network with one change: rows of Wxh in place of one-hot products forward."""

    def forward(self, X_batch: Any, h0: Any) -> Any:
        """The taught forward pass; the cell's caches hold indices in place of one-hot rows."""
        h, caches = h0, []
        for t in range(X_batch.shape[1]):
            rows = X_batch[:, t]
            h_prev, h = h, np.tanh(self.cell.Wxh[rows] + h @ self.cell.Whh + self.cell.bh)
            caches.append((one_hot(rows, self.vocab), h_prev, h))
        return h @ self.Why + self.by, h, caches


class OneProduct(Lookup):
    """And one product for all steps, wherever a step does not wait for the one before."""

    def backward_all(self, dlogits: Any, caches: Any, h_T: Any) -> Any:
        """The taught backward pass, with the products of all steps in one."""
        X, before, after = (np.stack(arrays) for arrays in zip(*caches, strict=True))
        dlogits = dlogits.swapaxes(0, 1)
        from_logits = dlogits @ self.Why.T  # (T, B, H)
        dz = np.empty_like(after)
        dh = np.zeros_like(h_T)
        for t in reversed(range(len(caches))):
            dz[t] = (dh + from_logits[t]) * (1 - after[t] ** 2)
            dh = dz[t] @ self.cell.Whh.T
        flat = dz.reshape(-1, self.hidden)
        self.cell.dWxh += X.reshape(-1, self.vocab).T @ flat
        self.cell.dWhh += before.reshape(-1, self.hidden).T @ flat
        self.cell.dbh += flat.sum(axis=0)
        self.dWhy += after.reshape(-1, self.hidden).T @ dlogits.reshape(-1, self.vocab)
        self.dby += dlogits.sum(axis=(0, 1))
        return dh


def by_torch(V: int, H: int, X: Any, Y: Any) -> Callable[[], None]:
    """Loss and gradients of every step by ``torch.nn.RNN``, a linear layer and autograd."""
    rnn, linear = torch.nn.RNN(V, H, batch_first=True), torch.nn.Linear(H, V)
    x, y, h0 = torch.tensor(X), torch.tensor(Y), torch.zeros(1, len(X), H)

    def step() -> None:
        rnn.zero_grad()
        linear.zero_grad()
        states, _ = rnn(torch.nn.functional.one_hot(x, V).float(), h0)
        logits = linear(states).reshape(-1, V)
        torch.nn.functional.cross_entropy(logits, y.reshape(-1)).backward()

    return step


def by_numpy(model: Any, X: Any, Y: Any) -> Callable[[], None]:
    """Loss and gradients of every step by one of our networks."""
    h0 = np.zeros((len(X), model.hidden), model.Why.dtype)

    def taught(logits: Any) -> Any:
        B, T, V = logits.shape
        _, dlogits = softmax_cross_entropy(logits.reshape(B * T, V), Y.ravel())
        return dlogits.reshape(B, T, V)

    def step() -> None:
        model.zero_grad()
        logits, h_T, caches = model.forward_all(X, h0)
        fast = isinstance(model, FastRNN)
        dlogits = cross_entropy(logits, Y)[1] if fast else taught(logits)
        model.backward_all(dlogits, caches, h_T)

    return step


def train_step(model: Any, X: Any, y: Any) -> Callable[[], None]:
    """A step of Lab 6's training: a loss at the last step, gradients, the update."""
    h0 = np.zeros((len(X), model.hidden), model.Why.dtype)

    def step() -> None:
        logits, h_T, caches = model.forward(X, h0)
        _, dlogits = softmax_cross_entropy(logits, y)
        model.zero_grad()
        model.backward(dlogits, caches, h_T)
        model.step_grad(1e-9)

    return step


def medians(steps: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """The median seconds of each, in turns."""
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def peak() -> float:
    """Operations a second of a large float32 product."""
    a = np.random.default_rng(0).random((1536, 1536), dtype=np.float32)
    return 2 * len(a) ** 3 / medians({"product": lambda: np.dot(a, a)}, 9)["product"]


@click.command()
@click.option("--rounds", default=25, show_default=True, help="turns of each contestant")
def main(rounds: int) -> None:
    """Print the tables of ``docs/fast-rnn.md``."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1" or os.environ.get("OMP_NUM_THREADS") != "1":
        raise click.UsageError("Set OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1.")
    torch.set_num_threads(1)
    B, T, V = 32, 35, 28
    draw = np.random.default_rng(0)
    X, Y = draw.integers(0, V, (2, B, T))
    most = peak()
    click.echo(f"loss and gradients of every step, B={B}, T={T}, V={V}; float32 product "
               f"{most / 1e9:.0f} GFLOP/s")  # fmt: skip
    for H in (128, 256, 512):
        seconds = medians(
            {
                "taught, float64": by_numpy(RNN(V, H, np.random.default_rng(1)), X, Y),
                "+ row lookup": by_numpy(Lookup(V, H, np.random.default_rng(1)), X, Y),
                "+ one product": by_numpy(OneProduct(V, H, np.random.default_rng(1)), X, Y),
                "+ buffers": by_numpy(FastRNN(V, H, np.random.default_rng(1), np.float64), X, Y),
                "+ float32": by_numpy(FastRNN(V, H, np.random.default_rng(1)), X, Y),
                "torch, float32": by_torch(V, H, X, Y),
            },
            rounds,
        )
        fast = seconds["+ float32"]
        # Forward, backward through the states, and the gradient of each matrix.
        work = 2 * B * T * (3 * H * H + 3 * H * V + H * V)
        click.echo(f"H={H}: {B * T / fast:,.0f} tokens/s, {work / fast / most:.2f} of the product")
        for name, value in seconds.items():
            click.echo(f"  {name:16} {value * 1e3:7.2f} ms  {value / fast:5.2f} x the fast one")
    B, T, H, V = 64, 40, 128, 65
    X, y = draw.integers(0, V, (B, T)), draw.integers(0, V, B)
    seconds = medians(
        {
            "taught, float64": train_step(RNN(V, H, np.random.default_rng(1)), X, y),
            "fast, float64": train_step(FastRNN(V, H, np.random.default_rng(1), np.float64), X, y),
            "fast, float32": train_step(FastRNN(V, H, np.random.default_rng(1)), X, y),
        },
        4 * rounds,
    )
    click.echo(f"a step of Lab 6's training, B={B}, T={T}, H={H}, V={V}")
    for name, value in seconds.items():
        gain = seconds["taught, float64"] / value
        click.echo(f"  {name:16} {value * 1e3:7.2f} ms  {gain:5.2f} x as fast as taught")


if __name__ == "__main__":
    main()
