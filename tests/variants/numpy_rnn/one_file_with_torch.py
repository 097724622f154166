"""The whole lab in one file: torch at the top, a CharLSTM, the NumPy network, the poems."""

import argparse
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(42)
np.random.seed(42)
random.seed(42)


class CharLSTM(nn.Module):
    def __init__(self, vocab, embed_size, hidden, layers, dropout):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden, layers, dropout=dropout, batch_first=True)
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, hidden=None):
        out, hidden = self.lstm(self.embed(x), hidden)
        return self.fc(out[:, -1]), hidden


@torch.no_grad()
def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device=device):
    x, text = torch.tensor([[c2i[c] for c in seed]], device=device), seed
    hidden = None
    for _ in range(length):
        logits, hidden = model(x, hidden)
        x = torch.multinomial(F.softmax(logits / temp, -1), 1)
        text += i2c[x.item()]
    return text


def build_loader(X, y, batch):
    return DataLoader(TensorDataset(torch.tensor(X), torch.tensor(y)), batch, shuffle=True)


def process_poems(file_name):
    with open(file_name, encoding="utf-8") as f:
        poems = ["G" + line.strip() + "E" for line in f]
    words = sorted(set("".join(poems)))
    word_int_map = {w: i for i, w in enumerate(words)}
    vectors = [torch.tensor([word_int_map[w] for w in poem]) for poem in poems]
    return vectors, word_int_map, {i: w for w, i in word_int_map.items()}


# ---------------------------------------------------------------- part B


class RNNCell:
    def __init__(self, input_size, hidden_size):
        self.Wxh = np.random.randn(input_size, hidden_size) * 0.01
        self.Whh = np.random.randn(hidden_size, hidden_size) * 0.01
        self.bh = np.zeros(hidden_size)
        self.zero_grad()

    def zero_grad(self):
        self.dWxh = np.zeros_like(self.Wxh)
        self.dWhh = np.zeros_like(self.Whh)
        self.dbh = np.zeros_like(self.bh)

    def forward(self, x_t, h_prev):
        h_t = np.tanh(np.matmul(x_t, self.Wxh) + np.matmul(h_prev, self.Whh) + self.bh)
        return h_t, (x_t, h_prev, h_t)

    def backward(self, dh_t, cache):
        x_t, h_prev, h_t = cache
        dz = np.multiply(dh_t, 1 - np.square(h_t))
        self.dWxh += np.matmul(x_t.T, dz)
        self.dWhh += np.matmul(h_prev.T, dz)
        self.dbh += dz.sum(0)
        return np.matmul(dz, self.Whh.T)


class RNN:
    def __init__(self, vocab, hidden):
        np.random.seed(args.seed)  # bound below the main guard only
        self.cell = RNNCell(vocab, hidden)
        self.Why = np.random.randn(hidden, vocab) * 0.01
        self.by = np.zeros(vocab)
        self.zero_grad()

    def zero_grad(self):
        self.cell.zero_grad()
        self.dWhy = np.zeros_like(self.Why)
        self.dby = np.zeros_like(self.by)

    def forward(self, X_batch, h0):
        h, caches = h0, []
        for t in range(X_batch.shape[1]):
            h, cache = self.cell.forward(np.eye(len(self.by))[X_batch[:, t]], h)
            caches.append(cache)
        return h @ self.Why + self.by, h, caches

    def backward(self, dlogits, caches, h_T, collect_grad_norms=False):
        self.dWhy += h_T.T @ dlogits
        self.dby += dlogits.sum(0)
        dh, norms = dlogits @ self.Why.T, []
        for cache in reversed(caches):
            if collect_grad_norms:
                norms.append(np.linalg.norm(dh, axis=1).mean())
            dh = self.cell.backward(dh, cache)
        if collect_grad_norms:
            norms.reverse()
            return dh, norms
        return dh

    def forward_all(self, X_batch, h0):
        h, caches, logits = h0, [], []
        for t in range(X_batch.shape[1]):
            out, h, cache = self.forward(X_batch[:, t : t + 1], h)
            logits.append(out)
            caches.extend(cache)
        return np.stack(logits, 1), h, caches

    def backward_all(self, dlogits, caches, h_T):
        dh = np.zeros_like(h_T)
        for t in range(len(caches) - 1, -1, -1):
            self.dWhy += caches[t][2].T @ dlogits[:, t]
            self.dby += dlogits[:, t].sum(0)
            dh = self.cell.backward(dh + dlogits[:, t] @ self.Why.T, caches[t])
        return dh


def softmax_cross_entropy(logits, targets):
    e = np.exp(logits - logits.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    n = len(targets)
    loss = -np.log(p[np.arange(n), targets]).mean()
    p[np.arange(n), targets] -= 1
    return loss, p / n


def gradient_check(model, X, y, eps=1e-5):
    h0 = np.zeros((len(X), len(model.cell.bh)))
    model.zero_grad()
    logits, h, caches = model.forward(X, h0)
    model.backward(softmax_cross_entropy(logits, y)[1], caches, h)
    errors = {}
    for name in ("Wxh", "Whh", "bh", "Why", "by"):
        owner = model if name in ("Why", "by") else model.cell
        w, g = getattr(owner, name), getattr(owner, "d" + name).copy()
        n = np.zeros_like(w)
        for i in np.ndindex(w.shape):
            old = w[i]
            w[i] = old + eps
            up = softmax_cross_entropy(model.forward(X, h0)[0], y)[0]
            w[i] = old - eps
            down = softmax_cross_entropy(model.forward(X, h0)[0], y)[0]
            w[i] = old
            n[i] = (up - down) / (2 * eps)
        errors[name] = (np.abs(n - g) / np.maximum(np.abs(n) + np.abs(g), 1e-8)).max()
    return errors


def clip_by_norm(grads, max_norm):
    norm = np.sqrt(sum(float((g**2).sum()) for g in grads))
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm
    return norm


def sample(model, seed, c2i, i2c, vocab, length=200, temp=1.0, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    h = np.zeros((1, len(model.cell.bh)))
    logits, h, _ = model.forward(np.array([[c2i[c] for c in seed]]), h)
    text = seed
    for _ in range(length):
        p = np.exp(logits[0] / temp)
        i = int(rng.choice(vocab, p=p / p.sum()))
        text += i2c[i]
        logits, h, _ = model.forward(np.array([[i]]), h)
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=42)
    args = parser.parse_args()
