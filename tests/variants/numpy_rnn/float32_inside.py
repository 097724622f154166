"""float64 outside, but the recurrence runs in float32: no dtype shows it."""

from __future__ import annotations

import numpy as np


def one_hot(indices, depth):
    return np.eye(depth, dtype=np.float32)[np.asarray(indices)]


class RNNCell:
    def __init__(self, input_size: int, hidden_size: int) -> None:
        rng = np.random.default_rng(0)
        self.Wxh = rng.standard_normal((input_size, hidden_size))
        self.Whh = rng.standard_normal((hidden_size, hidden_size))
        self.bh = np.zeros(hidden_size)
        self.zero_grad()

    def zero_grad(self):
        self.dWxh = np.zeros(self.Wxh.shape)
        self.dWhh = np.zeros(self.Whh.shape)
        self.dbh = np.zeros(self.bh.shape)

    def forward(self, x_t, h_prev):
        a = x_t @ self.Wxh.astype("float32") + h_prev.astype("float32") @ self.Whh.astype("f4")
        h_t = np.tanh(a + self.bh.astype("float32")).astype("float64")
        return h_t, {"x": x_t, "prev": h_prev, "h": h_t}

    def backward(self, dh_t, cache):
        dz = dh_t * (1 - cache["h"] ** 2)
        self.dWxh = self.dWxh + cache["x"].T @ dz
        self.dWhh = self.dWhh + cache["prev"].T @ dz
        self.dbh = self.dbh + dz.sum(0)
        return dz @ self.Whh.T


class RNN:
    def __init__(self, vocab, hidden):
        self.cell = RNNCell(vocab, hidden)
        self.Why = np.random.default_rng(1).standard_normal((hidden, vocab))
        self.by = np.zeros(vocab)
        self.dWhy = np.zeros((hidden, vocab))
        self.dby = np.zeros(vocab)

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy = np.zeros_like(self.dWhy)
        self.dby = np.zeros_like(self.dby)

    def forward(self, X_batch, h0):
        h, caches = h0, []
        for x_t in np.swapaxes(one_hot(X_batch, self.by.size), 0, 1):
            h, cache = self.cell.forward(x_t, h)
            caches.append(cache)
        return h @ self.Why + self.by, h, tuple(caches)

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        self.dWhy = self.dWhy + h_T.T @ dlogits
        self.dby = self.dby + dlogits.sum(0)
        dhs = [dlogits @ self.Why.T]
        for cache in reversed(caches):
            dhs.append(self.cell.backward(dhs[-1], cache))
        dh0 = dhs.pop()
        if not collect_grad_norms:
            return dh0
        return dh0, tuple(float(np.mean(np.linalg.norm(d, axis=-1))) for d in reversed(dhs))

    def forward_all(self, X_batch, h0):
        logits, h, caches = [], h0, []
        for t in range(X_batch.shape[1]):
            z, h, (cache,) = self.forward(X_batch[:, t : t + 1], h)
            logits.append(z[:, None])
            caches.append(cache)
        return np.concatenate(logits, axis=1), h, caches

    def backward_all(self, dlogits, caches, h_T):
        dh = np.zeros_like(h_T)
        for t in range(len(caches))[::-1]:
            back = self.cell.backward
            self.dWhy = self.dWhy + caches[t]["h"].T @ dlogits[:, t, :]
            self.dby = self.dby + dlogits[:, t, :].sum(0)
            dh = back(dlogits[:, t, :] @ self.Why.T + dh, caches[t])
        return dh


def _loss(logits, y):
    m = logits.max(-1, keepdims=True)
    return float(np.mean(np.log(np.exp(logits - m).sum(-1)) + m[:, 0] - logits[range(len(y)), y]))


def gradient_check(model, X, y, eps=1e-5):
    h0 = np.zeros((len(X), model.cell.bh.size))
    logits, h_T, caches = model.forward(X, h0)
    probs = np.exp(logits - logits.max(-1, keepdims=True))
    probs = probs / probs.sum(-1, keepdims=True)
    model.zero_grad()
    model.backward((probs - one_hot(y, logits.shape[1])) / len(y), caches, h_T)
    found = {}
    for owner, names in ((model.cell, ("Wxh", "Whh", "bh")), (model, ("Why", "by"))):
        for name in names:
            original = getattr(owner, name)
            analytic, worst, scale = getattr(owner, f"d{name}").copy(), 0.0, 1e-8
            for i in range(original.size):
                losses = []
                for sign in (1, -1):
                    changed = original.copy()
                    changed.flat[i] += sign * eps
                    setattr(owner, name, changed)
                    losses.append(_loss(model.forward(X, h0)[0], y))
                number = (losses[0] - losses[1]) / (2 * eps)
                worst = max(worst, abs(number - analytic.flat[i]))
                scale = max(scale, abs(number), abs(analytic.flat[i]))
            setattr(owner, name, original)
            found[name] = worst / scale
    return found


def clip_by_norm(grads, max_norm):
    norm = float(np.sqrt(np.sum([np.square(g).sum() for g in grads])))
    scale = max_norm / max(norm, max_norm)
    for g in grads:
        g[...] = g * scale
    return norm


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = rng if rng is not None else np.random.default_rng()
    h = np.zeros((1, model.cell.bh.size))
    pending, text = [c2i[c] for c in seed], [*seed]
    for _ in range(length):
        logits, h, _ = model.forward(np.array([pending]), h)
        p = np.exp(logits.ravel() / temp)
        pending = [int(rng.choice(np.arange(vocab), p=p / p.sum()))]
        text.append(i2c[pending[0]])
    return "".join(text)
