"""The contract's names in another order, extra parameters with defaults, keyword-only ones."""

import numpy as np


def one_hot(depth, indices):
    return (np.asarray(indices)[..., None] == np.arange(depth)).astype(float)


class RNNCell:
    def __init__(self, hidden_size, input_size):
        self.Wxh = np.random.randn(input_size, hidden_size)
        self.Whh = np.random.randn(hidden_size, hidden_size)
        self.bh = np.zeros(hidden_size)
        self.zero_grad()

    def zero_grad(self):
        self.dWxh, self.dWhh, self.dbh = 0 * self.Wxh, 0 * self.Whh, 0 * self.bh

    def forward(self, h_prev, x_t):
        h_t = np.tanh(x_t @ self.Wxh + h_prev @ self.Whh + self.bh)
        return h_t, (x_t, h_prev, h_t)

    def backward(self, cache, dh_t):
        x_t, h_prev, h_t = cache
        dz = dh_t - dh_t * h_t * h_t
        self.dWxh += x_t.T @ dz
        self.dWhh += h_prev.T @ dz
        self.dbh += dz.sum(0)
        return dz @ self.Whh.T


class RNN:
    def __init__(self, hidden, vocab, scale=0.01, *, verbose=True):
        self.cell = RNNCell(hidden, vocab)
        self.Why = np.random.randn(hidden, vocab) * scale
        self.by = np.zeros(vocab)
        self.dWhy, self.dby = np.zeros_like(self.Why), np.zeros_like(self.by)
        self.verbose = verbose

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy, self.dby = 0 * self.Why, 0 * self.by

    def forward(self, h0, X_batch, stride=1):
        h, caches = h0, []
        for t in range(0, X_batch.shape[1], stride):
            h, cache = self.cell.forward(h, one_hot(len(self.by), X_batch[:, t]))
            caches.append(cache)
        return h @ self.Why + self.by, h, caches

    def backward(self, h_T, caches, dlogits, *, collect_grad_norms=False):
        self.dWhy += h_T.T @ dlogits
        self.dby += dlogits.sum(0)
        dh = dlogits @ self.Why.T
        norms = np.zeros(len(caches))
        for t in reversed(range(len(caches))):
            norms[t] = np.linalg.norm(dh, axis=1).mean()
            dh = self.cell.backward(caches[t], dh)
        return (dh, norms) if collect_grad_norms else dh

    def forward_all(self, h0, X_batch):
        _, h_T, caches = self.forward(h0, X_batch)
        return np.stack([c[-1] for c in caches], 1) @ self.Why + self.by, h_T, caches

    def backward_all(self, h_T, caches, dlogits):
        dh = np.zeros_like(h_T)
        for t in reversed(range(len(caches))):
            self.dWhy += caches[t][-1].T @ dlogits[:, t]
            self.dby += dlogits[:, t].sum(0)
            dh = self.cell.backward(caches[t], dh + dlogits[:, t] @ self.Why.T)
        return dh


def xent(y, z):
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    d = p - one_hot(z.shape[1], y)
    return -np.log((p * one_hot(z.shape[1], y)).sum(1)).mean(), d / len(y)


def gradient_check(y, X, eps=1e-5, *, model):
    h0 = np.zeros((len(X), len(model.cell.bh)))
    model.zero_grad()
    z, h, caches = model.forward(h0, X)
    model.backward(h, caches, xent(y, z)[1])
    c = model.cell
    weights = dict(Wxh=c.Wxh, Whh=c.Whh, bh=c.bh, Why=model.Why, by=model.by)
    grads = dict(Wxh=c.dWxh, Whh=c.dWhh, bh=c.dbh, Why=model.dWhy, by=model.dby)
    errors = {}
    for name, w in weights.items():
        numeric = np.empty_like(w)
        for i in np.ndindex(w.shape):
            old, pair = w[i], []
            for w[i] in (old + eps, old - eps):
                pair.append(xent(y, model.forward(h0, X)[0])[0])
            w[i] = old
            numeric[i] = (pair[0] - pair[1]) / (2 * eps)
        top = max(abs(grads[name]).max(), abs(numeric).max(), 1e-8)
        errors[name] = abs(grads[name] - numeric).max() / top
    return errors


def clip_by_norm(max_norm, grads):
    norm = np.sqrt(sum(np.vdot(g, g) for g in grads))
    for g in grads:
        g *= min(1, max_norm / norm)
    return norm


def sample(rng=None, temp=1.0, length=200, *, model, seed, vocab, i2c, c2i):
    rng = rng or np.random.default_rng()
    h, text = np.zeros((1, len(model.cell.bh))), seed
    z, h, _ = model.forward(h, np.array([[c2i[c] for c in seed]]))
    for _ in range(length):
        gumbel = z[0] / temp + rng.gumbel(size=vocab)
        k = int(np.argmax(gumbel))
        text += i2c[k]
        z, h, _ = model.forward(h, np.array([[k]]))
    return text
