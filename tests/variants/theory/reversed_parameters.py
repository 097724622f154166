"""The contract's names in another order; generator by keyword; helpers in a class; autodiff by hand."""
import numpy as np


class Net:
    def __init__(self, U, W, b, V):
        self.U, self.W, self.b, self.V = U, W, b, V

    def run(self, x):
        h = np.empty((len(x), len(self.b)))
        last = np.zeros(len(self.b))
        for k, x_k in enumerate(x):
            last = h[k] = np.tanh(self.U.dot(last) + self.W.dot(x_k) + self.b)
        s = h.dot(self.V.T)
        return h, np.exp(s - np.logaddexp.reduce(s, axis=1, keepdims=True))

    def jacobian(self, h_k):
        """dz_{k+1}/dz_k"""
        return self.U * (1 - h_k**2)


def forward(x, V, b, W, U):
    return Net(U, W, b, V).run(x)


def immediate_dz_du(j, i, h_prev):
    return np.outer(np.eye(len(h_prev))[i], h_prev)[:, j]


def delta(targets, x, V, b, W, U):
    net = Net(U, W, b, V)
    h, y = net.run(x)
    d = np.zeros((len(x), len(x), len(b)))
    for t, target in enumerate(targets):
        row = (y[t] @ V - V[target]) * (1 - h[t] ** 2)
        for k in range(t, -1, -1):
            d[t, k] = row
            if k:
                row = row @ net.jacobian(h[k - 1])
    return d


def grads_from_delta(h, x, delta):
    total = delta.sum(0)
    dU = total[1:].T @ h[:-1]
    return dU, total.T @ x, np.einsum("tkh->h", delta)


def _weighted(net, x, targets, weight):
    h, _ = net.run(x)
    d = delta(targets, x, net.V, net.b, net.W, net.U)
    return grads_from_delta(h, x, d * weight[..., None])


def truncated_grads(steps, U, W, b, V, x, targets):
    lag = np.subtract.outer(np.arange(len(x)), np.arange(len(x)))
    return _weighted(Net(U, W, b, V), x, targets, (lag >= 0) * (lag < steps))


def random_truncated_grads(U, W, b, V, x, targets, *, rng, keep_prob):
    T = len(x)
    weight = np.zeros((T, T))
    coins = rng.random((T, T)) < keep_prob
    for t in range(T):
        steps = np.concatenate([[1.0], np.cumprod(coins[t, :t] / keep_prob)])
        weight[t, : t + 1] = steps[::-1]
    return _weighted(Net(U, W, b, V), x, targets, weight)
