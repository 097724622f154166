# BPTT 理论作业
import numpy as np
import torch  # 用不到

lr = 0.1
print("BPTT")


class Cache(dict):
    pass


def forward(u, w, bias, v, inputs, verbose=False):
    T, H = inputs.shape[0], bias.shape[0]
    h = np.zeros((T + 1, H))
    for t in range(1, T + 1):
        h[t] = np.tanh(u @ h[t - 1] + w @ inputs[t - 1] + bias)
    o = h[1:] @ v.T
    y = np.exp(o) / np.exp(o).sum(axis=1)[:, None]
    if verbose:
        print(h)
    return h[1:], y, Cache(h=h)


def immediate_dz_du(state, row, col):
    H = state.shape[0]
    m = np.zeros((H, H))
    m[row, col] = 1
    return m @ state


def delta(u, w, bias, v, inputs, labels):
    h, y, _ = forward(u, w, bias, v, inputs)
    T = len(inputs)
    d = np.zeros((T, T, len(bias)))
    for k in range(T - 1, -1, -1):
        for t in range(k, T):
            if t == k:
                onehot = np.zeros(v.shape[0])
                onehot[labels[t]] = 1
                d[t, k] = (1 - h[k] ** 2) * v.T.dot(y[t] - onehot)
            else:
                d[t, k] = (1 - h[k] ** 2) * u.T.dot(d[t, k + 1])
    return d


def grads_from_delta(d, h, inputs):
    h0 = np.zeros(h.shape[1])
    hs = [h0] + [row for row in h]
    T = len(inputs)
    gu = sum(np.outer(d[t, k], hs[k]) for t in range(T) for k in range(t + 1))
    gw = sum(np.outer(d[t, k], inputs[k]) for t in range(T) for k in range(t + 1))
    gb = sum(d[t, k] for t in range(T) for k in range(t + 1))
    return gu, gw, gb


def truncated_grads(u, w, bias, v, inputs, labels, window):
    d = delta(u, w, bias, v, inputs, labels)
    for t in range(len(d)):
        d[t, : max(0, t - window + 1)] = 0
    return grads_from_delta(d, forward(u, w, bias, v, inputs)[0], inputs)


def random_truncated_grads(u, w, bias, v, inputs, labels, p, generator):
    d = delta(u, w, bias, v, inputs, labels)
    for t in range(len(d)):
        back = min(int(generator.geometric(1 - p)) - 1 if p < 1 else t, t)  # steps that go on
        for n in range(t + 1):
            d[t, t - n] = d[t, t - n] / p**n if n <= back else 0
    return grads_from_delta(d, forward(u, w, bias, v, inputs)[0], inputs)


grads = truncated_grads(np.eye(2), np.eye(2), np.zeros(2), np.eye(2), np.ones((3, 2)), [0, 1, 0], 2)
print(grads)
