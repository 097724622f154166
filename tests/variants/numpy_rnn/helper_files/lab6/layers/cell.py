import numpy as np

from ..utils import rng


class RNNCell:
    def __init__(self, input_size, hidden_size):
        self.Wxh = rng.normal(size=(input_size, hidden_size))
        self.Whh = rng.normal(size=(hidden_size, hidden_size))
        self.bh = np.zeros(hidden_size)
        self.zero_grad()

    def zero_grad(self):
        self.dWxh, self.dWhh, self.dbh = (np.zeros_like(w) for w in (self.Wxh, self.Whh, self.bh))

    def forward(self, x_t, h_prev):
        h_t = np.tanh(x_t @ self.Wxh + h_prev @ self.Whh + self.bh)
        return h_t, (x_t, h_prev, h_t)

    def backward(self, dh_t, cache):
        x_t, h_prev, h_t = cache
        dz = dh_t * (1 - h_t**2)
        self.dWxh += x_t.T @ dz
        self.dWhh += h_prev.T @ dz
        self.dbh += dz.sum(0)
        return dz @ self.Whh.T
