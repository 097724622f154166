"""float32 throughout, arrays at once, extra returns and extra arguments."""
import numpy as np

F = np.float32


def forward(U, W, b, V, x, h0=None):
    U, W, b, V, x = (np.asarray(a, F) for a in (U, W, b, V, x))
    states = [np.zeros(b.shape, F) if h0 is None else h0]
    for x_k in x:
        states.append(np.tanh(np.dot(U, states[-1]) + np.dot(W, x_k) + b))
    h = np.stack(states[1:])
    s = np.einsum("kh,th->tk", V, h)
    e = np.exp(s - s.max(1, keepdims=True))
    return h, e / e.sum(1, keepdims=True), s


def immediate_dz_du(h_prev, i, j):
    return (np.arange(len(h_prev)) == i) * h_prev[j]


def delta(U, W, b, V, x, targets):
    h, y, _ = forward(U, W, b, V, x)
    T, H = h.shape
    slope = 1 - h * h
    g = (y - np.eye(y.shape[1], dtype=F)[targets]) @ V.astype(F) * slope
    d = np.zeros((T, T, H), F)
    d[np.arange(T), np.arange(T)] = g
    for lag in range(1, T):
        t = np.arange(lag, T)
        d[t, t - lag] = (d[t, t - lag + 1] @ U.astype(F)) * slope[t - lag]
    return d


def grads_from_delta(delta, h, x):
    before = np.concatenate([np.zeros((1, h.shape[1])), h[:-1]])
    return np.einsum("tki,kj->ij", delta, before), np.einsum("tki,ke->ie", delta, x), delta.sum((0, 1))


def truncated_grads(U, W, b, V, x, targets, steps):
    h = forward(U, W, b, V, x)[0]
    T = len(x)
    keep = np.tril(np.ones((T, T), F)) - np.tril(np.ones((T, T), F), -steps)
    return grads_from_delta(keep[..., None] * delta(U, W, b, V, x, targets), h, x)


def random_truncated_grads(U, W, b, V, x, targets, keep_prob, rng):
    # one length for all losses
    T = len(x)
    L = 1
    while L < T and rng.uniform() < keep_prob:
        L += 1
    t, k = np.indices((T, T))
    c = np.where((t - k >= 0) & (t - k < L), F(keep_prob) ** -(t - k).astype(F), 0).astype(F)
    return grads_from_delta(c[..., None] * delta(U, W, b, V, x, targets), forward(U, W, b, V, x)[0], x)
