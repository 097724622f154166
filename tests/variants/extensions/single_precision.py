"""float32 networks and weights; no biases in the GRU; the other direction first."""
import numpy as np

F = np.float32


class GRU:
    def __init__(self, hidden, vocab):
        self.U = np.random.randn(3, vocab, hidden).astype(F)
        self.R = np.random.randn(3, hidden, hidden).astype(F)
        self.Why = np.random.randn(hidden, vocab).astype(F)
        self.dU, self.dR, self.dWhy = (np.zeros_like(w) for w in (self.U, self.R, self.Why))

    def forward(self, h0, X_batch):
        h, caches = np.asarray(h0, F), []
        for x in X_batch.T:
            a, b = self.U[:, x], np.einsum("bh,ghk->gbk", h, self.R)
            r, z = (1 / (1 + np.exp(-(a[i] + b[i]))) for i in (0, 1))
            n = np.tanh(a[2] + r * b[2])
            caches.append((x, h, r, z, n, b[2]))
            h = n + z * (h - n)
        return h @ self.Why, h, caches

    def backward(self, caches, h_T, dlogits):
        self.dWhy += h_T.T @ dlogits.astype(F)
        dh = dlogits.astype(F) @ self.Why.T
        for x, h, r, z, n, bn in reversed(caches):
            dn = dh * (1 - z) * (1 - n**2)
            gates = np.stack([dn * bn * r * (1 - r), dh * (h - n) * z * (1 - z), dn])
            for g in range(3):
                np.add.at(self.dU[g], x, gates[g])
            gates[2] *= r
            self.dR += np.einsum("bh,gbk->ghk", h, gates)
            dh = dh * z + np.einsum("gbk,ghk->bh", gates, self.R)
        return dh


class Side:
    pass


class BiRNN:
    def __init__(self, vocab, hidden):
        self.back, self.ahead = Side(), Side()
        for side in (self.back, self.ahead):
            side.E = np.random.randn(vocab, hidden).astype(F)
            side.W = np.random.randn(hidden, hidden).astype(F)
            side.b = np.zeros(hidden, F)
            side.O = np.random.randn(hidden, vocab).astype(F)
            side.dE, side.dW, side.db, side.dO = (np.zeros_like(w) for w in (side.E, side.W, side.b, side.O))

    def forward(self, X_batch, h0):
        logits, h_T, caches = 0, [], []
        for side, h, xs in zip((self.back, self.ahead), np.asarray(h0, F), (X_batch.T[::-1], X_batch.T)):
            hs = [h]
            for x in xs:
                hs.append(np.tanh(side.E[x] + hs[-1] @ side.W + side.b))
            logits = logits + hs[-1] @ side.O
            h_T.append(hs[-1])
            caches.append((xs, hs))
        return logits, h_T, caches

    def backward(self, dlogits, caches, h_T):
        dlogits, out = dlogits.astype(F), []
        for side, (xs, hs) in zip((self.back, self.ahead), caches):
            side.dO += hs[-1].T @ dlogits
            dh = dlogits @ side.O.T
            for x, before, after in zip(xs[::-1], hs[-2::-1], hs[:0:-1]):
                dz = dh * (1 - after**2)
                np.add.at(side.dE, x, dz)
                side.dW += before.T @ dz
                side.db += dz.sum(0)
                dh = dz @ side.W.T
            out.append(dh)
        return out


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.state = [(p, np.zeros_like(p), np.zeros_like(p)) for p in params]
        self.hyper, self.n = (lr, *betas, eps), 0

    def step(self, grads):
        lr, b1, b2, eps = self.hyper
        self.n += 1
        for (p, m, v), g in zip(self.state, grads):
            np.multiply(m, b1, out=m)
            m += (1 - b1) * g
            v *= b2
            v += (1 - b2) * np.square(g)
            np.subtract(p, lr * (m / (1 - b1**self.n)) / (np.sqrt(v / (1 - b2**self.n)) + eps), out=p)
