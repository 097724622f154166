"""Scalar loops in backward, rows of Wxh instead of one-hot products, inverse-cdf sampling.

The whole text is read again for every character that is sampled.
"""

import math

import numpy as np


class RNNCell:
    def __init__(self, input_size, hidden_size):
        self.Wxh = np.random.randn(input_size, hidden_size) * 0.01
        self.Whh = np.random.randn(hidden_size, hidden_size) * 0.01
        self.bh = np.zeros((hidden_size,))
        self.zero_grad()

    def zero_grad(self):
        self.dWxh = np.zeros_like(self.Wxh)
        self.dWhh = np.zeros_like(self.Whh)
        self.dbh = np.zeros_like(self.bh)


class RNN:
    def __init__(self, vocab, hidden):
        self.cell = RNNCell(vocab, hidden)
        self.Why = np.random.randn(hidden, vocab) * 0.01
        self.by = np.zeros(vocab)
        self.dWhy = np.zeros_like(self.Why)
        self.dby = np.zeros_like(self.by)

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy, self.dby = np.zeros_like(self.Why), np.zeros_like(self.by)

    def forward(self, X_batch, h0):
        logits, h, caches = self.forward_all(X_batch, h0)
        return logits[:, -1], h, caches

    def forward_all(self, X_batch, h0):
        cell, h, caches, rows = self.cell, h0, [], []
        for t in range(len(X_batch[0])):
            index = X_batch[:, t]
            new = np.tanh(cell.Wxh[index] + np.matmul(h, cell.Whh) + cell.bh)
            caches.append((index, h, new))
            h = new
            rows.append(np.dot(h, self.Why) + self.by)
        return np.array(rows).transpose(1, 0, 2), h, caches

    def _step_back(self, dh, cache):
        cell = self.cell
        index, before, now = cache
        B, H = dh.shape
        out = np.zeros((B, H))
        for b in range(B):
            for j in range(H):
                dz = dh[b, j] * (1 - now[b, j] ** 2)
                cell.dWxh[index[b], j] += dz
                cell.dbh[j] += dz
                for i in range(H):
                    cell.dWhh[i, j] += before[b, i] * dz
                    out[b, i] += cell.Whh[i, j] * dz
        return out

    def _fast_step_back(self, dh, cache):
        cell = self.cell
        index, before, now = cache
        dz = dh * (1 - now * now)
        np.add.at(cell.dWxh, index, dz)
        cell.dWhh += np.matmul(before.T, dz)
        cell.dbh += np.sum(dz, 0)
        return np.matmul(dz, cell.Whh.T)

    def _back(self, dlogits, cache):
        h = cache[2]
        self.dWhy += np.matmul(h.T, dlogits)
        self.dby += np.sum(dlogits, 0)
        return np.matmul(dlogits, self.Why.T)

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        step = self._step_back if len(caches) * dlogits.shape[0] < 64 else self._fast_step_back
        dh = self._back(dlogits, caches[-1])
        norms = [0.0] * len(caches)
        for t in range(len(caches) - 1, -1, -1):
            norms[t] = sum(math.sqrt(sum(v * v for v in row)) for row in dh) / len(dh)
            dh = step(dh, caches[t])
        return (dh, norms) if collect_grad_norms else dh

    def backward_all(self, dlogits, caches, h_T):
        dh = 0
        for t in range(len(caches) - 1, -1, -1):
            dh = self._step_back(self._back(dlogits[:, t], caches[t]) + dh, caches[t])
        return dh


def loss_of(model, X, y):
    z, h, caches = model.forward(X, np.zeros((len(X), len(model.cell.Whh))))
    e = np.exp(z - np.max(z, 1)[:, None])
    p = e / np.sum(e, 1)[:, None]
    d = p.copy()
    for b in range(len(y)):
        d[b, y[b]] -= 1
    return -sum(math.log(p[b, y[b]]) for b in range(len(y))) / len(y), d / len(y), h, caches


def gradient_check(model, X, y, eps=1e-5):
    model.zero_grad()
    _, d, h, caches = loss_of(model, X, y)
    model.backward(d, caches, h)
    cell = model.cell
    result = {}
    for name, W, dW in [
        ("Wxh", cell.Wxh, cell.dWxh),
        ("Whh", cell.Whh, cell.dWhh),
        ("bh", cell.bh, cell.dbh),
        ("Why", model.Why, model.dWhy),
        ("by", model.by, model.dby),
    ]:
        numeric = np.zeros_like(W)
        it = np.nditer(W, flags=["multi_index"])
        while not it.finished:
            i = it.multi_index
            old = W[i].copy()
            W[i] = old + eps
            plus = loss_of(model, X, y)[0]
            W[i] = old - eps
            minus = loss_of(model, X, y)[0]
            W[i] = old
            numeric[i] = (plus - minus) / (2 * eps)
            it.iternext()
        biggest = max(np.max(np.abs(dW)), np.max(np.abs(numeric)), 1e-8)
        result[name] = np.max(np.abs(dW - numeric)) / biggest
    return result


def clip_by_norm(grads, max_norm):
    total = 0
    for g in grads:
        for value in g.flatten():
            total += value**2
    total = math.sqrt(total)
    if total >= max_norm:
        for i in range(len(grads)):
            grads[i][:] = grads[i] / total * max_norm
    return total


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    if rng is None:
        rng = np.random.default_rng()
    text = seed
    while len(text) < len(seed) + length:
        x = np.array([[c2i[c] for c in text]])
        logits = model.forward(x, np.zeros((1, len(model.cell.Whh))))[0][0] / temp
        p = np.exp(logits - logits.max())
        p = p / p.sum()
        text += i2c[min(int(np.searchsorted(np.cumsum(p), rng.random())), vocab - 1)]
    return text
