"""Runs that show the false claims of the course's notes to be false."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .lab import np, numpy_rnn, scratch_rnn, seeded, sequence, theory, torch
from .records import Measured, Setting
from .time_machine import Variant, compared


def raised_threshold(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """A network that overflows without clipping (ReLU for tanh), at rising thresholds."""

    def make(vocab: int) -> Any:
        layer = torch.nn.RNN(vocab, setting["hidden"], nonlinearity="relu")
        return scratch_rnn.RNNModel(layer, vocab)

    variants = {f"threshold {theta:g}": Variant(make, theta) for theta in setting["thresholds"]}
    return compared(setting, seed, variants)


def last_step_only(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """dL/dh_t of the loss of part B by differences, beside `backward` and beside the formula.

    The formula has a loss at every step, so its dL/dh_t has a term of each later step.
    """
    rng = seeded(seed)
    V, H, B, T, eps = setting["vocab"], setting["hidden"], 1, setting["T"], 1e-5
    model = numpy_rnn.RNN(V, H, rng)
    X, Y = rng.integers(0, V, (2, B, T))
    logits, h_T, caches = model.forward(X, np.zeros((B, H)))
    _, dlogits = numpy_rnn.softmax_cross_entropy(logits, Y[:, -1])
    _, norms = model.backward(dlogits, caches, h_T, collect_grad_norms=True)

    def loss(h: Any, t: int) -> float:
        scores = model.forward(X[:, t:], h)[0] if t < T else h @ model.Why + model.by
        return float(numpy_rnn.softmax_cross_entropy(scores, Y[:, -1])[0])

    measured, formula = [], []
    dh = np.zeros((B, H))
    every, _, _ = model.forward_all(X, np.zeros((B, H)))
    for t in range(T, 0, -1):
        _, at_t = numpy_rnn.softmax_cross_entropy(every[:, t - 1], Y[:, t - 1])
        dh = dh + at_t @ model.Why.T  # the formula's term of step t
        formula.append(float(np.linalg.norm(dh)))
        dh = model.cell.backward(dh, caches[t - 1])
        h = caches[t - 1][2]
        slopes = [
            (loss(h + eps * e, t) - loss(h - eps * e, t)) / (2 * eps) for e in np.eye(H)[:, None]
        ]
        measured.append(float(np.linalg.norm(slopes)))
    true = np.array(measured[::-1])
    yield Measured(
        {
            "`backward`: largest relative error": float(np.max(np.abs(norms / true - 1))),
            "formula: largest relative error": float(np.max(np.abs(formula[::-1] / true - 1))),
        }
    )


def exponential(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """The name of torch's schedule."""
    schedules = torch.optim.lr_scheduler
    names = ("ExponentialDecay", "ExponentialLR")
    yield Measured({f"torch has `{name}`": float(hasattr(schedules, name)) for name in names})


def truncated_sum(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """The near terms of the sum (t - k < steps), beside the far ones that are left otherwise."""
    problem = theory.draw_problem(
        seeded(seed), setting["T"], setting["hidden"], 4, 5, setting["norm"]
    )
    U, W, b, V, x, targets = problem
    h, _ = theory.forward(U, W, b, V, x)
    full = theory.flat(theory.grads_from_delta(theory.delta(*problem), h, x))
    figures = {}
    for steps in setting["steps"]:
        near = theory.flat(theory.truncated_grads(*problem, steps))
        t, k = np.ogrid[: len(x), : len(x)]
        d = theory.delta(*problem)
        d[(k >= steps) & (t >= 0)] = (
            0  # the same number of terms for each t, from the other end of the sum
        )
        far = theory.flat(theory.grads_from_delta(d, h, x))
        for name, part in (("near", near), ("far", far)):
            error = np.linalg.norm(part - full) / np.linalg.norm(full)
            figures[f"{steps} {name} terms: distance from the full gradient"] = float(error)
    yield Measured(figures)


def top_k(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """A snippet that returns the position among the k, beside the solution."""
    rng = seeded(seed)
    k, draws = setting["k"], setting["draws"]
    logits = rng.normal(size=setting["vocab"])
    best = np.argsort(-logits)[:k]
    p = theory.softmax(logits[best])
    snippet = [int(rng.choice(k, p=p)) for _ in range(draws)]
    right = [int(sequence.top_k_sample(logits, k, rng)) for _ in range(draws)]
    yield Measured(
        {
            "solution: draws among the k likeliest": float(np.mean(np.isin(right, best))),
            "snippet: draws among the k likeliest": float(np.mean(np.isin(snippet, best))),
            "by chance": k / setting["vocab"],
        }
    )


def which_norm(setting: Setting, seed: int, folder: Path) -> Iterator[Measured]:
    """Growth of the gradient over T steps, by spectral norm; other norms say nothing."""
    figures = {}
    for norm in setting["norms"]:
        H, T = setting["hidden"], setting["T"]
        U, W, b, V, x, targets = theory.draw_problem(seeded(seed), T, H, 4, 5, norm)
        d = theory.mean_norms(theory.delta(U, 0.01 * W, b, V, x, targets))
        name = f"spectral norm {norm:g}"
        figures[f"{name}: Frobenius norm"] = float(np.linalg.norm(U))
        figures[f"{name}: largest entry"] = float(np.abs(U).max())
        figures[f"{name}: growth over {T - 1} steps"] = float(d[-1] / d[0])
    yield Measured(figures)
