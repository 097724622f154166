"""More is returned than is asked for: hs behind the caches, always (dh0, norms), lists."""

import numpy as np


class RNNCell:
    def __init__(self, input_size, hidden_size):
        self.Wxh = np.random.randn(input_size, hidden_size)
        self.Whh = np.random.randn(hidden_size, hidden_size)
        self.bh = np.zeros(hidden_size)
        self.dWxh = np.zeros_like(self.Wxh)
        self.dWhh = np.zeros_like(self.Whh)
        self.dbh = np.zeros_like(self.bh)

    def forward(self, x_t, h_prev):
        h_t = np.tanh(x_t @ self.Wxh + h_prev @ self.Whh + self.bh)
        return h_t, (x_t, h_prev, h_t), "ok"

    def backward(self, dh_t, cache):
        x_t, h_prev, h_t = cache
        dz = dh_t * (1 - h_t**2)
        self.dWxh += x_t.T @ dz
        self.dWhh += h_prev.T @ dz
        self.dbh += dz.sum(axis=0)
        return dz @ self.Whh.T, dz

    def zero_grad(self):
        self.dWxh[...] = self.dWhh[...] = self.dbh[...] = 0


class RNN:
    def __init__(self, vocab, hidden):
        self.cell = RNNCell(vocab, hidden)
        self.Why, self.by = np.random.randn(hidden, vocab), np.zeros(vocab)
        self.dWhy, self.dby = np.zeros_like(self.Why), np.zeros_like(self.by)

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy[...] = self.dby[...] = 0

    def forward(self, X_batch, h0):
        h, caches, hs = h0, [], []
        for t in range(X_batch.shape[1]):
            h, cache, _ = self.cell.forward(np.eye(self.by.size)[X_batch[:, t]], h)
            caches.append(cache)
            hs.append(h)
        return [h @ self.Why + self.by, h, caches, hs]

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        self.dWhy += h_T.T @ dlogits
        self.dby += dlogits.sum(0)
        dh, norms = dlogits @ self.Why.T, []
        for cache in reversed(caches):
            norms = [float(np.linalg.norm(dh, axis=1).mean())] + norms
            dh, _ = self.cell.backward(dh, cache)
        return [dh, norms]

    def forward_all(self, X_batch, h0):
        _, h, caches, hs = self.forward(X_batch, h0)
        return [np.stack(hs, 1) @ self.Why + self.by, h, caches, hs]

    def backward_all(self, dlogits, caches, h_T):
        dh, norms = np.zeros_like(h_T), []
        for t in reversed(range(len(caches))):
            self.dWhy += caches[t][2].T @ dlogits[:, t]
            self.dby += dlogits[:, t].sum(0)
            dh, _ = self.cell.backward(dh + dlogits[:, t] @ self.Why.T, caches[t])
            norms.append(np.linalg.norm(dh))
        return dh, norms


def softmax_cross_entropy(logits, targets):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    n = np.arange(len(targets))
    loss = -np.log(p[n, targets]).mean()
    d = p.copy()
    d[n, targets] -= 1
    return loss, d / len(targets), p


def gradient_check(model, X, y, eps=1e-5):
    h0 = np.zeros((len(X), len(model.cell.bh)))
    model.zero_grad()
    logits, h_T, caches, hs = model.forward(X, h0)
    loss, dlogits, p = softmax_cross_entropy(logits, y)
    dh0, norms = model.backward(dlogits, caches, h_T)
    errors = {"loss": loss}
    for owner, name in [
        (model.cell, "Wxh"),
        (model.cell, "Whh"),
        (model.cell, "bh"),
        (model, "Why"),
        (model, "by"),
    ]:
        W, dW = getattr(owner, name), getattr(owner, "d" + name)
        worst = []
        for i in np.ndindex(W.shape):
            old = W[i]
            W[i] = old + eps
            up, *_ = softmax_cross_entropy(model.forward(X, h0)[0], y)
            W[i] = old - eps
            down, *_ = softmax_cross_entropy(model.forward(X, h0)[0], y)
            W[i] = old
            n = (up - down) / (2 * eps)
            worst.append(abs(n - dW[i]) / max(abs(n) + abs(dW[i]), 1e-8))
        errors[name] = np.array(max(worst))
    return errors


def clip_by_norm(grads, max_norm):
    norm = np.array(np.sqrt(sum((g**2).sum() for g in grads)))
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm
    return norm


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = rng or np.random.default_rng()
    h, text = np.zeros((1, len(model.cell.bh))), list(seed)
    logits, h, *_ = model.forward(np.array([[c2i[c] for c in seed]]), h)
    for _ in range(length):
        p = np.exp(logits[0] / temp)
        i = rng.choice(vocab, p=p / p.sum())
        text += i2c[i]
        logits, h, *_ = model.forward(np.array([[i]]), h)
    return text
