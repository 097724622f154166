"""Lists of parameters and gradients beside the attributes; gradients preallocated, always +=.

gradient_check takes hold of the gradients before it calls backward.
"""

import numpy as np


class RNNCell:
    def __init__(self, input_size, hidden_size):
        self.Wxh = np.random.randn(input_size, hidden_size)
        self.Whh = np.random.randn(hidden_size, hidden_size)
        self.bh = np.zeros(hidden_size)
        self.params = [self.Wxh, self.Whh, self.bh]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.dWxh, self.dWhh, self.dbh = self.grads

    def forward(self, x_t, h_prev):
        Wxh, Whh, bh = self.params
        h_t = np.tanh(x_t @ Wxh + h_prev @ Whh + bh)
        return h_t, (x_t, h_prev, h_t)

    def backward(self, dh_t, cache):
        x_t, h_prev, h_t = cache
        dz = dh_t * (1 - h_t**2)
        self.grads[0] += x_t.T @ dz
        self.grads[1] += h_prev.T @ dz
        self.grads[2] += dz.sum(axis=0)
        return dz @ self.params[1].T


class RNN:
    def __init__(self, vocab, hidden):
        self.cell = RNNCell(vocab, hidden)
        self.Why, self.by = np.random.randn(hidden, vocab), np.zeros(vocab)
        self.dWhy, self.dby = np.zeros_like(self.Why), np.zeros_like(self.by)
        self.params = self.cell.params + [self.Why, self.by]
        self.grads = self.cell.grads + [self.dWhy, self.dby]
        self.hs = np.zeros((1, 1, 1))

    def zero_grad(self):
        for g in self.grads:
            g *= 0

    def step_grad(self, lr):
        for p, g in zip(self.params, self.grads):
            p -= lr * g

    def forward(self, X_batch, h0):
        B, T = X_batch.shape
        h, caches = h0, [None] * T
        x = np.zeros((B, T, len(self.params[4])))
        np.put_along_axis(x, X_batch[:, :, None], 1, 2)
        for t in range(T):
            h, caches[t] = self.cell.forward(x[:, t], h)
        return h @ self.params[3] + self.params[4], h, caches

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        self.grads[3] += h_T.T @ dlogits
        self.grads[4] += dlogits.sum(axis=0)
        dh = dlogits @ self.params[3].T
        norms = np.zeros(len(caches))
        for t in reversed(range(len(caches))):
            norms[t] = np.sqrt((dh**2).sum(axis=1)).mean()
            dh = self.cell.backward(dh, caches[t])
        return (dh, norms.tolist()) if collect_grad_norms else dh

    def forward_all(self, X_batch, h0):
        _, h, caches = self.forward(X_batch, h0)
        hs = np.zeros((len(h), len(caches), h.shape[1]))
        for t, cache in enumerate(caches):
            hs[:, t] = cache[2]
        return hs @ self.params[3] + self.params[4], h, caches

    def backward_all(self, dlogits, caches, h_T):
        hs = np.stack([c[2] for c in caches])
        flat = dlogits.transpose(1, 0, 2)
        self.grads[3] += np.tensordot(hs, flat, axes=([0, 1], [0, 1]))
        self.grads[4] += dlogits.sum(axis=(0, 1))
        dh = np.zeros(h_T.shape)
        for t in reversed(range(len(caches))):
            dh = self.cell.backward(dh + flat[t] @ self.params[3].T, caches[t])
        return dh


def softmax_cross_entropy(logits, targets):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    n = np.arange(len(targets))
    loss = -np.log(p[n, targets]).mean()
    p[n, targets] -= 1
    return loss, p / len(targets)


NAMES = ["Wxh", "Whh", "bh", "Why", "by"]


def gradient_check(model, X, y, eps=1e-5):
    h0 = np.zeros((X.shape[0], model.cell.Whh.shape[0]))
    params, grads = model.params, model.grads
    model.zero_grad()
    logits, h_T, caches = model.forward(X, h0)
    model.backward(softmax_cross_entropy(logits, y)[1], caches, h_T)
    grads = [g.copy() for g in grads]
    errors = {}
    for name, p, g in zip(NAMES, params, grads):
        n = np.zeros_like(p)
        for i in range(p.size):
            old = p.flat[i]
            p.flat[i] = old + eps
            a = softmax_cross_entropy(model.forward(X, h0)[0], y)[0]
            p.flat[i] = old - eps
            b = softmax_cross_entropy(model.forward(X, h0)[0], y)[0]
            p.flat[i] = old
            n.flat[i] = (a - b) / (2 * eps)
        errors[name] = abs(n - g).max() / max(abs(n).max(), abs(g).max(), 1e-8)
    return errors


def clip_by_norm(grads, max_norm):
    norm = np.hypot.reduce([np.linalg.norm(g) for g in grads])
    if norm > max_norm:
        for g in grads:
            g /= norm / max_norm
    return norm


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = rng or np.random.default_rng()
    h, x, text = np.zeros((1, model.cell.Whh.shape[0])), [c2i[c] for c in seed], seed
    for _ in range(length):
        logits, h, _ = model.forward(np.array([x]), h)
        p = np.exp(logits[0] / temp)
        x = [rng.choice(vocab, p=p / p.sum())]
        text += i2c[x[0]]
    return text
