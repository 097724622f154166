"""Older spellings: why, W_hy, dW_hy; X, h, hidden_size as parameters; flat weights beside a cell."""

import numpy as np


def one_hot(indices, depth):
    out = np.zeros(indices.shape + (depth,))
    for idx in np.ndindex(indices.shape):
        out[idx + (indices[idx],)] = 1
    return out


class RNNCell:
    def __init__(self, vocab_size, hidden_size):
        self.W_xh = np.random.randn(vocab_size, hidden_size)
        self.W_hh = np.random.randn(hidden_size, hidden_size)
        self.b_h = np.zeros(hidden_size)
        self.dW_xh = np.zeros_like(self.W_xh)
        self.dW_hh = np.zeros_like(self.W_hh)
        self.db_h = np.zeros_like(self.b_h)

    def forward(self, x, h):
        out = np.tanh(np.dot(x, self.W_xh) + np.dot(h, self.W_hh) + self.b_h)
        return out, (x, h, out)

    def backward(self, dh, cache):
        x, h, out = cache
        da = (1 - out * out) * dh
        self.dW_xh += np.dot(x.T, da)
        self.dW_hh += np.dot(h.T, da)
        self.db_h += np.sum(da, axis=0)
        return np.dot(da, self.W_hh.T)

    def zero_grad(self):
        self.dW_xh[:] = 0
        self.dW_hh[:] = 0
        self.db_h[:] = 0


class RNN:
    def __init__(self, vocab_size, hidden_size):
        self.hidden_size = hidden_size
        self.vocab_size = vocab_size
        self.cell = RNNCell(vocab_size, hidden_size)
        self.why = np.random.randn(hidden_size, vocab_size)
        self.b_y = np.zeros(vocab_size)
        self.dwhy = np.zeros_like(self.why)
        self.db_y = np.zeros_like(self.b_y)

    def zero_grad(self):
        self.cell.zero_grad()
        self.dwhy[:] = 0
        self.db_y[:] = 0

    def forward(self, X, h):
        caches = []
        for t in range(X.shape[1]):
            h, c = self.cell.forward(one_hot(X[:, t], self.vocab_size), h)
            caches.append(c)
        return np.dot(h, self.why) + self.b_y, h, caches

    def backward(self, grad, saved, last, norms=False):
        self.dwhy += np.dot(last.T, grad)
        self.db_y += np.sum(grad, axis=0)
        dh, collected = np.dot(grad, self.why.T), []
        for c in saved[::-1]:
            collected.append(np.mean(np.linalg.norm(dh, axis=1)))
            dh = self.cell.backward(dh, c)
        if norms:
            return dh, collected[::-1]
        return dh

    def forward_all(self, X, h):
        logits, caches = [], []
        for t in range(X.shape[1]):
            h, c = self.cell.forward(one_hot(X[:, t], self.vocab_size), h)
            caches.append(c)
            logits.append(np.dot(h, self.why) + self.b_y)
        return np.stack(logits, axis=1), h, caches

    def backward_all(self, grad, saved, last):
        dh = np.zeros_like(last)
        for t in range(len(saved) - 1, -1, -1):
            self.dwhy += np.dot(saved[t][2].T, grad[:, t])
            self.db_y += np.sum(grad[:, t], axis=0)
            dh = self.cell.backward(np.dot(grad[:, t], self.why.T) + dh, saved[t])
        return dh


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def loss_fn(logits, y):
    p = softmax(logits)
    n = len(y)
    loss = -np.sum(np.log(p[np.arange(n), y])) / n
    d = p
    d[np.arange(n), y] -= 1
    return loss, d / n


def gradient_check(net, inputs, targets, epsilon=1e-5):
    h0 = np.zeros((inputs.shape[0], net.hidden_size))
    net.zero_grad()
    logits, h, caches = net.forward(inputs, h0)
    loss, d = loss_fn(logits, targets)
    net.backward(d, caches, h)
    table = {
        "W_xh": [net.cell.W_xh, net.cell.dW_xh],
        "W_hh": [net.cell.W_hh, net.cell.dW_hh],
        "b_h": [net.cell.b_h, net.cell.db_h],
        "why": [net.why, net.dwhy],
        "b_y": [net.b_y, net.db_y],
    }
    errors = {}
    for name in table:
        p, g = table[name]
        n = np.zeros_like(p)
        it = np.nditer(p, flags=["multi_index"], op_flags=["readwrite"])
        for _ in it:
            i = it.multi_index
            old = float(p[i])
            p[i] = old + epsilon
            up = loss_fn(net.forward(inputs, h0)[0], targets)[0]
            p[i] = old - epsilon
            down = loss_fn(net.forward(inputs, h0)[0], targets)[0]
            p[i] = old
            n[i] = (up - down) / 2 / epsilon
        errors[name] = np.max(np.abs(n - g) / np.maximum(1e-8, np.abs(n) + np.abs(g)))
    return errors


def clip_by_norm(gradients, maximum):
    total_norm = np.sqrt(sum([np.sum(g**2) for g in gradients]))
    clip_coef = maximum / (total_norm + 1e-6)
    if clip_coef < 1:
        for g in gradients:
            g *= clip_coef
    return total_norm


def sample(net, start, char_to_idx, idx_to_char, vocab_size, n=200, temperature=1.0, rng=None):
    rng = rng or np.random.default_rng()
    x = np.array([[char_to_idx[c] for c in start]])
    h = np.zeros((1, net.hidden_size))
    result = start
    for _ in range(n):
        logits, h, _ = net.forward(x, h)
        probs = softmax(logits / temperature).ravel()
        index = rng.choice(range(vocab_size), p=probs)
        result += idx_to_char[index]
        x = np.array([[index]])
    return result
