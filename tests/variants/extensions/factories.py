"""Functions that return the objects; methods bound in a constructor."""

from __future__ import annotations
import types
import numpy as np


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def one_hot(indices, depth):
    return np.eye(depth)[np.asarray(indices)]


def exponential_decay(lr0, gamma, step):
    return lr0 * gamma**step


def cosine_decay(lr0, step, total, warmup=0):
    if step < warmup:
        return lr0 * (step + 1) / warmup
    return lr0 * (1 + np.cos(np.pi * (step - warmup) / (total - warmup))) / 2


class Network:
    def make(self, **shapes):
        self.names = list(shapes)
        for name, shape in shapes.items():
            setattr(self, name, np.random.default_rng().normal(size=shape) / np.sqrt(shape[-1]))
            setattr(self, "d" + name, np.zeros(shape))

    def zero_grad(self):
        for name in self.names:
            getattr(self, "d" + name)[...] = 0

    def step_grad(self, lr):
        for name in self.names:
            getattr(self, name)[...] -= lr * getattr(self, "d" + name)


class GRU(Network):
    def __init__(self, vocab, hidden):
        V, H = (vocab, hidden)
        self.make(Wx=(V, 3 * H), Wh=(H, 3 * H), bx=(3 * H,), bh=(3 * H,), Why=(H, V), by=(V,))

    def forward(self, X_batch, h0):
        h, caches = (h0, [])
        for x_t in one_hot(X_batch, len(self.by)).swapaxes(0, 1):
            xr, xz, xn = np.split(x_t @ self.Wx + self.bx, 3, axis=1)
            hr, hz, hn = np.split(h @ self.Wh + self.bh, 3, axis=1)
            r, z = (sigmoid(xr + hr), sigmoid(xz + hz))
            n = np.tanh(xn + r * hn)
            caches += [(x_t, h, r, z, n, hn)]
            h = (1 - z) * n + z * h
        return (h @ self.Why + self.by, h, caches)

    def backward(self, dlogits, caches, h_T):
        self.dWhy += h_T.T @ dlogits
        self.dby += dlogits.sum(axis=0)
        dh = dlogits @ self.Why.T
        for x_t, h, r, z, n, hn in reversed(caches):
            dn = dh * (1 - z) * (1 - n**2)
            dz = dh * (h - n) * z * (1 - z)
            dr = dn * hn * r * (1 - r)
            dx_side = np.hstack([dr, dz, dn])
            dh_side = np.hstack([dr, dz, dn * r])
            self.dWx += x_t.T @ dx_side
            self.dbx += dx_side.sum(axis=0)
            self.dWh += h.T @ dh_side
            self.dbh += dh_side.sum(axis=0)
            dh = dh * z + dh_side @ self.Wh.T
        return dh


class BiRNN(Network):
    def __init__(self, vocab, hidden):
        V, H = (vocab, hidden)
        self.make(
            Wxf=(V, H),
            Whf=(H, H),
            bhf=(H,),
            Wxb=(V, H),
            Whb=(H, H),
            bhb=(H,),
            Why=(2 * H, V),
            by=(V,),
        )

    def forward(self, X_batch, h0):
        X = one_hot(X_batch, len(self.by)).swapaxes(0, 1)
        caches = {"f": [], "b": []}
        states = []
        for side, h, steps in (("f", h0[0], X), ("b", h0[1], X[::-1])):
            Wx, Wh, bh = (getattr(self, name + side) for name in ("Wx", "Wh", "bh"))
            for x_t in steps:
                h_before, h = (h, np.tanh(x_t @ Wx + h @ Wh + bh))
                caches[side].append((x_t, h_before, h))
            states.append(h)
        return (np.hstack(states) @ self.Why + self.by, np.stack(states), caches)

    def backward(self, dlogits, caches, h_T):
        self.dWhy += np.hstack(list(h_T)).T @ dlogits
        self.dby += dlogits.sum(axis=0)
        dh0 = []
        for side, dh in zip("fb", np.split(dlogits @ self.Why.T, 2, axis=1)):
            for x_t, h_before, h in reversed(caches[side]):
                dz = dh * (1 - h**2)
                getattr(self, "dWx" + side)[...] += x_t.T @ dz
                getattr(self, "dWh" + side)[...] += h_before.T @ dz
                getattr(self, "dbh" + side)[...] += dz.sum(axis=0)
                dh = dz @ getattr(self, "Wh" + side).T
            dh0.append(dh)
        return np.stack(dh0)


def acrostic(first_characters, next_word):
    lines = []
    for line in first_characters:
        while len(line) < 24 and (not line.endswith("。")):
            line += next_word(line)
        lines.append(line)
    return lines


def Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08):
    ms = [np.zeros_like(p) for p in params]
    vs = [np.zeros_like(p) for p in params]
    t = 0

    def step(grads):
        nonlocal t
        t += 1
        for p, g, m, v in zip(params, grads, ms, vs):
            m[...] = betas[0] * m + (1 - betas[0]) * g
            v[...] = betas[1] * v + (1 - betas[1]) * g * g
            p -= lr * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)

    return types.SimpleNamespace(step=step)


class _S:
    pass


def EarlyStopping(patience, min_delta=0.0):
    best, bad = ([float("inf")], [0])

    def update(loss):
        if loss < best[0] - min_delta:
            best[0], bad[0] = (loss, 0)
        else:
            bad[0] += 1
        return bad[0] >= patience

    s = _S()
    s.update = update
    return s


_G, _B = (GRU, BiRNN)


def GRU(hidden_size, vocab_size, seed=None):
    return _G(vocab_size, hidden_size)


def BiRNN(input_size, hidden_size, output_size, batch_size=1):
    return _B(input_size, hidden_size)
