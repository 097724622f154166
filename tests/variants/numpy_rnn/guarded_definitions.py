"""Definitions below ``if True`` and in ``try``; another array library is tried first."""

try:
    import cupy as xp

    gpu = True
except ImportError:
    import numpy as xp

    gpu = False

import sys

import numpy as np

if sys.version_info >= (3, 8):
    DEPTH = 1
    if not gpu:
        tanh = xp.tanh
else:
    raise SystemExit("needs Python 3.8")

if True:

    class RNNCell:
        def __init__(self, input_size, hidden_size):
            self.Wxh = xp.random.randn(input_size, hidden_size)
            self.Whh = xp.random.randn(hidden_size, hidden_size)
            self.bh = xp.zeros(hidden_size)
            self.zero_grad()

        def zero_grad(self):
            self.dWxh, self.dWhh, self.dbh = map(xp.zeros_like, [self.Wxh, self.Whh, self.bh])

        def forward(self, x_t, h_prev):
            h_t = tanh(x_t @ self.Wxh + h_prev @ self.Whh + self.bh)
            return h_t, (x_t, h_prev, h_t)

        def backward(self, dh_t, cache):
            dz = dh_t * (1 - cache[2] ** 2)
            self.dWxh += cache[0].T @ dz
            self.dWhh += cache[1].T @ dz
            self.dbh += dz.sum(0)
            return dz @ self.Whh.T

    try:

        class RNN:
            def __init__(self, vocab, hidden):
                self.cell = RNNCell(vocab, hidden)
                self.Why, self.by = xp.random.randn(hidden, vocab), xp.zeros(vocab)
                self.zero_grad()

            def zero_grad(self):
                self.cell.zero_grad()
                self.dWhy, self.dby = xp.zeros_like(self.Why), xp.zeros_like(self.by)

            def unroll(self, X_batch, h0):
                h, caches = h0, []
                for t in range(X_batch.shape[1]):
                    h, cache = self.cell.forward(xp.eye(len(self.by))[X_batch[:, t]], h)
                    caches.append(cache)
                return h, caches

            def forward(self, X_batch, h0):
                h, caches = self.unroll(X_batch, h0)
                return h @ self.Why + self.by, h, caches

            def forward_all(self, X_batch, h0):
                h, caches = self.unroll(X_batch, h0)
                return xp.stack([c[2] @ self.Why + self.by for c in caches], 1), h, caches

            def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
                self.dWhy += h_T.T @ dlogits
                self.dby += dlogits.sum(0)
                dh = dlogits @ self.Why.T
                norms = []
                for cache in caches[::-1]:
                    norms.append((dh**2).sum(1) ** 0.5)
                    dh = self.cell.backward(dh, cache)
                if collect_grad_norms:
                    return dh, xp.array(norms[::-1]).mean(1)
                return dh

            def backward_all(self, dlogits, caches, h_T):
                dh = 0 * h_T
                for cache, d in list(zip(caches, dlogits.transpose(1, 0, 2)))[::-1]:
                    self.dWhy += cache[2].T @ d
                    self.dby += d.sum(0)
                    dh = self.cell.backward(dh + d @ self.Why.T, cache)
                return dh

    except NameError:
        RNN = None
    finally:
        ready = RNN is not None


def softmax_cross_entropy(logits, targets):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    n = np.arange(len(targets))
    loss = -np.log(p[n, targets]).mean()
    p[n, targets] -= 1
    return loss, p / len(targets)


if ready:

    def gradient_check(model, X, y, eps=1e-5):
        h0 = np.zeros((len(X), len(model.cell.bh)))

        def loss():
            return softmax_cross_entropy(model.forward(X, h0)[0], y)[0]

        def numeric(w):
            n = np.zeros_like(w)
            for i in np.ndindex(w.shape):
                old = w[i]
                w[i] = old + eps
                n[i] = loss()
                w[i] = old - eps
                n[i] -= loss()
                w[i] = old
            return n / (2 * eps)

        def error(a, n):
            return float(np.abs(a - n).max() / max(np.abs(a).max(), np.abs(n).max(), 1e-8))

        model.zero_grad()
        logits, h, caches = model.forward(X, h0)
        model.backward(softmax_cross_entropy(logits, y)[1], caches, h)
        c = model.cell
        return {
            "Wxh": error(c.dWxh, numeric(c.Wxh)),
            "Whh": error(c.dWhh, numeric(c.Whh)),
            "bh": error(c.dbh, numeric(c.bh)),
            "Why": error(model.dWhy, numeric(model.Why)),
            "by": error(model.dby, numeric(model.by)),
        }


try:
    from functools import reduce

    def clip_by_norm(grads, max_norm):
        norm = reduce(lambda total, g: total + (g**2).sum(), grads, 0.0) ** 0.5
        if norm > max_norm:
            for g in grads:
                g *= max_norm / norm
        return norm

    def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
        rng = rng or np.random.default_rng()
        h, text, x = np.zeros((1, len(model.cell.bh))), "", seed
        for _ in range(length):
            text += x
            logits, h, _ = model.forward(np.array([[c2i[c] for c in x]]), h)
            p = np.exp(logits[0] / temp)
            x = i2c[np.nonzero(rng.multinomial(1, p / p.sum()))[0][0]]
        return text + x
except ImportError as problem:
    print("no functools", problem)
