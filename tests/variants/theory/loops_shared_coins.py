"""Plain loops; gradients in one pass without the other blanks; coins shared over t."""
import numpy as np


def soft(z):
    z = [np.exp(v - max(z)) for v in z]
    return np.array(z) / sum(z)


def forward(U, W, b, V, x):
    h, y, hs = np.zeros(len(b)), [], []
    for k in range(len(x)):
        z = [sum(U[i][j] * h[j] for j in range(len(h))) + W[i].dot(x[k]) + b[i] for i in range(len(h))]
        h = np.tanh(z)
        hs.append(h)
        y.append(soft(V.dot(h)))
    return hs, y


def immediate_dz_du(h_prev, i, j):
    out = [0.0] * len(h_prev)
    out[i] = h_prev[j]
    return out


def delta(U, W, b, V, x, targets):
    hs, y = forward(U, W, b, V, x)
    T = len(x)
    rows = []
    for t in range(T):
        row = [np.zeros(len(b)) for _ in range(T)]
        e = np.array(y[t])
        e[targets[t]] = e[targets[t]] - 1
        row[t] = np.diag(1 - hs[t] ** 2) @ V.T @ e
        for k in reversed(range(t)):
            row[k] = np.diag(1 - hs[k] ** 2) @ U.T @ row[k + 1]
        rows.append(row)
    return rows


def grads_from_delta(delta, h, x):
    dU, dW, db = 0, 0, 0
    for t in range(len(x)):
        for k in range(t + 1):
            h_prev = h[k - 1] if k > 0 else np.zeros_like(h[0])
            dU = dU + np.outer(delta[t][k], h_prev)
            dW = dW + np.outer(delta[t][k], x[k])
            db = db + delta[t][k]
    return dU, dW, db


def truncated_grads(U, W, b, V, x, targets, steps):
    hs, y = forward(U, W, b, V, x)
    dU, dW, db = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b)
    for t in range(len(x)):
        e = np.array(y[t])
        e[targets[t]] -= 1
        d = (1 - hs[t] ** 2) * (V.T @ e)
        for k in range(t, max(-1, t - steps), -1):
            dW += np.outer(d, x[k])
            db += d
            if k > 0:
                dU += np.outer(d, hs[k - 1])
                d = (1 - hs[k - 1] ** 2) * (U.T @ d)
    return dU, dW, db


def random_truncated_grads(U, W, b, V, x, targets, keep_prob, rng):
    hs, y = forward(U, W, b, V, x)
    T = len(x)
    go = rng.binomial(1, keep_prob, size=T)  # from k+1 back to k, for every t
    dU, dW, db = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b)
    d = np.zeros_like(b)
    for k in range(T - 1, -1, -1):
        e = np.array(y[k])
        e[targets[k]] -= 1
        back = U.T @ d * go[k] / keep_prob if k < T - 1 else 0
        d = (1 - hs[k] ** 2) * (V.T @ e + back)
        dW += np.outer(d, x[k])
        db += d
        if k > 0:
            dU += np.outer(d, hs[k - 1])
    return dU, dW, db
