"""einsum everywhere, one cache dict of whole arrays, no cell at all; multinomial sampling."""

import numpy as np


class RNN:
    def __init__(self, vocab, hidden):
        self.V, self.H = vocab, hidden
        gen = np.random.default_rng(1)
        self.Wxh = gen.normal(0, 0.1, (vocab, hidden))
        self.Whh = gen.normal(0, 0.1, (hidden, hidden))
        self.Why = gen.normal(0, 0.1, (hidden, vocab))
        self.bh, self.by = np.zeros(hidden), np.zeros(vocab)
        self.zero_grad()

    def zero_grad(self):
        for name in ("Wxh", "Whh", "bh", "Why", "by"):
            setattr(self, "d" + name, np.zeros_like(getattr(self, name)))

    def _run(self, X_batch, h0):
        B, T = X_batch.shape
        onehot = np.eye(self.V)[X_batch]
        hs = np.empty((T + 1, B, self.H))
        hs[0] = h0
        projected = np.einsum("btv,vh->tbh", onehot, self.Wxh) + self.bh
        for t in range(T):
            hs[t + 1] = np.tanh(projected[t] + np.einsum("bh,hk->bk", hs[t], self.Whh))
        return {"x": onehot, "hs": hs}

    def forward(self, X_batch, h0):
        store = self._run(X_batch, h0)
        h_T = store["hs"][-1]
        return np.einsum("bh,hv->bv", h_T, self.Why) + self.by, h_T, store

    def forward_all(self, X_batch, h0):
        store = self._run(X_batch, h0)
        hs = store["hs"][1:]
        return np.einsum("tbh,hv->btv", hs, self.Why) + self.by, hs[-1], store

    def _back(self, dlogits, store):
        """dlogits (B, T, V), zero where there is no loss."""
        x, hs = store["x"], store["hs"]
        T = x.shape[1]
        dhs, dzs = np.zeros_like(hs), np.zeros_like(hs[1:])
        dhs[1:] += np.einsum("btv,hv->tbh", dlogits, self.Why)
        for t in range(T, 0, -1):
            dzs[t - 1] = dhs[t] * (1 - hs[t] ** 2)
            dhs[t - 1] += dzs[t - 1] @ self.Whh.T
        self.dWxh += np.einsum("btv,tbh->vh", x, dzs)
        self.dWhh += np.einsum("tbh,tbk->hk", hs[:-1], dzs)
        self.dbh += dzs.sum((0, 1))
        self.dWhy += np.einsum("tbh,btv->hv", hs[1:], dlogits)
        self.dby += dlogits.sum((0, 1))
        return dhs

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        B, T = caches["x"].shape[:2]
        padded = np.zeros((B, T, self.V))
        padded[:, -1] = dlogits
        dhs = self._back(padded, caches)
        if collect_grad_norms:
            return dhs[0], np.sqrt((dhs[1:] ** 2).sum(-1)).mean(-1)
        return dhs[0]

    def backward_all(self, dlogits, caches, h_T):
        return self._back(dlogits, caches)[0]


def cross_entropy(z, y):
    z = z - z.max(1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    d = p.copy()
    d[np.arange(len(y)), y] -= 1
    return -np.log(p[np.arange(len(y)), y]).mean(), d / len(y)


def gradient_check(model, X, y, eps=1e-5):
    h0 = np.zeros((X.shape[0], model.Whh.shape[0]))
    model.zero_grad()
    z, h, caches = model.forward(X, h0)
    model.backward(cross_entropy(z, y)[1], caches, h)
    errors = {}
    for name in ("Wxh", "Whh", "bh", "Why", "by"):
        W = getattr(model, name)
        analytic = getattr(model, "d" + name).ravel()
        flat = W.reshape(-1)
        worst = 0.0
        for i in range(flat.size):
            keep = flat[i]
            flat[i] = keep + eps
            up = cross_entropy(model.forward(X, h0)[0], y)[0]
            flat[i] = keep - eps
            down = cross_entropy(model.forward(X, h0)[0], y)[0]
            flat[i] = keep
            n = (up - down) / (2 * eps)
            worst = max(worst, abs(analytic[i] - n) / max(1e-8, abs(analytic[i]) + abs(n)))
        errors[name] = worst
    return errors


def clip_by_norm(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
    factor = min(1.0, max_norm / (norm + 1e-6))
    for g in grads:
        np.multiply(g, factor, out=g)
    return norm


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = rng or np.random.default_rng()
    h = np.zeros((1, model.H))
    for c in seed:
        z, h, _ = model.forward(np.array([[c2i[c]]]), h)
    out = list(seed)
    for _ in range(length):
        p = np.exp((z[0] - z[0].max()) / temp)
        i = int(rng.multinomial(1, p / p.sum()).argmax())
        out.append(i2c[i])
        z, h, _ = model.forward(np.array([[i]]), h)
    return "".join(out)
