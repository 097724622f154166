"""float32 weights, states, gradients and outputs."""

import numpy as np

F = np.float32


class RNNCell:
    def __init__(self, input_size, hidden_size):
        self.Wxh = np.random.uniform(-0.1, 0.1, (input_size, hidden_size)).astype(F)
        self.Whh = np.random.uniform(-0.1, 0.1, (hidden_size, hidden_size)).astype(F)
        self.bh = np.zeros(hidden_size, dtype=F)
        self.dWxh, self.dWhh, self.dbh = map(np.zeros_like, (self.Wxh, self.Whh, self.bh))

    def forward(self, x_t, h_prev):
        h_t = np.tanh(x_t.astype(F) @ self.Wxh + h_prev.astype(F) @ self.Whh + self.bh)
        return h_t, (x_t.astype(F), h_prev.astype(F), h_t)

    def backward(self, dh_t, cache):
        x_t, h_prev, h_t = cache
        dz = (dh_t * (1 - h_t**2)).astype(F)
        self.dWxh += x_t.T @ dz
        self.dWhh += h_prev.T @ dz
        self.dbh += dz.sum(axis=0)
        return dz @ self.Whh.T

    def zero_grad(self):
        for g in (self.dWxh, self.dWhh, self.dbh):
            g.fill(0)


class RNN:
    def __init__(self, vocab, hidden):
        self.vocab = vocab
        self.cell = RNNCell(vocab, hidden)
        self.Why = np.random.uniform(-0.1, 0.1, (hidden, vocab)).astype(F)
        self.by = np.zeros(vocab, dtype=F)
        self.dWhy, self.dby = np.zeros_like(self.Why), np.zeros_like(self.by)

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy.fill(0)
        self.dby.fill(0)

    def forward(self, X_batch, h0):
        h, caches = h0.astype(F), []
        for t in range(X_batch.shape[1]):
            x_t = np.zeros((X_batch.shape[0], self.vocab), dtype=F)
            x_t[np.arange(len(x_t)), X_batch[:, t]] = 1
            h, cache = self.cell.forward(x_t, h)
            caches.append(cache)
        return h @ self.Why + self.by, h, caches

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        dlogits = dlogits.astype(F)
        self.dWhy += h_T.T.astype(F) @ dlogits
        self.dby += dlogits.sum(0)
        dh, norms = dlogits @ self.Why.T, []
        for cache in caches[::-1]:
            norms.insert(0, np.linalg.norm(dh, axis=1).mean())
            dh = self.cell.backward(dh, cache)
        if collect_grad_norms:
            return dh, np.array(norms)
        return dh

    def forward_all(self, X_batch, h0):
        _, h, caches = self.forward(X_batch, h0)
        return np.stack([c[2] @ self.Why + self.by for c in caches], 1), h, caches

    def backward_all(self, dlogits, caches, h_T):
        dlogits = dlogits.astype(F)
        dh = np.zeros_like(h_T, dtype=F)
        for t in reversed(range(len(caches))):
            self.dWhy += caches[t][2].T.astype(F) @ dlogits[:, t]
            self.dby += dlogits[:, t].sum(0)
            dh = self.cell.backward(dh + dlogits[:, t] @ self.Why.T, caches[t])
        return dh


def softmax_cross_entropy(logits, targets):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    n = np.arange(len(targets))
    loss = -np.log(p[n, targets]).mean()
    p[n, targets] -= 1
    return loss, p / len(targets)


def gradient_check(model, X, y, eps=1e-5):
    h0 = np.zeros((X.shape[0], model.cell.Whh.shape[0]))
    model.zero_grad()
    logits, h_T, caches = model.forward(X, h0)
    model.backward(softmax_cross_entropy(logits, y)[1], caches, h_T)
    errors = {}
    for name in ["Wxh", "Whh", "bh", "Why", "by"]:
        owner = model.cell if hasattr(model.cell, name) else model
        W, dW = getattr(owner, name), getattr(owner, "d" + name)
        num = np.zeros_like(W)
        for i in np.ndindex(*W.shape):
            v = W[i]
            W[i] = v + eps
            a, _ = softmax_cross_entropy(model.forward(X, h0)[0], y)
            W[i] = v - eps
            b, _ = softmax_cross_entropy(model.forward(X, h0)[0], y)
            W[i] = v
            num[i] = (a - b) / (2 * eps)
        errors[name] = np.abs(dW - num).max() / max(np.abs(dW).max(), np.abs(num).max(), 1e-8)
    return errors


def clip_by_norm(grads, max_norm):
    norm = F(np.sqrt(sum(np.sum(g * g) for g in grads)))
    if norm > max_norm:
        for g in grads:
            g *= F(max_norm / norm)
    return norm


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    h = np.zeros((1, model.cell.Whh.shape[0]), dtype=F)
    logits, h, _ = model.forward(np.array([[c2i[c] for c in seed]]), h)
    text = seed
    for _ in range(length):
        p = np.exp(logits[0] / temp - np.max(logits[0] / temp)).astype(np.float64)
        i = rng.choice(vocab, p=p / p.sum())
        text += i2c[i]
        logits, h, _ = model.forward(np.array([[i]]), h)
    return text
