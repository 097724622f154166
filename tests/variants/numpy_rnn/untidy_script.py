"""As many are handed in: everything runs at import, files are missing, a constructor prints."""

import os, sys, json
import numpy as np
import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
import pandas as pd
from d2l import torch as d2l
from tqdm.auto import tqdm
from sklearn.model_selection import train_test_split
import my_own_plotting_helpers as helpers
import argparse

plt.rcParams["font.sans-serif"] = ["SimHei"]
sns.set_theme()
matplotlib.use("TkAgg")
print("hello from", __name__)
sys.setrecursionlimit(5000)
os.makedirs("figures", exist_ok=True)
np.random.seed(0)

parser = argparse.ArgumentParser()
parser.add_argument("--seq_len", type=int, default=40)
parser.add_argument("--hidden", type=int, required=True)
args = parser.parse_args()

text = open("shakespeare.txt", encoding="utf-8").read()
with open("vocab.json") as f:
    vocab_map = json.load(f)
chars = sorted(set(text))
weights = np.load("checkpoint.npz")


def one_hot(indices, depth):
    return np.eye(depth)[indices]


class RNNCell:
    def __init__(self, input_size, hidden_size):
        print("RNNCell", input_size, hidden_size)
        self.Wxh = np.random.randn(input_size, hidden_size) * 0.01
        self.Whh = np.random.randn(hidden_size, hidden_size) * 0.01
        self.bh = np.zeros(hidden_size)
        self.zero_grad()

    def zero_grad(self):
        self.dWxh = np.zeros_like(self.Wxh)
        self.dWhh = np.zeros_like(self.Whh)
        self.dbh = np.zeros_like(self.bh)

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


class RNN:
    def __init__(self, vocab, hidden):
        self.cell = RNNCell(vocab, hidden)
        self.Why = np.random.randn(hidden, vocab) * 0.01
        self.by = np.zeros(vocab)
        self.dWhy = np.zeros_like(self.Why)
        self.dby = np.zeros_like(self.by)
        print("模型参数量", sum(p.size for p in (self.Why, self.by)), "😀")
        self.history = []
        self.timer = d2l.Timer()
        self.figure, self.axis = plt.subplots()

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy[:] = 0
        self.dby[:] = 0

    def step_grad(self, lr):
        for w, g in [(self.cell.Wxh, self.cell.dWxh), (self.Why, self.dWhy)]:
            w -= lr * g

    def forward(self, X_batch, h0):
        h, caches = h0, []
        for t in range(X_batch.shape[1]):
            h, cache = self.cell.forward(one_hot(X_batch[:, t], len(self.by)), h)
            caches.append(cache)
        return h @ self.Why + self.by, h, caches

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        self.dWhy += h_T.T @ dlogits
        self.dby += dlogits.sum(0)
        dh, norms = dlogits @ self.Why.T, []
        for cache in tqdm(reversed(caches), desc="bptt", disable=True):
            norms.append(np.linalg.norm(dh, axis=1).mean())
            dh = self.cell.backward(dh, cache)
        if collect_grad_norms:
            plt.plot(norms[::-1])
            plt.savefig("figures/norms.png")
            return dh, norms[::-1]
        return dh

    def forward_all(self, X_batch, h0):
        _, h, caches = self.forward(X_batch, h0)
        return np.stack([c[2] for c in caches], 1) @ self.Why + self.by, h, caches

    def backward_all(self, dlogits, caches, h_T):
        dh = np.zeros_like(h_T)
        for t in reversed(range(len(caches))):
            self.dWhy += caches[t][2].T @ dlogits[:, t]
            self.dby += dlogits[:, t].sum(0)
            dh = self.cell.backward(dh + dlogits[:, t] @ self.Why.T, caches[t])
        return dh


def softmax_cross_entropy(logits, targets):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    n = np.arange(len(targets))
    loss = -np.log(p[n, targets]).mean()
    p[n, targets] -= 1
    return loss, p / len(targets)


def train(model, X, y, epochs=100):
    losses = []
    for epoch in range(epochs):
        logits, h, caches = model.forward(X, np.zeros((len(X), 64)))
        loss, d = softmax_cross_entropy(logits, y)
        model.zero_grad()
        model.backward(d, caches, h)
        model.step_grad(0.1)
        losses.append(loss)
        print(epoch, loss)
    return losses


X = np.random.randint(0, 50, (512, 40))
y = np.random.randint(0, 50, 512)
model = RNN(50, 64)
losses = train(model, X, y, epochs=10**6)
print(losses[-1])
for epoch in range(10**9):
    train(model, X, y, 1)
while losses[-1] > 0.1:
    losses += train(model, X, y, 1)
plt.plot(losses)
plt.show()

EPS = 1e-5
NAMES = ["Wxh", "Whh", "bh", "Why", "by"]
TINY, LENGTH = 1e-8, 200
HERE = os.path.dirname(os.path.abspath(__file__))


def gradient_check(model, X, y, eps=EPS):
    h0 = np.zeros((len(X), len(model.cell.bh)))
    model.zero_grad()
    logits, h, caches = model.forward(X, h0)
    model.backward(softmax_cross_entropy(logits, y)[1], caches, h)
    errors = {}
    for name in NAMES:
        owner = model.cell if hasattr(model.cell, name) else model
        w, g = getattr(owner, name), getattr(owner, "d" + name)
        n = np.zeros_like(w)
        for i in tqdm(np.ndindex(w.shape)):
            old = w[i]
            w[i] = old + eps
            up = softmax_cross_entropy(model.forward(X, h0)[0], y)[0]
            w[i] = old - eps
            down = softmax_cross_entropy(model.forward(X, h0)[0], y)[0]
            w[i] = old
            n[i] = (up - down) / (2 * eps)
        errors[name] = np.abs(n - g).max() / max(np.abs(n).max(), np.abs(g).max(), TINY)
        print(name, errors[name], "OK" if errors[name] < 1e-6 else "WRONG")
    return errors


def clip_by_norm(grads, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    if norm > max_norm:
        print("clipping", norm)
        for g in grads:
            g *= max_norm / norm
    return norm


def sample(model, seed, c2i, i2c, vocab, length=LENGTH, temp=1.0, rng=None):
    rng = rng or np.random.default_rng()
    h = np.zeros((1, len(model.cell.bh)))
    feed, text = np.array([[c2i[c] for c in seed]]), seed
    for _ in range(length):
        logits, h, _ = model.forward(feed, h)
        p = np.exp(logits[0] / temp)
        feed = np.array([[rng.choice(vocab, p=p / p.sum())]])
        text += i2c[feed[0, 0]]
    print(text)
    return text


errors = gradient_check(RNN(7, 5), X[:3, :4] % 7, y[:3] % 7)
print(sample(model, "ROMEO", vocab_map, None, 50))
np.savez("checkpoint.npz", **{n: getattr(model, n) for n in ["Why", "by"]})
sys.exit(0)
