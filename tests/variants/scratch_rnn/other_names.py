"""Other parameter names, iterators that are classes, weights by Xavier, shuffled windows."""

import math
import random
import time

import numpy as np
import torch
from torch import nn


def get_params(V, h, dev):
    W_xh = torch.normal(0, 0.01, (V, h), device=dev, requires_grad=True)
    W_hh = nn.init.xavier_normal_(torch.empty(h, h, device=dev)).requires_grad_()
    b_h = torch.zeros(h, device=dev, requires_grad=True)
    W_hq = torch.normal(0, 0.01, (h, V), device=dev, requires_grad=True)
    b_q = torch.zeros(V, device=dev, requires_grad=True)
    return W_xh, W_hh, b_h, W_hq, b_q


def init_rnn_state(n, h, dev):
    return torch.zeros((n, h), device=dev),


def rnn(xs, s, weights):
    (h,), out = s, None
    for x in xs.unbind(0):
        z = torch.addmm(weights[2], x, weights[0]) + torch.matmul(h, weights[1])
        h = torch.tanh(z)
        o = torch.addmm(weights[4], h, weights[3])
        out = o if out is None else torch.vstack((out, o))
    return out, (h,)


class RNNModelScratch(object):
    def __init__(self, V, h, dev, make, begin, run):
        self.V, self.h, self.begin, self.run = V, h, begin, run
        self.params = make(V, h, dev)

    def __call__(self, ids, s):
        hot = torch.zeros(*ids.T.shape, self.V, device=ids.device)
        hot.scatter_(2, ids.T.unsqueeze(-1), 1.0)
        return self.run(hot, s, self.params)

    def begin_state(self, n, dev):
        return self.begin(n, self.h, dev)


def predict(start, n, model, vocab, dev):
    s = model.begin_state(1, dev)
    text = start
    scores = None
    for c in start:
        scores, s = model(torch.tensor([[vocab[c]]], device=dev), s)
    for _ in range(n):
        i = int(np.argmax(scores.detach().numpy()[-1]))
        text += vocab.idx_to_token[i]
        scores, s = model(torch.tensor([[i]], device=dev), s)
    return text


def grad_clipping(model, limit):
    ps = list(model.parameters()) if isinstance(model, nn.Module) else list(model.params)
    total = math.sqrt(sum(float((p.grad.double() ** 2).sum()) for p in ps))
    scale = min(1.0, limit / total)
    for p in ps:
        p.grad = p.grad * scale
    return total


class seq_data_iter_random:
    """Windows at every start, shuffled; they overlap."""

    def __init__(self, corpus, batch_size, num_steps):
        self.corpus, self.b, self.t = list(corpus), batch_size, num_steps

    def __iter__(self):
        starts = random.sample(range(len(self.corpus) - self.t), len(self.corpus) - self.t)
        for k in range(len(starts) // self.b):
            now = starts[k * self.b : (k + 1) * self.b]
            rows = np.array([self.corpus[i : i + self.t + 1] for i in now])
            yield torch.from_numpy(rows[:, :-1]).long(), torch.from_numpy(rows[:, 1:]).long()


class seq_data_iter_sequential:
    def __init__(self, corpus, batch_size, num_steps):
        self.c, self.b, self.t = np.array(corpus), batch_size, num_steps

    def __iter__(self):
        shift = np.random.randint(self.t)
        c = self.c[shift:]
        width = (len(c) - 1) // self.b
        for j in range(0, width - self.t + 1, self.t):
            at = np.arange(self.b)[:, None] * width + np.arange(j, j + self.t)[None, :]
            yield torch.LongTensor(c[at]), torch.LongTensor(c[at + 1])


def train_epoch(model, batches, criterion, update, dev, random_iter):
    began = time.time()
    nats = []
    words = 0
    s = None
    for ids, nxt in batches:
        if random_iter or s is None:
            s = model.begin_state(ids.shape[0], dev)
        else:
            s = s.detach() if isinstance(s, torch.Tensor) else tuple(e.detach() for e in s)
        out, s = model(ids.to(dev), s)
        l = torch.mean(criterion(out, nxt.T.flatten().to(dev)))
        for p in model.parameters() if isinstance(model, nn.Module) else model.params:
            p.grad = None
        l.backward()
        grad_clipping(model, 1)
        if isinstance(update, torch.optim.Optimizer):
            update.step()
        else:
            update(batch_size=ids.shape[0])
        nats += [float(l)] * nxt.numel()
        words += nxt.numel()
    return np.exp(np.mean(nats)), words / (time.time() - began)


class RNNModel(nn.Module):
    def __init__(self, layer, V):
        super().__init__()
        self.rnn, self.V = layer, V
        self.D = 2 if layer.bidirectional else 1
        self.linear = nn.Linear(layer.hidden_size * self.D, V)

    def forward(self, ids, s):
        hot = nn.functional.one_hot(ids.T, self.V).to(self.linear.weight.dtype)
        y, s = self.rnn(hot, s)
        return torch.cat([self.linear(step) for step in y]), s

    def begin_state(self, dev, n=1):
        zero = torch.zeros(self.D * self.rnn.num_layers, n, self.rnn.hidden_size, device=dev)
        return (zero, zero) if isinstance(self.rnn, nn.LSTM) else zero
