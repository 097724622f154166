"""Weights live in dicts; the contract's attributes are read-only properties. A dataclass model."""

from dataclasses import dataclass, field

import numpy as np

KEYS = ("Wxh", "Whh", "bh", "Why", "by")


def view(name):
    return property(lambda self: (self.g if name[0] == "d" else self.p)[name.removeprefix("d")])


@dataclass
class RNN:
    vocab: int
    hidden: int
    p: dict = field(init=False)
    g: dict = field(init=False)

    def __post_init__(self):
        V, H = self.vocab, self.hidden
        shapes = dict(zip(KEYS, [(V, H), (H, H), (H,), (H, V), (V,)]))
        self.p = {k: np.random.randn(*s) / 10 for k, s in shapes.items()}
        self.g = {k: np.zeros(s) for k, s in shapes.items()}

    Wxh, Whh, bh, Why, by = map(view, KEYS)
    dWxh, dWhh, dbh, dWhy, dby = (view("d" + k) for k in KEYS)

    def zero_grad(self):
        for k in KEYS:
            self.g[k][...] = 0

    def forward(self, X_batch, h0):
        z, h, caches = self.forward_all(X_batch, h0)
        return z[:, -1, :], h, caches

    def forward_all(self, X_batch, h0):
        p = self.p
        hs = [h0]
        for x in X_batch.T:
            hs.append(np.tanh(p["Wxh"][x] + hs[-1] @ p["Whh"] + p["bh"]))
        caches = list(zip(X_batch.T, hs, hs[1:]))
        return np.stack(hs[1:], 1) @ p["Why"] + p["by"], hs[-1], caches

    def _through(self, dh, cache):
        x, prev, now = cache
        dz = dh * (1 - now**2)
        self.g["Wxh"] += np.eye(self.vocab)[x].T @ dz
        self.g["Whh"] += prev.T @ dz
        self.g["bh"] += dz.sum(0)
        return dz @ self.p["Whh"].T

    def _out(self, dz, h):
        self.g["Why"] += h.T @ dz
        self.g["by"] += dz.sum(0)
        return dz @ self.p["Why"].T

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        dh = self._out(dlogits, h_T)
        norms = {}
        for t in range(len(caches), 0, -1):
            norms[t] = np.linalg.norm(dh, axis=1).mean()
            dh = self._through(dh, caches[t - 1])
        return (dh, [norms[t] for t in sorted(norms)]) if collect_grad_norms else dh

    def backward_all(self, dlogits, caches, h_T):
        dh = np.zeros_like(h_T)
        for t, cache in reversed(list(enumerate(caches))):
            dh = self._through(dh + self._out(dlogits[:, t], cache[2]), cache)
        return dh


def _loss(model, X, y):
    z, h, caches = model.forward(X, np.zeros((len(X), model.hidden)))
    z = z - z.max(1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(1, keepdims=True))
    d = np.exp(logp) - np.eye(model.vocab)[y]
    return -logp[np.arange(len(y)), y].mean(), d / len(y), caches, h


def gradient_check(model, X, y, eps=1e-5):
    model.zero_grad()
    _, d, caches, h = _loss(model, X, y)
    model.backward(d, caches, h)
    errors = {}
    for k in KEYS:
        w, g = model.p[k], model.g[k].copy()
        n = np.zeros(w.shape)
        for i in np.ndindex(*w.shape):
            w[i] += eps
            up = _loss(model, X, y)[0]
            w[i] -= 2 * eps
            down = _loss(model, X, y)[0]
            w[i] += eps
            n[i] = (up - down) / (2 * eps)
        errors[k] = np.abs(g - n).max() / max(np.abs(g).max(), np.abs(n).max(), 1e-8)
    return errors


def clip_by_norm(grads, max_norm):
    norm = np.sqrt(sum(np.vdot(g, g) for g in grads))
    for g in grads if norm > max_norm else []:
        g *= max_norm / norm
    return norm


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = rng or np.random.default_rng()
    text = seed
    for _ in range(length):
        x = np.array([[c2i[c] for c in text]])
        z = model.forward(x, np.zeros((1, model.hidden)))[0][0] / temp
        p = np.exp(z - np.logaddexp.reduce(z))
        text += i2c[rng.choice(vocab, p=p / p.sum())]
    return text
