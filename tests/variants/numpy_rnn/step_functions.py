"""Plain functions do the work; the classes only hold arrays and pass on."""

from __future__ import annotations

import math

import numpy as np


def step(p, row, h):
    return np.tanh(p["Wxh"][row] + h @ p["Whh"] + p["bh"])


def step_back(p, g, row, h_prev, h, dh):
    da = (1.0 - np.square(h)) * dh
    np.add.at(g["dWxh"], row, da)
    g["dWhh"] += np.einsum("bi,bj->ij", h_prev, da)
    g["dbh"] += np.ones(len(da)) @ da
    return np.einsum("bj,ij->bi", da, p["Whh"])


def unroll(p, X, h):
    trail = []
    for row in np.asarray(X).T:
        new = step(p, row, h)
        trail.append((row, h, new))
        h = new
    return h, trail


class RNNCell:
    def __init__(self, input_size, hidden_size):
        self.Wxh = np.random.randn(input_size, hidden_size) * 0.1
        self.Whh = np.random.randn(hidden_size, hidden_size) * 0.1
        self.bh = np.zeros(hidden_size)
        self.zero_grad()

    def forward(self, x_t, h_prev):
        row = x_t.argmax(axis=-1)
        h = step(vars(self), row, h_prev)
        return h, (row, h_prev, h)

    def backward(self, dh_t, cache):
        return step_back(vars(self), vars(self), *cache, dh_t)

    def zero_grad(self):
        self.dWxh, self.dWhh = np.zeros(self.Wxh.shape), np.zeros(self.Whh.shape)
        self.dbh = np.zeros(self.bh.shape)


class RNN:
    def __init__(self, vocab, hidden):
        self.cell = RNNCell(vocab, hidden)
        self.Why, self.by = np.random.randn(hidden, vocab) * 0.1, np.zeros(vocab)
        self.zero_grad()

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy, self.dby = np.zeros(self.Why.shape), np.zeros(self.by.shape)

    def head(self, h):
        return np.dot(h, self.Why) + self.by

    def head_back(self, d, h):
        self.dWhy += np.dot(h.T, d)
        self.dby += d.sum(0)
        return np.dot(d, self.Why.T)

    def forward(self, X_batch, h0):
        h, trail = unroll(vars(self.cell), X_batch, h0)
        return self.head(h), h, trail

    def forward_all(self, X_batch, h0):
        h, trail = unroll(vars(self.cell), X_batch, h0)
        return np.stack([self.head(c[2]) for c in trail], 1), h, trail

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        dh, norms = self.head_back(dlogits, h_T), []
        for cache in caches[::-1]:
            norms.insert(0, sum(math.hypot(*row) for row in dh) / len(dh))
            dh = self.cell.backward(dh, cache)
        return (dh, np.array(norms)) if collect_grad_norms else dh

    def backward_all(self, dlogits, caches, h_T):
        dh = 0 * h_T
        for d, cache in list(zip(dlogits.swapaxes(0, 1), caches))[::-1]:
            h_t = cache[-1]
            dh = self.cell.backward(dh + self.head_back(d, h_t), cache)
        return dh


def nll(logits, y):
    shifted = logits - logits.max(1)[:, None]
    return float(np.mean(np.log(np.exp(shifted).sum(1)) - shifted[range(len(y)), y]))


def gradient_check(model, X, y, eps=1e-5):
    h0 = np.zeros((len(X), model.cell.Whh.shape[0]))

    def loss():
        return nll(model.forward(X, h0)[0], y)

    model.zero_grad()
    logits, h_T, caches = model.forward(X, h0)[:3]
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    model.backward(p / len(y), caches, h_T)
    found = {}
    for holder, name in [(model.cell, n) for n in ("Wxh", "Whh", "bh")] + [
        (model, n) for n in ("Why", "by")
    ]:
        original = getattr(holder, name)
        analytic = np.array(getattr(holder, "d" + name))
        numeric = np.empty(original.shape)
        for k in range(original.size):
            pair = []
            for sign in (1, -1):
                moved = original.copy()
                moved.reshape(-1)[k] += sign * eps
                setattr(holder, name, moved)  # the array itself is never touched
                pair.append(loss())
            numeric.reshape(-1)[k] = (pair[0] - pair[1]) / (2 * eps)
        setattr(holder, name, original)
        top = max(abs(analytic).max(), abs(numeric).max(), 1e-8)
        found[name] = abs(analytic - numeric).max() / top
    return found


def clip_by_norm(grads, max_norm):
    norm = math.sqrt(math.fsum(float(np.vdot(g, g)) for g in grads))
    factor = min(1.0, max_norm / (norm + 1e-300))
    for g in grads:
        np.multiply(g, factor, out=g)
    return norm


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = rng or np.random.default_rng()
    h, _ = unroll(vars(model.cell), [[c2i[c] for c in seed]], np.zeros((1, len(model.cell.bh))))
    out = list(seed)
    while len(out) < len(seed) + length:
        z = model.head(h)[0] / temp
        cumulative = np.cumsum(np.exp(z - z.max()))
        k = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
        out.append(i2c[min(k, vocab - 1)])
        h = step(vars(model.cell), [min(k, vocab - 1)], h)
    return "".join(out)
