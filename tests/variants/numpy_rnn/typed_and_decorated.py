"""Type hints that are never evaluated, decorators with and without ``wraps``, an abstract base."""

from __future__ import annotations

import abc
import functools
import logging
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)


def timed(function):
    def inner(*args, **kwargs):  # no functools.wraps: its signature is hidden
        start = time.perf_counter()
        result = function(*args, **kwargs)
        log.debug("%s %.3f", function.__name__, time.perf_counter() - start)
        return result

    return inner


def checked(shape_of: str):
    def decorate(function):
        @functools.wraps(function)
        def inner(self, *args, **kwargs):
            result = function(self, *args, **kwargs)
            assert result is not None, shape_of
            return result

        return inner

    return decorate


class Cache(NamedTuple):
    x: NDArray[np.float64]
    prev: NDArray[np.float64]
    now: NDArray[np.float64]


class Module(abc.ABC):
    @abc.abstractmethod
    def zero_grad(self) -> None: ...

    @property
    def name(self) -> str:
        return type(self).__name__.lower()


class RNNCell(Module):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        self.Wxh: NDArray[np.float64] = np.random.randn(input_size, hidden_size)
        self.Whh: NDArray[np.float64] = np.random.randn(hidden_size, hidden_size)
        self.bh: NDArray[np.float64] = np.zeros(hidden_size)
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dWxh = np.zeros_like(self.Wxh)
        self.dWhh = np.zeros_like(self.Whh)
        self.dbh = np.zeros_like(self.bh)

    @timed
    def forward(self, x_t: NDArray, h_prev: NDArray) -> tuple[NDArray, Cache]:
        now = np.tanh(x_t @ self.Wxh + h_prev @ self.Whh + self.bh)
        return now, Cache(x_t, h_prev, now)

    def backward(self, dh_t: NDArray, cache: Cache) -> NDArray:
        dz = dh_t * (1.0 - np.square(cache.now))
        self.dWxh += cache.x.T @ dz
        self.dWhh += cache.prev.T @ dz
        self.dbh += dz.sum(axis=0)
        return dz @ self.Whh.T


class Result(NamedTuple):
    logits: NDArray
    h: NDArray
    caches: list[Cache]


class RNN(Module):
    def __init__(self, vocab: int, hidden: int) -> None:
        self.cell = RNNCell(vocab, hidden)
        self.Why = np.random.randn(hidden, vocab)
        self.by = np.zeros(vocab)
        self.zero_grad()

    def zero_grad(self) -> None:
        self.cell.zero_grad()
        self.dWhy = np.zeros_like(self.Why)
        self.dby = np.zeros_like(self.by)

    @timed
    def forward(self, X_batch: NDArray[np.int64], h0: NDArray) -> Result:
        h, caches = h0, []
        for column in X_batch.T:
            h, cache = self.cell.forward(self._one_hot(column), h)
            caches.append(cache)
        return Result(h @ self.Why + self.by, h, caches)

    def _one_hot(self, column: NDArray[np.int64]) -> NDArray:
        return np.equal.outer(column, np.arange(self.by.size)).astype(np.float64)

    @timed
    def backward(self, dlogits, caches, h_T, collect_grad_norms: bool = False):
        self.dWhy += h_T.T @ dlogits
        self.dby += dlogits.sum(axis=0)
        dh = dlogits @ self.Why.T
        norms: list[float] = []
        for cache in reversed(caches):
            norms.append(float(np.linalg.norm(dh, axis=1).mean()))
            dh = self.cell.backward(dh, cache)
        return (dh, norms[::-1]) if collect_grad_norms else dh

    @checked("(B, T, V)")
    def forward_all(self, X_batch, h0) -> Result:
        last = self.forward(X_batch, h0)
        every = np.stack([c.now for c in last.caches], axis=1) @ self.Why + self.by
        return last._replace(logits=every)

    @checked("(B, H)")
    def backward_all(self, dlogits, caches, h_T):
        dh = np.zeros_like(h_T)
        for cache, d in zip(reversed(caches), np.moveaxis(dlogits, 1, 0)[::-1], strict=True):
            self.dWhy += cache.now.T @ d
            self.dby += d.sum(axis=0)
            dh = self.cell.backward(dh + d @ self.Why.T, cache)
        return dh


def softmax_cross_entropy(logits: NDArray, targets: NDArray) -> tuple[float, NDArray]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    d = np.exp(log_p)
    d[np.arange(len(d)), targets] -= 1
    return float(-log_p[np.arange(len(d)), targets].mean()), d / len(d)


@timed
def gradient_check(model: RNN, X, y, eps: float = 1e-5) -> dict[str, float]:
    h0 = np.zeros((len(X), model.cell.bh.size))
    model.zero_grad()
    logits, h_T, caches = model.forward(X, h0)
    model.backward(softmax_cross_entropy(logits, y)[1], caches, h_T)
    owners: dict[str, Module] = dict.fromkeys(("Wxh", "Whh", "bh"), model.cell)
    owners |= dict.fromkeys(("Why", "by"), model)
    errors: dict[str, float] = {}
    for name, owner in owners.items():
        w: NDArray = getattr(owner, name)
        g: NDArray = getattr(owner, f"d{name}")
        n = np.zeros_like(w)
        with np.nditer(w, flags=["multi_index"]) as cursor:
            for _ in cursor:
                at = cursor.multi_index
                kept = float(w[at])
                w[at] = kept + eps
                up, _ = softmax_cross_entropy(model.forward(X, h0)[0], y)
                w[at] = kept - eps
                down, _ = softmax_cross_entropy(model.forward(X, h0)[0], y)
                w[at] = kept
                n[at] = (up - down) / (2 * eps)
        errors[name] = float(np.abs(g - n).max() / max(np.abs(g).max(), np.abs(n).max(), 1e-8))
    return errors


@timed
def clip_by_norm(grads: list[NDArray], max_norm: float) -> float:
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    if norm > max_norm:
        for g in grads:
            np.multiply(g, max_norm / norm, out=g)
    return norm


@functools.wraps(clip_by_norm)
def clip_gradients(*args, **kwargs):
    return clip_by_norm(*args, **kwargs)


@timed
def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None) -> str:
    rng = np.random.default_rng() if rng is None else rng
    h = np.zeros((1, model.cell.bh.size))
    feed, text = [c2i[c] for c in seed], seed
    for _ in range(length):
        logits, h, _ = model.forward(np.array([feed]), h)
        p = np.exp(logits[0] / temp)
        feed = [int(rng.choice(vocab, p=p / p.sum()))]
        text += i2c[feed[0]]
    return text
