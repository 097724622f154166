"""Weights by gate on a cell, z for the new state's share, a reset before the product; two cells."""
import numpy as np


def sig(a):
    return 1 / (1 + np.exp(-a))


class GRUCell:
    def __init__(self, vocab_size, hidden_size):
        for g in "rzn":
            setattr(self, f"W_x{g}", np.random.randn(vocab_size, hidden_size) * 0.1)
            setattr(self, f"W_h{g}", np.random.randn(hidden_size, hidden_size) * 0.1)
            setattr(self, f"b_{g}", np.zeros(hidden_size))
        self.zero_grad()

    def zero_grad(self):
        for name in [n for n in vars(self) if n[0] in "Wb"]:
            setattr(self, "d" + name, np.zeros_like(getattr(self, name)))

    def forward(self, x, h):
        r = sig(x @ self.W_xr + h @ self.W_hr + self.b_r)
        z = sig(x @ self.W_xz + h @ self.W_hz + self.b_z)
        n = np.tanh(x @ self.W_xn + (r * h) @ self.W_hn + self.b_n)
        return (1 - z) * h + z * n, (x, h, r, z, n)

    def backward(self, dh, cache):
        x, h, r, z, n = cache
        da_n = dh * z * (1 - n * n)
        da_z = dh * (n - h) * z * (1 - z)
        d_rh = da_n @ self.W_hn.T
        da_r = d_rh * h * r * (1 - r)
        for g, da, side in (("r", da_r, h), ("z", da_z, h), ("n", da_n, r * h)):
            setattr(self, f"dW_x{g}", getattr(self, f"dW_x{g}") + x.T @ da)
            setattr(self, f"dW_h{g}", getattr(self, f"dW_h{g}") + side.T @ da)
            setattr(self, f"db_{g}", getattr(self, f"db_{g}") + da.sum(0))
        return dh * (1 - z) + d_rh * r + da_r @ self.W_hr.T + da_z @ self.W_hz.T


class GRU:
    def __init__(self, vocab_size, hidden_size):
        self.V = vocab_size
        self.cell = GRUCell(vocab_size, hidden_size)
        self.W_hy, self.b_y = np.random.randn(hidden_size, vocab_size), np.zeros(vocab_size)
        self.dW_hy, self.db_y = np.zeros_like(self.W_hy), np.zeros_like(self.b_y)

    def zero_grad(self):
        self.cell.zero_grad()

    def forward(self, X, h, training=True):
        caches = []
        for t in range(X.shape[1]):
            h, c = self.cell.forward(np.eye(self.V)[X[:, t]], h)
            caches.append(c)
        return h @ self.W_hy + self.b_y, h, caches

    def backward(self, dlogits, caches, h_last, collect_grad_norms=False):
        self.dW_hy += h_last.T @ dlogits
        self.db_y += dlogits.sum(0)
        dh = dlogits @ self.W_hy.T
        norms = []
        for c in caches[::-1]:
            norms.insert(0, np.linalg.norm(dh, axis=1).mean())
            dh = self.cell.backward(dh, c)
        return dh, norms


class Cell:
    def __init__(self, V, H):
        self.Wxh, self.Whh, self.bh = np.random.randn(V, H), np.random.randn(H, H), np.zeros(H)
        self.dWxh, self.dWhh, self.dbh = 0 * self.Wxh, 0 * self.Whh, 0 * self.bh

    def forward(self, x, h0):
        hs = [h0]
        for t in range(x.shape[1]):
            hs.append(np.tanh(x[:, t] @ self.Wxh + hs[-1] @ self.Whh + self.bh))
        return hs[-1], (x, hs)

    def backward(self, dh, cache):
        x, hs = cache
        for t in range(x.shape[1] - 1, -1, -1):
            dz = dh * (1 - hs[t + 1] ** 2)
            self.dWxh += x[:, t].T @ dz
            self.dWhh += hs[t].T @ dz
            self.dbh += dz.sum(0)
            dh = dz @ self.Whh.T
        return dh


class BiRNN:
    def __init__(self, vocab, hidden):
        self.cells = [Cell(vocab, hidden), Cell(vocab, hidden)]
        self.Wo = np.random.randn(2, hidden, vocab)
        self.dWo = np.zeros_like(self.Wo)

    def forward(self, X_batch, h0):
        x = np.eye(self.Wo.shape[2])[X_batch]
        ends = [cell.forward(seq, h) for cell, seq, h in zip(self.cells, (x, x[:, ::-1]), h0)]
        h_T = np.array([h for h, _ in ends])
        return np.einsum("dbh,dhv->bv", h_T, self.Wo), h_T, [c for _, c in ends]

    def backward(self, dlogits, caches, h_T):
        self.dWo += np.einsum("dbh,bv->dhv", h_T, dlogits)
        back = np.einsum("bv,dhv->dbh", dlogits, self.Wo)
        return np.array([cell.backward(d, c) for cell, d, c in zip(self.cells, back, caches)])
