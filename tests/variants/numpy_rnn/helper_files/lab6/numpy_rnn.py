"""The network; its cell, losses and sampling stand in other files, imported in four ways."""

import numpy as np

import checks as grad
from layers.cell import RNNCell
from .sampling import sample
from utils import *
from . import losses

softmax_cross_entropy = losses.softmax_cross_entropy


class RNN:
    def __init__(self, vocab, hidden):
        self.cell = RNNCell(vocab, hidden)
        self.Why = np.random.randn(hidden, vocab)
        self.by = np.zeros(vocab)
        self.zero_grad()

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy, self.dby = np.zeros_like(self.Why), np.zeros_like(self.by)

    def forward(self, X_batch, h0):
        h, caches = h0, []
        for t in range(X_batch.shape[1]):
            h, cache = self.cell.forward(one_hot(X_batch[:, t], self.by.size), h)
            caches.append(cache)
        return h @ self.Why + self.by, h, caches

    def forward_all(self, X_batch, h0):
        _, h, caches = self.forward(X_batch, h0)
        return np.stack([c[2] for c in caches], 1) @ self.Why + self.by, h, caches

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        dh = self.output_backward(dlogits, h_T)
        norms = []
        for cache in reversed(caches):
            norms.append(mean_norm(dh))
            dh = self.cell.backward(dh, cache)
        return (dh, norms[::-1]) if collect_grad_norms else dh

    def backward_all(self, dlogits, caches, h_T):
        dh = np.zeros_like(h_T)
        for t in reversed(range(len(caches))):
            dh = self.cell.backward(dh + self.output_backward(dlogits[:, t], caches[t][2]), caches[t])
        return dh

    def output_backward(self, dlogits, h):
        self.dWhy += h.T @ dlogits
        self.dby += dlogits.sum(0)
        return dlogits @ self.Why.T


def gradient_check(model, X, y, eps=1e-5):
    from losses import softmax_cross_entropy as loss_function

    return grad.compare(model, X, y, eps, loss_function)


clip_by_norm = clip
